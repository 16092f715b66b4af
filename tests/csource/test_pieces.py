"""Texts cut into pieces, and pieces made ready for the grammar."""

from __future__ import annotations

import pytest

from nsfix.csource.chunks import chunk_at, outer_chunks
from nsfix.csource.cleaning import UNKNOWN, clean
from nsfix.csource.macros import tokenize
from nsfix.csource.names import NameFinder, word_offsets
from nsfix.csource.syntax import Piece


def pieces(text: str) -> list[str]:
    code = text.encode()
    return [" ".join(code[start:end].decode().split()) for start, end in outer_chunks(code)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int a; int b;", ["int a;", "int b;"]),
        ("int f(void) { return 1; } int a;", ["int f(void) { return 1; }", "int a;"]),
        ("struct s { int a; int b; } x; int y;", ["struct s { int a; int b; } x;", "int y;"]),
        ("struct s { int (*f)(int); }; int y;", ["struct s { int (*f)(int); };", "int y;"]),
        ("enum e { A, B }; int y;", ["enum e { A, B };", "int y;"]),
        ("int a[] = { 1, 2 }; int b;", ["int a[] = { 1, 2 };", "int b;"]),
        ("int x = ({ int a; a; }); int b;", ["int x = ({ int a; a; });", "int b;"]),
        ("MACRO(a, b)\nint f(void) { }", ["MACRO(a, b)", "int f(void) { }"]),
        ("MACRO(a);\nint b;", ["MACRO(a);", "int b;"]),
        ("MACRO(a)\n{ body; }", ["MACRO(a) { body; }"]),
        ("SYSCALL(a, int, b)\n{ c; }\nint d;", ["SYSCALL(a, int, b) { c; }", "int d;"]),
        ("int f(a) int a; { return a; }", ["int f(a) int a;", "{ return a; }"]),
        ('char s[] = "};{("; int a;', ['char s[] = "};{(";', "int a;"]),
        ("char c = '{'; int a;", ["char c = '{';", "int a;"]),
        (
            "int f(void) { if (a) { b; } else { c; } } int d;",
            ["int f(void) { if (a) { b; } else { c; } }", "int d;"],
        ),
        (
            "struct s *p = &(struct s){ 1 }, q = { 2 }; int y;",
            ["struct s *p = &(struct s){ 1 }, q = { 2 };", "int y;"],
        ),
        ("int f(void) { open", ["int f(void) { open"]),
        ("a b", ["a b"]),
        ("", []),
        ("  \n", []),
        (
            "static int __init f(void)\n{ }\nmodule_init(f);",
            ["static int __init f(void) { }", "module_init(f);"],
        ),
        ("struct s x = { .f = g(1), }; int y;", ["struct s x = { .f = g(1), };", "int y;"]),
        (
            "struct __attribute__((packed)) s { int a; }; int y;",
            ["struct __attribute__((packed)) s { int a; };", "int y;"],
        ),
    ],
)
def test_a_text_falls_into_its_outermost_pieces(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_pieces_are_found_by_offset() -> None:
    chunks = [(0, 5), (5, 9), (12, 20)]
    assert [chunk_at(chunks, o) for o in (0, 4, 5, 8, 9, 12, 19, 20)] == [
        (0, 5), (0, 5), (5, 9), (5, 9), None, (12, 20), (12, 20), None,
    ]  # fmt: skip


def cleaned(text: str) -> str:
    return clean(tokenize(text.encode())).text.decode().replace(UNKNOWN.decode(), "?")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("typeof(a(b)) c;", "int c ;"),
        ("x = sizeof(a) + 1;", "x = ? + 1 ;"),
        ("x = __alignof__(a);", "x = ? ;"),
        ("__extension__ x;", "x ;"),
        ("static __inline__ int f;", "static inline int f ;"),
        ('_Static_assert(a, "b"); x;', "; x ;"),
        ("int __attribute__((unused)) x;", "int x ;"),
        ('int f(void) asm("g");', "int f ( void ) ;"),
        ('asm volatile("a %0" : "=r"(x) : "r"(y));', "__nsfix_asm ( x , y ) ;"),
        ('asm goto("a" : : "i"(k) : : out);', "__nsfix_asm ( k , out ) ;"),
        ('asm("a %[n]" : [n] "=r"(x));', "__nsfix_asm ( x ) ;"),
        ('asm("nop");', "__nsfix_asm ( ) ;"),
        ("case 1 ... 3: x;", "case 1 + ? + 3 : x ;"),
        ("__builtin_constant_p(3)", "1"),
        ("__builtin_constant_p(x)", "?"),
        ("__builtin_offsetof(struct s, a)", "?"),
        ("__auto_type x = y;", "int x = y ;"),
    ],
)
def test_what_the_grammar_does_not_know_becomes_something_plain(text: str, expected: str) -> None:
    assert cleaned(text) == expected


def test_cleanup_and_alias_are_kept_as_uses() -> None:
    text = clean(
        tokenize(b'int x __attribute__((__cleanup__(put))); int f(void) __attribute__((alias("g")));')
    )
    assert [token.text for token, _ in text.cleanups] == [b"put"]
    assert [token.text for token, _ in text.aliases] == [b"g"]


def test_every_token_knows_its_place_in_the_cleaned_text() -> None:
    text = clean(tokenize(b"static __inline int f(typeof(a) b) { return sizeof(c) + d; }"))
    words = text.text.split()
    at = [text.text[start:].split()[0] for start in text.starts]
    assert at == words


def definitions(text: str) -> list[tuple[tuple[bytes, ...], bool, bool]]:
    piece = Piece(clean(tokenize(text.encode())))
    return [(d.names, d.root, d.static) for d in piece.definitions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int f(void) { return 1; }", [((b"f",), True, False)]),
        ("static int f(void) { return 1; }", [((b"f",), False, True)]),
        ("static inline int *f(void) { return 0; }", [((b"f",), False, True)]),
        ("int a, *b = 0, c[3];", [((b"a", b"b", b"c"), True, False)]),
        ("static int a;", [((b"a",), False, True)]),
        ("extern int a;", [((), False, True)]),
        ("int f(int);", [((), False, True)]),
        ("int (*p)(int);", [((b"p",), True, False)]),
        ("enum { A = 2 };", [((b"A",), False, True)]),
        ("static int __attribute__((used)) a;", [((b"a",), True, True)]),
        ("typedef int t;", []),
        ("extern int a = 3;", [((b"a",), True, False)]),
    ],
)
def test_what_a_piece_defines(text: str, expected: list[tuple[tuple[bytes, ...], bool, bool]]) -> None:
    assert definitions(text) == expected


def test_a_broken_body_does_not_hide_whose_it_is() -> None:
    assert [d[:2] for d in definitions("static int f(int x) { @ ) ] x ; }")] == [((b"f",), False)]


def test_names_are_found_as_whole_words() -> None:
    finder = NameFinder([b"sym", b"sym_a", b"x"])
    assert finder.find(b"sym sym_a sym_ab my_sym x$ x.sym") == [
        (b"sym", 0),
        (b"sym_a", 4),
        (b"x", 27),
        (b"sym", 29),
    ]
    assert NameFinder([]).find(b"a") == []


def test_a_word_is_found_at_both_ends() -> None:
    assert word_offsets(b"a ba a_ (a) a", b"a") == [0, 9, 12]
