"""What `#if` expressions come to, by table, in three-valued logic, and as gcc -E has it."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from nsfix.csource.conditions import BadCondition, combine, condition_tokens, evaluate_tokens, integer
from tests.csource.tools import active, gcc, make_unit, needs_gcc


def value(text: str, **words: int | None) -> int | None:
    """The value of an expression; a word that is not given counts 0, one given as None is unknown."""
    return evaluate_tokens(condition_tokens(text.encode()), lambda word: words.get(word.decode(), 0))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 4 - 3", 3),
        ("100 / 10 / 5", 2),
        ("-7 / 2", -3),
        ("-7 % 4", -3),
        ("1 << 2 + 1", 8),
        ("1 < 2 == 1", 1),
        ("1 | 2 ^ 3 & 2", 1),
        ("4 & 6 == 6", 0),
        ("1 || 0 && 0", 1),
        ("!0 + 1", 2),
        ("!!7", 1),
        ("~0", -1),
        ("- -3", 3),
        ("1 ? 2 : 0 ? 3 : 4", 2),
        ("0 ? 2 : 0 ? 3 : 4", 4),
        ("1 ? 0 ? 5 : 6 : 7", 6),
        ("word", 0),
        ("word(1, (2))", 0),
        ("word == 0", 1),
        ("'a' == 97", 1),
        ("0x10 == 16 && 010 == 8 && 0b11 == 3", 1),
        ("6 >= 6 && 6 <= 6 && 6 != 7 && !(6 > 6)", 1),
    ],
)
def test_operators_bind_as_in_c(text: str, expected: int) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 && u", 0),
        ("u && 0", 0),
        ("1 && u", None),
        ("1 || u", 1),
        ("u || 1", 1),
        ("0 || u", None),
        ("!u", None),
        ("-u", None),
        ("u + 0", None),
        ("u == u", None),
        ("u ? 3 : 3", 3),
        ("u ? 3 : 4", None),
        ("1 ? 3 : u", 3),
        ("0 ? 3 : u", None),
        ("1 / 0", None),
        ("1 % 0", None),
        ("0 && 1 / 0", 0),
        ("1 || 1 / 0", 1),
    ],
)
def test_what_is_not_known_stays_unknown_unless_it_does_not_matter(text: str, expected: int | None) -> None:
    assert value(text, u=None) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"0", 0), (b"42", 42), (b"42u", 42), (b"42UL", 42), (b"42ull", 42), (b"42LLU", 42), (b"0x2A", 42),
        (b"0X2aL", 42), (b"052", 42), (b"0b101010", 42), (b"0B1u", 1), (b"'*'", 42), (b"L'*'", 42),
        (b"08", None), (b"1.5", None), (b"1e3", None), (b"0x", None), (b"x", None), (b'"1"', None), (b"''", None),
    ],
)  # fmt: skip
def test_an_integer_is_read_with_its_base_and_suffix(text: bytes, expected: int | None) -> None:
    assert integer(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1 +",
        "+",
        "(1",
        "1)",
        "()",
        "1 2",
        "1 ? 2",
        "1 ? 2 :",
        "? 1 : 2",
        "* 2",
        "1 == ",
        '"a"',
        "f(1",
        "1.5",
        "@",
    ],
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(BadCondition):
        value(text)


@pytest.mark.parametrize(
    "text", ["(" * 5000 + "1" + ")" * 5000, "!" * 5000 + "1", "1 ? " * 3000 + "1" + " : 0" * 3000]
)
def test_what_nests_past_any_use_is_refused(text: str) -> None:
    with pytest.raises(BadCondition):
        value(text)


def test_an_unknown_operator_is_unknown() -> None:
    assert combine(b"<=>", 1, 2) is None


def test_division_is_one_of_integers() -> None:
    assert value("0x7fffffffffffffff / 2 == 0x3fffffffffffffff") == 1
    assert value("(1 << 64) * " * 16 + "1 / 1 != 0") == 0  # past the width; all that counts is that it ends


def test_a_character_constant_may_be_escaped() -> None:
    assert value("'\\n' == 10 && '\\0' == 0 && '\\x41' == 65") == 1


def kept(condition: str, text: str = "", **further: object) -> bool:
    """Whether a unit compiles what stands under `#if condition`, after the lines `text`."""
    source = f"{text}\n#if {condition}\nyes\n#else\nno\n#endif\n"
    unit = make_unit({"/m/t.c": source, "/inc/a/b.h": "", "/m/own.h": ""}, **further)  # type: ignore[arg-type]
    return "yes" in active(unit)


CONFIG = {"CONFIG_Y": "1", "CONFIG_M_MODULE": "1", "CONFIG_NUMBER": "250", "CONFIG_TEXT": '"a"'}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("defined(CONFIG_Y)", True),
        ("defined CONFIG_Y", True),
        ("defined ( CONFIG_N )", False),
        ("!defined(CONFIG_N) && defined CONFIG_Y", True),
        ("defined(CONFIG_M)", False),
        ("defined(CONFIG_M_MODULE)", True),
        ("CONFIG_Y", True),
        ("CONFIG_N", False),
        ("CONFIG_NUMBER > 200", True),
        ("CONFIG_NUMBER == 100", False),
        ("IS_ENABLED(CONFIG_Y) && IS_ENABLED(CONFIG_M)", True),
        ("IS_ENABLED( CONFIG_N )", False),
        ("IS_BUILTIN(CONFIG_Y)", True),
        ("IS_BUILTIN(CONFIG_M)", False),
        ("IS_MODULE(CONFIG_M)", True),
        ("IS_MODULE(CONFIG_Y)", False),
        ("IS_REACHABLE(CONFIG_Y)", True),
        ("IS_REACHABLE(CONFIG_M)", True),
        ("IS_REACHABLE(CONFIG_N)", False),
        ("!IS_ENABLED(CONFIG_N) || CONFIG_NUMBER < 3", True),
        ("__GNUC__ >= 12", True),
        ("__GNUC__ == 12UL", True),
    ],
)
def test_the_configuration_and_the_compiler_settle_conditions(condition: str, expected: bool) -> None:
    macros = CONFIG | {"MODULE": "1", "__GNUC__": "12"}
    assert kept(condition, macros=macros) is expected


def test_a_module_option_is_out_of_reach_of_what_is_built_in() -> None:
    assert not kept("IS_REACHABLE(CONFIG_M)", macros=CONFIG)
    assert kept("IS_REACHABLE(CONFIG_M)", macros=CONFIG | {"MODULE": "1"})


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("A == 3", True),
        ("F(2) == 3", True),
        ("F(A) == 4 && defined(F)", True),
        ("G", False),
        ("defined(GONE)", False),
        ("VERSION >= V(6, 12, 0) && VERSION < V(6, 13 ,0)", True),
        ("!defined(A) || A < 3", False),
    ],
)
def test_macros_are_expanded_in_conditions(condition: str, expected: bool) -> None:
    text = "#define A 3\n#define F(x) ((x) + 1)\n#define G\n#define GONE\n#undef GONE\n#define HAS_A defined(A)\n"
    text += "#define V(a, b, c) (((a) << 16) + ((b) << 8) + (c))\n#define VERSION 396404\n"
    assert kept(condition, text) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("__has_include(<a/b.h>)", True),
        ("__has_include(<a/c.h>)", False),
        ('__has_include("own.h")', True),
        ("__has_include(<own.h>)", False),
        ("defined(__has_include) && __has_include(<a/b.h>)", True),
        ("!__has_include(<a/b.h>) || 0", False),
        ("__has_include ( <a/b.h> )", True),
        ("__has_attribute(__cleanup__)", True),
    ],
)
def test_has_include_asks_the_search_path(condition: str, expected: bool) -> None:
    assert kept(condition) is expected


@pytest.mark.parametrize("condition", ["defined(__has_include)", "defined __has_attribute"])
def test_the_compiler_defines_what_asks_it(condition: str) -> None:
    assert kept(condition)


def test_ifdef_has_include_holds() -> None:
    assert "yes" in active(make_unit({"/m/t.c": "#ifdef __has_include\nyes\n#endif\n"}))


def test_a_macro_may_come_to_defined() -> None:
    assert kept("HAS_A", "#define A 3\n#define HAS_A defined(A)")
    assert kept("HAS", "#define HAS defined(CONFIG_Y)", macros=CONFIG)


@pytest.mark.parametrize("condition", ["", "1 +", "(", '"a"', "1 2"])
def test_a_bad_condition_takes_the_else(condition: str) -> None:
    assert not kept(condition)


def random_expression(chance: random.Random, depth: int) -> str:
    kind = chance.random()
    if depth == 0 or kind < 0.15:
        small = ["0", "1", "2", "3", "7", "10", "0x10", "010", "0b11", "3ll", "0x7fL", "'a'", "word", "-1"]
        return chance.choice(small)
    if kind < 0.3:
        return chance.choice("!~-+") + " " + random_expression(chance, depth - 1)
    if kind < 0.45:
        return f"({random_expression(chance, depth - 1)})"
    first, second = random_expression(chance, depth - 1), random_expression(chance, depth - 1)
    if kind < 0.55:
        return f"{first} ? {second} : {random_expression(chance, depth - 1)}"
    operators = ["+", "-", "*", "/", "%", "<", ">", "<=", ">=", "==", "!=", "&", "|", "^", "&&", "||"]
    return f"{first} {chance.choice(operators)} {second}"


@needs_gcc
def test_random_expressions_come_to_what_gcc_says(tmp_path: Path) -> None:
    chance = random.Random(12)
    texts = [random_expression(chance, 4) for _ in range(600)]
    lines = "".join(f"#if {text}\n@{n}:1\n#else\n@{n}:0\n#endif\n" for n, text in enumerate(texts))
    (tmp_path / "t.c").write_text(lines)
    done = gcc("-E", "-P", "-w", "-undef", "t.c", cwd=tmp_path, check=False)
    refused = {(int(line) - 1) // 5 for line in re.findall(r"t\.c:(\d+):", done.stderr)}
    truth = {int(n): bool(int(v)) for n, v in re.findall(r"@(\d+):(\d)", done.stdout)}
    assert len(refused) < len(texts) / 5
    wrong = [t for n, t in enumerate(texts) if n not in refused and bool(value(t)) is not truth[n]]
    assert wrong == []
