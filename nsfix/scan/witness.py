"""Reads a tree for every configuration at once.

First everything under the configuration that has all on that can be. Then each source that may use or import a
namespace once more with all symbols off that it hangs on, and for each branch that neither of the two compiles, with
what that branch asks for. A use counts if one of these readings shows it; what differs between them is
narrowed down to the symbols that make the difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nsfix.condition import Clause
from nsfix.csource.moduleinfo import InfoEntry
from nsfix.csource.reading import SymbolUse
from nsfix.kernel.anyconfig import AnyTree
from nsfix.model import BuiltModule, Export, Remark, SourceKind
from nsfix.scan.explain import Assignment, Explainer
from nsfix.scan.planner import AnyExports, Planner
from nsfix.scan.scanner import ModuleFacts, ScanFacts, Scanner, SourceFacts
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
    remarks: tuple[Remark, ...] = ()


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
        self._tree = tree
        self._kernel = tree.kernel
        self._read = read
        self._base = AnyExports(tree, read, workers, progress)

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
        answers = self._base.shared(jobs, lambda job: reader.findings(job, found[_key(job.place)]))
        clauses = {_key(job.place): answer.clauses for job, answer in zip(jobs, answers, strict=True)}
        for job, answer in zip(jobs, answers, strict=True):
            found[_key(job.place)] = answer.facts
        read = tuple(
            ModuleFacts(m.built, tuple(found[m.built.path, s.path] for s in m.sources)) for m in first.modules
        )
        remarks = (*first.remarks, *(remark for answer in answers for remark in answer.remarks))
        scan = ScanFacts(read, first.exports, tuple(dict.fromkeys(remarks)))
        return AnyFacts(scan, clauses, sum(len(job.witnesses) for job in jobs))


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
        self._kernel = {os.fsencode(name): value for name, value in tree.kernel.config.items()}

    def findings(self, job: Job, first: SourceFacts) -> Findings:
        """What the source of `job` shows, `first` being what the tree's own configuration makes it show."""
        known: dict[tuple[tuple[bytes, str], ...], SourceFacts] = {}
        remarks: list[Remark] = []

        def read(assignment: Assignment) -> SourceFacts:
            key = tuple(sorted(assignment.items()))
            facts = known.get(key)
            if facts is None:
                self._units.change(assignment, self._kernel)
                facts, said = self._scanner.facts_of(*job.place)
                known[key] = facts
                remarks.extend(said)
            return facts

        if all(self._kernel.get(symbol, "n") == value for symbol, value in job.base.items()):
            known[tuple(sorted(job.base.items()))] = first
        seen = [read(assignment) for assignment in (job.base, *job.witnesses)]
        clauses = self._explained(job, seen, lambda assignment: _shown(read(assignment)))
        return Findings(_united(seen), clauses, tuple(remarks))

    def _explained(
        self, job: Job, seen: Sequence[SourceFacts], present: Callable[[Assignment], frozenset[Shown]]
    ) -> dict[Shown, tuple[Clause, ...]]:
        base, far = job.base, job.witnesses[0]
        explainer: Explainer[Shown] = Explainer(present, self._literal)
        at_base, at_far = _shown(seen[0]), _shown(seen[1])
        explainer.explain(base, far, at_base - at_far)
        explainer.explain(far, base, at_far - at_base)
        known = at_base | at_far
        for witness, facts in zip(job.witnesses[1:], seen[2:], strict=True):
            new = _shown(facts) - known
            explainer.explain(witness, base, new)
            explainer.explain(witness, far, new - at_far)
            known |= new
        order = {os.fsdecode(symbol): number for number, symbol in enumerate(job.values)}
        return {
            key: tuple(sorted(clauses, key=lambda clause: order[clause[0].symbol]))
            for key, clauses in explainer.found.items()
        }

    def _literal(self, symbol: bytes, value: str, other: str) -> Clause | None:
        values = "".join(v for v in "nmy" if v != other) if value != "n" and other == "n" else value
        return self._tree.config.literal(os.fsdecode(symbol), values)


def _shown(facts: SourceFacts) -> frozenset[Shown]:
    uses: set[Shown] = {use_key(use) for use in facts.uses}
    return frozenset(uses | {entry_key(entry) for entry in facts.entries})


def _united(seen: Sequence[SourceFacts]) -> SourceFacts:
    """All that the readings of one source show."""
    first = seen[0]
    uses = {use_key(use): use for facts in seen[::-1] for use in facts.uses}
    entries = {entry_key(entry): entry for facts in seen[::-1] for entry in facts.entries}
    return replace(
        first,
        uses=tuple(sorted(uses.values(), key=lambda u: (u.symbol, u.file != first.path, u.file, u.offset))),
        entries=tuple(sorted(entries.values(), key=lambda e: (e.file != first.path, e.file, e.start))),
        included=tuple(dict.fromkeys(path for facts in seen for path in facts.included)),
        statements=tuple(sorted({start for facts in seen for start in facts.statements})),
        hidden=frozenset(name for facts in seen for name in facts.hidden),
    )
