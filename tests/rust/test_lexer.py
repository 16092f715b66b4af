"""Tokens of Rust: what is a name, what is a string, and what is neither."""

from __future__ import annotations

import pytest

from nsfix.rust.lexer import NAME, STRING, Lines, tokens_of


def names(text: str) -> list[bytes]:
    return [t.text for t in tokens_of(text.encode())[0] if t.kind == NAME]


def strings(text: str) -> list[bytes]:
    return [t.text for t in tokens_of(text.encode())[0] if t.kind == STRING]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a // b\nc", [b"a", b"c"]),
        ("a /* b /* c */ d */ e", [b"a", b"e"]),
        ("/// doc\n//! inner\n/** b */ x", [b"x"]),
        ("r#type r#fn", [b"type", b"fn"]),
        ("<'a, 'b>('c', 'd')", []),
        ("'static f", [b"f"]),
        ("'\\'' f", [b"f"]),
        ("'\"' f", [b"f"]),
        ("b'\"' f '\\u{1F600}' g", [b"f", b"g"]),
        ("'é' f", [b"f"]),
        ("0x1f 1_000u32 1.5e3 1..n", [b"n"]),
        ('"// no comment" x', [b"x"]),
        ('r#"a "quoted" b"# x', [b"x"]),
        ("\ufeffx", [b"x"]),
    ],
)
def test_names(text: str, expected: list[bytes]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"PWM"', b"PWM"),
        ('"P\\x57M"', b"PWM"),
        ('"\\u{50}WM"', b"PWM"),
        ('"P\\\n      WM"', b"PWM"),
        ('"a\\"b\\\\c\\n"', b'a"b\\c\n'),
        ('r"P\\WM"', b"P\\WM"),
        ('r##"a"#b"##', b'a"#b'),
        ('br"x"', b"x"),
        ('b"x"', b"x"),
        ('c"x"', b"x"),
    ],
)
def test_strings_have_the_compilers_value(text: str, expected: bytes) -> None:
    assert strings(text) == [expected]


@pytest.mark.parametrize("text", ['a "never', "a /* never /* */", 'a r#"never"'])
def test_what_never_ends_is_told(text: str) -> None:
    tokens, broken = tokens_of(text.encode())
    assert ([t.text for t in tokens], broken) == ([b"a"], 2)


def test_lines_count_from_one() -> None:
    lines = Lines(b"a\nb\r\nc")
    assert [lines.line(offset) for offset in (0, 1, 2, 5)] == [1, 1, 2, 3]
