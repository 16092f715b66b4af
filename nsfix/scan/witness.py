"""Reads a tree for every configuration at once.

First everything under the configuration that has all on that can be. Then each source that may use or import a
namespace once more with all symbols off that it hangs on, and for each branch that neither of the two compiles, with
what that branch asks for. A use counts if one of these readings shows it; what differs between them is
narrowed down to the symbols that make the difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from nsfix.condition import Clause
from nsfix.csource.moduleinfo import InfoEntry
from nsfix.csource.reading import SymbolUse
from nsfix.kernel.anyconfig import AnyTree
from nsfix.model import BuiltModule, Export, Remark, SourceKind
from nsfix.scan.explain import Assignment, Explainer
from nsfix.scan.exporting import exporting
from nsfix.scan.planner import AnyExports, Planner
from nsfix.scan.scanner import NOWHERE, ModuleFacts, ScanFacts, Scanner, SourceFacts
from nsfix.scan.survey import Place
from nsfix.scan.switches import FlippedUnits, Job, loose_words
from nsfix.scan.units import ReadFile, read_file

# What a source may show: a use or an entry of .modinfo, by what it says and where.
UseKey = tuple[bytes, str, int]
EntryKey = tuple[str, str, int]
Shown = UseKey | EntryKey


@dataclass(frozen=True, slots=True)
class Findings:
    """What one source shows under some configuration, and the clauses that it takes; no entry for what needs none."""

    facts: SourceFacts
    clauses: Mapping[Shown, tuple[Clause, ...]]
    remarks: tuple[Remark, ...]
    readings: int


@dataclass(frozen=True, slots=True)
class AnyFacts:
    """All that was read. `scan` holds what some configuration shows; `clauses` what it takes, by module and source.
    `readings` is how many sources were read beyond the first configuration."""

    scan: ScanFacts
    clauses: Mapping[tuple[str, str], Mapping[Shown, tuple[Clause, ...]]] = field(default_factory=dict)
    readings: int = 0


def use_key(use: SymbolUse) -> UseKey:
    """What tells a use from the others of its source."""
    return use.symbol, use.file, use.offset


def entry_key(entry: InfoEntry) -> EntryKey:
    """What tells an entry of .modinfo from the others of its source."""
    return f"{entry.tag}={entry.raw}", entry.file, entry.start


class AnyScanner:
    """Scans `tree`; see TreeScanner for the rest."""

    def __init__(
        self,
        tree: AnyTree,
        read: ReadFile = read_file,
        workers: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._tree = exporting(tree, read)
        self._kernel = self._tree.kernel
        self._read = read
        self._base = AnyExports(self._tree, read, workers, progress)

    def scan(self, modules: Sequence[BuiltModule]) -> AnyFacts:
        """Read `modules`, some of the tree's, against the exports of all."""
        first = self._base.scan(modules)
        found = {(m.built.path, s.path): s for m in first.modules for s in m.sources}
        wanted = self._base.wanted
        places = [
            (module, source)
            for module in modules
            for source in module.sources
            if source.path in wanted.get(module.path, ()) and source.kind is SourceKind.C
        ]
        planner = Planner(self._tree, self._base, self._read)
        jobs = [job for job in self._base.shared(places, lambda p: planner.job(p, found)) if job is not None]
        units = self._base.flipped(FlippedUnits, loose_words(jobs))
        reader = WitnessReader(self._tree, units, first.exports, self._read)
        answers = self._base.shared(_by_module(jobs), lambda some: reader.findings(some, found))
        clauses: dict[tuple[str, str], Mapping[Shown, tuple[Clause, ...]]] = {}
        for place, answer in (pair for pairs in answers for pair in pairs):
            found[place] = answer.facts
            clauses[place] = answer.clauses
        read = tuple(
            ModuleFacts(m.built, tuple(found[m.built.path, s.path] for s in m.sources)) for m in first.modules
        )
        remarks = [remark for pairs in answers for _, answer in pairs for remark in answer.remarks]
        scan = ScanFacts(read, first.exports, tuple(dict.fromkeys((*first.remarks, *remarks))))
        return AnyFacts(scan, clauses, sum(answer.readings for pairs in answers for _, answer in pairs))


def _by_module(jobs: Iterable[Job]) -> list[list[Job]]:
    found: dict[str, list[Job]] = {}
    for job in jobs:
        found.setdefault(job.place[0].path, []).append(job)
    return list(found.values())


def _key(place: Place) -> tuple[str, str]:
    return place[0].path, place[1].path


