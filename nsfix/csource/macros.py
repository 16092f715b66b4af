"""Macros and tokens, each with the place that it came from.

Accepted format: C11 6.10.3 with GNU's named variadics.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

TOKEN = re.compile(
    rb"""[A-Za-z_$][\w$]*|\.?\d(?:[eEpP][+-]|[\w.])*|(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*"|(?:[uUL])?'(?:[^'\\\n]|\\.)*'"""
    rb"""|\#\#|\.\.\.|->|\+\+|--|<<=?|>>=?|[<>=!]=|&&|\|\||[-+*/%&|^]=|\S""",
    re.S | re.X,
)
WORD_STARTS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_$")
NOTHING: frozenset[bytes] = frozenset()


class Macro:
    """One `#define`. `argument` is what follows the name; parameters and body are read at the first use.

    `file` and `start` (a byte offset) say where it stands; `file` is empty for what the compiler predefines.
    """

    __slots__ = ("_body", "_params", "_plain", "argument", "file", "name", "start", "variadic")

    def __init__(self, name: bytes, argument: bytes, file: str = "", start: int = 0) -> None:
        self.name = name
        self.argument = argument
        self.file = file
        self.start = start
        self.variadic: bytes | None = None
        self._params: list[bytes] | None = None
        self._body: list[bytes] | None = None
        self._plain: list[tuple[bytes, bool, bool]] | None = None

    @property
    def is_function(self) -> bool:
        """Whether the macro takes arguments."""
        return self.argument[:1] == b"("

    @property
    def params(self) -> list[bytes]:
        """The parameters' names, the variadic one last."""
        if self._params is None:
            self._read()
        assert self._params is not None
        return self._params

    @property
    def body(self) -> list[bytes]:
        """The replacement list as the texts of its tokens; `b" "` stands between tokens that space parts."""
        if self._body is None:
            self._read()
        assert self._body is not None
        return self._body

    @property
    def plain(self) -> list[tuple[bytes, bool, bool]]:
        """The body as (token, whether it is a parameter, whether white space stands before it), for a macro
        that neither pastes nor quotes; empty for one that does."""
        if self._plain is None:
            self._plain = []
            if not {b"#", b"##", b"__VA_OPT__"}.intersection(self.body):
                spaced = False
                for text in self.body:
                    if text != b" ":
                        self._plain.append((text, text in self.params, spaced))
                    spaced = text == b" "
        return self._plain

    def _read(self) -> None:
        text = self.argument
        self._params = []
        if self.is_function:
            close = text.find(b")")
            close = len(text) if close < 0 else close
            for word in text[1:close].split(b","):
                param = word.strip()
                if param.endswith(b"..."):
                    param = param[:-3].strip() or b"__VA_ARGS__"
                    self.variadic = param
                if param:
                    self._params.append(param)
            text = text[close + 1 :]
        self._body = _spaced_tokens(text)

    def words(self) -> set[bytes]:
        """Every word of the replacement list that is no parameter."""
        return {t for t in self.body if t[0] in WORD_STARTS}.difference(self.params)


def _spaced_tokens(text: bytes) -> list[bytes]:
    """The tokens of a replacement list, with one `b" "` where white space parts two."""
    tokens: list[bytes] = []
    position = 0
    for match in TOKEN.finditer(text):
        if match.start() > position and tokens:
            tokens.append(b" ")
        tokens.append(match.group())
        position = match.end()
    return tokens


class Token(NamedTuple):
    """A token of an expanded text.

    `offset` is the byte offset in the file that was expanded: the token's own, or that of the outermost macro
    that produced it. `via` are the macros, outermost first, through which the token came; empty for one that
    stands in the file itself. `spaced` tells whether white space stands before it (`#` keeps it).
    """

    text: bytes
    offset: int
    via: tuple[Macro, ...] = ()
    hidden: frozenset[bytes] = NOTHING
    spaced: bool = False


new_token = tuple.__new__  # a Token without the detour through its constructor: expansion makes millions


# Which macro a name means at a byte offset of the file that is expanded.
Lookup = Callable[[bytes, int], "Macro | None"]


def tokenize(text: bytes, base: int = 0) -> list[Token]:
    """The tokens of `text`, comments blank, directives blank; `base` is added to every offset."""
    tokens: list[Token] = []
    position = 0
    for match in TOKEN.finditer(text):
        start, end = match.span()
        tokens.append(new_token(Token, (match.group(), start + base, (), NOTHING, start > position)))
        position = end
    return tokens


def spell(tokens: Iterable[Token]) -> bytes:
    """The text of `tokens`, one space between each."""
    return b" ".join(token.text for token in tokens)
