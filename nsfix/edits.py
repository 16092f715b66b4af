"""Edits as data: the only way nsfix changes a text. This room knows no kernel.

An `Edit` replaces the bytes `start` to `end` (0-based byte offsets, end exclusive) by `new`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from nsfix.errors import EditError


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace `text[start:end]` by `new`; `start == end` inserts before the byte at `start`."""

    start: int
    end: int
    new: bytes


def apply(text: bytes, edits: Iterable[Edit]) -> bytes:
    """Return `text` with all edits made. Insertions at one offset come out in the order given.

    Raises EditError where an edit lies outside the text, runs backwards, or overlaps another.
    """
    pieces: list[bytes] = []
    position = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.end < edit.start:
            raise EditError(f"edit {edit.start}..{edit.end} runs backwards")
        if edit.start < position:
            raise EditError(f"edit {edit.start}..{edit.end} overlaps the one that ends at {position}")
        if edit.end > len(text):
            raise EditError(f"edit {edit.start}..{edit.end} lies outside the text of {len(text)} bytes")
        pieces += (text[position : edit.start], edit.new)
        position = edit.end
    pieces.append(text[position:])
    return b"".join(pieces)


def between(before: bytes, after: bytes) -> tuple[Edit, ...]:
    """The edits of whole lines that make `after` of `before`."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    offsets = [0]
    for line in old:
        offsets.append(offsets[-1] + len(line))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return tuple(
        Edit(offsets[first], offsets[last], b"".join(new[begin:end]))
        for kind, first, last, begin, end in matcher.get_opcodes()
        if kind != "equal"
    )
