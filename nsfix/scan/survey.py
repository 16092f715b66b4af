"""The first look at a tree: which sources may say anything of namespaces, told from raw bytes.

Like sieve.py it may err only on the side of too much. Of conditionals only those around an `#include` are asked, and
only what the configuration settles for all sources.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from nsfix.csource.includes import IncludePath, directory_of
from nsfix.csource.names import NameFinder, defined_in
from nsfix.csource.predefined import SETTLED
from nsfix.csource.settled import Settled, is_settled_word
from nsfix.model import BuiltModule, SourceFile, Spelling
from nsfix.scan.memory import looked_for
from nsfix.scan.shallow import plain_imports
from nsfix.scan.units import Units, read_flags

# Directives are looked for by their `#`, which `re` finds quickly; one in a comment does no harm here.
_INCLUDE = re.compile(rb'#[ \t]*include[ \t]*(["<])([^">\n]+)')
_STEERING = re.compile(
    rb'#[ \t]*(?:include[ \t]*(["<])([^">\n]+)|((?:el)?if(?:n?def)?|else|endif)\b([^\n]*))'
)
_ASIDE = re.compile(rb"/[*/].*")
_WORD = re.compile(rb"[A-Za-z_]\w*")
_OPTION = re.compile(rb"#[ \t]*(?:define|undef)[ \t]+(CONFIG_\w+)")
_DEFAULT = b"DEFAULT_SYMBOL_NAMESPACE"
_STATEMENT = b"MODULE_"
# A literal start is what `re` finds quickly; whether it is the start of a word is seen afterwards.
_STATEMENTS = re.compile(rb"MODULE_\w+")
_READ_BY_MODPOST = (b"MODULE_LICENSE", b"MODULE_IMPORT_NS", b"MODULE_INFO")
# Letters become `a` and digits `1`, all else a space: so ` a` is the start of a word that is no number.
_SHAPE = bytes(
    (0x61 if chr(c).isalpha() or c == 0x5F else 0x31 if chr(c).isdigit() else 0x20) if c < 128 else 0x61
    for c in range(256)
)
_NEAR = 40  # bytes before a word in which it is looked for what it belongs to
_GREAT = 20_000  # bytes of a header that may be nothing but a list of numbers
_NOTHING: frozenset[bytes] = frozenset()
# One source of one module.
Place = tuple[BuiltModule, SourceFile]


class Sight(NamedTuple):
    """What a source shows at first sight. `headers` are those beyond the kernel's own that it may include, but for
    mere lists of numbers, `kernel` those of the kernel that it or they name; `off` are those that only conditions
    over `relied` keep out. `loose` are the settled words that it defines by itself, `default` tells of a namespace
    for its plain exports, `statements` of module statements, `telling` of some that modpost reads, be it that they
    are unknown, `inherited` of such in those headers. `imports` are the namespaces that it imports in plain sight; None
    where that cannot be told. `lost` stands for what it and those headers name and is not there (memory.py)."""

    headers: tuple[str, ...]
    kernel: frozenset[str]
    off: tuple[str, ...]
    relied: frozenset[bytes]
    loose: frozenset[bytes]
    default: bool
    statements: bool
    telling: bool
    inherited: bool
    imports: frozenset[bytes] | None
    lost: frozenset[str]

    def without(self, loose: frozenset[bytes]) -> Sight:
        """The same where `loose` words decide nothing."""
        return self if self.relied.isdisjoint(loose) else self.whole()

    def whole(self) -> Sight:
        """The same where no condition keeps a header out."""
        return self._replace(headers=tuple(sorted({*self.headers, *self.off})), off=())


@dataclass(frozen=True, slots=True)
class _Includes:
    """What a file includes: its module's headers, those of them that a condition over `relied` keeps out, the
    kernel's, and what stands for those that are not there."""

    own: tuple[str, ...]
    off: frozenset[str]
    relied: frozenset[bytes]
    kernel: frozenset[str]
    lost: frozenset[str]


_NONE = _Includes((), frozenset(), _NOTHING, frozenset(), frozenset())  # of a mere list


@dataclass(frozen=True, slots=True)
class _Reached:
    headers: frozenset[str]
    on: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Header:
    loose: frozenset[bytes]
    default: bool
    statements: bool
    list: bool


