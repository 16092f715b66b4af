"""Which item a path stands for (The Rust Reference, "Paths"), in the crate at hand and in the kernel's own.

`kernel::bindings` is what bindgen makes of the C headers: below it stand C's own names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nsfix.rust.crate import Crate
from nsfix.rust.scopes import Scope
from nsfix.rust.source import RustFile

KERNEL, BINDINGS = b"kernel", b"bindings"
Path = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """A path as it is written: its names, and where it starts and ends (the token behind it)."""

    names: Path
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """What a path stands for: in the module `scope` its item `rest[0]`; below the bindings, if `scope` is None."""

    scope: Scope | None
    rest: Path


def paths_in(file: RustFile, start: int, end: int) -> Iterator[Written]:
    """The paths between two tokens, single names too, in the order they stand. Not those of fields and methods."""
    at = start
    while at < end:
        if not file.alive(at) or (file.name(at) is None and not file.is_(at, b"::")):
            at += 1
            continue
        written = _path_at(file, at, end)
        if not file.is_(at - 1, b"."):
            yield written
        at = max(written.end, at + 1)


def _path_at(file: RustFile, at: int, end: int) -> Written:
    start = at
    names: list[bytes] = []
    if file.is_(at, b"::"):
        names.append(b"")
        at += 1
    while at < end and (name := file.name(at)) is not None:
        names.append(b"$crate" if name == b"crate" and file.is_(at - 1, b"$") else name)
        behind = at + 1
        if file.is_(behind, b"<") and not _is_turbofish_missing(file, behind, end):
            behind = file.angles(behind)
        if not file.is_(behind, b"::"):
            at += 1
            break
        at = behind + 1
        if file.is_(at, b"<"):
            at = file.angles(at)
            if not file.is_(at, b"::"):
                break
            at += 1
    return Written(tuple(names), start, at)


def _is_turbofish_missing(file: RustFile, at: int, end: int) -> bool:
    """Whether `<` at `at` is a comparison rather than the arguments of a type that a path goes on from."""
    behind = file.angles(at)
    return behind >= end or not file.is_(behind, b"::")


class Resolver:
    """Resolves paths of one crate and, where its sources are at hand, of the kernel's crate."""

    def __init__(self, kernel: Crate | None) -> None:
        self._kernel = kernel

    def place(
        self, scope: Scope, names: Path, seen: frozenset[tuple[Scope, bytes]] = frozenset()
    ) -> Place | None:
        """What `names` stand for in the module `scope`; None where the text does not tell."""
        at, names = self._start(scope, names)
        while names:
            name = names[0]
            if at is None or self._is_bindings(at, name):
                return Place(None, names if at is None else names[1:])
            if name in (b"self", b"super"):
                parent = at if name == b"self" else at.parent
                if parent is None:
                    return None
                at, names = parent, names[1:]
                continue
            child = at.child(name)
            if child is not None:
                at, names = child, names[1:]
                continue
            return self._named(at, names, seen, at is scope)
        return Place(at, ())

    def _start(self, scope: Scope, names: Path) -> tuple[Scope | None, Path]:
        if names[:1] == (b"$crate",) or names[:1] == (b"crate",):
            return scope.crate.root, names[1:]
        if names[:1] == (b"",):
            names = names[1:]
            if names[:1] == (KERNEL,) and self._kernel is not None:
                return self._kernel.root, names[1:]
        elif names[:1] == (KERNEL,) and not self._hides_kernel(scope) and self._kernel is not None:
            return self._kernel.root, names[1:]
        elif names[:1] == (BINDINGS,) and scope.crate is self._kernel:
            return None, names[1:]  # a crate of its own to the kernel's
        if names[:2] == (KERNEL, BINDINGS) and not self._hides_kernel(scope):
            return None, names[2:]
        return scope, names

    def _hides_kernel(self, scope: Scope) -> bool:
        return (
            KERNEL in scope.inline
            or KERNEL in scope.outside
            or scope.uses.get(KERNEL, (KERNEL,)) != (KERNEL,)
        )

    def _is_bindings(self, scope: Scope, name: bytes) -> bool:
        return name == BINDINGS and self._kernel is not None and scope is self._kernel.root

    def _named(
        self, scope: Scope, names: Path, seen: frozenset[tuple[Scope, bytes]], first: bool
    ) -> Place | None:
        name = names[0]
        if scope.has(name):
            return Place(scope, names)
        if (scope, name) in seen:
            return None
        seen |= {(scope, name)}
        target = scope.uses.get(name)
        if target is not None:
            return self.place(scope, (*target, *names[1:]), seen)
        for glob in scope.globs:
            found = self.place(scope, glob, seen)
            if found is None or found.rest:
                continue
            if found.scope is None:
                return Place(None, names)
            inner = self.place(found.scope, names, seen)
            if inner is not None:
                return inner
        return None
