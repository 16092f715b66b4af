"""Reads a whole kernel tree, nothing of it built: first everything cheaply, then the few sources that matter exactly.

Three looks at raw bytes (survey.py, carriers.py) leave about one source in fifteen. Exports come first, since they
say what to look for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cache
from typing import TypeVar

from nsfix.csource.moduleinfo import InfoEntry
from nsfix.csource.names import NameFinder, defined_in
from nsfix.kernel.intree import TreeFacts
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, Export, Remark, SourceKind, Spelling
from nsfix.scan.cache import digest_of
from nsfix.scan.carriers import Carriers
from nsfix.scan.headers import KernelHeaders, header_files
from nsfix.scan.memory import Memory
from nsfix.scan.parallel import Workers
from nsfix.scan.places import TOGETHER, Seen, by_module, key_of, unit_of
from nsfix.scan.plainexports import (
    PlainExports,
    Statements,
    read_together,
    repeated,
    words_of,
)
from nsfix.scan.rusty import RustReader, read_beside_rust
from nsfix.scan.scanner import ModuleFacts, ScanFacts, Scanner, SourceFacts
from nsfix.scan.shallow import plain_licence, quiet_statements
from nsfix.scan.sieve import PLAIN_EXPORTS, export_macros
from nsfix.scan.sifting import Sifter
from nsfix.scan.survey import Place, Sight, Surveyor
from nsfix.scan.units import ReadFile, Units, read_file

_READ = (SourceKind.C, SourceKind.ASSEMBLER)
_STATING = ("module.h", "moduleparam.h")  # what the kernel makes module statements of
Item = TypeVar("Item")
Result = TypeVar("Result")
AnyUnits = TypeVar("AnyUnits", bound=Units)


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
        self._workers = Workers(workers or len(os.sched_getaffinity(0)), progress)
        roots = [f"{kernel.source_dir}/include", f"{kernel.source_dir}/arch/{kernel.arch}/include"]
        self._roots = tuple(f"{root}/" for root in roots)
        self._units = Units(kernel, read, self._roots)
        self._headers = KernelHeaders(header_files(roots), self._units.include_path(()), self._units.read)
        self._sifter = Sifter(self._headers, self._is_header, self._memory, self._workers)
        self._seen: list[Seen] = []
        self._local: list[str] = []  # the headers beside the kernel's own
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
        self.carriers = self._sifter.carriers("namespaces", seeds)
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
            by_module(places),
            key_of,
            lambda portions: self._workers.do(portions, surveyor.sight),
        )
        self._loose = frozenset(word for sight in sights for word in sight.loose)
        self._seen = [
            Seen(place, self.as_seen(sight), key_of(place))
            for place, sight in zip(places, sights, strict=True)
        ]
        self._local = sorted({header for seen in self._seen for header in seen.sight.headers})

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
        carriers = self._sifter.carriers("exports", macros, stop)
        kept = self._sifter.sift("exports", carriers, self._seen, self._local, {}, plain)
        chosen = [(s, keep) for s, keep in zip(self._seen, kept, strict=True) if keep or s.sight.default]
        self.exporting = [seen.place for seen, _ in chosen]
        said = self._taken_at_their_word(plain, [(seen, keep) for seen, keep in chosen if keep is not True])
        scanner = self._scanner({})

        def read(place: Place) -> tuple[list[Export], tuple[str, ...]]:
            return scanner.exports_of(*place), scanner.take_files()

        def work(portions: Sequence[Sequence[Place]]) -> list[tuple[list[Export], tuple[str, ...]]]:
            asked = [place for portion in portions for place in portion]
            together = [(place, said[key_of(place)]) for place in asked if key_of(place) in said]
            answers = iter(read_together(self._kernel, self._units_for, self._read, together))
            rest = [[p for p in portion if key_of(p) not in said] for portion in portions]
            others = iter(self._workers.do([portion for portion in rest if portion], read))
            return [next(answers if key_of(place) in said else others) for place in asked]

        found = self._memory.each(
            "exports",
            lambda place: (self._loose, said.get(key_of(place))),
            by_module(self.exporting, TOGETHER),
            key_of,
            work,
        )
        return [export for some in found for export in some]

    def _taken_at_their_word(
        self, plain: PlainExports, chosen: Sequence[tuple[Seen, bool | Statements]]
    ) -> dict[Hashable, Statements]:
        """The export statements of those sources that need no exact reading."""
        said = {seen.key: keep for seen, keep in chosen if not isinstance(keep, bool)}
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
        keeps = self._sifter.sift("namespaces", carriers, asked, self._local, own_words)
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
        self, asked: Sequence[Seen], exports: Mapping[bytes, Export]
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
        finder = NameFinder(name for seen in asked for name in seen.sight.imports or ())

        @cache
        def defines(path: str) -> set[bytes]:
            return defined_in((self._headers.text(path),), finder)

        for seen in asked:
            module, source = seen.place
            if not seen.sight.telling or source.kind is not SourceKind.C:
                continue
            found = seen.sight.imports
            if found is None:
                unclear.add(module.path)
                continue
            if found and self._kernel.spelling is Spelling.IDENTIFIER:
                own = map(defines, (source.path, *seen.sight.headers))
                if not found.isdisjoint(defined.union(*own)):  # a macro: something else is imported
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
        portions = by_module(places, TOGETHER)
        state = (brief, self._loose, digest_of(sorted((s, e.namespace) for s, e in exports.items())))

        def read(places: Sequence[Place]) -> tuple[list[tuple[SourceFacts, list[Remark]]], Iterable[str]]:
            scanner.take_files()
            return [scanner.facts_of(*place) for place in places], scanner.take_files()

        found_in = self._memory.each(
            "facts",
            lambda places: state if all(s.kind in _READ for _, s in places) else object(),
            [[portion] for portion in portions],
            lambda places: tuple(map(key_of, places)),
            lambda portions: self._workers.do(portions, read),
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

    def including(self, path: str) -> list[Place]:
        """The places whose source may include the file `path`, no header of the kernel's own."""
        return [seen.place for seen in self._seen if path in seen.sight.headers or path in seen.sight.off]

    def headers_of(self, module: str) -> Mapping[str, Sequence[str]]:
        """The headers beside the kernel's own that each source of `module` may include."""
        return {
            seen.place[1].path: seen.sight.headers
            for seen in self._seen
            if seen.place[0].path == module and not seen.place[0].built_in
        }

    def exact(self, read: ReadFile) -> Scanner:
        """What reads single sources of the tree exactly, through `read`, against the exports of all."""
        return self._scanner(self.exports(), read=read)

    def _licences(self, modules: set[str], facts: dict[tuple[str, str], SourceFacts]) -> list[Place]:
        """Add to `facts` how `modules` are licensed; the places that have to be read exactly to tell."""
        told = [s for s in self._seen if s.sight.telling or s.sight.inherited]
        asked = [s for s in told if s.place[0].path in modules]

        def licence(seen: Seen) -> tuple[InfoEntry | bool | None, tuple[str, ...]]:
            path = seen.place[1].path
            try:
                return seen.sight.inherited or plain_licence(path, self._read(path) or b""), (path,)
            except ValueError:
                return True, (path,)

        unclear: list[Place] = []
        entries = self._memory.each(
            "licence",
            lambda seen: seen.sight.inherited,
            by_module(asked, key=lambda seen: unit_of(seen.place)),
            lambda seen: seen.key,
            lambda portions: self._workers.do(portions, licence),
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

    def _scanner(
        self, exports: Mapping[bytes, Export], brief: bool = False, read: ReadFile | None = None
    ) -> Scanner:
        read = read or self._read
        scanner = Scanner(self._kernel, {}, read, brief, 1, self._units_for(read))
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
        portions = [items[at : at + TOGETHER] for at in range(0, len(items), TOGETHER)]
        return self._workers.do(portions, work)
