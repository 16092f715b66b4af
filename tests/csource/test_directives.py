"""The directives of a text, and how they nest."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsfix.csource.directives import Conditional, Directive, read_skeleton, scan_directives
from nsfix.csource.lexer import blank_comments

Shape = list[object]


def shape(block: list[Directive | Conditional]) -> Shape:
    """A block as nested lists: a keyword, or a list of (opener, what stands under it)."""
    return [
        [(arm.opener.keyword.decode(), shape(arm.block)) for arm in part.arms]
        if isinstance(part, Conditional)
        else part.keyword.decode()
        for part in block
    ]


def count(block: list[Directive | Conditional]) -> int:
    """How many arms and other directives stand in a block, to any depth."""
    return sum(sum(1 + count(a.block) for a in p.arms) if isinstance(p, Conditional) else 1 for p in block)


def first(text: bytes) -> Directive:
    return next(iter(scan_directives(blank_comments(text))))


@pytest.mark.parametrize(
    ("text", "keyword", "name", "argument"),
    [
        (b"#define A 1\n", b"define", b"A", b" 1"),
        (b"# define A 1", b"define", b"A", b" 1"),
        (b"  #\tdefine\tA\t1", b"define", b"A", b"\t1"),
        (b"#define A(x) x", b"define", b"A", b"(x) x"),
        (b"#define A (x)", b"define", b"A", b" (x)"),
        (b"#define A", b"define", b"A", b""),
        (b"#undef A ", b"undef", b"", b"A"),
        (b"#include <a.h> ", b"include", b"", b"<a.h>"),
        (b"#include_next <a.h>", b"include_next", b"", b"<a.h>"),
        (b'#include"a.h"', b"include", b"", b'"a.h"'),
        (b"#if(A)", b"if", b"", b"(A)"),
        (b"#if!A", b"if", b"", b"!A"),
        (b"#else /* of A */", b"else", b"", b""),
        (b"#", b"", b"", b""),
        (b"#if A /* x */ && B // y", b"if", b"", b"A         && B"),
    ],
)
def test_one_directive_is_read(text: bytes, keyword: bytes, name: bytes, argument: bytes) -> None:
    found = first(text)
    assert (found.keyword, found.name, found.argument) == (keyword, name, argument)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_backslash_continues_a_directive(end: bytes) -> None:
    text = b"#if A && \\" + end + b"  B" + end + b"int x;" + end
    found = first(text)
    assert found.argument.split() == [b"A", b"&&", b"B"]
    assert (found.start, found.end) == (0, text.index(b"B") + 1 + len(end) - 1)


def test_a_directive_on_the_first_line_is_one() -> None:
    assert first(b"#define A 1").start == 0


def test_offsets_are_those_of_the_lines() -> None:
    text = b"int a;\n  #define A 1\nint b;\n#undef A\n"
    spans = [text[d.start : d.end] for d in scan_directives(text)]
    assert spans == [b"  #define A 1", b"#undef A"]


@pytest.mark.parametrize(
    "text",
    [b"int a; #define A 1\n", b"/*\n#define A 1\n*/", b"// x \\\n#define A 1\n", b"/* #if 1\n*/ int x;"],
)
def test_what_stands_in_a_comment_or_behind_code_is_none(text: bytes) -> None:
    assert read_skeleton(text).block == []


def test_a_comment_may_stand_before_the_mark() -> None:
    assert shape(read_skeleton(b"/* a */ #define A 1\n").block) == ["define"]


def test_conditionals_nest() -> None:
    text = (
        b"#if A\n#define X\n#ifdef B\n#undef X\n#endif\n#elif C\n#include <c.h>\n#else\n#endif\n#define Y\n"
    )
    assert shape(read_skeleton(text).block) == [
        [("if", ["define", [("ifdef", ["undef"])]]), ("elif", ["include"]), ("else", [])],
        "define",
    ]


def test_arms_reach_from_behind_their_opener_to_the_next() -> None:
    text = b"#if A\none\n#elif B\ntwo\n#else\nthree\n#endif\nfour\n"
    conditional = read_skeleton(text).block[0]
    assert isinstance(conditional, Conditional)
    assert [text[arm.start : arm.end].strip() for arm in conditional.arms] == [b"one", b"two", b"three"]
    assert text[conditional.end :].strip() == b"four"
    assert conditional.start == 0


@pytest.mark.parametrize("opener", [b"if", b"ifdef", b"ifndef"])
@pytest.mark.parametrize("arm", [b"elif", b"else", b"elifdef", b"elifndef"])
def test_every_pair_of_opener_and_arm_belongs_together(opener: bytes, arm: bytes) -> None:
    block = read_skeleton(b"#" + opener + b" A\n#" + arm + b" B\n#endif\n").block
    assert shape(block) == [[(opener.decode(), []), (arm.decode(), [])]]


@pytest.mark.parametrize(
    ("text", "odd_at"),
    [
        (b"#if A\n#endif\n", None),
        (b"#if A\n", 0),
        (b"x\n#endif\n", 2),
        (b"x\n#else\n#endif\n", 2),
        (b"#if A\n#endif\n#endif\n#endif\n", 13),
        (b"#if A\n#if B\n#endif\n", 0),
        (b"x\n#elif A\n#if B\n", 2),
    ],
)
def test_a_conditional_without_partner_is_noted(text: bytes, odd_at: int | None) -> None:
    assert read_skeleton(text).odd_at == odd_at


def test_what_is_left_open_ends_with_the_text() -> None:
    text = b"#if A\n#define X\n"
    conditional = read_skeleton(text).block[0]
    assert isinstance(conditional, Conditional)
    assert (conditional.end, conditional.arms[-1].end) == (len(text), len(text))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.lists(st.sampled_from([b"#if A", b"#ifdef B", b"#elif C", b"#else", b"#endif", b"#define D", b"x"]))
)
def test_any_sequence_of_directives_makes_a_tree_without_loss(lines: list[bytes]) -> None:
    skeleton = read_skeleton(b"\n".join(lines))
    depth, strays = 0, 0
    for line in lines:
        depth += line.startswith(b"#if")
        if depth == 0 and line in (b"#endif", b"#else", b"#elif C"):
            strays += 1
        elif line == b"#endif":
            depth -= 1
    assert (skeleton.odd_at is None) == (depth == 0 and strays == 0)
    arms = [line for line in lines if line.startswith((b"#if", b"#el"))]
    stray_arms = strays - (lines.count(b"#endif") - (sum(line.startswith(b"#if") for line in lines) - depth))
    assert count(skeleton.block) == len(arms) - stray_arms + lines.count(b"#define D")
