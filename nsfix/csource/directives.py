"""The preprocessor directives of one file, as a tree of blocks with byte offsets.

Accepted format: C11 6.10 and the GNU extensions that kernel sources use (`#include_next`, `#pragma once`).
Directives inside comments are none, a backslash at a line's end continues it. Nothing is evaluated here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from nsfix.csource.lexer import blank_comments

# The leading newline is a literal prefix that `re` searches for quickly; a first line is seen by prepending one.
_DIRECTIVE = re.compile(
    rb"\n[ \t\f\v]*#[ \t]*(?:define[ \t]+(\w+)|([a-z_]*))([^\n\\]*(?:\\(?:\r?\n|.)[^\n\\]*)*)", re.S
)
_CONTINUATION = re.compile(rb"\\\r?\n")

OPENERS = frozenset((b"if", b"ifdef", b"ifndef"))
ARM_OPENERS = frozenset((b"elif", b"else", b"elifdef", b"elifndef"))


class Directive(NamedTuple):
    """One directive line. `start` is the offset of the line, `end` the byte after its text.

    For `define`, `name` is the macro and `argument` all that follows it, unstripped: a `(` right at its start
    makes the macro function-like. For all others `name` is empty. Continued lines are joined in `argument`.
    """

    keyword: bytes
    name: bytes
    argument: bytes
    start: int
    end: int


@dataclass(slots=True)
class Arm:
    """One arm of a conditional: the directive that opens it and what stands under it up to `end`."""

    opener: Directive
    block: list[Directive | Conditional] = field(default_factory=list)
    end: int = 0

    @property
    def start(self) -> int:
        """The first byte after the opening directive's text."""
        return self.opener.end


@dataclass(slots=True)
class Conditional:
    """`#if` … `#endif`: the arms in order; `start` is the `#if` line, `end` the byte after the `#endif`'s text."""

    arms: list[Arm]
    start: int
    end: int = 0


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A file's directives. `odd_at` is the offset of the first conditional directive without a partner."""

    block: list[Directive | Conditional]
    odd_at: int | None = None


def scan_directives(code: bytes) -> Iterator[Directive]:
    """Yield the directives of `code`, a text whose comments are blank, in order."""
    for match in _DIRECTIVE.finditer(b"\n" + code):
        name, keyword, argument = match.groups()
        if b"\\" in argument:
            argument = _CONTINUATION.sub(b" ", argument)
        start, end = match.span()
        if name is None:
            yield Directive(keyword, b"", argument.strip(), start, end - 1)
        else:
            yield Directive(b"define", name, argument, start, end - 1)


def read_skeleton(text: bytes) -> Skeleton:
    """Build the tree of directives of a file's `text`. Never raises: unbalanced ends are noted in `odd_at`."""
    return build_skeleton(scan_directives(blank_comments(text)), len(text))


def build_skeleton(directives: Iterable[Directive], length: int) -> Skeleton:
    """Arrange `directives` as a tree; a conditional left open ends at `length`."""
    current: list[Directive | Conditional] = []
    top = current
    parents: list[list[Directive | Conditional]] = []
    opened: list[Conditional] = []
    odd_at: int | None = None
    for directive in directives:
        keyword = directive.keyword
        if keyword in OPENERS:
            opened.append(Conditional([Arm(directive)], directive.start, length))
            current.append(opened[-1])
            parents.append(current)
            current = opened[-1].arms[0].block
        elif keyword in ARM_OPENERS and opened:
            opened[-1].arms[-1].end = directive.start
            opened[-1].arms.append(Arm(directive))
            current = opened[-1].arms[-1].block
        elif keyword == b"endif" and opened:
            conditional = opened.pop()
            conditional.arms[-1].end = directive.start
            conditional.end = directive.end
            current = parents.pop()
        elif keyword == b"endif" or keyword in ARM_OPENERS:
            odd_at = directive.start if odd_at is None else odd_at
        else:
            current.append(directive)
    for conditional in opened:
        conditional.arms[-1].end = length
        odd_at = conditional.start if odd_at is None else min(odd_at, conditional.start)
    return Skeleton(top, odd_at)
