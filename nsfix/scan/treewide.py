"""Reads a whole kernel tree, nothing of it built: first everything cheaply, then the few sources that matter exactly.

Three looks at raw bytes (survey.py, carriers.py) leave about one source in fifteen. Exports come first, since they
say what to look for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from nsfix.csource.moduleinfo import InfoEntry
from nsfix.kernel.intree import TreeFacts
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, Export, Remark, SourceKind
from nsfix.scan.carriers import Carriers, close_over
from nsfix.scan.parallel import share_out
from nsfix.scan.scanner import ModuleFacts, ScanFacts, Scanner, SourceFacts
from nsfix.scan.shallow import plain_licence
from nsfix.scan.survey import (
    PLAIN_EXPORTS,
    Place,
    Reach,
    Sieve,
    Sight,
    Surveyor,
    export_seeds,
    header_files,
)
from nsfix.scan.units import ReadFile, Units, read_file

_READ = (SourceKind.C, SourceKind.ASSEMBLER)
_PORTION = 16  # sources that one process takes at a time
Item = TypeVar("Item")
Result = TypeVar("Result")
AnyUnits = TypeVar("AnyUnits", bound=Units)


@dataclass(frozen=True, slots=True)
class _Seen:
    place: Place
    sight: Sight


class TreeScanner:
    """Scans the tree of `kernel`. `workers` is how many processes share the work; `progress` is told how many
    sources of the step at hand are done, and how many there are."""

    def __init__(
        self,
        kernel: KernelBuild,
        tree: TreeFacts,
        read: ReadFile = read_file,
        workers: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._kernel = kernel
        self._tree = tree
        self._read = read
        self._progress = progress
        self._workers = workers or len(os.sched_getaffinity(0))
        roots = [f"{kernel.source_dir}/include", f"{kernel.source_dir}/arch/{kernel.arch}/include"]
        self._roots = tuple(f"{root}/" for root in roots)
        self._units = Units(kernel, read, self._roots)
        self._headers = header_files(roots)
        self._seen: list[_Seen] = []
        self._local: list[str] = []
        self._loose: frozenset[bytes] = frozenset()
        self.carriers = Carriers(frozenset(), frozenset())
        self.wanted: dict[str, set[str]] = {}
        self.exporting: list[Place] = []

    def scan(self, modules: Sequence[BuiltModule], brief: bool = False) -> ScanFacts:
        """Read `modules`, some of the tree's, against the exports of all. Afterwards `carriers` are the words that
        lead to those, and `wanted` the sources, by module, that have some."""
        self.survey()
        exports = self.exports()
        seeds = [symbol for symbol, export in exports.items() if export.namespace]
        self.carriers = self._carriers(seeds)
        self.wanted = self._kept(self.carriers, {module.path for module in modules})
        return self._read_modules(modules, exports, self.wanted, brief)

    def survey(self) -> None:
        """Look at every source once."""
        if self._seen:
            return
        surveyor = Surveyor(self._units)
        units = (*self._tree.built_in, *self._tree.modules)
        places = [(m, s) for m in units for s in m.sources if s.kind in _READ]
        sights = self.shared(places, surveyor.sight)
        self._seen = [_Seen(place, sight) for place, sight in zip(places, sights, strict=True)]
        self._loose = frozenset(word for sight in sights for word in sight.loose)
        self._local = sorted({header for sight in sights for header in sight.headers})

    def exports(self, every: bool = False) -> dict[bytes, Export]:
        """The symbols that the tree exports into a namespace; with `every`, all of them."""
        self.survey()
        header = self._read(f"{self._kernel.source_dir}/include/linux/export.h") or b""
        if every:
            chosen = [seen for seen in self._seen if seen.sight.exports or seen.sight.default]
        else:
            kept = self._sieved(self._carriers(export_seeds(header), PLAIN_EXPORTS), self._seen)
            chosen = [s for s, keep in zip(self._seen, kept, strict=True) if keep or s.sight.default]
        self.exporting = [seen.place for seen in chosen]
        scanner = self._scanner({})
        found = self.shared([seen.place for seen in chosen], lambda place: scanner.exports_of(*place))
        exports = [export for some in found for export in some]
        return {os.fsencode(e.symbol): e for e in exports if every or e.namespace}

    def _carriers(self, seeds: Iterable[bytes], stop: frozenset[bytes] = frozenset()) -> Carriers:
        return close_over(seeds, self._headers, self._units.read, stop)

    def _sieved(self, carriers: Carriers, asked: Sequence[_Seen]) -> list[bool]:
        """For each of `asked`, whether it may lead to the words of `carriers`, by itself or through its headers."""
        sieve = Sieve(carriers)
        read = self._units.read
        local = self.shared(self._local, lambda path: sieve.carried(read(path) or b""))
        carried = {
            path: found
            for path, found in zip(self._local, local, strict=True)
            if found.names or found.emits or found.joiners
        }
        headers: dict[str, dict[str, None]] = {}
        for seen in asked:
            headers.setdefault(seen.place[0].path, {}).update(dict.fromkeys(seen.sight.headers))
        reaches: dict[str, Reach | None] = {}

        def keeps(seen: _Seen) -> bool:
            text = read(seen.place[1].path) or b""
            if sieve.keeps(text):
                return True
            module = seen.place[0].path
            if module not in reaches:
                there = list(headers[module])
                reaches[module] = None if carried.keys().isdisjoint(there) else Reach(there, carried, read)
            reach = reaches[module]
            return reach is not None and reach.keeps(text, seen.sight.headers, sieve)

        return self.shared(asked, keeps)

    def _kept(self, carriers: Carriers, chosen: set[str]) -> dict[str, set[str]]:
        """For each module that may need a namespace, the sources that tell."""
        asked = [s for s in self._seen if not s.place[0].built_in and s.place[0].path in chosen]
        keeps = self._sieved(carriers, asked)
        wanted: dict[str, set[str]] = {}
        for seen, kept in zip(asked, keeps, strict=True):
            if kept:
                wanted.setdefault(seen.place[0].path, set()).add(seen.place[1].path)
        for seen in asked:
            if seen.sight.statements and seen.place[0].path in wanted:
                wanted[seen.place[0].path].add(seen.place[1].path)
        return wanted

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
        answers = self.shared(places, lambda place: scanner.facts_of(*place))
        for (module, source), (found, said) in zip(places, answers, strict=True):
            facts[module.path, source.path] = found
            remarks += said
        read = [
            ModuleFacts(
                module,
                tuple(
                    facts.get((module.path, source.path)) or SourceFacts(source.path, source.kind)
                    for source in module.sources
                ),
            )
            for module in modules
        ]
        return ScanFacts(tuple(read), exports, tuple(dict.fromkeys(remarks)))

    def _licences(self, modules: set[str], facts: dict[tuple[str, str], SourceFacts]) -> list[Place]:
        """Add to `facts` how `modules` are licensed; the places that have to be read exactly to tell."""
        asked = [s.place for s in self._seen if s.sight.statements and s.place[0].path in modules]

        def licence(place: Place) -> InfoEntry | bool | None:
            path = place[1].path
            try:
                return plain_licence(path, self._read(path) or b"")
            except ValueError:
                return True

        unclear: list[Place] = []
        for place, entry in zip(asked, self.shared(asked, licence), strict=True):
            module, source = place
            if isinstance(entry, InfoEntry):
                entries = (entry,)
                facts[module.path, source.path] = SourceFacts(source.path, source.kind, entries=entries)
            elif entry:
                unclear.append(place)
        return unclear

    def _scanner(self, exports: Mapping[bytes, Export], brief: bool = False) -> Scanner:
        units = Units(self._kernel, self._read, self._roots, self._loose)
        scanner = Scanner(self._kernel, {}, self._read, brief, 1, units)
        scanner.use_exports(exports)
        return scanner

    def flipped(self, kind: Callable[..., AnyUnits], loose: frozenset[bytes]) -> AnyUnits:
        """Units of `kind` that leave `loose` to the sources, beside what is known to be theirs."""
        return kind(self._kernel, self._read, self._roots, self._loose | loose)

    @property
    def headers(self) -> Sequence[str]:
        """The kernel's headers."""
        return self._headers

    def shared(self, items: Sequence[Item], work: Callable[[Item], Result]) -> list[Result]:
        """`work` done for every item, in portions that processes share."""
        portions = [items[at : at + _PORTION] for at in range(0, len(items), _PORTION)]
        done = 0

        def one(some: Sequence[Item]) -> list[Result]:
            nonlocal done
            results = [work(item) for item in some]
            done += len(some) * self._workers
            if self._progress is not None:
                self._progress(min(done, len(items)), len(items))
            return results

        return [result for some in share_out(portions, one, self._workers) for result in some]
