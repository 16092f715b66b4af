"""Reads a tree for every configuration at once.

First everything under the configuration that has all on that can be. Then each source that may use or import a
namespace once more with all symbols off that it hangs on, and for each branch that neither of the two compiles, with
what that branch asks for. A use counts if one of these readings shows it; what differs between them is
narrowed down to the symbols that make the difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nsfix.condition import Clause
from nsfix.csource.branches import Branch, config_words, may_hold, read_branches, solve
from nsfix.csource.moduleinfo import InfoEntry
from nsfix.csource.names import NameFinder
from nsfix.csource.reading import SymbolUse
from nsfix.csource.store import Compilation
from nsfix.kernel.anyconfig import AnyTree
from nsfix.model import BuiltModule, Export, Remark, SourceFile, SourceKind
from nsfix.scan.explain import Assignment, Explainer
from nsfix.scan.governing import HeaderBranches
from nsfix.scan.scanner import ModuleFacts, ScanFacts, Scanner, SourceFacts
from nsfix.scan.survey import Place
from nsfix.scan.treewide import TreeScanner
from nsfix.scan.units import ReadFile, Units, read_file

_MOST_WITNESSES = 5  # readings of one source beyond the first two
_FEW = 24  # symbols of a module's own headers that are all of interest
_IMPORT = b"IMPORT_NS"
# What a source may show: a use or an entry of .modinfo, by what it says and where.
UseKey = tuple[bytes, str, int]
EntryKey = tuple[str, str, int]
Shown = UseKey | EntryKey


@dataclass(frozen=True, slots=True)
class Job:
    """One source that has to be read under several configurations: the possible values of the symbols that matter
    (CONFIG_X), those of the first reading, and the changes of the others."""

    place: Place
    values: Mapping[bytes, str]
    base: Mapping[bytes, str]
    witnesses: tuple[Assignment, ...]


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


class _FlippedUnits(Units):
    """Units under a configuration that differs from the kernel's in `changes`, for symbols that are loose."""

    changes: tuple[tuple[bytes, bytes | None], ...] = ()

    def change(self, assignment: Assignment, base: Assignment) -> None:
        """Have the symbols of `assignment` that differ from `base` as it says."""
        changes: list[tuple[bytes, bytes | None]] = []
        for symbol, value in assignment.items():
            if value != base.get(symbol):
                changes.append((symbol, b"1" if value == "y" else None))
                changes.append((symbol + b"_MODULE", b"1" if value == "m" else None))
        self.changes = tuple(changes)

    def compilation(self, source: SourceFile, module: BuiltModule) -> Compilation:
        """How Kbuild compiles `source`; see Units."""
        plain = super().compilation(source, module)
        return replace(plain, defines=(*plain.defines, *self.changes))


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
        self._base = TreeScanner(tree.kernel, tree.facts, read, workers, progress)

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
        loose = frozenset(word for job in jobs for s in job.values for word in (s, s + b"_MODULE"))
        reader = WitnessReader(
            self._tree, self._base.flipped(_FlippedUnits, loose), first.exports, self._read
        )
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


