"""The first look at a tree: which sources may say anything of namespaces, told from raw bytes.

Like carriers.py it may err only on the side of too much; no conditional is evaluated here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nsfix.csource.directives import scan_directives
from nsfix.csource.includes import directory_of
from nsfix.csource.lexer import blank_comments
from nsfix.csource.macros import Macro
from nsfix.csource.names import NameFinder
from nsfix.csource.pasting import NameSet, fixed_parts, pastes_anything
from nsfix.csource.settled import is_settled_word
from nsfix.model import BuiltModule, SourceFile
from nsfix.scan.carriers import ANY, Carriers, is_argument, leading_names
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
    `statements` of module statements, `exports` of exports of any kind."""

    headers: tuple[str, ...]
    loose: frozenset[bytes]
    default: bool
    statements: bool
    exports: bool


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
        return Sight(
            tuple(headers), loose, default or _DEFAULT in given, _STATEMENT in text, b"EXPORT" in text
        )

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
        self._all = carriers.words
        self._words = NameFinder(carriers.words, dense=True)
        self._parts = NameFinder(carriers.parts, dense=True)
        self._names = NameSet(carriers.words)

    def hits(self, text: bytes) -> list[tuple[bytes, int]]:
        """Where the words stand in `text`, and where parts of them are given to a macro."""
        return self._words.find(text) + [hit for hit in self._parts.find(text) if is_argument(text, *hit)]

    def keeps(self, text: bytes) -> bool:
        """Whether a source may use one of the words by what it says itself."""
        return bool(self.hits(text)) or bool(self.pasters(text))

    def carried(self, text: bytes) -> frozenset[bytes]:
        """The names that a header of a module gives to what leads to one of the words; ANY among them where it is
        enough to include it."""
        hits = self.hits(text)
        names: set[bytes] = set()
        if hits:
            names, parts = leading_names(text, hits)
            if parts:  # a macro at file scope: whoever includes the header has what it makes
                names.add(ANY)
        return frozenset(names | self.pasters(text))

    def pasters(self, text: bytes) -> set[bytes]:
        """The macros of `text` that may paste one of the words together."""
        if b"##" not in text:
            return set()
        found: set[bytes] = set()
        spelled: set[bytes] | None = None
        for directive in scan_directives(blank_comments(text)):
            if directive.keyword != b"define" or b"##" not in directive.argument:
                continue
            macro = Macro(directive.name, directive.argument)
            if any(self._names.may_hold(part) for part in fixed_parts(macro)):
                found.add(directive.name)
            elif pastes_anything(macro):
                spelled = set(_WORDS.findall(text)) if spelled is None else spelled
                if self._joinable(spelled):
                    found.add(directive.name)
        return found

    def _joinable(self, spelled: set[bytes]) -> bool:
        """Whether two words of a text make one of the words that are looked for."""
        return any(
            word[:size] in spelled and word[size:] in spelled
            for word in self._all
            for size in range(1, len(word))
        )


def reaching(
    headers: Sequence[str], carried: Mapping[str, frozenset[bytes]], read: ReadFile
) -> frozenset[bytes]:
    """The names that lead to what `carried` says of some of `headers`, through all of them."""
    names: set[bytes] = set()
    new = {name for header in headers for name in carried.get(header, ())}
    while new:
        names |= new
        finder = NameFinder(new - {ANY})
        found: set[bytes] = set()
        for header in headers:
            text = read(header) or b""
            hits = finder.find(text)
            if hits:
                more, parts = leading_names(text, hits)
                found |= more
                if parts:
                    found.add(ANY)
        new = found - names - {ANY}
        names |= found & {ANY}
    return frozenset(names)


def export_seeds(export_header: bytes) -> frozenset[bytes]:
    """The macros of include/linux/export.h that may put a symbol into a namespace, its inner ones included."""
    found = scan_directives(blank_comments(export_header))
    return frozenset(d.name for d in found if d.keyword == b"define") - PLAIN_EXPORTS


def header_files(roots: Sequence[str]) -> list[str]:
    """Every header below `roots`, in order."""
    found: list[str] = []
    for root in roots:
        for directory, below, names in os.walk(root):
            below.sort()
            found += [f"{directory.rstrip('/')}/{name}" for name in sorted(names) if name.endswith(".h")]
    return found
