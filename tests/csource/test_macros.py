"""Expansion, held against gcc -E; and what a token tells of where it came from."""

from __future__ import annotations

import random
import re
from bisect import bisect_right
from pathlib import Path

import pytest

from nsfix.csource.expansion import EndlessExpansion, Expander
from nsfix.csource.lexer import LineIndex
from nsfix.csource.macros import Macro, Token, tokenize
from tests.csource.corpus import load
from tests.csource.tools import expand, gcc, make_unit, needs_gcc, preprocessed, spelled

CORPUS = {name: text for name, (_, text) in load("macros.c").items()}
FAULTS = {
    "comma_kept_before_an_empty_variadic_argument": "gcc keeps the comma where an empty argument is given",
    "va_opt_of_an_argument_that_expands_to_nothing": "__VA_OPT__ asks for the expanded argument",
    "va_opt_with_a_string_inside": "`#` inside __VA_OPT__ is not understood",
    "comment_in_the_body": "a comment over two lines carries a #define on without a backslash",
    "continued_within_a_word": "a word spliced over lines becomes two",
    "dollar_in_names": "a macro's name may hold a $",
}


def expanded(text: str) -> list[str]:
    """The tokens of a unit of this text, conditions and definitions run in order."""
    unit = make_unit({"/m/t.c": text}, loose=["CONFIG_A", "CONFIG_B"])
    code = unit.active(unit.main)
    expander = Expander(unit.lookup_in(unit.path), LineIndex(code).line)
    return [token.text.decode("latin-1") for token in expander.expand(tokenize(code))]


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What gcc makes of the corpus."""
    return preprocessed(CORPUS, tmp_path_factory.mktemp("macros"))


@needs_gcc
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=pytest.mark.xfail(strict=True, reason=FAULTS[n]) if n in FAULTS else ())
        for n in CORPUS
    ],
)
def test_the_corpus_expands_as_gcc_expands_it(name: str, truth: dict[str, list[str]]) -> None:
    assert expanded(CORPUS[name]) == truth[name]


def random_program(chance: random.Random) -> str:
    """Macros with random parameters and bodies, and calls of them; every `##` joins two words."""
    lines: list[str] = []
    known: list[tuple[str, int | None]] = []

    def word(params: list[str]) -> str:
        return chance.choice([*params, *params, *(n for n, _ in known), "x", "y1", "3", "a", "b"])

    def call(params: list[str], depth: int) -> str:
        if not known or depth == 0:
            return word(params)
        name, count = chance.choice(known)
        if count is None or chance.random() < 0.1:
            return name
        given = [" ".join(call(params, depth - 1) for _ in range(chance.randint(0, 2))) for _ in range(count)]
        return f"{name}({', '.join(given)})"

    for number in range(chance.randint(1, 5)):
        count = chance.choice([None, 0, 1, 2, 3])
        params = ["a", "b", "c"][: count or 0]
        body = []
        for _ in range(chance.randint(0, 5)):
            kind = chance.random()
            if kind < 0.15 and params:
                body.append(f"#{chance.choice(params)}")
            elif kind < 0.3:
                body.append(f"w{number} ## {chance.choice([*params, 'z'])}")
            else:
                body.append(chance.choice([call(params, 2), "-", "(x)"]))
        head = f"m{number}" + ("" if count is None else f"({', '.join(params)})")
        lines.append(f"#define {head} {' '.join(body)}".rstrip())
        known.append((f"m{number}", count))
    lines += [call([], 3) for _ in range(4)]
    return "\n".join(lines) + "\n"


def unspaced(tokens: list[str]) -> list[str]:
    """The tokens with no spaces in strings: where `#` meets a macro's own spacing, gcc goes its own ways."""
    return [token.replace(" ", "") for token in tokens]


