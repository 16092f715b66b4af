"""The session that is played: 200 edits and 50 saves, the same for every server.

Somebody writes log calls into functions at several places, a few characters at a time, deletes an import, takes code
out and puts it back. Everything is made from the text itself, so that it plays on any source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

EDITS, SAVES = 200, 50
_TYPED = ("\tpr_de", 'bug("at', ' %s\\n"', ", __func__);\n")
_BODY = re.compile(r"^\{\n", re.MULTILINE)
_IMPORT = re.compile(r"^MODULE_IMPORT_NS\(.*\);\n", re.MULTILINE)


@dataclass(frozen=True)
class Change:
    """What the editor sends: the text between two offsets is replaced."""

    start: int
    end: int
    new: str


@dataclass(frozen=True)
class Save:
    """The user saves."""


class Buffer:
    """The text as the user has it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.version = 1

    def change(self, change: Change) -> dict[str, object]:
        """Make a change: what is to be sent of it."""
        place = {"start": self.position(change.start), "end": self.position(change.end)}
        self.text = self.text[: change.start] + change.new + self.text[change.end :]
        self.version += 1
        return {"range": place, "text": change.new}

    def position(self, offset: int) -> dict[str, int]:
        """An offset as the protocol has it; the sources are ASCII."""
        before = self.text[:offset]
        return {"line": before.count("\n"), "character": offset - (before.rfind("\n") + 1)}

    def offset(self, position: dict[str, int]) -> int:
        """The offset of a position."""
        at = 0
        for _ in range(position["line"]):
            at = self.text.index("\n", at) + 1
        return at + position["character"]


def session(buffer: Buffer) -> Iterator[Change | Save]:
    """The session; each step is made from the text as the one before has left it."""
    for number in range(SAVES):
        bodies = [match.end() for match in _BODY.finditer(buffer.text)]
        imports = list(_IMPORT.finditer(buffer.text))
        if number % 5 == 4 and imports:  # an import is deleted, in four steps, and comes back with the save
            line = imports[number % len(imports)]
            for _ in range(4):
                size = -(-(line.end() - line.start()) // 4)
                rest = min(size, _length_at(buffer.text, line.start()))
                yield Change(line.start(), line.start() + rest, "")
        else:
            at = bodies[(number * 7) % len(bodies)] if bodies else len(buffer.text)
            for piece in _TYPED:
                yield Change(at, at, piece)
                at += len(piece)
        yield Save()


def _length_at(text: str, start: int) -> int:
    """What is left of the line at `start`, with its end, in which nothing but an import stood."""
    return text.index("\n", start) + 1 - start
