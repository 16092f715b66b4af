"""The kernel's own headers, read once for all looks at a tree, and what is told from all of them together."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
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


class KernelHeaders:
    """The headers `paths`, which include each other by way of `place`."""

    def __init__(self, paths: Iterable[str], place: IncludePath, read: ReadFile) -> None:
        self.paths = tuple(paths)
        self._place = place
        self._read = read
        self._own = frozenset(self.paths)
        self._texts: dict[str, bytes | None] = {}

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, be it none of these headers."""
        if path not in self._own:
            return self._read(path)
        try:
            return self._texts[path]
        except KeyError:
            text = self._texts[path] = self._read(path)
            return text

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
        """What their macros expand to, raw, by name."""
        bodies: dict[bytes, list[bytes]] = {}
        for path in self.paths:
            for name, body in definitions(self.read(path) or b""):
                bodies.setdefault(name, []).append(body)
        return bodies

    @cached_property
    def state_of_macros(self) -> str:
        """What tells these macros from those of another state of the tree."""
        return digest_of(list(self.bodies.items()))

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
