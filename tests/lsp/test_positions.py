"""Positions and changes of texts, against the plainest way to compute them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types

from nsfix.lsp.positions import Encoding, Text, decoded, encoded
from tests.lsp import texts

TEXTS = st.text(alphabet="ab\r\n\té\u2028\x0c\x0b\x85𝒳", max_size=14)
ENCODINGS = st.sampled_from(list(Encoding))
POSITIONS = st.tuples(st.integers(0, 7), st.integers(0, 9))


@settings(max_examples=500)
@given(TEXTS, TEXTS, POSITIONS, POSITIONS, ENCODINGS)
def test_a_change(
    text: str, new: str, start: tuple[int, int], end: tuple[int, int], encoding: Encoding
) -> None:
    first, last = (texts.offset(text, types.Position(*at), encoding.value) for at in (start, end))
    expected = text[:first] + new + text[max(first, last) :]
    changed = Text(text).changed(start, end, new, encoding)
    assert changed.text == expected
    shown = [changed.line(number) for number in range(changed.lines)]
    assert shown == [line.rstrip("\r\n") for line in texts.split(expected)]


@settings(max_examples=200)
@given(TEXTS, st.lists(st.tuples(TEXTS, POSITIONS, POSITIONS), max_size=6), ENCODINGS)
def test_many_changes_leave_what_the_whole_text_would(
    text: str, changes: list[tuple[str, tuple[int, int], tuple[int, int]]], encoding: Encoding
) -> None:
    now = Text(text)
    for new, start, end in changes:
        now = now.changed(start, end, new, encoding)
    whole = Text(now.text)
    assert now.data == whole.data
    assert [now.line(n) for n in range(now.lines)] == [whole.line(n) for n in range(whole.lines)]


@settings(max_examples=300)
@given(TEXTS, ENCODINGS)
def test_every_offset_is_a_position_and_back(text: str, encoding: Encoding) -> None:
    made = Text(text)
    for offset in range(len(text) + 1):
        if text[max(offset - 1, 0) : offset + 1] == "\r\n":
            continue
        expected = texts.position(text, offset, encoding.value)
        assert made.position(offset, encoding) == (expected.line, expected.character)
        assert made.offset(expected.line, expected.character, encoding) == offset
        byte = len(text[:offset].encode())
        assert made.position_of_byte(byte, encoding) == (expected.line, expected.character)


@pytest.mark.parametrize("encoding", list(Encoding))
def test_a_column_inside_a_character_is_its_start(encoding: Encoding) -> None:
    width = encoding.units("𝒳")
    for column in range(width):
        assert Text("𝒳b").offset(0, column, encoding) == 0
    assert Text("𝒳b").offset(0, width, encoding) == 1


@pytest.mark.parametrize("encoding", list(Encoding))
def test_between_the_halves_of_a_line_end(encoding: Encoding) -> None:
    assert Text("ab\r\nc").position(3, encoding) == (0, 2)


@settings(max_examples=100)
@given(st.one_of(st.binary(max_size=12), TEXTS.map(str.encode)))
def test_bytes_of_any_kind_have_a_text_with_their_lines(data: bytes) -> None:
    text = decoded(data)
    assert text.count("\n") == data.count(b"\n")
    assert encoded(text) == data or text.encode("latin-1") == data


def test_half_a_pair_comes_back() -> None:
    assert decoded(encoded("a\ud835b")) == "a\ud835b"
