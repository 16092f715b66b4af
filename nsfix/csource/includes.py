"""Where `#include` leads: the compiler's search, answered from directory listings that are read once."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache


@cache
def directory_of(path: str) -> str:
    """The directory that holds the file `path`."""
    return path.rpartition("/")[0]


class Listings:
    """Which files exist, from one listing for each directory. Safe to keep for one run, not longer.

    `made` are the paths of files that count as there.
    """

    def __init__(self, made: Iterable[str] = ()) -> None:
        self._names: dict[str, frozenset[str]] = {}
        self._made: dict[str, set[str]] = {}
        for path in made:
            self._made.setdefault(directory_of(path), set()).add(path.rpartition("/")[2])

    def has(self, path: str) -> bool:
        """Whether `path` names something in its directory."""
        directory, _, name = path.rpartition("/")
        names = self._names.get(directory)
        if names is None:
            try:
                names = frozenset(os.listdir(directory or "/"))
            except OSError:
                names = frozenset()
            names = self._names[directory] = names.union(self._made.get(directory, ()))
        return name in names


class IncludePath:
    """The directories that the compiler searches, in its order: the kernel's first, then the module's own.

    `common` is the search path that this one begins with, if others begin with it too.
    """

    def __init__(
        self,
        directories: tuple[str, ...],
        quote: tuple[str, ...] = (),
        listings: Listings | None = None,
        common: IncludePath | None = None,
    ) -> None:
        self.directories = directories
        self.quote = quote
        self._common = common
        self._listings = listings or Listings()
        self._found: dict[tuple[str, bytes], str | None] = {}

    def find(self, name: bytes, quoted_in: str = "") -> str | None:
        """The file that `<name>` means, or `"name"` standing in a file of the directory `quoted_in`."""
        key = (quoted_in, name)
        try:
            return self._found[key]
        except KeyError:
            found = self._found[key] = self._search(os.fsdecode(name), quoted_in)
            return found

    def extended(self, directories: tuple[str, ...]) -> IncludePath:
        """This search path with `directories` after it: one of those that begin with it."""
        self._common = self
        if not directories:
            return self
        return IncludePath((*self.directories, *directories), self.quote, self._listings, self)

    def finds_alone(self, name: bytes, quoted_in: str = "") -> bool:
        """Whether the answer of `find` may differ for another search path that begins with the common one."""
        return self._common is None or self._common.find(name, quoted_in) is None

    def find_next(self, name: bytes, path: str) -> str | None:
        """The file that `#include_next <name>` in the file `path` means."""
        text = os.fsdecode(name)
        found = False
        for directory in self.directories:
            candidate = f"{directory}/{text}"
            if found and self._listings.has(candidate):
                return candidate
            found = found or candidate == path
        return None

    def _search(self, name: str, quoted_in: str) -> str | None:
        if name.startswith("/"):
            return name if self._listings.has(name) else None
        places = (quoted_in, *self.quote, *self.directories) if quoted_in else self.directories
        for directory in places:
            path = f"{directory}/{name}"
            if self._listings.has(path):
                return os.path.normpath(path) if "../" in name or "/./" in path else path
        return None
