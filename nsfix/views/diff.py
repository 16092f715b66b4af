"""Changes of texts as a unified diff that `git apply` and `patch -p1` take.

Written format: `--- a/PATH`, `+++ b/PATH`, hunks with three lines of context, `\\ No newline at end of file`;
all bytes as they are, so that latin-1 and CRLF survive. A path with a space ends in a tab, as git and GNU
diff have it; one with a quote, a backslash or a control character is written as a C string.
"""

from __future__ import annotations

import difflib
import os
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

CONTEXT = 3
_SMALL = 200
_ODD = re.compile(rb'[\x00-\x1f\x7f"\\]')
_NO_NEWLINE = b"\n\\ No newline at end of file\n"

Block = tuple[int, int, int, int]  # old start, old end, new start, new end: lines from 0, ends exclusive


@dataclass(frozen=True, slots=True)
class Change:
    """One file before and after. `path_shown` is relative: both tools refuse an absolute path and `..`."""

    path_shown: str
    old: bytes
    new: bytes


def unified_diff(changes: Iterable[Change]) -> bytes:
    """The patch that makes all `changes`; empty where no text changes."""
    return b"".join(_diff_of(change) for change in changes if change.old != change.new)


_BOLD, _RED, _GREEN, _CYAN, _PLAIN = b"\x1b[1m", b"\x1b[31m", b"\x1b[32m", b"\x1b[36m", b"\x1b[m"
_COLOURS = ((b"--- ", _BOLD), (b"+++ ", _BOLD), (b"@@", _CYAN), (b"+", _GREEN), (b"-", _RED))


def coloured(diff: bytes) -> bytes:
    """`diff` for a terminal, in the colours of git."""
    return b"".join(_coloured_line(line) for line in diff.splitlines(keepends=True))


def _coloured_line(line: bytes) -> bytes:
    body = line.rstrip(b"\r\n")
    for head, colour in _COLOURS:
        if line.startswith(head):
            return colour + body + _PLAIN + line[len(body) :]
    return line


def _diff_of(change: Change) -> bytes:
    old, new = _lines(change.old), _lines(change.new)
    pieces = [b"--- " + _name("a/", change.path_shown), b"+++ " + _name("b/", change.path_shown)]
    for group in _grouped(_changed_blocks(old, new)):
        pieces += _hunk(old, new, group)
    return b"".join(pieces)


def _lines(text: bytes) -> list[bytes]:
    """The lines with their line feeds. A carriage return alone ends none, unlike in bytes.splitlines."""
    lines = text.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _name(side: str, path: str) -> bytes:
    name = os.fsencode(side + path)
    if _ODD.search(name):
        return b'"' + _ODD.sub(lambda m: b"\\%03o" % m.group()[0], name) + b'"\n'
    return name + (b"\t\n" if b" " in name else b"\n")


def _hunk(old: Sequence[bytes], new: Sequence[bytes], group: Sequence[Block]) -> Iterator[bytes]:
    first, last = group[0], group[-1]
    before = min(CONTEXT, first[0])
    after = min(CONTEXT, len(old) - last[1])
    start, end = first[0] - before, last[1] + after
    yield b"@@ -%s +%s @@\n" % (_span(start, end), _span(first[2] - before, last[3] + after))
    position = start
    for old_start, old_end, new_start, new_end in group:
        yield from (_line(b" ", line) for line in old[position:old_start])
        yield from (_line(b"-", line) for line in old[old_start:old_end])
        yield from (_line(b"+", line) for line in new[new_start:new_end])
        position = old_end
    yield from (_line(b" ", line) for line in old[position:end])


def _span(start: int, end: int) -> bytes:
    """A range of lines as in a hunk's head: from 1, but an empty one is named after the line before it."""
    count = end - start
    return b"%d" % (start + 1) if count == 1 else b"%d,%d" % (start + (count > 0), count)


def _line(mark: bytes, line: bytes) -> bytes:
    return mark + (line if line.endswith(b"\n") else line + _NO_NEWLINE)


def _grouped(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Blocks so near to each other that their contexts touch, together."""
    group: list[Block] = []
    for block in blocks:
        if group and block[0] - group[-1][1] > 2 * CONTEXT:
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _changed_blocks(old: Sequence[bytes], new: Sequence[bytes]) -> list[Block]:
    """What differs, in order, found in nearly linear time: common ends are set aside, then the text is cut
    at the lines that occur once in each, and only the small pieces between are searched thoroughly."""
    blocks: list[Block] = []
    at_old = at_new = 0
    for one, other in [*_anchors(old, new), (len(old), len(new))]:
        blocks += _changed_between(old, new, (at_old, one, at_new, other))
        at_old, at_new = one, other
    return blocks


def _trimmed(old: Sequence[bytes], new: Sequence[bytes], block: Block) -> Block:
    start, end, new_start, new_end = block
    while start < end and new_start < new_end and old[start] == new[new_start]:
        start, new_start = start + 1, new_start + 1
    while start < end and new_start < new_end and old[end - 1] == new[new_end - 1]:
        end, new_end = end - 1, new_end - 1
    return start, end, new_start, new_end


def _changed_between(old: Sequence[bytes], new: Sequence[bytes], block: Block) -> list[Block]:
    start, end, new_start, new_end = _trimmed(old, new, block)
    if start == end and new_start == new_end:
        return []
    if start == end or new_start == new_end or max(end - start, new_end - new_start) > _SMALL:
        return [(start, end, new_start, new_end)]
    matcher = difflib.SequenceMatcher(None, old[start:end], new[new_start:new_end], autojunk=False)
    return [
        (start + i, start + j, new_start + k, new_start + m)
        for tag, i, j, k, m in matcher.get_opcodes()
        if tag != "equal"
    ]


def _anchors(old: Sequence[bytes], new: Sequence[bytes]) -> list[tuple[int, int]]:
    """Pairs of line numbers, both rising: the longest such row of lines that occur once in each text."""
    counts, new_counts = Counter(old), Counter(new)
    place = {line: i for i, line in enumerate(new) if new_counts[line] == 1}
    pairs = [(i, place[line]) for i, line in enumerate(old) if counts[line] == 1 and line in place]
    tails: list[int] = []  # the smallest end of a rising row of each length
    at: list[int] = []  # the pair it stands at
    before: list[int] = []  # the pair that comes before each pair in its row
    for index, (_, other) in enumerate(pairs):
        length = bisect_left(tails, other)
        before.append(at[length - 1] if length else -1)
        tails[length : length + 1] = [other]
        at[length : length + 1] = [index]
    row: list[tuple[int, int]] = []
    index = at[-1] if at else -1
    while index >= 0:
        row.append(pairs[index])
        index = before[index]
    return row[::-1]
