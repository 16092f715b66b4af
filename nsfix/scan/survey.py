"""The first look at a tree: which sources may say anything of namespaces, told from raw bytes.

Like carriers.py it may err only on the side of too much; no conditional is evaluated here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from nsfix.csource.directives import scan_directives
from nsfix.csource.includes import directory_of
from nsfix.csource.lexer import blank_comments
from nsfix.csource.macros import Macro
from nsfix.csource.names import NameFinder
from nsfix.csource.pasting import ANYTHING, NameSet, own_patterns
from nsfix.csource.settled import is_settled_word
from nsfix.model import BuiltModule, SourceFile
from nsfix.scan.carriers import Carriers, is_argument, leading_names
from nsfix.scan.units import ReadFile, Units, read_flags

_INCLUDE = re.compile(rb'\n[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)')
_OWN_WORD = re.compile(rb"\n[ \t]*#[ \t]*(?:define|undef)[ \t]+(\w+)")
_WORDS = re.compile(rb"[A-Za-z_]\w*")
_DEFAULT = b"DEFAULT_SYMBOL_NAMESPACE"
_STATEMENT = b"MODULE_"
# Exports that name no namespace (include/linux/export.h).
PLAIN_EXPORTS = frozenset(
    (b"EXPORT_SYMBOL", b"EXPORT_SYMBOL_GPL", b"EXPORT_SYMBOL_GPL_FUTURE", b"EXPORT_UNUSED_SYMBOL",
     b"EXPORT_UNUSED_SYMBOL_GPL")
)  # fmt: skip
# One source of one module, by their places in the lists at hand.
Place = tuple[BuiltModule, SourceFile]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a source shows at first sight. `headers` are those beyond the kernel's own that it may include,
    `loose` the settled words that it defines by itself, `default` tells of a namespace for its plain exports,
    `statements` of module statements."""

    headers: tuple[str, ...]
    loose: frozenset[bytes]
    default: bool
    statements: bool


class Surveyor:
    """Looks at sources; what headers show is kept."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._included: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}
        self._words: dict[str, tuple[frozenset[bytes], bool]] = {}

    def sight(self, place: Place) -> Sight:
        """What the source at `place` shows."""
        _, source = place
        text = self._units.read(source.path) or b""
        directories, defines, forced = read_flags(source.flags)
        headers: dict[str, None] = {}
        for name in forced:
            path = os.path.abspath(name)
            if not self._units.is_kernel(path):
                headers[path] = None
        self._gather(source.path, text, directories, headers)
        for name in list(headers):
            self._gather(name, None, directories, headers)
        loose, default = _own_words(text)
        for header in headers:
            words, has_default = self._header_words(header)
            loose |= words
            default = default or has_default
        given = {name for name, _ in defines}
        loose |= frozenset(filter(is_settled_word, given))
        return Sight(tuple(headers), loose, default or _DEFAULT in given, _STATEMENT in text)

    def _gather(
        self, path: str, text: bytes | None, directories: tuple[str, ...], headers: dict[str, None]
    ) -> None:
        """Add to `headers` what the file `path` may include, to any depth."""
        pending = list(self._includes(path, text, directories))
        while pending:
            header = pending.pop()
            if header not in headers:
                headers[header] = None
                pending += self._includes(header, None, directories)

    def _includes(self, path: str, text: bytes | None, directories: tuple[str, ...]) -> Iterable[str]:
        key = (path, directories)
        known = self._included.get(key)
        if known is None:
            if text is None:
                text = self._units.read(path) or b""
            found = self._search(text, directory_of(path), directories)
            known = tuple(dict.fromkeys(found))
            if not path.endswith(".c"):
                self._included[key] = known
        return known

    def _search(self, text: bytes, directory: str, directories: tuple[str, ...]) -> Iterator[str]:
        place = self._units.include_path(directories)
        for mark, name in _INCLUDE.findall(b"\n" + text):
            if mark == b"<" and not directories:
                continue
            path = place.find(name, directory if mark == b'"' else "")
            if path is not None and not self._units.is_kernel(path):
                yield path

    def _header_words(self, path: str) -> tuple[frozenset[bytes], bool]:
        known = self._words.get(path)
        if known is None:
            known = self._words[path] = _own_words(self._units.read(path) or b"")
        return known


def _own_words(text: bytes) -> tuple[frozenset[bytes], bool]:
    """The settled words that `text` defines, and whether it speaks of a default namespace."""
    return frozenset(filter(is_settled_word, _OWN_WORD.findall(b"\n" + text))), _DEFAULT in text


class Sieve:
    """Tells which files have to be read exactly, for the words of the kernel's headers (carriers.py)."""

    def __init__(self, carriers: Carriers) -> None:
        self._words = NameFinder(carriers.words, dense=True)
        self._parts = NameFinder(carriers.parts, dense=True)
        self._names = NameSet(carriers.words)

    def hits(self, text: bytes) -> list[tuple[bytes, int]]:
        """Where the words stand in `text`, and where parts of them are given to a macro."""
        return self._words.find(text) + [hit for hit in self._parts.find(text) if is_argument(text, *hit)]

    def keeps(self, text: bytes) -> bool:
        """Whether a source may use one of the words by what it says itself."""
        if self.hits(text):
            return True
        names, joiners = self.pasters(text)
        return bool(names) or (bool(joiners) and self.joins(_words_of(text)))

    def joins(self, words: frozenset[bytes]) -> bool:
        """Whether some of `words` in a row are one that is looked for."""
        return self._names.may_make(ANYTHING, lambda: words)

    def carried(self, text: bytes) -> Carried:
        """What a header of a module does with the words."""
        hits = self.hits(text)
        names, parts = leading_names(text, hits) if hits else (set(), set())
        pasting, joiners = self.pasters(text)
        return Carried(frozenset(names | pasting), bool(parts), frozenset(joiners))

    def pasters(self, text: bytes) -> tuple[set[bytes], set[bytes]]:
        """The macros of `text` that may paste one of the words, and those that paste whatever they are given."""
        names: set[bytes] = set()
        joiners: set[bytes] = set()
        if b"##" not in text:
            return names, joiners
        for directive in scan_directives(blank_comments(text)):
            if directive.keyword == b"define" and b"##" in directive.argument:
                for pattern in own_patterns(Macro(directive.name, directive.argument)):
                    if pattern == ANYTHING:
                        joiners.add(directive.name)
                    elif self._names.gaps(pattern):
                        names.add(directive.name)
        return names, joiners


