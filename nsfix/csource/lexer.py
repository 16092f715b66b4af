"""Texts of C with what is no code blanked out, byte for byte at the same offsets.

Everything downstream works on blanked texts, so an offset found there is an offset in the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_EVERYTHING_BUT_NEWLINE = bytes(c if c in (0x0A, 0x0D) else 0x20 for c in range(256))
# Loops unrolled: each branch runs to the next byte that matters without coming back to the alternatives.
_COMMENT_OR_LITERAL = re.compile(
    rb"//[^\n\\]*(?:\\(?:\r?\n|.)?[^\n\\]*)*"
    rb"|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|/\*.*\Z"
    rb'|"[^"\\\n]*(?:\\(?:\r?\n|.)[^"\\\n]*)*"'
    rb"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'",
    re.S,
)
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SPLIT_WORD = re.compile(rb"(\w+)\\(\r?\n)(\w+)")
_SPLICE = re.compile(rb"\\(?=\r?\n)")


def spaces(text: bytes) -> bytes:
    """As many spaces as `text` has bytes, its line ends kept."""
    return text.translate(_EVERYTHING_BUT_NEWLINE)


def _comment_spaces(comment: bytes) -> bytes:
    """Spaces for a comment. A backslash at a line's end stays: lines are joined before comments go, so it
    carries a `#define` on."""
    blank = comment.translate(_EVERYTHING_BUT_NEWLINE)
    if b"\\" not in comment:
        return blank
    kept = bytearray(blank)
    for match in _SPLICE.finditer(comment):
        kept[match.start()] = 0x5C
    return bytes(kept)


def blank_comments(text: bytes) -> bytes:
    """`text` with every comment replaced by spaces; line ends and all offsets stay.

    Quotes are understood: a comment mark inside a string or character literal is none. A comment that never
    ends reaches to the end of the text.
    """
    if text.startswith(BYTE_ORDER_MARK):
        text = b"   " + text[3:]
    if b"/*" not in text and b"//" not in text:
        return text
    quick = _blank_simple(text)
    return _blank_carefully(text) if quick is None else quick


def _blank_simple(text: bytes) -> bytes | None:
    """Blank block comments by splitting, the quick way for the great many headers; None where a quote or a
    line comment stands on the line of a comment mark, so that only a real lexer can tell."""
    head, *rest = text.split(b"/*")
    pieces = [head]
    last = head
    for piece in rest:
        line = last[last.rfind(b"\n") + 1 :]
        if b'"' in line or b"//" in line or b"'" in line or line.endswith(b"/"):
            return None
        close = piece.find(b"*/")
        if close < 0:
            return None
        last = piece[close + 2 :]
        if b"//" in last:
            return None
        pieces += (b"  ", _comment_spaces(piece[: close + 2]), last)
    return None if b"//" in head else b"".join(pieces)


def _blank_carefully(text: bytes) -> bytes:
    pieces: list[bytes] = []
    position = 0
    for match in _COMMENT_OR_LITERAL.finditer(text):
        start = match.start()
        if text[start] == 0x2F:  # a slash: a comment, not a literal
            pieces += (text[position:start], _comment_spaces(match.group()))
            position = match.end()
    pieces.append(text[position:])
    return b"".join(pieces)


_LITERAL = re.compile(rb'"(?:[^"\\\n]|\\.|\\\r?\n)*"|\'(?:[^\'\\\n]|\\.)*\'', re.S)


def blank_literals(text: bytes) -> bytes:
    """`text` (its comments already blank) with the insides of string and character literals blanked too."""
    return _LITERAL.sub(lambda m: m.group()[:1] + spaces(m.group()[1:-1]) + m.group()[:1], text)


def join_words(code: bytes, is_directive: Callable[[int], bool]) -> bytes:
    """`code` with words that a backslash splits over two lines made whole, outside directives.

    The line end moves behind the word, so that everything but the word's tail keeps its offset.
    """
    if b"\\\n" not in code and b"\\\r\n" not in code:
        return code
    while True:
        joined = _SPLIT_WORD.sub(
            lambda m: m.group() if is_directive(m.start()) else m[1] + m[3] + b" " + m[2], code
        )
        if joined == code:
            return code
        code = joined


class LineIndex:
    """Turns byte offsets of one text into 1-based line numbers."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    def line(self, offset: int) -> int:
        """The 1-based line that the byte at `offset` stands on."""
        return self._text.count(b"\n", 0, offset) + 1