class Planner:
    """Says under which configurations a source has to be read for each of its branches to be seen."""

    def __init__(self, tree: AnyTree, base: TreeScanner, read: ReadFile) -> None:
        self._tree = tree
        self._read = read
        self._finder = NameFinder(base.carriers.words, dense=True)
        self._headers = HeaderBranches(base.headers, base.carriers.words, read)
        self._base = {os.fsencode(name): value for name, value in tree.kernel.config.items()}
        self._branches: dict[str, list[Branch]] = {}

    def job(self, place: Place, found: Mapping[tuple[str, str], SourceFacts]) -> Job | None:
        """What to read the source at `place` again under; None where the first reading says all."""
        files = list(dict.fromkeys((place[1].path, *found[_key(place)].included)))
        texts = {path: self._read(path) or b"" for path in files}
        hits = {name for text in texts.values() for name, _ in self._finder.find(text)}
        if not hits and not any(_IMPORT in text for text in texts.values()):
            return None
        own = self._own(place[1].path, texts)
        branches = [*own, *self._headers.of(hits)]
        symbols = dict.fromkeys(symbol for branch in branches for symbol in branch.symbols)
        symbols |= dict.fromkeys(config_words(texts[place[1].path]))
        values = self._values(place, symbols)
        if not values:
            return None
        base = {symbol: self._base.get(symbol, "n") for symbol in symbols if self._is_switch(symbol)}
        base |= {s: "m" if "m" in some else some[-1] for s, some in values.items() if base[s] not in some}
        witnesses = _witnesses(branches, values, base)
        return Job(place, values, {symbol: base[symbol] for symbol in values}, witnesses)

    def _own(self, source: str, texts: Mapping[str, bytes]) -> list[Branch]:
        """The branches of the module's own files that matter: all of the source, and of headers those with a word
        that leads to a namespace; if they are about few symbols, those too that are without."""
        found = list(self._in(source, texts[source]))
        rest: list[Branch] = []
        for path, text in texts.items():
            if path == source or b"CONFIG_" not in text:
                continue
            hits = self._finder.find(text)
            for branch in self._in(path, text):
                holds = any(branch.start <= offset < branch.end for _, offset in hits)
                (found if holds or _IMPORT in text[branch.start : branch.end] else rest).append(branch)
        few = len({symbol for branch in rest for symbol in branch.symbols}) <= _FEW
        return [*found, *rest] if few else found

    def _in(self, path: str, text: bytes) -> list[Branch]:
        known = self._branches.get(path)
        if known is None:
            known = self._branches[path] = read_branches(text)
        return known

    def _is_switch(self, symbol: bytes) -> bool:
        return bool(self._tree.config.values(os.fsdecode(symbol)))

    def _values(self, place: Place, symbols: Iterable[bytes]) -> dict[bytes, str]:
        """The values that `symbols` may have where this source is a part of this module, for those that may have
        another one than in the first reading."""
        module, source = place
        clauses = (*self._tree.modules[module.path], *self._tree.sources.get((module.path, source.path), ()))
        domain = self._tree.config.domain(clauses)
        modular = self._tree.modular.get(module.path, frozenset())
        found: dict[bytes, str] = {}
        for symbol in symbols:
            name = os.fsdecode(symbol)
            allowed = "m" if name in modular else domain.get(name.removeprefix("CONFIG_"), "nmy")
            values = "".join(value for value in self._tree.config.values(name) if value in allowed)
            if values and values != self._base.get(symbol, "n"):
                found[symbol] = values
        return found


def _witnesses(
    branches: Sequence[Branch], values: Mapping[bytes, str], base: Mapping[bytes, str]
) -> tuple[Assignment, ...]:
    """Assignments, each whole, under which all `branches` are seen that `base` does not show; the first of them has
    all off."""
    start = {symbol: base[symbol] for symbol in values}
    far = {
        s: "n" if "n" in v and base[s] != "n" else next(x for x in v if x != base[s])
        for s, v in values.items()
    }
    fixed = {symbol: value for symbol, value in base.items() if symbol not in values}
    found: list[dict[bytes, str]] = [far]
    groups: list[tuple[dict[bytes, str], list[Branch]]] = []
    for branch in branches:
        if any(may_hold(branch, (fixed | some).get) for some in (start, *found)):
            continue
        changes = solve(branch, values, fixed | start)
        if changes is None:
            continue
        for known, members in groups:
            merged = known | changes
            if all(may_hold(b, (fixed | start | merged).get) for b in (*members, branch)):
                known.update(changes)
                members.append(branch)
                break
        else:
            groups.append((changes, [branch]))
    found += [start | changes for changes, _ in groups[:_MOST_WITNESSES]]
    return tuple(found)


class WitnessReader:
    """Reads sources under the configurations of their jobs."""

    def __init__(
        self, tree: AnyTree, units: _FlippedUnits, exports: Mapping[bytes, Export], read: ReadFile
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