@needs_gcc
def test_random_macros_expand_as_gcc_expands_them(tmp_path: Path) -> None:
    texts = [random_program(random.Random(seed)) for seed in range(200)]
    whole, first_lines = "", []
    for text in texts:
        first_lines.append(whole.count("\n") + 1)
        whole += text + "".join(f"#undef m{n}\n" for n in range(5)) + "@@\n"
    (tmp_path / "t.c").write_text(whole)
    done = gcc("-E", "-P", "-w", "-undef", "t.c", cwd=tmp_path, check=False)
    refused = {
        bisect_right(first_lines, int(line)) - 1 for line in re.findall(r"t\.c:(\d+):\d+: error", done.stderr)
    }
    told = [[t.text.decode() for t in tokenize(part.encode())] for part in done.stdout.split("@@")]
    assert len(refused) < len(texts) / 3
    for number, text in enumerate(texts):
        if number not in refused:  # a call with too few arguments
            assert unspaced(expanded(text)) == unspaced(told[number]), text


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("#define f(x) x + f(x)\nf(f(1))", "1 + f ( 1 ) + f ( 1 + f ( 1 ) )"),
        ("#define a a b\na", "a b"),
        ("#define pr(f, args...) k(f, ##args)\npr(1) pr(1, 2)", "k ( 1 ) k ( 1 , 2 )"),
        ("#define s(...) #__VA_ARGS__\ns(a,  b)", '"a, b"'),
        ("#define p(a, b) a##b\np(x, 1) p(, y) p(,)", "x1 y"),
    ],
)
def test_expansion_without_gcc_at_hand(text: str, tokens: str) -> None:
    assert spelled(text) == tokens


def test_a_token_has_the_offset_of_the_outermost_macro() -> None:
    text = "#define IN sym\n#define OUT(x) x IN\nabc OUT(arg);\n"
    places = {t.text.decode(): t.offset for t in expand(text)}
    call = text.index("OUT(arg)")
    assert places["sym"] == call
    assert places["arg"] == text.index("arg")
    assert places["abc"] == text.index("abc")


def test_a_token_names_the_macros_it_came_through_outermost_first() -> None:
    text = "#define IN sym\n#define MID IN\n#define OUT(x) MID x\nOUT(arg)\n"
    through = {t.text.decode(): [m.name.decode() for m in t.via] for t in expand(text)}
    assert through == {"sym": ["OUT", "MID", "IN"], "arg": []}


def test_a_pasted_token_names_its_macro() -> None:
    (token,) = expand("#define CALL(x) sym_##x\nCALL(a)\n")
    assert (token.text, [m.name for m in token.via]) == (b"sym_a", [b"CALL"])


def test_a_macro_tells_where_it_was_defined() -> None:
    text = "int a;\n#define ONE 1\nONE\n"
    token = expand(text)[-1]
    assert (token.via[0].file, token.via[0].start) == ("/t.c", text.index("#define"))


def test_a_call_may_be_left_as_it_is_with_its_arguments_expanded() -> None:
    text = "#define f(x) <x>\n#define one 1\nf(one) + f(2)"
    asked: list[tuple[bytes, bytes]] = []

    def leave(macro: Macro, call: list[Token], following: bytes) -> bool:
        asked.append((macro.name, following))
        return True

    assert " ".join(t.text.decode() for t in expand(text, leave)) == "f ( 1 ) + f ( 2 )"
    assert asked == [(b"f", b"+"), (b"f", b"")]


def test_only_calls_in_the_text_itself_may_be_left() -> None:
    text = "#define in(x) <x>\n#define out in(1)\nout"
    assert " ".join(t.text.decode() for t in expand(text, lambda *_: True)) == "< 1 >"


def test_a_text_that_grows_past_any_use_is_called_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nsfix.csource.expansion._LIMIT", 1000)
    doubling = "".join(f"#define m{n + 1} m{n} m{n}\n" for n in range(40))
    with pytest.raises(EndlessExpansion):
        expand(f"#define m0 x\n{doubling}m40")


@pytest.mark.parametrize(
    "text", ["#define f(x\nf(1)", "#define f(x) x ##\nf(1)", "#define f(x) #\nf(1)", "#define ( x\n("]
)
def test_what_is_no_macro_harms_nothing(text: str) -> None:
    expand(text)


def test_words_of_a_macro_are_those_that_are_no_parameter() -> None:
    assert Macro(b"f", b'(a, b...) a + c(b) + 3 + "d"').words() == {b"c"}


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        (b"a->b++ <<= 3", [b"a", b"->", b"b", b"++", b"<<=", b"3"]),
        (b"0x1e+3 1.5e-3f .5 x.y", [b"0x1e+3", b"1.5e-3f", b".5", b"x", b".", b"y"]),
        (b"\"a\\\"b\" 'c' '\\''", [b'"a\\"b"', b"'c'", b"'\\''"]),
        (b"a##b ... #", [b"a", b"##", b"b", b"...", b"#"]),
    ],
)
def test_a_text_falls_into_the_tokens_of_c(text: bytes, tokens: list[bytes]) -> None:
    found = tokenize(text, 100)
    assert [t.text for t in found] == tokens
    assert all(text[t.offset - 100 :].startswith(t.text) for t in found)
