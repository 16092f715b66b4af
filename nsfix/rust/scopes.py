"""What the text of a crate shows: its modules, the names and functions in them, its macros."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nsfix.rust.source import RustFile

if TYPE_CHECKING:
    from nsfix.rust.crate import Crate


@dataclass(frozen=True, slots=True)
class Function:
    """A function with a body. `owner` is the type or trait whose block it stands in, `inlined` tells whether every
    crate that uses it compiles it anew: it is generic over a type or number, or marked `#[inline]`."""

    name: bytes
    owner: bytes
    inlined: bool
    of_trait: bool
    start: int  # its name, as an index of the file's tokens
    body: tuple[int, int]


@dataclass(slots=True, eq=False)
class Scope:
    """One module of a crate. `names` are its items other than modules and functions."""

    crate: Crate
    path: tuple[bytes, ...]
    file: RustFile
    parent: Scope | None
    uses: dict[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    globs: list[tuple[bytes, ...]] = field(default_factory=list)
    inline: dict[bytes, Scope] = field(default_factory=dict)
    outside: dict[bytes, tuple[list[str], int]] = field(default_factory=dict)  # their files, and the line
    functions: list[Function] = field(default_factory=list)
    names: set[bytes] = field(default_factory=set)
    foreign: dict[bytes, bytes] = field(default_factory=dict)  # names of extern blocks, and their symbols
    defined: set[bytes] = field(default_factory=set)  # symbols that it gives to others to link with

    def child(self, name: bytes) -> Scope | None:
        """The module `name` below this one, read by now; None where there is none."""
        if name in self.outside:
            self.crate.load(self, name)
        return self.inline.get(name)

    def has(self, name: bytes) -> bool:
        """Whether this module itself has an item `name`."""
        return (
            name in self.names
            or name in self.foreign
            or any(f.name == name and not f.owner for f in self.functions)
        )


@dataclass(frozen=True, slots=True)
class MacroRules:
    """One `macro_rules!`: for each arm, where the text stands that it is replaced by."""

    name: bytes
    file: RustFile
    arms: tuple[tuple[int, int], ...]