@dataclass(frozen=True, slots=True)
class Carried:
    """What a header of a module does with the words that are looked for: `names` are the definitions that lead to
    them, `emits` tells that it is enough to include it, `joiners` are macros that paste whatever they are given."""

    names: frozenset[bytes]
    emits: bool
    joiners: frozenset[bytes]


class Reach:
    """What the headers of one module carry, all of them taken together."""

    def __init__(self, headers: Sequence[str], carried: Mapping[str, Carried], read: ReadFile) -> None:
        there = {header: carried[header] for header in headers if header in carried}
        self._emitting = {header for header, found in there.items() if found.emits}
        names = self._closed({n for found in there.values() for n in found.names}, headers, read)
        self._names = NameFinder(names) if names else None
        joiners = {name for found in there.values() for name in found.joiners}
        self._joiners = NameFinder(joiners) if joiners else None
        joining = [header for header, found in there.items() if found.joiners]
        self._words = (
            frozenset(w for h in joining for w in _WORDS.findall(read(h) or b"")) if joiners else frozenset()
        )

    def _closed(self, new: set[bytes], headers: Sequence[str], read: ReadFile) -> frozenset[bytes]:
        names: set[bytes] = set()
        while new:
            names |= new
            finder = NameFinder(new)
            found: set[bytes] = set()
            for header in headers:
                text = read(header) or b""
                hits = finder.find(text)
                if hits:
                    more, parts = leading_names(text, hits)
                    found |= more
                    if parts:
                        self._emitting.add(header)
            new = found - names
        return frozenset(names)

    def keeps(self, text: bytes, headers: Sequence[str], sieve: Sieve) -> bool:
        """Whether a source that may include `headers` may use one of the words through them."""
        if not self._emitting.isdisjoint(headers) or (self._names is not None and self._names.find(text)):
            return True
        if self._joiners is None or not self._joiners.find(text):
            return False
        return sieve.joins(_words_of(text) | self._words)


@lru_cache(maxsize=1)
def _words_of(text: bytes) -> frozenset[bytes]:
    return frozenset(_WORDS.findall(text))


def export_macros(export_header: bytes) -> frozenset[bytes]:
    """The macros of include/linux/export.h, its inner ones included."""
    found = scan_directives(blank_comments(export_header))
    return frozenset(d.name for d in found if d.keyword == b"define")


def header_files(roots: Sequence[str]) -> list[str]:
    """Every header below `roots`, in order."""
    found: list[str] = []
    for root in roots:
        for directory, below, names in os.walk(root):
            below.sort()
            found += [f"{directory.rstrip('/')}/{name}" for name in sorted(names) if name.endswith(".h")]
    return found
