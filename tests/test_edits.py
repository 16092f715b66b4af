"""Edits as data: applied in order, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsfix.edits import Edit, apply
from nsfix.errors import EditError


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([], b"abcdef"),
        ([Edit(0, 0, b"x")], b"xabcdef"),
        ([Edit(6, 6, b"x")], b"abcdefx"),
        ([Edit(1, 3, b"x")], b"axdef"),
        ([Edit(1, 3, b"")], b"adef"),
        ([Edit(0, 6, b"x")], b"x"),
        ([Edit(4, 5, b"y"), Edit(0, 1, b"x")], b"xbcdyf"),
        ([Edit(2, 2, b"x"), Edit(2, 2, b"y")], b"abxycdef"),
        ([Edit(2, 3, b"z"), Edit(2, 2, b"x")], b"abxzdef"),
        ([Edit(1, 3, b"x"), Edit(3, 4, b"y")], b"axyef"),
        ([Edit(1, 3, b"x"), Edit(3, 3, b"y")], b"axydef"),
        ([Edit(0, 0, b"\r\n\0\xff")], b"\r\n\0\xffabcdef"),
    ],
)
def test_edits_replace_what_they_name_and_nothing_else(edits: list[Edit], expected: bytes) -> None:
    assert apply(b"abcdef", edits) == expected


@pytest.mark.parametrize(
    ("edits", "reason"),
    [
        ([Edit(3, 2, b"")], "backwards"),
        ([Edit(0, 7, b"")], "outside"),
        ([Edit(7, 7, b"")], "outside"),
        ([Edit(0, 3, b""), Edit(2, 4, b"")], "overlaps"),
        ([Edit(0, 3, b""), Edit(1, 1, b"x")], "overlaps"),
        ([Edit(-1, 0, b"")], "overlaps"),
    ],
)
def test_an_edit_that_cannot_be_made_is_refused(edits: list[Edit], reason: str) -> None:
    with pytest.raises(EditError, match=reason):
        apply(b"abcdef", edits)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.binary(max_size=30), st.data())
def test_every_byte_outside_the_edits_stays(text: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    edits = [Edit(start, end, data.draw(st.binary(max_size=4))) for start, end in spans]
    expected, position = b"", 0
    for edit in edits:
        expected += text[position : edit.start] + edit.new
        position = edit.end
    given_order = data.draw(st.permutations(edits))
    empty = [e for e in edits if e.start == e.end]
    if len({e.start for e in empty}) == len(empty):  # at one place, the given order decides
        assert apply(text, given_order) == expected + text[position:]
