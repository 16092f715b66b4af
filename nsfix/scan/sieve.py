"""Tells which sources have to be read exactly, from raw bytes: it may err only on the side of too much."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from nsfix.csource.directives import scan_directives
from nsfix.csource.lexer import blank_comments
from nsfix.csource.macros import Macro
from nsfix.csource.names import NameFinder
from nsfix.csource.pasting import NameSet, shapes
from nsfix.csource.session import Hits
from nsfix.scan.cache import digest_of
from nsfix.scan.carriers import Carriers, is_argument, leading_names
from nsfix.scan.declared import Declared
from nsfix.scan.given import Given, given_to
from nsfix.scan.headers import KernelHeaders

_LINE = re.compile(rb"[^\n\\]*(?:\\\r?\n[^\n\\]*)*")
# Exports that name no namespace (include/linux/export.h).
PLAIN_EXPORTS = frozenset(
    (b"EXPORT_SYMBOL", b"EXPORT_SYMBOL_GPL", b"EXPORT_SYMBOL_GPL_FUTURE", b"EXPORT_UNUSED_SYMBOL",
     b"EXPORT_UNUSED_SYMBOL_GPL")
)  # fmt: skip
_STARS = re.compile(rb"\*+")
# A macro that pastes, with the shape of the names that come of it (csource/pasting.py).
Paster = tuple[bytes, tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a text shows: where the words stand in it, and its macros that might paste one of them."""

    hits: Hits
    pasters: tuple[Paster, ...]


class Sieve:
    """Looks for the words of `carriers` (carriers.py). `headers` are the kernel's; what others show is kept.
    `declared` are those that each source may know (declared.py), `unspelled` those that no header of the tree
    spells.
    """

    def __init__(
        self,
        carriers: Carriers,
        headers: KernelHeaders,
        declared: Declared,
        unspelled: frozenset[bytes],
    ) -> None:
        self._words = carriers.words
        self._made = carriers.parts
        self.headers = headers
        self._shown: dict[str, Shown] = {}
        self._declared = declared
        self._unspelled = unspelled
        self.names = NameSet(carriers.words)
        self.read = headers.read
        parts = sorted((part, sorted(made)) for part, made in carriers.parts.items())
        words = sorted(carriers.words)
        # What tells this sieve from others: what it looks for, and what is known where.
        self.state = digest_of(
            words,
            parts,
            sorted((path, hex(mask)) for path, mask in declared.masks.items()),
            sorted(unspelled),
        )

    @cached_property
    def _finder(self) -> NameFinder:
        return NameFinder(self._words | self._made.keys(), dense=True)

    def known_by(self, headers: Iterable[str], kernel: Iterable[str]) -> frozenset[bytes]:
        """The words that a source may know which includes these headers, those of the kernel apart."""
        found = set(self._declared.reached(kernel) | self._unspelled)
        for header in headers:
            found.update(name for name, _ in self.shown_by(header).hits)
        return frozenset(found)

    def shown(self, text: bytes) -> Shown:
        """What `text` shows."""
        words = self._words
        hits = [hit for hit in self._finder.find(text) if hit[0] in words or is_argument(text, *hit)]
        return Shown(hits, tuple(self._pasters(text)) if b"##" in text else ())

    def shown_by(self, header: str) -> Shown:
        """What the file `header` shows."""
        known = self._shown.get(header)
        if known is None:
            known = self._shown[header] = self.shown(self.read(header) or b"")
        return known

    def _pasters(self, text: bytes) -> Iterable[Paster]:
        for line in _pasting_lines(text):
            for directive in scan_directives(blank_comments(line)):
                if directive.keyword == b"define" and b"##" in directive.argument:
                    for shape in shapes(Macro(directive.name, directive.argument)):
                        if self.names.fills(_STARS.sub(b"*", b"".join(shape))):
                            yield directive.name, shape

    def leads_beyond(self, word: bytes, own: frozenset[bytes]) -> bool:
        """Whether `word`, one of those that are looked for, may lead to anything but what is `own`."""
        return word not in own and not own.issuperset(self._made.get(word, (word,)))


