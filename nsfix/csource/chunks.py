"""A text cut into its outermost pieces: definitions, declarations, and macros called at file scope.

Works on an active text (comments, directives and dead arms blank), without a grammar, so that a macro nobody
has expanded yet does no harm. A piece may hold more than one definition; it never holds half of one.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_LITERAL = rb'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\''
_OUTER = re.compile(rb"[;{}()]|" + _LITERAL, re.S)
_BRACES = re.compile(rb"[{}]|" + _LITERAL, re.S)
_PARENS = re.compile(rb"[()]|" + _LITERAL, re.S)
_TAGGED = re.compile(
    rb"\b(?:struct|union|enum|class)\s*(?:__attribute__\s*\(\(.*?\)\)\s*|__\w+\s+)*\w*\s*(?:__\w+\s*)*\Z",
    re.S,
)
_CALL_HEAD = re.compile(rb"\s*(\w+)\s*\Z")
_AFTER_CALL = re.compile(rb"[ \t\r]*(\n\s*)?(\S)?")


def outer_chunks(active: bytes) -> list[tuple[int, int]]:
    """The spans (byte offsets, end exclusive) of the outermost pieces of `active`, in order."""
    chunks: list[tuple[int, int]] = []
    start = position = 0
    assigned = False
    while True:
        match = _OUTER.search(active, position)
        if match is None:
            break
        position = match.end()
        mark = match.group()
        if mark == b";":
            chunks.append((start, position))
            start, assigned = position, False
        elif mark == b"(":
            call_start = match.start()
            position = _closing(_PARENS, active, position, b"(")
            if _is_bare_call(active, start, call_start, position):
                chunks.append((start, position))
                start, assigned = position, False
        elif mark == b"{":
            head = active[start : match.start()]
            position = _closing(_BRACES, active, position, b"{")
            assigned = assigned or b"=" in head
            if not assigned and b"(" in head and not _TAGGED.search(head):
                chunks.append((start, position))
                start = position
    if active[start:].strip():
        chunks.append((start, len(active)))
    return chunks


def _closing(pattern: re.Pattern[bytes], text: bytes, position: int, opener: bytes) -> int:
    """The offset after the bracket that closes the one before `position`; the text's end where none does."""
    depth = 1
    for match in pattern.finditer(text, position):
        mark = match.group()
        if mark == opener:
            depth += 1
        elif len(mark) == 1:
            depth -= 1
            if depth == 0:
                return match.end()
    return len(text)


def _is_bare_call(active: bytes, start: int, paren: int, end: int) -> bool:
    """Whether `active[start:end]` is `WORD(…)` alone, with the next thing on a line of its own: a macro
    called at file scope without a semicolon."""
    head = _CALL_HEAD.match(active[start:paren])
    if head is None or head[1].startswith((b"__attribute", b"__aligned", b"__section", b"_Static_assert")):
        return False
    after = _AFTER_CALL.match(active, end)
    return after is not None and after[1] is not None and after[2] is not None and after[2] not in b";{,=[.)"


def chunk_at(chunks: list[tuple[int, int]], offset: int) -> tuple[int, int] | None:
    """The chunk that holds the byte at `offset`; None where it stands between chunks."""
    index = bisect_right(chunks, (offset, 1 << 62)) - 1
    if index >= 0 and chunks[index][0] <= offset < chunks[index][1]:
        return chunks[index]
    return None
