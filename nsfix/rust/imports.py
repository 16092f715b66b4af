"""`use` declarations: which path stands behind which name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nsfix.rust.source import RustFile


@dataclass(frozen=True, slots=True)
class UsedName:
    """A name that a `use` brings into a module; None stands for all that `path` has (`*`).

    A path that begins with `::` has an empty first part.
    """

    name: bytes | None
    path: tuple[bytes, ...]


def use_tree(file: RustFile, at: int, end: int, prefix: tuple[bytes, ...] = ()) -> Iterator[UsedName]:
    """The names of the use tree at token `at`, up to `end`."""
    path = prefix
    if file.is_(at, b"::"):
        path = path or (b"",)
        at += 1
    while at < end:
        if file.is_(at, b"*"):
            yield UsedName(None, path)
            return
        if file.is_(at, b"{"):
            yield from _group(file, at, path)
            return
        name = file.name(at)
        if name is None:
            return
        path = (*path, name)
        if not file.is_(at + 1, b"::"):
            if path[-1] == b"self" and len(path) > 1:
                path = path[:-1]
            shown = file.name(at + 2) if file.is_(at + 1, b"as") else path[-1]
            if shown is not None:
                yield UsedName(shown, path)
            return
        at += 2


def _group(file: RustFile, at: int, path: tuple[bytes, ...]) -> Iterator[UsedName]:
    end = file.close[at]
    at += 1
    while at < end:
        yield from use_tree(file, at, end, path)
        while at < end and not file.is_(at, b","):
            at = file.after(at)
        at += 1