class ModuleSieve:
    """What `sources` of one module may lead to. `own` are words that need no looking for, since the module exports
    them by itself; `headers` are all that its sources include beyond the kernel's own."""

    def __init__(
        self, sieve: Sieve, own: frozenset[bytes], sources: Sequence[str], headers: Sequence[str]
    ) -> None:
        self._sieve = sieve
        self._own = own
        self._sources = sources
        self._headers = headers
        self._shown = [(header, sieve.shown_by(header)) for header in headers]
        names: set[bytes] = set()
        self._emitting: set[str] = set()
        for header, shown in self._shown:
            self._lead(header, [hit for hit in shown.hits if self._counts(hit[0])], names, self._emitting)
        self._names = self._leading(names, self._emitting)
        self._tried: set[bytes] = set()
        self._pasted: set[bytes] = set()  # of those that were tried, the ones that a header's macro may make

    def _counts(self, word: bytes) -> bool:
        return self._sieve.leads_beyond(word, self._own)

    def keeps(
        self,
        path: str,
        headers: Sequence[str],
        kernel: frozenset[str],
        aside: frozenset[bytes] = frozenset(),
    ) -> bool:
        """Whether the source `path`, which may include `headers` and those of the `kernel`, may use one of the
        words, other than by spelling one of those that are set `aside`."""
        text = self._sieve.read(path) or b""
        shown = self._sieve.shown(text)
        if any(name not in aside and self._counts(name) for name, _ in shown.hits):
            return True
        if not self._emitting.isdisjoint(headers) or (self._names is not None and self._names.find(text)):
            return True
        if not shown.pasters and not self._pasters:
            return False
        known = self._sieve.known_by(headers, kernel) - self._own
        return bool(known) and self._pastes(text, headers, shown.pasters, known)

    def _pastes(
        self, text: bytes, headers: Sequence[str], own: Sequence[Paster], known: frozenset[bytes]
    ) -> bool:
        """Whether a source may use a word that a macro pastes, be it one of its own or of its headers: one of those
        that are `known` to it."""
        if self._pasters:
            names, emitting = self._pasting
            if not emitting.isdisjoint(headers) or (names is not None and names.find(text)):
                self._asked_for(known)
                if not self._pasted.isdisjoint(known):
                    return True
        return any(self._makes(paster, name) for paster in set(own) - self._pasters for name in known)

    def _asked_for(self, known: frozenset[bytes]) -> None:
        """See to it that `_pasted` has all of `known` that a macro of the headers may make."""
        new = known - self._tried
        if new:
            self._tried |= new
            for paster in self._pasters:
                new -= (made := {name for name in new if self._makes(paster, name)})
                self._pasted |= made

    def _makes(self, paster: Paster, name: bytes) -> bool:
        macro, shape = paster
        return self._given[macro].make(shape, name)

    @cached_property
    def _given(self) -> dict[bytes, Given]:
        """What each macro that pastes is given anywhere in the module."""
        own = {path: self._sieve.read(path) or b"" for path in (*self._sources, *self._headers)}
        pasters: dict[bytes, set[tuple[bytes, ...]]] = {}
        shown = [shown for _, shown in self._shown]
        shown += [self._sieve.shown(own[path]) for path in self._sources]
        for some in shown:
            for name, shape in some.pasters:
                pasters.setdefault(name, set()).add(shape)
        return given_to(pasters, own.values(), self._sieve.headers.bodies)

    @cached_property
    def _pasters(self) -> frozenset[Paster]:
        return frozenset(paster for _, shown in self._shown for paster in shown.pasters)

    @cached_property
    def _pasting(self) -> tuple[NameFinder | None, set[str]]:
        """What to look for in a source that may have a header's macro paste, and the headers that do so."""
        emitting: set[str] = set()
        return self._leading({name for name, _ in self._pasters}, emitting), emitting

    def _leading(self, new: set[bytes], emitting: set[str]) -> NameFinder | None:
        """A finder for the words `new` and all that the headers lead to them by; `emitting` gets the headers that
        use one of them by being included."""
        names: set[bytes] = set()
        while new:
            names |= new
            finder = NameFinder(new)
            found: set[bytes] = set()
            for header in self._headers:
                text = self._sieve.read(header) or b""
                self._lead(header, finder.find(text), found, emitting)
            new = found - names
        return NameFinder(names) if names else None

    def _lead(self, header: str, hits: Hits, names: set[bytes], emitting: set[str]) -> None:
        if hits:
            found, parts = leading_names(self._sieve.read(header) or b"", hits)
            names |= found
            if parts:
                emitting.add(header)


def _pasting_lines(text: bytes) -> list[bytes]:
    """The lines of `text`, each with those that go on with it, that have `##` in them."""
    lines: list[bytes] = []
    position = text.find(b"##")
    while position >= 0:
        start = text.rfind(b"\n", 0, position)
        while start > 0 and text[start - 2 : start].rstrip(b"\r").endswith(b"\\"):
            start = text.rfind(b"\n", 0, start)
        match = _LINE.match(text, position)
        end = match.end() if match is not None else len(text)
        lines.append(text[start + 1 : end])
        position = text.find(b"##", end)
    return lines


def export_macros(export_header: bytes) -> frozenset[bytes]:
    """The macros of include/linux/export.h that may export a symbol, its inner ones included. They take the symbol
    as an argument, unlike THIS_MODULE, which stands there in older kernels."""
    found = [d for d in scan_directives(blank_comments(export_header)) if d.keyword == b"define"]
    return frozenset(d.name for d in found if Macro(d.name, d.argument).is_function)
