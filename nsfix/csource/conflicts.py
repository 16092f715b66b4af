"""Where a text was left with the markers of a conflict, as git, patch and diff3 write them.

Accepted format: a line that begins with exactly seven `<` or `>`, then a blank or the end of the line. The line of
seven `=` between them says nothing by itself: comments are underlined so.
"""

from __future__ import annotations

_MARKS = (b"<<<<<<<", b">>>>>>>")
_ENDS = (b" ", b"\n", b"\r", b"\t", b"")


def conflict_marker(text: bytes) -> int | None:
    """The byte offset of the first line of `text` that is such a marker; None where there is none."""
    found = [at for mark in _MARKS if (at := _line_of(mark, text)) is not None]
    return min(found, default=None)


def _line_of(mark: bytes, text: bytes) -> int | None:
    at = text.find(mark)
    while at >= 0:
        end = at + len(mark)
        if (at == 0 or text[at - 1 : at] == b"\n") and text[end : end + 1] in _ENDS:
            return at
        at = text.find(mark, end)
    return None
