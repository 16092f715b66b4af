"""Which C symbols a crate calls: by `bindings::NAME` in its own text, and through code of the kernel's crate.

The kernel's crate is compiled once, into vmlinux, but what is generic or `#[inline]` in it is compiled into every
module that uses it, with the C calls of its body. Such functions are followed where a path names them
(`pwm::Chip::new`). A method call names no type, so that those are only suspected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from nsfix.model import Via
from nsfix.rust.code import OwnCode
from nsfix.rust.crate import Crate
from nsfix.rust.paths import Path, Place, Resolver, Written, paths_in
from nsfix.rust.scopes import Function, Scope
from nsfix.rust.source import RustFile
from nsfix.rust.values import is_value

_DEEPEST = 30


@dataclass(frozen=True, slots=True)
class CUse:
    """A use of a C symbol. `offset` and `line` are where the crate's own text leads to it, `via` through what."""

    symbol: bytes
    file: str
    offset: int
    line: int
    via: tuple[Via, ...] = ()


@dataclass(slots=True)
class Found:
    """What was found in a crate. `suspected` are symbols that code of the kernel's crate calls which the module
    may reach, each with that code and the place in the module."""

    uses: list[CUse] = field(default_factory=list)
    suspected: list[CUse] = field(default_factory=list)
    defines: set[bytes] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where in the module's text a chain starts, and what it has come through so far."""

    file: str
    offset: int
    line: int
    via: tuple[Via, ...] = ()


