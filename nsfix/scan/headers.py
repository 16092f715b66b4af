"""The kernel's own headers, read once for all looks at a tree, and what is told from all of them together."""

from __future__ import annotations

import marshal
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from nsfix.csource.directives import scan_directives
from nsfix.csource.includes import IncludePath, directory_of
from nsfix.csource.lexer import blank_comments
from nsfix.csource.macros import Macro
from nsfix.csource.pasting import ANYTHING, own_patterns
from nsfix.scan.cache import digest_of
from nsfix.scan.given import definitions
from nsfix.scan.survey import included
from nsfix.scan.units import ReadFile

_NUMBER = re.compile(rb"[ \t(]*(?:0[xX][0-9a-fA-F]+|\d+)[uUlL]*[ \t)\r]*\Z")


@dataclass(frozen=True, slots=True)
class PackedMacros:
    """What macros expand to, by name, as bytes; `state` tells them from others."""

    state: str
    bodies: bytes


class KernelHeaders:
    """The headers `paths`, which include each other by way of `place`."""

    def __init__(self, paths: Iterable[str], place: IncludePath, read: ReadFile) -> None:
        self.paths = tuple(paths)
        self._place = place
        self._read = read
        self._own = frozenset(self.paths)
        self._texts: dict[str, bytes | None] = {}
        self._packed: PackedMacros | None = None

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, be it none of these headers."""
        if path not in self._own:
            return self._read(path)
        try:
            return self._texts[path]
        except KeyError:
            text = self._texts[path] = self._read(path)
            return text

    def text(self, path: str) -> bytes:
        """The bytes of a file; nothing where it cannot be read."""
        return self.read(path) or b""

    @cached_property
    def patterns(self) -> frozenset[bytes]:
        """The patterns of the names that their macros paste (csource/pasting.py)."""
        patterns: set[bytes] = set()
        for path in self.paths:
            text = self.read(path)
            if text is None or b"##" not in text:
                continue
            for directive in scan_directives(blank_comments(text)):
                if directive.keyword == b"define" and b"##" in directive.argument:
                    patterns |= own_patterns(Macro(directive.name, directive.argument))
        return frozenset(patterns - {ANYTHING})

    @cached_property
    def bodies(self) -> dict[bytes, list[bytes]]:
        """What their macros expand to, raw, by name; mere numbers need not be there."""
        if self._packed is not None:
            known: dict[bytes, list[bytes]] = marshal.loads(self._packed.bodies)
            return known
        bodies: dict[bytes, list[bytes]] = {}
        for path in self.paths:
            for name, body in definitions(self.read(path) or b""):
                bodies.setdefault(name, []).append(body)
        return bodies

    def pack_macros(self) -> PackedMacros:
        """Their macros, to be kept for a later run."""
        telling = {name: [b for b in some if not _NUMBER.match(b)] for name, some in self.bodies.items()}
        bodies = {name: some for name, some in telling.items() if some}
        return PackedMacros(digest_of(list(bodies.items())), marshal.dumps(bodies))

    def use_macros(self, packed: PackedMacros) -> None:
        """Take the macros of an earlier run, unless they are at hand."""
        self._packed = packed

    @cached_property
    def includers(self) -> dict[str, list[str]]:
        """For each header those that name it."""
        includers: dict[str, list[str]] = {}
        for path in self.paths:
            for found in included(self.read(path) or b"", directory_of(path), self._place):
                includers.setdefault(found, []).append(path)
        return includers


def header_files(roots: Sequence[str]) -> list[str]:
    """Every header below `roots`, in order."""
    found: list[str] = []
    for root in roots:
        for directory, below, names in os.walk(root):
            below.sort()
            found += [f"{directory.rstrip('/')}/{name}" for name in sorted(names) if name.endswith(".h")]
    return found
