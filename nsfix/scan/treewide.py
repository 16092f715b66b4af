"""Reads a whole kernel tree, nothing of it built: first everything cheaply, then the few sources that matter exactly.

Three looks at raw bytes (survey.py, carriers.py) leave about one source in fifteen. Exports come first, since they
say what to look for.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import TypeVar

from nsfix.csource.includes import directory_of
from nsfix.csource.moduleinfo import InfoEntry
from nsfix.csource.names import NameFinder
from nsfix.kernel.intree import TreeFacts
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, Export, Remark, SourceKind, Spelling
from nsfix.scan.cache import digest_of
from nsfix.scan.carriers import Carriers, close_over
from nsfix.scan.declared import Declared
from nsfix.scan.headers import KernelHeaders, header_files
from nsfix.scan.memory import Memory
from nsfix.scan.parallel import share_out
from nsfix.scan.plainexports import (
    PlainExports,
    Statements,
    defined_in,
    read_together,
    repeated,
    words_of,
)
from nsfix.scan.rusty import RustReader, read_beside_rust
from nsfix.scan.scanner import ModuleFacts, ScanFacts, Scanner, SourceFacts
from nsfix.scan.shallow import plain_licence, quiet_statements
from nsfix.scan.sieve import PLAIN_EXPORTS, ModuleSieve, Sieve, export_macros
from nsfix.scan.survey import Place, Sight, Surveyor
from nsfix.scan.units import ReadFile, Units, read_file

_READ = (SourceKind.C, SourceKind.ASSEMBLER)
_STATING = ("module.h", "moduleparam.h")  # what the kernel makes module statements of
_TOGETHER = 8  # sources of one module that one process reads exactly in a row
Item = TypeVar("Item")
Result = TypeVar("Result")
AnyUnits = TypeVar("AnyUnits", bound=Units)


@dataclass(frozen=True, slots=True)
class _Seen:
    place: Place
    sight: Sight


class TreeScanner:
    """Scans the tree of `kernel`. `workers` is how many processes share the work; `progress` is told how many
    sources of the step at hand are done, and how many there are. What `memory` has of an earlier run is not done
    again."""

    def __init__(
        self,
        kernel: KernelBuild,
        tree: TreeFacts,
        read: ReadFile = read_file,
        workers: int | None = None,
        progress: Callable[[int, int], None] | None = None,
        memory: Memory | None = None,
    ) -> None:
        self._kernel = kernel
        self._memory = memory or Memory()
        self._tree = tree
        self._read = read
        self._progress = progress
        self._workers = workers or len(os.sched_getaffinity(0))
        roots = [f"{kernel.source_dir}/include", f"{kernel.source_dir}/arch/{kernel.arch}/include"]
        self._roots = tuple(f"{root}/" for root in roots)
        self._units = Units(kernel, read, self._roots)
        self._headers = KernelHeaders(header_files(roots), self._units.include_path(()), self._units.read)
        self._seen: list[_Seen] = []
        self._loose: frozenset[bytes] = frozenset()
        self.carriers = Carriers(frozenset(), {})
        self.wanted: dict[str, set[str]] = {}
        self.exporting: list[Place] = []

    def scan(self, modules: Sequence[BuiltModule], brief: bool = False) -> ScanFacts:
        """Read `modules`, some of the tree's, against the exports of all. Afterwards `carriers` are the words that
        lead to those, and `wanted` the sources, by module, that have some."""
        self.survey()
        exports = self.exports()
        seeds = [symbol for symbol, export in exports.items() if export.namespace]
        self.carriers = self._carriers("namespaces", seeds)
        wanted = self.wanted = self._kept(self.carriers, exports, {module.path for module in modules}, brief)
        read_beside_rust(modules, wanted, RustReader(self._kernel, self._read), exports)
        return self._read_modules(modules, exports, wanted, brief)

    def survey(self) -> None:
        """Look at every source once."""
        if self._seen:
            return
        texts = (self._read(f"{self._kernel.source_dir}/include/linux/{name}") for name in _STATING)
        quiet = quiet_statements(text for text in texts if text)
        surveyor = Surveyor(self._units, self._kernel.spelling, quiet)
        units = (*self._tree.built_in, *self._tree.modules)
        places = [(m, s) for m in units for s in m.sources if s.kind in _READ]
        sights = self._memory.each(
            "sight",
            lambda place: (quiet, self._kernel.spelling),
            _by_module(places),
            _key,
            lambda portions: self._shared(portions, surveyor.sight),
        )
        self._loose = frozenset(word for sight in sights for word in sight.loose)
        self._seen = [_Seen(place, self.as_seen(sight)) for place, sight in zip(places, sights, strict=True)]

    def as_seen(self, sight: Sight) -> Sight:
        """`sight` as the configuration has it: conditions over words that some source defines decide nothing."""
        return sight.without(self._loose)

    def exports(self) -> dict[bytes, Export]:
        """The symbols that the tree exports into a namespace."""
        found = self._exports_by(export_macros(self._export_header()) - PLAIN_EXPORTS, PLAIN_EXPORTS)
        return {os.fsencode(export.symbol): export for export in found if export.namespace}

    def every_export(self) -> list[Export]:
        """All exports of the tree, into a namespace or not; one that is made twice stands here twice."""
        return self._exports_by(export_macros(self._export_header()))

    def _export_header(self) -> bytes:
        return self._read(f"{self._kernel.source_dir}/include/linux/export.h") or b""

    def _exports_by(self, macros: Iterable[bytes], stop: frozenset[bytes] = frozenset()) -> list[Export]:
        """What the sources export that may come to one of `macros` or have a default namespace."""
        self.survey()
        plain = PlainExports(macros, self._export_header())
        carriers = self._carriers("exports", macros, stop)
        kept = self._sieved("exports", carriers, self._seen, {}, plain)
        chosen = [(s, keep) for s, keep in zip(self._seen, kept, strict=True) if keep or s.sight.default]
        self.exporting = [seen.place for seen, _ in chosen]
        said = self._taken_at_their_word(plain, [(seen, keep) for seen, keep in chosen if keep is not True])
        scanner = self._scanner({})

        def read(place: Place) -> tuple[list[Export], tuple[str, ...]]:
            return scanner.exports_of(*place), scanner.take_files()

        def work(portions: Sequence[Sequence[Place]]) -> list[tuple[list[Export], tuple[str, ...]]]:
            asked = [place for portion in portions for place in portion]
            together = [(place, said[_key(place)]) for place in asked if _key(place) in said]
            answers = iter(read_together(self._kernel, self._units_for, self._read, together))
            rest = [[p for p in portion if _key(p) not in said] for portion in portions]
            others = iter(self._shared([portion for portion in rest if portion], read))
            return [next(answers if _key(place) in said else others) for place in asked]

        found = self._memory.each(
            "exports",
            lambda place: (self._loose, said.get(_key(place))),
            _by_module(self.exporting, _TOGETHER),
            _key,
            work,
        )
        return [export for some in found for export in some]

    def _taken_at_their_word(
        self, plain: PlainExports, chosen: Sequence[tuple[_Seen, bool | Statements]]
    ) -> dict[Hashable, Statements]:
        """The export statements of those sources that need no exact reading."""
        said = {_key(seen.place): keep for seen, keep in chosen if not isinstance(keep, bool)}
        words = plain.words(said.values())
        macros = self._memory.one(
            "exported words that are macros",
            words,
            self._is_header,
            lambda: defined_in(map(self._headers.text, self._headers.paths), NameFinder(words)),
        )
        doubtful = macros | repeated(said.values())
        return {key: some for key, some in said.items() if doubtful.isdisjoint(words_of(some))}

    def _is_header(self, path: str) -> bool:
        """Whether `path` is one of the kernel's own headers."""
        return path.startswith(self._roots)

    def _carriers(self, step: str, seeds: Iterable[bytes], stop: frozenset[bytes] = frozenset()) -> Carriers:
        wanted = frozenset(seeds)
        return self._memory.one(
            f"carriers of {step}",
            (wanted, stop),
            self._is_header,
            lambda: close_over(wanted, self._headers, stop),
        )

    def _sieved(
        self,
        step: str,
        carriers: Carriers,
        asked: Sequence[_Seen],
        own: Mapping[str, frozenset[bytes]],
        plain: PlainExports | None = None,
    ) -> list[bool | Statements]:
        """For each of `asked`, whether it may lead to the words of `carriers`, by itself or through its headers.
        `own` are the words that each module need not look for. Where a source does nothing but export in `plain`
        sight, it is those statements."""
        sieve = self._sieve(step, carriers)
        state = sieve.state
        if self._memory.for_later:
            macros = self._memory.one("macros", None, self._is_header, self._headers.pack_macros)
            self._headers.use_macros(macros)
            state += macros.state
        if plain is not None:
            state += plain.state
        if not self._memory.for_later and self._workers > 1:
            _ = self._headers.bodies  # once, for all processes

        def keep(group: Sequence[_Seen]) -> tuple[list[bool | Statements], Iterable[str]]:
            module = group[0].place[0].path
            sources = [seen.place[1].path for seen in group]
            headers = sorted({header for seen in group for header in seen.sight.headers})
            one = ModuleSieve(sieve, own.get(module, frozenset()), sources, headers)
            kept = [_decided(one, sieve, seen, plain) for seen in group]
            return kept, (*sources, *headers)

        groups = _by_module(asked, key=lambda seen: _unit_of(seen.place))
        found = self._memory.each(
            f"sieve for {step}",
            lambda group: (state, own.get(group[0].place[0].path)),
            [[group] for group in sorted(groups, key=len, reverse=True)],
            lambda group: tuple(_key(seen.place) for seen in group),
            lambda portions: self._shared(portions, keep),
        )
        by_place: dict[Hashable, bool | Statements] = {}
        for group, kept in zip(sorted(groups, key=len, reverse=True), found, strict=True):
            by_place.update(zip((_key(seen.place) for seen in group), kept, strict=True))
        return [by_place[_key(seen.place)] for seen in asked]

    def _sieve(self, step: str, carriers: Carriers) -> Sieve:
        read = self._headers.read
        words = sorted(carriers.words)
        declared = self._memory.one(
            f"declared for {step}",
            carriers.words,
            self._is_header,
            lambda: Declared(words, self._headers),
        )
        local = sorted({header for seen in self._seen for header in seen.sight.headers})

        @cache
        def finder() -> NameFinder:
            return NameFinder(words, dense=True)

        def spelled(path: str) -> tuple[frozenset[bytes], tuple[str, ...]]:
            return frozenset(name for name, _ in finder().find(read(path) or b"")), (path,)

        state = digest_of(words)  # equal sets are compared word by word
        found = self._memory.each(
            f"spelled for {step}",
            lambda path: state,
            [local[at : at + _TOGETHER] for at in range(0, len(local), _TOGETHER)],
            lambda path: path,
            lambda portions: self._shared(portions, spelled),
        )
        unspelled = carriers.words - declared.anywhere.union(*found)
        return Sieve(carriers, self._headers, declared, unspelled)

    def _kept(
        self, carriers: Carriers, exports: Mapping[bytes, Export], chosen: set[str], brief: bool
    ) -> dict[str, set[str]]:
        """For each module that may need a namespace, the sources that tell; with `brief`, one that it does not
        visibly import."""
        asked = [s for s in self._seen if not s.place[0].built_in and s.place[0].path in chosen]
        own: dict[str, set[bytes]] = {}
        for symbol, export in exports.items():
            own.setdefault(export.exporter, set()).add(symbol)
        imported, unclear = self._imported(asked, exports) if brief else ({}, set())
        for path, names in imported.items():
            own.setdefault(path, set()).update(names)
        own_words = {path: frozenset(names) for path, names in own.items()}
        keeps = self._sieved("namespaces", carriers, asked, own_words)
        wanted: dict[str, set[str]] = {path: set() for path in unclear}
        for seen, kept in zip(asked, keeps, strict=True):
            if kept:
                wanted.setdefault(seen.place[0].path, set()).add(seen.place[1].path)
        telling = {s.place[0].path for s in asked if s.sight.telling or s.sight.inherited}
        for seen in asked:
            path, sight = seen.place[0].path, seen.sight
            if path in wanted and (
                sight.telling or sight.inherited or (sight.statements and path not in telling)
            ):
                wanted[path].add(seen.place[1].path)
        return wanted

    def _imported(
        self, asked: Sequence[_Seen], exports: Mapping[bytes, Export]
    ) -> tuple[dict[str, set[bytes]], set[str]]:
        """What each module need not be proven to use: the symbols of the namespaces that it visibly imports. And the
        modules of which that cannot be told."""
        symbols: dict[bytes, set[bytes]] = {}
        for symbol, export in exports.items():
            symbols.setdefault(os.fsencode(export.namespace), set()).add(symbol)
        defined = self._memory.one(
            "namespaces that are macros",
            frozenset(symbols),
            self._is_header,
            lambda: defined_in(map(self._headers.text, self._headers.paths), NameFinder(symbols)),
        )
        imported: dict[str, set[bytes]] = {}
        unclear: set[str] = set()
        for seen in asked:
            module, source = seen.place
            if not seen.sight.telling or source.kind is not SourceKind.C:
                continue
            found = seen.sight.imports
            if found is None:
                unclear.add(module.path)
                continue
            if found and self._kernel.spelling is Spelling.IDENTIFIER:
                texts = map(self._headers.text, (source.path, *seen.sight.headers))
                own = defined_in(texts, NameFinder(found))
                if not found.isdisjoint(defined | own):  # a macro: something else is imported
                    unclear.add(module.path)
            for namespace in found:
                imported.setdefault(module.path, set()).update(symbols.get(namespace, ()))
        return {path: names for path, names in imported.items() if path not in unclear}, unclear

    def _read_modules(
        self,
        modules: Sequence[BuiltModule],
        exports: Mapping[bytes, Export],
        wanted: Mapping[str, set[str]],
        brief: bool,
    ) -> ScanFacts:
        scanner = self._scanner(exports, brief)
        facts: dict[tuple[str, str], SourceFacts] = {}
        places = [
            (module, source)
            for module in modules
            for source in module.sources
            if source.path in wanted.get(module.path, ()) or source.kind not in _READ
        ]
        if not brief:
            places += self._licences({module.path for module in modules} - wanted.keys(), facts)
        remarks: list[Remark] = []
        portions = _by_module(places, _TOGETHER)
        state = (brief, self._loose, digest_of(sorted((s, e.namespace) for s, e in exports.items())))

        def read(places: Sequence[Place]) -> tuple[list[tuple[SourceFacts, list[Remark]]], Iterable[str]]:
            scanner.take_files()
            return [scanner.facts_of(*place) for place in places], scanner.take_files()

        found_in = self._memory.each(
            "facts",
            lambda places: state if all(s.kind in _READ for _, s in places) else object(),
            [[portion] for portion in portions],
            lambda places: tuple(map(_key, places)),
            lambda portions: self._shared(portions, read),
        )
        answers = [answer for some in found_in for answer in some]
        for (module, source), (found, said) in zip(places, answers, strict=True):
            facts[module.path, source.path] = found
            remarks += said
        telling = {(m.path, s.path) for m, s in (seen.place for seen in self._seen if seen.sight.telling)}
        told = [
            ModuleFacts(
                module,
                tuple(
                    facts.get((module.path, source.path))
                    or SourceFacts(
                        source.path, source.kind, silent=brief or (module.path, source.path) not in telling
                    )
                    for source in module.sources
                ),
            )
            for module in modules
        ]
        return ScanFacts(tuple(told), exports, tuple(dict.fromkeys(remarks)))

    def _licences(self, modules: set[str], facts: dict[tuple[str, str], SourceFacts]) -> list[Place]:
        """Add to `facts` how `modules` are licensed; the places that have to be read exactly to tell."""
        told = [s for s in self._seen if s.sight.telling or s.sight.inherited]
        asked = [s for s in told if s.place[0].path in modules]

        def licence(seen: _Seen) -> tuple[InfoEntry | bool | None, tuple[str, ...]]:
            path = seen.place[1].path
            try:
                return seen.sight.inherited or plain_licence(path, self._read(path) or b""), (path,)
            except ValueError:
                return True, (path,)

        unclear: list[Place] = []
        entries = self._memory.each(
            "licence",
            lambda seen: seen.sight.inherited,
            _by_module(asked, key=lambda seen: _unit_of(seen.place)),
            lambda seen: _key(seen.place),
            lambda portions: self._shared(portions, licence),
        )
        for seen, entry in zip(asked, entries, strict=True):
            place = module, source = seen.place
            if isinstance(entry, InfoEntry):
                facts[module.path, source.path] = SourceFacts(source.path, source.kind, entries=(entry,))
            elif entry:
                unclear.append(place)
        return unclear

    def _units_for(self, read: ReadFile) -> Units:
        return Units(self._kernel, read, self._roots, self._loose)

    def _scanner(self, exports: Mapping[bytes, Export], brief: bool = False) -> Scanner:
        units = self._units_for(self._read)
        scanner = Scanner(self._kernel, {}, self._read, brief, 1, units)
        scanner.use_exports(exports)
        return scanner

    def flipped(self, kind: Callable[..., AnyUnits], loose: frozenset[bytes]) -> AnyUnits:
        """Units of `kind` that leave `loose` to the sources, beside what is known to be theirs."""
        return kind(self._kernel, self._read, self._roots, self._loose | loose)

    @property
    def headers(self) -> Sequence[str]:
        """The kernel's headers."""
        return self._headers.paths

    def shared(self, items: Sequence[Item], work: Callable[[Item], Result]) -> list[Result]:
        """`work` done for every item, by all processes."""
        portions = [items[at : at + _TOGETHER] for at in range(0, len(items), _TOGETHER)]
        return self._shared(portions, work)

    def _shared(self, portions: Sequence[Sequence[Item]], work: Callable[[Item], Result]) -> list[Result]:
        """`work` done for every item, in portions that processes share, the largest first."""
        total = sum(map(len, portions))
        done = 0

        def one(number: int) -> list[Result]:
            nonlocal done
            results = [work(item) for item in portions[number]]
            done += len(results) * self._workers
            if self._progress is not None:
                self._progress(min(done, total), total)
            return results

        order = sorted(range(len(portions)), key=lambda number: -len(portions[number]))
        answers = dict(zip(order, share_out(order, one, self._workers), strict=True))
        return [result for number in range(len(portions)) for result in answers[number]]