class UseFinder:
    """Finds the uses of `symbols` in `crate`, all files of which have been read."""

    def __init__(self, crate: Crate, kernel: Crate | None, symbols: frozenset[bytes]) -> None:
        self._crate = crate
        self._kernel = kernel
        self._symbols = symbols
        self._resolver = Resolver(kernel)
        self._found: dict[tuple[bytes, str, int], CUse] = {}
        self._followed: set[tuple[str, int]] = set()
        self._entered: dict[Scope, _Origin] = {}
        self._own = OwnCode(crate)

    def find(self) -> Found:
        """Every use."""
        for scope in self._crate.scopes:
            for start, end, owner in self._own.stretches(scope):
                self._read(scope, scope.file, start, end, owner, None)
        found = Found(sorted(self._found.values(), key=lambda u: (u.symbol, u.file, u.offset)))
        found.suspected = list(self._suspected())
        for scope in self._crate.scopes:
            found.defines |= scope.defined & self._symbols
        return found

    def _read(
        self, scope: Scope, file: RustFile, start: int, end: int, owner: bytes, origin: _Origin | None
    ) -> None:
        """Note the uses in a stretch of code. `origin` is None in the module's own text."""
        for written in paths_in(file, start, end):
            names = written.names
            if names[:1] == (b"Self",) and len(names) > 1 and owner:
                names = (owner, *names[1:])
            here = origin or self._origin(file, written)
            if file.is_(written.end, b"!") and written.end + 1 in file.close:
                self._macro(names, here)
                continue
            self._path(scope, file, written, names, here)

    def _origin(self, file: RustFile, written: Written) -> _Origin:
        token = file.tokens[written.end - 1]
        return _Origin(file.path, token.start, file.line(written.end - 1))

    def _path(self, scope: Scope, file: RustFile, written: Written, names: Path, origin: _Origin) -> None:
        if len(names) == 1 and not self._may_call(scope, file, written, names[0]):
            return
        place = self._resolver.place(scope, names)
        if place is None:
            return
        if place.scope is None:
            if place.rest and place.rest[0] in self._symbols and is_value(file, written, place.rest):
                self._note(place.rest[0], origin)
            return
        if place.rest and place.rest[0] in place.scope.foreign:
            symbol = place.scope.foreign[place.rest[0]]
            if symbol in self._symbols and written.start not in self._declarations(place.scope, file):
                self._note(symbol, origin)
        if place.scope.crate is self._kernel:
            self._entered.setdefault(place.scope, origin)
            self._follow(place, origin)

    def _may_call(self, scope: Scope, file: RustFile, written: Written, name: bytes) -> bool:
        """Whether a single name is worth resolving: one that a `use` or an extern block brings, or that is called
        where a glob may bring it."""
        if name in scope.uses or name in scope.foreign:
            return True
        return name in self._symbols and bool(scope.globs) and file.is_(written.end, b"(")

    def _declarations(self, scope: Scope, file: RustFile) -> set[int]:
        if scope.file is not file:
            return set()
        return {
            at
            for at in range(len(file.tokens))
            if file.name(at) in scope.foreign and file.name(at - 1) in (b"fn", b"static", b"mut")
        }

    def _note(self, symbol: bytes, origin: _Origin) -> None:
        use = CUse(symbol, origin.file, origin.offset, origin.line, origin.via)
        kept = self._found.get((symbol, origin.file, origin.offset))
        if kept is None or len(kept.via) > len(use.via):
            self._found[symbol, origin.file, origin.offset] = use

    def _macro(self, names: Path, origin: _Origin) -> None:
        """Read what a macro of the kernel's crate is replaced by; those of the module are read where they stand."""
        if self._kernel is None or self._crate.macro(names[-1]) is not None:
            return
        rules = self._kernel.macro(names[-1])
        if rules is None or len(origin.via) > _DEEPEST:
            return
        key = (f"{rules.file.path}!{names[-1]!r}", origin.offset)
        if key in self._followed:
            return
        self._followed.add(key)
        for start, end in rules.arms:
            line = rules.file.line(start)
            name = f"{names[-1].decode('ascii', 'replace')}!"
            inner = _Origin(
                origin.file, origin.offset, origin.line, (*origin.via, Via(name, rules.file.path, line))
            )
            for written in paths_in(rules.file, start, end):
                if written.names[:1] != (b"$crate",):
                    continue
                if rules.file.is_(written.end, b"!"):
                    self._macro(written.names, inner)
                else:
                    self._path(self._kernel.root, rules.file, written, written.names, inner)

    def _follow(self, place: Place, origin: _Origin) -> None:
        assert place.scope is not None
        for function in _named(place):
            file = place.scope.file
            key = (file.path, function.start)
            if not function.inlined or (origin.via and key in self._followed) or len(origin.via) > _DEEPEST:
                continue
            self._followed.add(key)
            via = Via(_shown(place.scope, function), file.path, file.line(function.start))
            if via in origin.via:
                continue
            inner = _Origin(origin.file, origin.offset, origin.line, (*origin.via, via))
            self._read(place.scope, file, *function.body, function.owner, inner)

    def _suspected(self) -> Iterator[CUse]:
        """Functions in modules that are named here, whose own names stand here too, though nothing tells that they
        are the ones that are meant; and those of traits of types that are named here."""
        for scope, origin in self._entered.items():
            for function in scope.functions:
                known = function.owner if function.of_trait else function.name
                if not function.inlined or known not in self._own.words:
                    continue
                for symbol in self._called(scope, function):
                    via = Via(_shown(scope, function), scope.file.path, scope.file.line(function.start))
                    yield CUse(symbol, origin.file, origin.offset, origin.line, (via,))

    def _called(self, scope: Scope, function: Function) -> Iterator[bytes]:
        for written in paths_in(scope.file, *function.body):
            place = self._resolver.place(scope, written.names) if len(written.names) > 1 else None
            if place is None or place.scope is not None or not place.rest:
                continue
            if place.rest[0] in self._symbols and is_value(scope.file, written, place.rest):
                yield place.rest[0]


def _named(place: Place) -> Iterator[Function]:
    """The functions that a path may name: `function`, or `Type::function`."""
    assert place.scope is not None
    rest = place.rest
    for function in place.scope.functions:
        if rest == ((function.owner, function.name) if function.owner else (function.name,)):
            yield function


def _shown(scope: Scope, function: Function) -> str:
    parts = (scope.crate.name, *scope.path, *((function.owner,) if function.owner else ()), function.name)
    return b"::".join(parts).decode("utf-8", "replace")
