"""Marks for text that make would get from a shell command, which nsfix does not run.

An unknown value is a mark inside ordinary text: it passes through every text function like a word of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_OPEN = "\ufdd0"  # noncharacters: no makefile contains them
_CLOSE = "\ufdd1"
_MARK = re.compile(f"{_OPEN}(\\d+){_CLOSE}")


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that was not computed: the function call as it stands, and where."""

    text: str
    file: str
    line: int


class Unknowns:
    """Hands out the marks of one reading and finds what is behind them."""

    def __init__(self) -> None:
        self._known: list[Unknown] = []
        self._numbers: dict[Unknown, int] = {}

    def mark(self, unknown: Unknown) -> str:
        """Return the mark that stands for `unknown`, the same one every time."""
        number = self._numbers.setdefault(unknown, len(self._known))
        if number == len(self._known):
            self._known.append(unknown)
        return f"{_OPEN}{number}{_CLOSE}"

    def first(self, text: str) -> Unknown | None:
        """Return what the first mark in `text` stands for, or None where all of it is known."""
        found = _MARK.search(text) if _OPEN in text else None
        return self._known[int(found.group(1))] if found else None

    def readable(self, text: str) -> str:
        """Return `text` with every mark replaced by the call that it stands for."""
        return _MARK.sub(lambda mark: self._known[int(mark.group(1))].text, text) if _OPEN in text else text


def has_mark(text: str) -> bool:
    """Whether a part of `text` is unknown."""
    return _OPEN in text


def marks(text: str) -> str:
    """Return only the marks in `text`, one after the other as words."""
    return " ".join(mark.group(0) for mark in _MARK.finditer(text))


def replace_marks(text: str, replacement: str) -> str:
    """Return `text` with every mark replaced."""
    return _MARK.sub(replacement, text)
