"""Texts and positions in the plainest way there is: what the server's own arithmetic is held against."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

ENCODINGS = ("utf-8", "utf-16", "utf-32")
_UNIT = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def units(text: str, encoding: str) -> int:
    """How many columns `text` is."""
    name, size = _UNIT[encoding]
    return len(text.encode(name, "surrogatepass")) // size


def split(text: str) -> list[str]:
    """The lines of `text`, each with its end; the last has none."""
    lines, start = [], 0
    while True:
        ends = [at for at in (text.find("\r", start), text.find("\n", start)) if at >= 0]
        if not ends:
            return [*lines, text[start:]]
        after = min(ends) + (2 if text.startswith("\r\n", min(ends)) else 1)
        lines.append(text[start:after])
        start = after


def offset(text: str, position: types.Position, encoding: str) -> int:
    """Where a position is in `text`: at the end of its line if it is beyond, at that of the text if the line is."""
    lines = split(text)
    if position.line >= len(lines):
        return len(text)
    before = sum(map(len, lines[: position.line]))
    line = lines[position.line].rstrip("\r\n")
    column = 0
    while column < len(line) and units(line[: column + 1], encoding) <= position.character:
        column += 1
    return before + column


def position(text: str, place: int, encoding: str) -> types.Position:
    """The position of an offset that is not inside the end of a line."""
    lines = split(text[:place])
    return types.Position(len(lines) - 1, units(lines[-1], encoding))


def span(text: str, first: int, last: int, encoding: str) -> types.Range:
    """The range between two offsets."""
    return types.Range(position(text, first, encoding), position(text, last, encoding))


def applied(text: str, edits: Iterable[types.TextEdit], encoding: str) -> str:
    """`text` after edits that are all about it as it is; of two at one place the first comes first."""
    ordered = sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character))
    for edit in ordered[::-1]:
        first = offset(text, edit.range.start, encoding)
        last = offset(text, edit.range.end, encoding)
        text = text[:first] + edit.new_text + text[last:]
    return text
