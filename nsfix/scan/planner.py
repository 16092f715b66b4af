"""What to read again: the sources whose uses, imports or exports may hang on the configuration."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nsfix.csource.branches import Branch, config_words, may_hold, read_branches
from nsfix.csource.names import NameFinder
from nsfix.kernel.anyconfig import AnyTree
from nsfix.model import Export, SourceKind
from nsfix.scan.governing import HeaderBranches, HeaderTests
from nsfix.scan.scanner import Scanner, SourceFacts
from nsfix.scan.survey import Place, Sight
from nsfix.scan.switches import FlippedUnits, Job, Switches, loose_words
from nsfix.scan.treewide import TreeScanner
from nsfix.scan.units import ReadFile

_FEW = 24  # symbols of a module's own headers that are all of interest
_IMPORT = b"IMPORT_NS"
_EXPORTING = (b"EXPORT", b"SYMBOL_NAMESPACE")  # no export does without one of these


class AnyExports(TreeScanner):
    """Scans the tree under its own configuration, against the exports of all."""

    def __init__(
        self,
        tree: AnyTree,
        read: ReadFile,
        workers: int | None,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        super().__init__(tree.kernel, tree.facts, read, workers, progress)
        self._any = tree
        self._disk = read

    def as_seen(self, sight: Sight) -> Sight:
        """`sight` with all that the source may include under any configuration."""
        return sight.whole()

    def exports(self) -> dict[bytes, Export]:
        """The symbols that the tree exports into a namespace under some configuration."""
        first = super().exports()
        switches = Switches(self._any)
        jobs = [job for place in self.exporting if (job := self._job(place, switches)) is not None]
        units = self.flipped(FlippedUnits, loose_words(jobs))
        scanner = Scanner(self._any.kernel, {}, self._disk, False, 1, units)

        def read(job: Job) -> list[Export]:
            found: list[Export] = []
            for witness in job.witnesses:
                units.change(witness, switches.base)
                found += scanner.exports_of(*job.place)
            return found

        more = [export for some in self.shared(jobs, read) for export in some]
        return {os.fsencode(e.symbol): e for e in more if e.namespace} | first

    def _job(self, place: Place, switches: Switches) -> Job | None:
        """What to read the exports at `place` again under; None where the first reading shows every branch."""
        text = self._disk(place[1].path) or b""
        if place[1].kind is not SourceKind.C or b"CONFIG_" not in text:
            return None
        unseen = [
            branch
            for branch in read_branches(text)
            if any(word in text[branch.start : branch.end] for word in _EXPORTING)
            and not may_hold(branch, switches.get)
        ]
        symbols = dict.fromkeys(symbol for branch in unseen for symbol in branch.symbols)
        return switches.job(place, symbols, unseen) if unseen else None


@dataclass(frozen=True, slots=True)
class _File:
    """What a file shows: the words that lead to a namespace, with their byte offsets, its branches, and of these
    the ones that are about an import."""

    hits: tuple[tuple[bytes, int], ...]
    branches: tuple[Branch, ...]
    importing: frozenset[Branch]
    imports: bool


class Planner:
    """Says under which configurations a source has to be read for each of its branches to be seen."""

    def __init__(self, tree: AnyTree, base: TreeScanner, read: ReadFile) -> None:
        self._read = read
        self._finder = NameFinder(base.carriers.words, dense=True)
        self._headers = HeaderBranches(base.headers, base.carriers.words, read)
        self._tests = HeaderTests(base.headers, read)
        self._switches = Switches(tree)
        self._files: dict[str, _File] = {}

    def job(self, place: Place, found: Mapping[tuple[str, str], SourceFacts]) -> Job | None:
        """What to read the source at `place` again under; None where the first reading says all."""
        source = place[1].path
        included = found[place[0].path, source].included
        files = [self._file(path) for path in dict.fromkeys((source, *included))]
        hits = {name for file in files for name, _ in file.hits}
        if not hits and not any(file.imports for file in files):
            return None
        branches = [*self._own(files), *self._headers.of(hits)]
        symbols = dict.fromkeys(symbol for branch in branches for symbol in branch.symbols)
        text = self._read(source) or b""
        symbols |= dict.fromkeys((*config_words(text), *self._tests.of(text)))
        return self._switches.job(place, symbols, branches)

    def _own(self, files: Sequence[_File]) -> list[Branch]:
        """The branches of the module's own files that matter: all of the source, which comes first, and of headers
        those with a word that leads to a namespace; if they are about few symbols, those too that are without."""
        found = list(files[0].branches)
        rest: list[Branch] = []
        for file in files[1:]:
            for branch in file.branches:
                holds = any(branch.start <= offset < branch.end for _, offset in file.hits)
                (found if holds or branch in file.importing else rest).append(branch)
        few = len({symbol for branch in rest for symbol in branch.symbols}) <= _FEW
        return [*found, *rest] if few else found

    def _file(self, path: str) -> _File:
        known = self._files.get(path)
        if known is None:
            text = self._read(path) or b""
            branches = tuple(read_branches(text))
            importing = frozenset(b for b in branches if _IMPORT in text[b.start : b.end])
            hits = tuple(self._finder.find(text))
            known = self._files[path] = _File(hits, branches, importing, _IMPORT in text)
        return known
