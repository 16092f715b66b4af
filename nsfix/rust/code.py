"""Which stretches of a crate's own text may become code."""

from __future__ import annotations

from collections.abc import Iterator

from nsfix.rust.crate import Crate
from nsfix.rust.lexer import NAME
from nsfix.rust.scopes import Function, Scope
from nsfix.rust.source import RustFile


class OwnCode:
    """The code of `crate`, all files of which have been read. `words` counts every name in them."""

    def __init__(self, crate: Crate) -> None:
        self._crate = crate
        self.words = self._count_words()

    def _count_words(self) -> dict[bytes, int]:
        counts: dict[bytes, int] = {}
        for file in self._crate.files.values():
            for token in file.tokens:
                if token.kind == NAME:
                    counts[token.text] = counts.get(token.text, 0) + 1
        return counts

    def stretches(self, scope: Scope) -> Iterator[tuple[int, int, bytes]]:
        """The stretches of one module's own text that may be compiled to code, each with the type whose block it
        is in."""
        file, at, end = scope.file, *self._extent(scope)
        functions = {f.start: f for f in scope.functions}
        idle = sorted(self._idle(scope, at, end))
        pieces: list[tuple[int, int, bytes]] = []
        for start, stop in _between(at, end, idle):
            begin = start
            for name in [n for n in sorted(functions) if start <= n < stop]:
                function = functions[name]
                pieces.append((begin, function.body[0], b""))
                if function.owner or self.words.get(function.name, 0) > 1 or self._visible(file, function):
                    pieces.append((*function.body, function.owner))
                begin = function.body[1]
            pieces.append((begin, stop, b""))
        yield from (piece for piece in pieces if piece[0] < piece[1])

    def _visible(self, file: RustFile, function: Function) -> bool:
        """Whether a function that nothing in the crate names may still be used: `pub`, or known to the linker."""
        at = function.start - 1
        while at >= 0 and not any(file.is_(at, sign) for sign in (b"}", b";", b"{")):
            if file.is_(at, b"pub") or file.is_(at, b"no_mangle") or file.is_(at, b"export"):
                return True
            at -= 1
        return False

    def _extent(self, scope: Scope) -> tuple[int, int]:
        if scope.parent is None or scope.parent.file is not scope.file:
            return 0, len(scope.file.tokens)
        for at in range(len(scope.file.tokens)):
            inside = scope.file.is_(at, b"mod") and scope.file.is_(at + 1, scope.path[-1])
            if inside and scope.file.is_(at + 2, b"{") and scope.file.alive(at):
                return at + 3, scope.file.close[at + 2]
        return 0, 0

    def _idle(self, scope: Scope, start: int, end: int) -> Iterator[tuple[int, int]]:
        """What is no code of this module: modules in it, macros that nothing calls, `use`, attributes."""
        file, at = scope.file, start
        while at < end:
            if file.is_(at, b"mod") and file.name(at + 1) and file.is_(at + 2, b"{"):
                behind = file.after(at + 2)
            elif file.is_(at, b"macro_rules") and file.is_(at + 1, b"!"):
                behind = file.after(at + 3)
                called = self.words.get(file.name(at + 2) or b"", 0) > 1
                behind = at + 3 if called else behind
            elif file.is_(at, b"use") and not file.is_(at + 1, b"<"):
                behind = file.item_end(at)
            elif file.is_(at, b"#") and (file.is_(at + 1, b"[") or file.is_(at + 2, b"[")):
                behind = file.after(at + 1 if file.is_(at + 1, b"[") else at + 2)
            else:
                at += 1
                continue
            yield at, behind
            at = behind


def _between(start: int, end: int, holes: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The stretches from `start` to `end` without `holes`."""
    for first, last in holes:
        yield start, first
        start = last
    yield start, end
