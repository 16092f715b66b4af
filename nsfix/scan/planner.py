"""What to read again: the sources whose uses, imports or exports may hang on the configuration."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from nsfix.csource.branches import Branch, config_words, may_hold, read_branches
from nsfix.csource.names import NameFinder
from nsfix.kernel.anyconfig import AnyTree
from nsfix.model import Export, SourceKind
from nsfix.scan.governing import HeaderBranches
from nsfix.scan.scanner import Scanner, SourceFacts
from nsfix.scan.survey import Place
from nsfix.scan.switches import FlippedUnits, Job, Switches, loose_words
from nsfix.scan.treewide import TreeScanner
from nsfix.scan.units import ReadFile

_FEW = 24  # symbols of a module's own headers that are all of interest
_IMPORT = b"IMPORT_NS"


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

    def exports(self, every: bool = False) -> dict[bytes, Export]:
        """The symbols that the tree exports into a namespace under some configuration."""
        first = super().exports(every)
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
        return {os.fsencode(e.symbol): e for e in more if every or e.namespace} | first

    def _job(self, place: Place, switches: Switches) -> Job | None:
        """What to read the exports at `place` again under; None where the first reading shows every branch."""
        text = self._disk(place[1].path) or b""
        if place[1].kind is not SourceKind.C or b"CONFIG_" not in text:
            return None
        unseen = [branch for branch in read_branches(text) if not may_hold(branch, switches.get)]
        symbols = dict.fromkeys(symbol for branch in unseen for symbol in branch.symbols)
        return switches.job(place, symbols, unseen) if unseen else None


class Planner:
    """Says under which configurations a source has to be read for each of its branches to be seen."""

    def __init__(self, tree: AnyTree, base: TreeScanner, read: ReadFile) -> None:
        self._read = read
        self._finder = NameFinder(base.carriers.words, dense=True)
        self._headers = HeaderBranches(base.headers, base.carriers.words, read)
        self._switches = Switches(tree)
        self._branches: dict[str, list[Branch]] = {}

    def job(self, place: Place, found: Mapping[tuple[str, str], SourceFacts]) -> Job | None:
        """What to read the source at `place` again under; None where the first reading says all."""
        files = list(dict.fromkeys((place[1].path, *found[place[0].path, place[1].path].included)))
        texts = {path: self._read(path) or b"" for path in files}
        hits = {name for text in texts.values() for name, _ in self._finder.find(text)}
        if not hits and not any(_IMPORT in text for text in texts.values()):
            return None
        own = self._own(place[1].path, texts)
        branches = [*own, *self._headers.of(hits)]
        symbols = dict.fromkeys(symbol for branch in branches for symbol in branch.symbols)
        symbols |= dict.fromkeys(config_words(texts[place[1].path]))
        return self._switches.job(place, symbols, branches)

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
