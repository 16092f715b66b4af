"""Which symbols an object leaves undefined: our answer, and gcc's at the kernel's optimisation."""

from __future__ import annotations

import pytest

from nsfix.csource import session
from nsfix.csource.includes import IncludePath
from nsfix.csource.reading import Reader
from nsfix.csource.session import Session
from nsfix.csource.store import Compilation
from nsfix.csource.unit import Unit
from tests.csource.corpus import load
from tests.csource.tools import (
    Names,
    make_store,
    make_unit,
    needs_gcc,
    read_uses,
    undefined_by_gcc,
    unit_of,
    used,
)

SYMBOLS = ("sym_a", "sym_b", "sym_c", "sym_d", "sym_free", "obj_a", "obj_b")
CORPUS = load("uses.c")
SHARED = next(iter(CORPUS.values()))[1].partition("int f(")[0]
FAULTS = {
    "switch_on_sizeof": "what sizeof comes to is unknown",
    "code_before_the_first_case_is_dead": "it is taken to be reached",
    "generic_selection_takes_one": "every association counts as used",
    "k_and_r_parameters_shadow": "old-style parameters are not seen",
}

HEADER_FAULTS = {
    "static_variable_never_written": "only objects of the source itself are looked at",
    "static_variable_never_written_with_value": "only objects of the source itself are looked at",
    "const_variable": "only objects of the source itself are looked at",
    "name_spliced_over_lines": "only the source's own words are joined",
}


def marked(faults: dict[str, str]) -> list[object]:
    return [
        pytest.param(n, marks=pytest.mark.xfail(strict=True, reason=faults[n])) if n in faults else n
        for n in CORPUS
    ]


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """What gcc leaves undefined for each text of the corpus."""
    texts = {name: text for name, (_, text) in CORPUS.items()}
    return undefined_by_gcc(texts, tmp_path_factory.mktemp("uses"))


@needs_gcc
@pytest.mark.parametrize("name", CORPUS)
def test_the_corpus_expects_what_gcc_leaves_undefined(name: str, truth: dict[str, set[str]]) -> None:
    assert truth[name] & set(SYMBOLS) == CORPUS[name][0]


@pytest.mark.parametrize("name", marked(FAULTS))
def test_uses_are_what_the_corpus_expects(name: str) -> None:
    expected, text = CORPUS[name]
    assert used(unit_of(text), SYMBOLS) == expected


@pytest.mark.parametrize("name", marked({n: w for n, w in FAULTS.items() if "unexpanded" in w}))
def test_leaving_macros_unexpanded_changes_no_answer(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = CORPUS[name][1]
    left = used(unit_of(text), SYMBOLS)
    monkeypatch.setattr(session._Leaving, "__call__", lambda *_: False)
    assert used(unit_of(text), SYMBOLS) == left


@pytest.mark.parametrize("name", CORPUS)
def test_crlf_line_ends_change_no_answer(name: str) -> None:
    text = CORPUS[name][1]
    assert used(unit_of(text.replace("\n", "\r\n")), SYMBOLS) == used(unit_of(text), SYMBOLS)


@pytest.mark.parametrize("name", marked(HEADER_FAULTS))
def test_the_same_code_in_a_module_s_own_header_uses_the_same(name: str) -> None:
    text = CORPUS[name][1]
    unit = make_unit({"/m/t.c": '#include "own.h"\n', "/m/own.h": text})
    assert used(unit, SYMBOLS) == used(unit_of(text), SYMBOLS)


LEFT = """
#define CHECK(x) do { if (!(x)) plain(#x); } while (0)
#define MAX(a, b) ({ int _a = (a); int _b = (b); _a > _b ? _a : _b; })
#define CALL(x) sym_a(x)
#define RETURN_IF(x) if (x) return 1
#define NOT_NULL(p) ((p) ? (p) : 0)
#define FIELD(p, f) ((p)->f)
#define ARG(x) plain(x)
int f(int x, struct s *p)
{
	int y = MAX(x, 3);
%s
	return y;
}
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("CHECK(y);", set()),
        ("CHECK(sym_a(y));", {"sym_a"}),
        ("y = MAX(MAX(x, 1), CALL(2));", {"sym_a"}),
        ("RETURN_IF(1); sym_b(y);", set()),
        ("RETURN_IF(x); sym_b(y);", {"sym_b"}),
        ("y = FIELD(p, sym_a);", set()),
        ("y = ARG(NOT_NULL(sym_b)(x));", {"sym_b"}),
        ("{ int sym_a = MAX(y, 2); y = ARG(sym_a); }", set()),
        ("if (MAX(0, 0)) y = sym_b(y);", {"sym_b"}),
        ("y = ARG((CHECK(y), CALL(y)));", {"sym_a"}),
    ],
)
def test_macros_left_alone_and_symbols_beside_them(
    body: str, expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = SHARED + LEFT % body
    assert used(unit_of(text), SYMBOLS) == expected
    monkeypatch.setattr(session._Leaving, "__call__", lambda *_: False)
    assert used(unit_of(text), SYMBOLS) == expected


INLINES = """
#ifndef A_H
#define A_H
int sym_a(int);
int sym_b(int);
static inline int one(int x) { return sym_a(x); }
static inline int two(int x) { return one(x); }
static inline int other(int x) { return sym_b(x); }
#define MACRO(x) two(x)
#ifdef FLAG
static inline int flagged(int x) { return sym_b(x); }
#else
static inline int flagged(int x) { return 0; }
#endif
#endif
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("int f(void) { return 1; }", set()),
        ("int f(int x) { return one(x); }", {"sym_a"}),
        ("int f(int x) { return two(x); }", {"sym_a"}),
        ("int f(int x) { return MACRO(x); }", {"sym_a"}),
        ("int f(int x) { return MACRO(other(x)); }", {"sym_a", "sym_b"}),
        ("static int f(int x) { return MACRO(x); }", set()),
        ("int f(int two) { return two; }", set()),
        ("int f(int x) { if (0) return two(x); return x; }", set()),
        ("int f(int x) { return flagged(x); }", set()),
        ("int (*p)(int) = two;", {"sym_a"}),
    ],
)
def test_a_kernel_header_s_inline_carries_its_symbols_to_who_calls_it(
    source: str, expected: set[str]
) -> None:
    assert used(unit_of(f"#include <a.h>\n{source}\n", a=INLINES), SYMBOLS) == expected