class Surveyor:
    """Looks at sources; what headers show is kept. `quiet` are the module statements that modpost does not read."""

    def __init__(self, units: Units, spelling: Spelling, quiet: frozenset[bytes]) -> None:
        self._units = units
        self._spelling = spelling
        self._quiet = quiet
        self._included: dict[tuple[str, int], _Includes] = {}
        self._closures: dict[tuple[str, int], _Reached] = {}
        self._headers: dict[str, _Header] = {}
        self._searched: dict[tuple[tuple[str, ...], bool], int] = {}
        self._flags: dict[tuple[str, ...], tuple[tuple[str, ...], tuple[bytes, ...], tuple[str, ...]]] = {}

    def sight(self, place: Place) -> tuple[Sight, tuple[str, ...]]:
        """What the source at `place` shows, and the files that were looked at for it."""
        module, source = place
        text = self._units.read(source.path) or b""
        directories, given, forced = self._read_flags(source.flags)
        number = self._searched.setdefault((directories, module.built_in), len(self._searched))
        first = self._search(source.path, text, directories, module.built_in)
        outside = tuple(path for path in map(os.path.abspath, forced) if not self._units.is_kernel(path))
        headers: set[str] = set()
        on: set[str] = set()
        for header in (*first.own, *outside):
            reached = self._closure(header, number, directories, module.built_in)
            headers |= reached.headers
            if header not in first.off:
                on |= reached.on
        kernel, relied, lost = set(first.kernel), set(first.relied), set(first.lost)
        loose, default, inherited = _own_words(text), _DEFAULT in text, False
        for header in headers:
            shown, includes = self._headers[header], self._included[(header, number)]
            loose |= shown.loose
            default = default or shown.default
            inherited = inherited or (shown.statements and header in on)
            kernel |= includes.kernel
            relied |= includes.relied
            lost |= includes.lost
        loose |= frozenset(filter(is_settled_word, given))
        lasting = sorted(header for header in headers if not self._headers[header].list)
        statements = _statements(text)
        sight = Sight(
            tuple(header for header in lasting if header in on),
            frozenset(kernel),
            tuple(header for header in lasting if header not in on),
            frozenset(relied),
            loose,
            default or _DEFAULT in given,
            bool(statements),
            not self._quiet.issuperset(statements),
            inherited,
            self._imports(source.path, text) if statements else _NOTHING,
            frozenset(lost),
        )
        return sight, (source.path, *headers, *lost)

    def _imports(self, path: str, text: bytes) -> frozenset[bytes] | None:
        try:
            return plain_imports(path, text, self._spelling)
        except ValueError:
            return None

    def _read_flags(
        self, flags: tuple[str, ...]
    ) -> tuple[tuple[str, ...], tuple[bytes, ...], tuple[str, ...]]:
        known = self._flags.get(flags)
        if known is None:
            directories, defines, forced = read_flags(flags)
            known = self._flags[flags] = (directories, tuple(name for name, _ in defines), forced)
        return known

    def _closure(self, header: str, number: int, directories: tuple[str, ...], built_in: bool) -> _Reached:
        """The header and all that it may include, to any depth; `number` stands for the other two."""
        known = self._closures.get((header, number))
        if known is None:
            known = self._closures[(header, number)] = _Reached(
                self._spread(header, number, directories, built_in, True),
                self._spread(header, number, directories, built_in, False),
            )
        return known

    def _spread(
        self, header: str, number: int, directories: tuple[str, ...], built_in: bool, every: bool
    ) -> frozenset[str]:
        seen = {header}
        pending = [header]
        while pending:
            includes = self._includes(pending.pop(), number, directories, built_in)
            for found in includes.own:
                if found in seen or (not every and found in includes.off):
                    continue
                whole = self._closures.get((found, number))
                if whole is not None:
                    seen |= whole.headers if every else whole.on
                else:
                    seen.add(found)
                    pending.append(found)
        return frozenset(seen)

    def _includes(self, path: str, number: int, directories: tuple[str, ...], built_in: bool) -> _Includes:
        known = self._included.get((path, number))
        if known is None:
            text = self._units.read(path) or b""
            if path not in self._headers:
                self._headers[path] = _Header(
                    _own_words(text),
                    _DEFAULT in text,
                    not _statements(text).isdisjoint(_READ_BY_MODPOST),
                    _is_list(text),
                )
            listed = self._headers[path].list
            known = _NONE if listed else self._search(path, text, directories, built_in)
            self._included[(path, number)] = known
        return known

    def _search(self, path: str, text: bytes, directories: tuple[str, ...], built_in: bool) -> _Includes:
        """The headers that `text`, the file `path`, names."""
        place = self._units.include_path(directories)
        directory = directory_of(path)
        own: dict[str, bool] = {}
        kernel: set[str] = set()
        relied: set[bytes] = set()
        lost: set[str] = set()
        arms = _Arms(self._units.settled(built_in), relied)
        for match in _STEERING.finditer(text):
            mark, name, keyword, argument = match.groups()
            if keyword:
                start = match.start()
                if not text[text.rfind(b"\n", 0, start) + 1 : start].strip():
                    arms.meet(keyword, argument)
                continue
            found = place.find(name, directory if mark == b'"' else "")
            if found is not None and self._units.is_kernel(found):
                kernel.add(found)
            elif found is not None:
                own[found] = own.get(found, False) or arms.on
            else:
                lost.add(looked_for(name))
        off = frozenset(header for header, on in own.items() if not on) if arms.even else frozenset()
        return _Includes(
            tuple(own), off, frozenset(relied) if off else _NOTHING, frozenset(kernel), frozenset(lost)
        )