class WitnessReader:
    """Reads sources under the configurations of their jobs."""

    def __init__(
        self, tree: AnyTree, units: FlippedUnits, exports: Mapping[bytes, Export], read: ReadFile
    ) -> None:
        self._tree = tree
        self._units = units
        self._scanner = Scanner(tree.kernel, {}, read, False, 1, units)
        self._scanner.use_exports(exports)
        self._exports = exports
        self._kernel = {os.fsencode(name): value for name, value in tree.kernel.config.items()}

    def findings(
        self, jobs: Sequence[Job], found: Mapping[tuple[str, str], SourceFacts]
    ) -> list[tuple[tuple[str, str], Findings]]:
        """What the sources of `jobs`, all of one module, show. `found` is what every source shows under the tree's
        own configuration."""
        module = jobs[0].place[0]
        readings = [_Readings(job, self._reading(job), found[_key(job.place)], self._kernel) for job in jobs]
        certain: set[str] = set()
        asked = {_key(job.place): reading for job, reading in zip(jobs, readings, strict=True)}
        for source in module.sources:
            key = (module.path, source.path)
            if not self._tree.sources.get(key):
                uses = asked[key].certain if key in asked else found[key].uses
                certain |= {self._namespace(use) for use in uses}
        return [(_key(r.job.place), self._concluded(r, frozenset(certain))) for r in readings]

    def _namespace(self, use: SymbolUse) -> str:
        return self._exports[use.symbol].namespace

    def _reading(self, job: Job) -> Callable[[Assignment], tuple[SourceFacts, list[Remark]]]:
        def read(assignment: Assignment) -> tuple[SourceFacts, list[Remark]]:
            self._units.change(assignment, self._kernel)
            return self._scanner.facts_of(*job.place)

        return read

    def _concluded(self, readings: _Readings, certain: frozenset[str]) -> Findings:
        """What one source shows. Of the namespaces that the module needs for `certain`, the uses that hang on the
        configuration are left out: they would change nothing, and to explain them takes long."""
        kept = {use_key(use) for use in readings.certain}
        uses = {
            use_key(use): use
            for facts in readings.seen[::-1]
            for use in facts.uses
            if use_key(use) in kept or self._namespace(use) not in certain
        }
        explained = self._explained(readings, uses.keys())
        entries = {entry_key(entry): entry for facts in readings.seen[::-1] for entry in facts.entries}
        first = readings.seen[0]
        facts = replace(
            first,
            uses=tuple(
                sorted(uses.values(), key=lambda u: (u.symbol, u.file != first.path, u.file, u.offset))
            ),
            entries=tuple(sorted(entries.values(), key=lambda e: (e.file != first.path, e.file, e.start))),
            included=tuple(dict.fromkeys(path for facts in readings.seen for path in facts.included)),
            statements=tuple(sorted({start for facts in readings.seen for start in facts.statements})),
            hidden=_hidden_in(readings.seen),
        )
        return Findings(facts, explained, tuple(readings.remarks), readings.count)

    def _explained(self, readings: _Readings, uses: Set[UseKey]) -> dict[Shown, tuple[Clause, ...]]:
        job = readings.job
        base, far = job.base, job.witnesses[0]

        def shown(facts: SourceFacts) -> frozenset[Shown]:
            imports = {entry_key(entry) for entry in facts.entries if entry.tag == "import_ns"}
            return frozenset(imports | {key for use in facts.uses if (key := use_key(use)) in uses})

        explainer: Explainer[Shown] = Explainer(lambda a: shown(readings.read(a)), self._literal)
        at_base, at_far = shown(readings.seen[0]), shown(readings.seen[1])
        explainer.explain(base, far, at_base - at_far)
        explainer.explain(far, base, at_far - at_base)
        known = at_base | at_far
        for witness, facts in zip(job.witnesses[1:], readings.seen[2:], strict=True):
            new = shown(facts) - known
            explainer.explain(witness, base, new)
            explainer.explain(witness, far, new)
            known |= new
        order = {os.fsdecode(symbol): number for number, symbol in enumerate(job.values)}
        return {
            key: tuple(sorted(clauses, key=lambda clause: order[clause[0].symbol]))
            for key, clauses in explainer.found.items()
        }

    def _literal(self, symbol: bytes, value: str, other: str) -> Clause | None:
        values = "".join(v for v in "nmy" if v != other) if value != "n" and other == "n" else value
        return self._tree.config.literal(os.fsdecode(symbol), values)


class _Readings:
    """The readings of one source, each made once. `seen` are those of its job, in order."""

    def __init__(
        self,
        job: Job,
        reading: Callable[[Assignment], tuple[SourceFacts, list[Remark]]],
        first: SourceFacts,
        kernel: Assignment,
    ) -> None:
        self.job = job
        self._reading = reading
        self._known: dict[tuple[tuple[bytes, str], ...], SourceFacts] = {}
        self.remarks: list[Remark] = []
        self.count = 0
        if all(kernel.get(symbol, "n") == value for symbol, value in job.base.items()):
            self._known[tuple(job.base.items())] = first
        self.seen = [self.read(assignment) for assignment in (job.base, *job.witnesses)]

    def read(self, assignment: Assignment) -> SourceFacts:
        """What the source shows under `assignment`."""
        key = tuple((symbol, assignment[symbol]) for symbol in self.job.base)
        facts = self._known.get(key)
        if facts is None:
            facts, said = self._reading(assignment)
            self._known[key] = facts
            self.remarks += said
            self.count += 1
        return facts

    @property
    def certain(self) -> list[SymbolUse]:
        """The uses that are there with everything on and with everything off."""
        there = {use_key(use) for use in self.seen[1].uses}
        return [use for use in self.seen[0].uses if use_key(use) in there]


def _hidden_in(seen: Sequence[SourceFacts]) -> dict[str, int]:
    """The namespaces whose names are macros in some reading, with a place above that is good in all."""
    found: dict[str, int] = {}
    for facts in seen:
        for name, offset in facts.hidden.items():
            found[name] = offset if found.get(name, offset) == offset else NOWHERE
    return found
