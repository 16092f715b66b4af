"""What is a comment and what is none; every offset stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsfix.csource.lexer import (
    LineIndex,
    _blank_carefully,
    _blank_simple,
    blank_comments,
    blank_literals,
    spaces,
)

PIECES = [
    b"/*",
    b"*/",
    b"//",
    b"/",
    b"*",
    b'"',
    b"'",
    b"\\",
    b"\n",
    b"\r\n",
    b"\\\n",
    b"\\\r\n",
    b"a",
    b" ",
    b"#define X ",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=24).map(b"".join)
quickly = settings(max_examples=150, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        (b"a /* b */ c", b"a         c"),
        (b"a // b\nc", b"a     \nc"),
        (b"a /* b\n c */ d", b"a     \n      d"),
        (b"/**/a", b"    a"),
        (b"/***/a", b"     a"),
        (b"/* * / ** */a", b"            a"),
        (b"/*/a*/b", b"      b"),
        (b"a /* b // c */ d", b"a              d"),
        (b"a // b /* c\nd */", b"a          \nd */"),
        (b'"/*" a "*/"', b'"/*" a "*/"'),
        (b'"//" a', b'"//" a'),
        (b"'\"' /* b */ '\"'", b"'\"'         '\"'"),
        (b"'\\'' /* b */", b"'\\''        "),
        (b'"\\"/*" /* b */', b'"\\"/*"        '),
        (b'"\\\\" /* b */', b'"\\\\"        '),
        (b"a / b * c", b"a / b * c"),
        (b"a /* b", b"a     "),
        (b"a /* b\n", b"a     \n"),
        (b"a // b", b"a     "),
        (b"it's /* b */", b"it's        "),
        (b"a /* b */ // c\nd", b"a             \nd"),
        (b"", b""),
    ],
)
def test_a_comment_becomes_as_many_spaces(text: bytes, blank: bytes) -> None:
    assert blank_comments(text) == blank


def test_crlf_line_ends_stay() -> None:
    assert blank_comments(b"a /* b\r\n c */ d\r\n// e\r\nf") == b"a     \r\n      d\r\n    \r\nf"


def test_a_line_comment_goes_on_behind_a_backslash() -> None:
    assert blank_comments(b"a // b \\\nc\nd") == b"a      \\\n \nd"
    assert blank_comments(b"a // b \\\r\nc\r\nd") == b"a      \\\r\n \r\nd"


def test_a_splice_in_a_comment_carries_its_define_on() -> None:
    text = b"#define A /* one \\\n two */ 1 \\\n + 2\n"
    blank = blank_comments(text)
    assert blank.count(b"\\\n") == 2
    assert blank.split() == [b"#define", b"A", b"\\", b"1", b"\\", b"+", b"2"]


def test_a_string_that_goes_on_over_a_splice_hides_a_comment_mark() -> None:
    assert blank_comments(b'"a\\\n/* b */" /* c */') == b'"a\\\n/* b */"        '


def test_a_quote_in_a_comment_opens_nothing() -> None:
    assert blank_comments(b"/* don't */ a /* \" */ b") == b"            a         b"


def test_latin_1_bytes_in_comments_are_one_space_each() -> None:
    assert blank_comments(b"/* \xe4\xff */a") == b"        a"


@quickly
@given(TEXTS)
def test_blanking_keeps_length_line_ends_and_code(text: bytes) -> None:
    blank = blank_comments(text)
    assert len(blank) == len(text)
    for old, new in zip(text, blank, strict=True):
        assert new in (old, 0x20)
        if old in b"\r\n":
            assert new == old


def test_a_line_comment_that_begins_with_a_star() -> None:
    assert blank_comments(b"//* a */\nb") == b"        \nb"


@quickly
@given(TEXTS.filter(lambda text: b"//*" not in text))
def test_the_quick_way_agrees_with_the_careful_one(text: bytes) -> None:
    quick = _blank_simple(text)
    if quick is not None:
        assert quick == _blank_carefully(text)


@quickly
@given(TEXTS)
def test_blanking_twice_blanks_nothing_more(text: bytes) -> None:
    once = blank_comments(text)
    again = blank_comments(once)
    assert again == once


@pytest.mark.parametrize(
    ("text", "blank"),
    [
        (b"f(\"a;b\", ';')", b"f(\"   \", ' ')"),
        (b'"a\\"b" c', b'"    " c'),
        (b"'\\'' c", b"'  ' c"),
        (b'"a\\\nb" c', b'"  \n " c'),
        (b'"open\nc', b'"open\nc'),
        (b'""a', b'""a'),
    ],
)
def test_only_the_insides_of_literals_are_blanked(text: bytes, blank: bytes) -> None:
    assert blank_literals(text) == blank


def test_spaces_keep_both_kinds_of_line_ends() -> None:
    assert spaces(b"a\r\nb\tc\n") == b" \r\n   \n"


def test_lines_count_from_one() -> None:
    line = LineIndex(b"a\nb\r\n\nc").line
    assert [line(0), line(1), line(2), line(5), line(6)] == [1, 1, 2, 3, 4]
