"""Positions as the Language Server Protocol has them, in texts as they are.

A line ends with `\\n`, `\\r\\n` or `\\r`, and with nothing else (LSP 3.17, "Text Documents"); a column counts the code
units of the encoding that client and server agreed on. Offsets here count characters of a `str`, unless they are said
to be bytes, which are those of its UTF-8.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import Enum

_LINE_END = re.compile(r"\r\n|\n|\r")
_SURROGATES = "surrogatepass"  # half a pair may stand in JSON, and has to come back as it was


class Encoding(Enum):
    """What a column counts."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"

    def units(self, text: str) -> int:
        """How many columns `text` is."""
        if self is Encoding.UTF32 or text.isascii():
            return len(text)
        if self is Encoding.UTF8:
            return len(encoded(text))
        return len(text) + sum(1 for c in text if c > "\uffff")

    def offset(self, line: str, column: int) -> int:
        """The character of `line` at `column`: its start where that is within it, the end where it is beyond."""
        if self is Encoding.UTF32 or line.isascii():
            return min(max(column, 0), len(line))
        seen = 0
        for offset, character in enumerate(line):
            seen += self.units(character)
            if seen > column:
                return offset
        return len(line)


def encoded(text: str) -> bytes:
    """The UTF-8 of `text`."""
    return text.encode("utf-8", _SURROGATES)


def decoded(data: bytes) -> str:
    """The text of UTF-8; of other bytes each as a character, so that lines are what they are."""
    try:
        return data.decode("utf-8", _SURROGATES)
    except UnicodeDecodeError:
        return data.decode("latin-1")


class Text:
    """A text with its lines. Lines and columns count from 0."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(m.end() for m in _LINE_END.finditer(text))]
        self._data: bytes | None = None

    @property
    def data(self) -> bytes:
        """Its UTF-8."""
        if self._data is None:
            self._data = encoded(self.text)
        return self._data

    @property
    def lines(self) -> int:
        """How many lines there are, the last of them without an end, be it empty."""
        return len(self._starts)

    def line(self, number: int) -> str:
        """A line without its end; nothing where there is no such line."""
        if not 0 <= number < len(self._starts):
            return ""
        return self.text[self._starts[number] : self._end(number)]

    def _end(self, number: int) -> int:
        """Where the end of a line begins."""
        if number + 1 >= len(self._starts):
            return len(self.text)
        after = self._starts[number + 1]
        return after - (2 if self.text[after - 2 : after] == "\r\n" else 1)

    def offset(self, line: int, column: int, encoding: Encoding) -> int:
        """The offset of a position; of one beyond the end of a line that end, beyond the last line that of the text."""
        if line < 0:
            return 0
        if line >= len(self._starts):
            return len(self.text)
        return self._starts[line] + encoding.offset(self.line(line), column)

    def position(self, offset: int, encoding: Encoding) -> tuple[int, int]:
        """The line and column of an offset; between the two halves of `\\r\\n` that of the first."""
        line = bisect_right(self._starts, offset) - 1
        offset = min(offset, self._end(line))
        return line, encoding.units(self.text[self._starts[line] : offset])

    def position_of_byte(self, offset: int, encoding: Encoding) -> tuple[int, int]:
        """The line and column of a byte."""
        if self.text.isascii():
            return self.position(offset, encoding)
        return self.position(len(decoded_part(self.data, offset)), encoding)

    def changed(self, start: tuple[int, int], end: tuple[int, int], new: str, encoding: Encoding) -> Text:
        """The text with what stands between two positions replaced by `new`."""
        first = self.offset(*start, encoding)
        last = max(self.offset(*end, encoding), first)
        changed = Text.__new__(Text)
        changed.text = self.text[:first] + new + self.text[last:]
        changed._data = None
        changed._starts = self._starts_with(changed.text, first, last, len(new))
        return changed

    def _starts_with(self, text: str, first: int, last: int, length: int) -> list[int]:
        """The starts of the lines of `text`, which differs from this one from `first` on to `last`, where there are
        `length` characters now. Ends of lines may come about or go at both ends of what is new."""
        kept = max(bisect_right(self._starts, first) - 2, 0)
        begin = self._starts[kept]
        rest = min(bisect_right(self._starts, last) + 1, len(self._starts))
        moved = length - (last - first)
        end = self._starts[rest] + moved if rest < len(self._starts) else len(text)
        between = [m.end() for m in _LINE_END.finditer(text, begin, end)]
        tail = [start + moved for start in self._starts[rest:]]
        if tail and between and between[-1] == tail[0]:
            between.pop()
        return [*self._starts[: kept + 1], *between, *tail]


def decoded_part(data: bytes, end: int) -> str:
    """The text of the first `end` bytes."""
    return data[:end].decode("utf-8", _SURROGATES)