class _Arms:
    """Follows the conditionals of a file; `on` is false in an arm that the configuration leaves out. The words that
    were asked for that go to `relied`."""

    def __init__(self, settled: Settled, relied: set[bytes]) -> None:
        self._settled = settled
        self._relied = relied
        self._outer: list[
            tuple[bool, bool]
        ] = []  # for each: whether the arm is on, whether one was taken for certain
        self._odd = False
        self.on = True

    @property
    def even(self) -> bool:
        """Whether every conditional so far has ended, and nothing else has."""
        return not (self._odd or self._outer)

    def meet(self, keyword: bytes, argument: bytes) -> None:
        """Go past a directive."""
        if keyword.startswith(b"if"):
            self._outer.append((self.on, False))
        if not self._outer:
            self._odd = True
            return
        if keyword == b"endif":
            self.on, _ = self._outer.pop()
            return
        around, taken = self._outer[-1]
        argument = _ASIDE.sub(b"", argument).strip()
        answer = None if b"\\" in argument else self._settled.answer(keyword, argument)
        if answer is not None:
            self._relied.update(_WORD.findall(argument))
        self.on = around and not taken and answer is not False
        self._outer[-1] = (around, taken or answer is True)


def included(text: bytes, directory: str, place: IncludePath) -> Iterator[str]:
    """The headers that `text`, a file in `directory`, names, under whatever condition."""
    for mark, name in _INCLUDE.findall(text):
        path = place.find(name, directory if mark == b'"' else "")
        if path is not None:
            yield path


def _own_words(text: bytes) -> frozenset[bytes]:
    """The settled words that `text` defines."""
    found = set(_OPTION.findall(text)) if b" CONFIG_" in text or b"\tCONFIG_" in text else set()
    found |= defined_in((text,), _settled_finder())
    return frozenset(found)


def _statements(text: bytes) -> frozenset[bytes]:
    """The words of `text` that begin with MODULE_, be it after underscores."""
    if _STATEMENT not in text:
        return _NOTHING
    found = set()
    for match in _STATEMENTS.finditer(text):
        start = match.start()
        if not text[max(start - _NEAR, 0) : start].rstrip(b"_")[-1:].isalnum():
            found.add(match.group())
    return frozenset(found)


@cache
def _settled_finder() -> NameFinder:
    return NameFinder(SETTLED, dense=True)


def _is_list(text: bytes) -> bool:
    """Whether a header is a list of names for numbers: register headers are, by the megabyte. There no word stands
    but those of its directives."""
    if len(text) < _GREAT or text.find(b";", _GREAT) >= 0 or text.find(b"{", _GREAT) >= 0:
        return False
    text = text[text.find(b"*/", 0, _GREAT) + 1 :]
    if b"/*" in text:
        text = _without(text, b"/*", b"*/")
    if b"//" in text:
        text = _without(text, b"//", b"\n")
    return _only_directives(text)


def _only_directives(text: bytes) -> bool:
    words = 2 * text.count(b"#define ") + 2 * text.count(b"#ifndef ") + text.count(b"#endif")
    return (b" " + text.translate(_SHAPE)).count(b" a") == words


def _without(text: bytes, opening: bytes, closing: bytes) -> bytes:
    """`text` without what stands from each `opening` to the next `closing`."""
    first, *rest = text.split(opening)
    return first + b" ".join(piece[piece.find(closing) + 1 :] for piece in rest)
