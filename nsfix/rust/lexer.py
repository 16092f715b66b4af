"""Rust's tokens (The Rust Reference, "Lexical structure"), as far as names, strings and brackets go.

Comments are left out, doc comments too. Strings come with the value that the compiler would give them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

NAME, STRING, OTHER = "name", "string", "other"
_CHAR = rb"(?:[^'\\\n\x80-\xff]|[\xc0-\xff][\x80-\xbf]*|\\(?:x[0-9a-fA-F]{2}|u\{[^}']*\}|.))"
_TOKEN = re.compile(
    rb"(?P<blank>\s+|//[^\n]*)"
    rb"|(?P<comment>/\*)"
    rb'|(?P<raw>[bc]?r(?P<hashes>\#*)")'
    rb'|(?P<string>[bc]?"(?P<body>(?:[^"\\]|\\.)*)")'
    rb"|(?P<char>b?'" + _CHAR + rb"')"
    rb"|(?P<lifetime>'[A-Za-z_\x80-\xff][\w\x80-\xff]*)"
    rb"|(?P<name>(?:r\#)?[A-Za-z_\x80-\xff][\w\x80-\xff]*)"
    rb"|(?P<number>[0-9]\w*(?:\.[0-9]\w*)?)"
    rb"|(?P<sign>::|->|=>|\.\.|.)",
    re.DOTALL,
)
_COMMENT_END = re.compile(rb"/\*|\*/")
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F_]+)\}|\r?\n\s*|(.))", re.DOTALL)
_SIMPLE = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0"}


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `text` is a name without `r#`, a sign, or the value of a string literal; `start` and `end` are
    byte offsets in the file."""

    kind: str
    text: bytes
    start: int
    end: int


def tokens_of(text: bytes) -> tuple[list[Token], int | None]:
    """The tokens of `text`, and the offset of a string or comment that never ends, where there is one.

    What follows such a one is left out. Raises nothing.
    """
    tokens: list[Token] = []
    at = 3 if text.startswith(b"\xef\xbb\xbf") else 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None, "the last sign is any byte"
        start, at = at, match.end()
        kind = match.lastgroup
        if kind == "comment":
            end = _comment_end(text, at)
            if end is None:
                return tokens, start
            at = end
        elif match["raw"] is not None:
            mark = b'"' + match["hashes"]
            end = text.find(mark, at)
            if end < 0:
                return tokens, start
            tokens.append(Token(STRING, text[at:end], start, end + len(mark)))
            at = end + len(mark)
        elif match["string"] is not None:
            tokens.append(Token(STRING, _value(match["body"]), start, at))
        elif match["name"] is not None:
            tokens.append(Token(NAME, match["name"].removeprefix(b"r#"), start, at))
        elif match["blank"] is None:
            if match["sign"] == b'"':
                return tokens, start
            tokens.append(Token(OTHER, match[0], start, at))
    return tokens, None


def _comment_end(text: bytes, at: int) -> int | None:
    """Where the block comment ends that is open at `at`; they nest."""
    depth = 1
    for match in _COMMENT_END.finditer(text, at):
        depth += 1 if match[0] == b"/*" else -1
        if depth == 0:
            return match.end()
    return None


def _value(body: bytes) -> bytes:
    def escape(match: re.Match[bytes]) -> bytes:
        if match[1] is not None:
            return bytes([int(match[1], 16)])
        if match[2] is not None:
            return chr(min(int(match[2].replace(b"_", b"") or b"0", 16), 0x10FFFF)).encode("utf-8", "replace")
        return b"" if match[3] is None else _SIMPLE.get(match[3], match[3])

    return _ESCAPE.sub(escape, body) if b"\\" in body else body


class Lines:
    """Line numbers, from 1, of byte offsets in one text."""

    def __init__(self, text: bytes) -> None:
        self._starts = [0, *(match.end() for match in re.finditer(rb"\n", text))]

    def line(self, offset: int) -> int:
        """The line that the byte at `offset` stands in."""
        return bisect_right(self._starts, offset)
