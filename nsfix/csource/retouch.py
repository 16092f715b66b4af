"""A source that was read, edited where nothing of it matters: what it says is what it said, further down.

Somebody types in the body of a function. As long as neither the body as it was nor as it is has a word that the
reading looked for, the reading of the whole would come to the same: uses are followed from the symbols upwards, through
every macro and function that leads to one (reading.py), so a body without any of those words is not looked at; and all
else that a body could change is asked for by name as well, or stands in directives, which are not touched. Whatever is
not certain to be so is read anew.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from nsfix.csource.chunks import chunk_at, outer_chunks
from nsfix.csource.closure import WordMemo
from nsfix.csource.lexer import blank_comments
from nsfix.csource.pasting import NameSet
from nsfix.csource.reading import Reader
from nsfix.csource.session import Session, Span
from nsfix.csource.unit import Unit

_WORDS = re.compile(rb"[A-Za-z_]\w*")
_NEXT = b"\nint next;"
_FUNCTION = re.compile(rb"[^{]*\([^{]*\)[^{]*\{.*\}\Z", re.S)
# In a line that is edited: a directive, a line that goes on, what statements are made by, the marker of a conflict.
_TOUCHY = re.compile(rb"^[ \t]*(?:#|%:|\?\?=)|\\[ \t]*\r?$|MODULE_|EXPORT_|_Pragma|^(?:<{7}|={7}|>{7})", re.M)


@dataclass(frozen=True, slots=True)
class Shift:
    """Where what stands behind an edit has gone: what was at the byte `offset` or behind it stands so many `bytes` and
    `lines` further down."""

    offset: int
    line: int
    bytes: int
    lines: int

    def moved(self, offset: int) -> int:
        """Where the byte at `offset` stands now."""
        return offset + self.bytes if offset >= self.offset else offset

    def moved_line(self, line: int) -> int:
        """The number that a line has now."""
        return line + self.lines if line >= self.line else line


@dataclass(frozen=True)
class _Interest:
    """What a reading looked for, in whatever part of the source: `words`, and names that macros might paste."""

    unit: Unit
    session: Session
    memos: tuple[WordMemo[bool], ...]
    words: frozenset[bytes]
    pasted: tuple[NameSet, ...]

    def is_met_by(self, text: bytes) -> bool:
        """Whether anything in `text`, code of the source, might matter."""
        words = frozenset(_WORDS.findall(text))
        if not words.isdisjoint(self.words) or any(
            m.among_passing_words(words, self.unit) for m in self.memos
        ):
            return True
        patterns = [
            p for _, found in self.session.pasting_words.among_passing_words(words, self.unit) for p in found
        ]
        if not patterns:
            return False
        spelled = self.session.spelled_with(self.unit, words)
        return any(names.may_make(p, lambda: spelled) for p in patterns for names in self.pasted)


@dataclass(frozen=True)
class Outline:
    """A source as it was read: its text, its code without comments, what is compiled of it, its outermost pieces, those
    of them that were looked at, the spans that are not compiled, and the `#include`s in the middle of a piece.

    Spans and places are byte offsets, ends exclusive.
    """

    text: bytes
    code: bytes
    active: bytes
    chunks: list[Span]
    looked_at: frozenset[Span]
    left_out: list[Span]
    unfolded: list[int]
    interest: _Interest

    def retouched(self, text: bytes) -> tuple[Outline, Shift] | None:
        """The outline of `text`, and where things have gone; None where it has to be read."""
        edit = _lines_between(self.text, text)
        if edit is None:
            return None
        start, before, after = edit  # the lines from `start` to the byte `before`, which now end at `after`
        if _TOUCHY.search(self.text, start, before) or _TOUCHY.search(text, start, after):
            return None
        if self.text[:start].endswith((b"\\\n", b"\\\r\n")) or _overlap(self.left_out, start, before):
            return None
        code = blank_comments(text)
        if code[:start] != self.code[:start] or code[after:] != self.code[before:]:
            return None
        grown = after - before
        active = self.active[:start] + code[start:after] + self.active[before:]
        blank = not (self.code[start:before].strip() or code[start:after].strip())
        if not blank and not self._in_body(active, start, before, grown):
            return None
        lines = text.count(b"\n", start, after) - self.text.count(b"\n", start, before)
        shift = Shift(before, self.text.count(b"\n", 0, before) + 1, grown, lines)

        def moved(span: Span) -> Span:
            # A piece ends behind the start of the lines that it has in part, and none begins there.
            first, last = span
            return first + grown if first > start else first, last + grown if last > start else last

        now = replace(
            self,
            text=text,
            code=code,
            active=active,
            chunks=list(map(moved, self.chunks)),
            looked_at=frozenset(map(moved, self.looked_at)),
            left_out=list(map(moved, self.left_out)),
            unfolded=[at + grown if at > start else at for at in self.unfolded],
        )
        return now, shift

    def _in_body(self, active: bytes, start: int, before: int, grown: int) -> bool:
        """Whether the edited lines are in the body of one function, which had and has nothing that matters; `active` is
        what is compiled now."""
        span = chunk_at(self.chunks, start)
        if span is None or span in self.looked_at or self.active[span[1] : before].strip():
            return False
        if any(span[0] <= at < span[1] for at in self.unfolded):
            return False
        old, new = self.active[slice(*span)], active[span[0] : span[1] + grown]
        brace = old.find(b"{")
        if brace < 0 or span[0] + brace >= start or not _FUNCTION.match(old):
            return False
        if not (_is_whole(old) and _is_whole(new)):
            return False
        return not (self.interest.is_met_by(old) or self.interest.is_met_by(new))


def outline_of(unit: Unit, reader: Reader, memos: tuple[WordMemo[bool], ...]) -> Outline | None:
    """The outline of a unit's own source that `reader` has read; None where it can take no edits. `memos` tell the
    words that lead to statements."""
    main = unit.main
    code = blank_comments(main.text)
    if code != main.code or [p for _, p in unit.inclusions].count(unit.path):
        return None
    session = reader.session
    words = reader.looked_for
    interest = _Interest(unit, session, memos, words, (session.symbol_set, NameSet(words)))
    left_out = sorted(span for span in unit.left_out(main) if span[0] < span[1])
    looked_at = frozenset(key[1] for key in reader.pieces if key[0] == unit.path)
    active = unit.active(main)
    unfolded = [offset for offsets in unit.spliced().values() for offset in offsets]
    chunks = session.chunks(unit.path, active)
    return Outline(main.text, code, active, chunks, looked_at, left_out, unfolded, interest)


def _is_whole(piece: bytes) -> bool:
    """Whether `piece` is one piece that ends where it does whatever follows: one without its last brace would not."""
    return piece[-1:] == b"}" and outer_chunks(piece + _NEXT)[:1] == [(0, len(piece))]


def _lines_between(old: bytes, new: bytes) -> tuple[int, int, int] | None:
    """The whole lines in which two texts differ: their start, and their ends in either; None where nothing differs."""
    if old == new:
        return None
    start = old.rfind(b"\n", 0, _common(old, new)) + 1
    behind = _common(old[start:][::-1], new[start:][::-1])
    end = old.find(b"\n", len(old) - behind)
    end = len(old) if end < 0 else end + 1
    return start, end, end + len(new) - len(old)


def _common(one: bytes, other: bytes) -> int:
    """How many bytes two texts have in common at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _overlap(spans: list[Span], start: int, end: int) -> bool:
    """Whether one of `spans` has something in common with the bytes from `start` to `end`."""
    return any(first < end and start < last for first, last in spans)
