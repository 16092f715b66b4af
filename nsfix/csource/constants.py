"""What names stand for where the compiler knows it: functions that return a constant, objects never written."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from nsfix.csource.chunks import chunk_at
from nsfix.csource.cleaning import clean
from nsfix.csource.expansion import EndlessExpansion, Expander
from nsfix.csource.macros import tokenize
from nsfix.csource.names import word_offsets
from nsfix.csource.syntax import Piece, expression_value
from nsfix.csource.unit import Unit

if TYPE_CHECKING:
    from nsfix.csource.session import Key, Session

_WRITTEN = re.compile(rb"\s*(?:=[^=]|[-+*/%&|^]=|<<=|>>=|\+\+|--|\[|\.|->)")
_TAKEN = re.compile(rb"(?:(?<!&)&|\+\+|--)\s*\Z")
_PRIVATE = re.compile(rb"\bstatic\b|inline")
_DEEPEST = 8


class NameConstants:
    """Answers for one unit: (name, False) an object's value, (name, True) what the function returns.

    A function counts when it is static and every return that can be reached gives the same constant. An object
    counts when it is static, a plain number, and nothing in the unit writes it or takes its address (GCC's
    ipa-reference sees the same).
    """

    def __init__(self, unit: Unit, session: Session, piece: Callable[[Key], Piece]) -> None:
        self._unit = unit
        self._session = session
        self._piece = piece
        self._known: dict[tuple[bytes, bool], int | None] = {}
        self._depth = 0

    def __call__(self, name: bytes, function: bool) -> int | None:
        key = (name, function)
        if key in self._known:
            return self._known[key]
        if self._depth >= _DEEPEST or name.startswith((b"__builtin", b"__nsfix")):
            return None
        self._known[key] = None
        self._depth += 1
        try:
            value = self._function(name) if function else self._object(name)
        finally:
            self._depth -= 1
        self._known[key] = value
        return value

    @property
    def asked(self) -> set[bytes]:
        """The names that were asked for so far."""
        return {name for name, _ in self._known}

    def macro_call(self, name: bytes, text: bytes) -> int | None:
        """The constant that `text`, a call of what may be a macro `name`, comes to."""
        macro = self._unit.defined(name)
        if macro is None or not macro.is_function or self._depth >= _DEEPEST:
            return None
        lookup = self._unit.lookup_in(self._unit.path)
        self._depth += 1
        try:
            tokens = Expander(lookup).expand(tokenize(text, len(self._unit.main.text)))
            return expression_value(clean(tokens), self)
        except EndlessExpansion:
            return None
        finally:
            self._depth -= 1

    def _function(self, name: bytes) -> int | None:
        macro = self._unit.defined(name)
        if macro is not None and macro.is_function:
            return None  # a call of it would be no call of a function
        for source in self._unit.included.values():
            if not self._session.mentions(source, name):
                continue
            active = self._unit.active(source)
            chunks = self._session.chunks(source.path, active)
            for offset in word_offsets(active, name):
                span = chunk_at(chunks, offset)
                if span is None:
                    continue
                head, brace, _ = active[span[0] : span[1]].partition(b"{")
                called = head[offset - span[0] + len(name) :].lstrip()[:1] == b"("
                if brace and called and _PRIVATE.search(head):
                    return self._piece((source.path, span)).returned_constant(name, self)
        return None

    def _object(self, name: bytes) -> int | None:
        source = self._unit.main
        active = self._unit.active(source)
        chunks = self._session.chunks(source.path, active)
        holder: tuple[int, int] | None = None
        for start in word_offsets(active, name):
            end = start + len(name)
            span = chunk_at(chunks, start)
            if span is None:
                return None
            head = active[span[0] : start]
            if b"{" not in head and b"(" not in head and b"=" not in head and b"static" in head:
                if holder not in (None, span) or active[end : end + 80].lstrip()[:1] not in (
                    b";",
                    b"=",
                    b",",
                ):
                    return None
                holder = span
            elif self._may_change(active, start, end, b"{" in head):
                return None
        if holder is None:
            return None
        return self._piece((source.path, holder)).initial_constant(name, self)

    def _may_change(self, active: bytes, start: int, end: int, in_function: bool) -> bool:
        if (
            not in_function
            or _WRITTEN.match(active, end)
            or _TAKEN.search(active[max(0, start - 12) : start])
        ):
            return True
        before = active[max(0, start - 80) : start].rstrip()
        after = active[end : end + 40].lstrip()[:1]
        if before[-1:] in (b"(", b",") and after in (b")", b","):
            word = re.search(rb"(\w+)\s*\(?\Z", before)
            return (
                before[-1:] == b"," or word is None or word[1] not in (b"if", b"while", b"switch", b"return")
            )
        return False