def _decided(one: ModuleSieve, sieve: Sieve, seen: _Seen, plain: PlainExports | None) -> bool | Statements:
    """Whether a source may lead to the words; its statements where they are all that does."""
    source, sight = seen.place[1], seen.sight
    if not one.keeps(source.path, sight.headers, sight.kernel):
        return False
    if plain is None or sight.default:
        return True
    if one.keeps(source.path, sight.headers, sight.kernel, plain.macros):
        return True
    if any(sieve.shown_by(header).hits for header in sight.headers):
        return True
    text = sieve.read(source.path) or b""
    hits = len([name for name, _ in sieve.shown(text).hits if name in plain.macros])
    headers = (sieve.read(header) or b"" for header in sight.headers)
    return plain.statements(source, text, hits, headers) or True


def _key(place: Place) -> Hashable:
    """What tells a place from all others: the module it belongs to, and how it is compiled."""
    module, source = place
    return module.path, module.built_in, source.path, source.flags


def _unit_of(place: Place) -> str:
    """The module of `place`; for what is built in, its directory."""
    module, source = place
    return directory_of(source.path) if module.built_in else module.path


def _by_module(
    items: Sequence[Item], most: int = sys.maxsize, key: Callable[[Item], str] | None = None
) -> list[Sequence[Item]]:
    """`items` in portions of one module each, and of so many at `most`. `key` gives the module of an item, which is a
    Place if not given."""
    portions: list[Sequence[Item]] = []
    for _, group in groupby(items, key or _unit_of):  # type: ignore[arg-type]
        some = list(group)
        portions += [some[at : at + most] for at in range(0, len(some), most)]
    return portions