def test_a_header_counts_as_the_unit_s_macros_have_it() -> None:
    assert used(
        unit_of("#define FLAG\n#include <a.h>\nint f(int x) { return flagged(x); }", a=INLINES), SYMBOLS
    ) == {"sym_b"}


def test_units_of_one_session_each_get_their_own_header() -> None:
    body = "#include <a.h>\nint f(int x) { return flagged(x); }\n"
    files = {"/m/t.c": body, "/m/u.c": "#define FLAG\n" + body, "/m/v.c": body, "/inc/a.h": INLINES}
    store = make_store(files)
    shared = Session(store, [s.encode() for s in SYMBOLS], lambda path: path.startswith("/inc/"))
    compilation = Compilation(IncludePath(("/inc",), (), Names(files)), (), ())
    found = [
        {use.symbol for use in Reader(Unit(f"/m/{name}.c", compilation, store), shared).uses().uses}
        for name in "tuv"
    ]
    assert found == [set(), {b"sym_b"}, set()]


def test_a_use_tells_its_place_and_the_way_to_the_symbol() -> None:
    source = "#include <a.h>\n\nint f(int x)\n{\n\treturn MACRO(x);\n}\n"
    (use,) = read_uses(unit_of(source, a=INLINES), SYMBOLS).uses
    assert (use.symbol, use.file, use.line, use.offset) == (b"sym_a", "/m/t.c", 5, source.index("MACRO"))
    assert [(v.name, v.file, v.line) for v in use.via] == [
        ("MACRO", "/inc/a.h", 9),
        ("two", "/inc/a.h", 7),
        ("one", "/inc/a.h", 6),
    ]


def test_every_place_of_a_use_is_told_once() -> None:
    source = "int sym_a(int);\nint f(int x) { return sym_a(x); }\nint g(int x)\n{\n\treturn sym_a(x) + sym_a(1);\n}\n"
    lines = [use.line for use in read_uses(unit_of(source), SYMBOLS).uses]
    assert lines == [2, 5, 5]


@pytest.mark.parametrize(
    ("text", "defines"),
    [
        ("int sym_a(int x) { return x; }", {b"sym_a"}),
        ("static int sym_a(int x) { return x; }", set()),
        ("int obj_a = 3;", {b"obj_a"}),
        ("int obj_a;", {b"obj_a"}),
        ("extern int obj_a;", set()),
        ("int sym_a(int x);", set()),
        ("int f(int x) { int sym_a = x; return sym_a; }", set()),
    ],
)
def test_what_a_unit_defines_for_others(text: str, defines: set[bytes]) -> None:
    assert read_uses(unit_of(text), SYMBOLS).defines == defines


@pytest.mark.parametrize(
    "text",
    [
        "int f(int x) { if (" + "1+" * 2000 + "1) return 0; return sym_a(x); }",
        "#define F(x) x\nint f(int x) { return " + "F(" * 800 + "sym_a(x)" + ")" * 800 + "; }",
        "int f(int x) { if (" + "(" * 1500 + "1" + ")" * 1500 + ") return 0; return sym_a(x); }",
    ],
    ids=["long sum", "nested calls", "parentheses"],
)
@pytest.mark.xfail(strict=True, reason="RecursionError", raises=RecursionError)
def test_what_nests_deeply_is_read_or_given_up(text: str) -> None:
    used(unit_of(text), SYMBOLS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "}",
        "{",
        "int f(int x) { return sym_a(x);",
        "int f(int x) { return sym_a(x); } }",
        "#define A(\nint f(int x) { A(1) return sym_a(x); }",
        'int f(int x) { return sym_a(x) "open; }',
        "#endif\n#else\nint f(int x) { return sym_a(x); }",
        "\0\xff int sym_a(",
        '#include <\n#include "\n#include\n#if\n#define\n#undef\n',
        "@ $ ` \\ sym_a",
        "#define f f(\nf f f )",
    ],
)
def test_what_is_no_c_raises_nothing(text: str) -> None:
    used(unit_of(text.encode("latin-1")), SYMBOLS)
