"""Modules of a kernel's own source tree, kept up to date.

The tree as a whole is read as the command line reads it, with the cache; sources that change are then read by
themselves. What they export is compared with what the whole was read against: where that differs, or where a file
has changed that says more than what one module does, all is read again.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from nsfix.csource.names import NameFinder
from nsfix.errors import InputError
from nsfix.in_tree import config_of_tree, name_of_tree, open_tree, settled_stamps
from nsfix.kernel.intree import remarks_about
from nsfix.live.external import HEADERS_EVERY
from nsfix.live.kept import KeptFacts
from nsfix.live.texts import State, Texts
from nsfix.model import BuiltModule, Export, SourceFile
from nsfix.project import OnKernel, Request, resolved_on
from nsfix.scan import Cache, Looker, ScanFacts, read_file
from nsfix.scan.stamps import Stamps, changed_between, stamps_below
from nsfix.scan.state import TreeState
from nsfix.scan.survey import Place

Progress = Callable[[int, int], None]
_FEW = 20  # sources that may have changed for what they export to be looked at one by one
_STEERING = re.compile(
    rb"^[ \t]*#[ \t]*include\b.*|^.*##.*|\b(?:MODULE_\w+|DEFAULT_SYMBOL_NAMESPACE)\b", re.M
)


class Tree:
    """The kernel in `tree` under the configuration that `request` names. Raises InputError where none decides."""

    def __init__(
        self, tree: str, request: Request, texts: Texts, cache: Cache, progress: Progress | None = None
    ) -> None:
        self._top = tree
        self._request = request
        self._texts = texts
        self._cache = cache
        self._load(progress)

    def _load(self, progress: Progress | None) -> None:
        """Read the tree as a whole, none of it from open texts."""
        began = time.time_ns()
        self._stamps = stamps_below(self._top, len(os.sched_getaffinity(0)))
        settled, _ = settled_stamps(self._stamps, began)
        self._state = TreeState(self._cache, name_of_tree(self._top, self._request), self._stamps)
        self._unkept: Stamps | None = settled
        memory = self._state.memory
        self.kernel, self._facts, self._scanner = open_tree(
            self._top, self._request, read_file, progress, memory
        )
        self._exact = self._scanner.exact(self._texts.read)
        if not self._state.recalled:  # it took long, and whoever asked may go away at any time
            self._state.keep(settled)
        self._kept = KeptFacts(self._exact, self._texts)
        self._looker = Looker(self.kernel, self._texts.read, self._exact.units)
        self._loaded: dict[str, BuiltModule] = {}
        self._by_source: dict[str, list[BuiltModule]] = {}
        for module in self._facts.modules:
            for source in module.sources:
                self._by_source.setdefault(source.path, []).append(module)
        self._absorbed: set[str] = set()
        self._watched = self._texts.states_on_disk([config_of_tree(self._top, self._request)])
        self._headers: dict[str, State] = {}
        self._looked = 0.0

    def on(self, paths: Iterable[str], progress: Progress | None = None) -> OnKernel:
        """What the modules of the files `paths` come to now. Raises InputError where they belong to none."""
        if self._is_stale():
            self._load(progress)
        modules = {module.path: module for path in paths for module in self.modules_of(path)}
        if not modules:
            shown = ", ".join(os.path.relpath(path, self._top) for path in paths)
            raise InputError(
                f"no module is built from {shown} under this configuration", self.kernel.config_file
            )
        asked = tuple(modules.values())
        self._learn([module for module in asked if module.path not in self._loaded])
        self._kept.update(asked, self._matters)
        self._watched |= self._texts.states_on_disk(self._kbuild_files(asked) - self._watched.keys())
        facts = tuple(map(self._kept.facts, asked))
        found = ScanFacts(facts, self._exact.exports, self._kept.remarks(asked))
        said = remarks_about(self._facts, asked)
        return resolved_on(self.kernel, found, said, self._texts.read, looker=self._looker)

    def modules_of(self, path: str) -> Sequence[BuiltModule]:
        """The modules that the file `path` is a source of, or may be a header of."""
        modules = self._by_source.get(path)
        if modules is not None:
            return modules
        including = {m.path: m for m, _ in self._scanner.including(path) if not m.built_in}
        return tuple(including.values())

    def _learn(self, modules: Sequence[BuiltModule]) -> None:
        """Have the facts of `modules` as the tree on disk has them, but for what is open or has changed since."""
        if not modules:
            return
        found = self._scanner.scan(modules)
        opened = {path for path, text in self._texts.opened.items() if read_file(path) != text}
        headers = {module.path: self._scanner.headers_of(module.path) for module in modules}

        def more(module: BuiltModule, source: SourceFile) -> Iterable[str]:
            return headers[module.path].get(source.path, ())

        self._kept.take(found.modules, found.remarks, more, opened | self._absorbed)
        self._loaded |= {module.path: module for module in modules}

    def _kbuild_files(self, modules: Iterable[BuiltModule]) -> set[str]:
        """The Kbuild files that lead to `modules`, be they there or not."""
        found = {module.file for module in modules}
        for path in list(found):
            directory = os.path.dirname(path)
            while directory.startswith(self._top):
                found.update(f"{directory}/{name}" for name in ("Kbuild", "Makefile"))
                directory = os.path.dirname(directory)
        return found

    def _is_stale(self) -> bool:
        """Whether the configuration, a Kbuild file above a module or a header of the kernel has changed."""
        if self._texts.changed_on_disk(self._watched):
            return True
        if self._kept.files_came_or_went(self._loaded.values()):
            return True
        now = time.monotonic()
        if now - self._looked < HEADERS_EVERY:
            return False
        self._looked = now
        if self._texts.changed(self._headers):
            return True
        self._headers |= self._texts.states(self._exact.units.headers_read() - self._headers.keys())
        return False

    def _matters(self, path: str) -> bool:
        """Whether the header `path` may bring a source to say something that said nothing before: not where its open
        text has no more words that lead somewhere than what is on disk."""
        text, before = self._texts.opened.get(path), read_file(path)
        if text is None or before is None or path in self._absorbed:
            return True
        if set(_STEERING.findall(text)) != set(_STEERING.findall(before)):
            return True
        finder = self._finder
        return not {name for name, _ in finder.find(text)} <= {name for name, _ in finder.find(before)}

    @property
    def _finder(self) -> NameFinder:
        carriers = self._scanner.carriers
        return NameFinder(carriers.words | carriers.parts.keys(), dense=True)

    def stamps(self) -> Stamps:
        """The state of the tree's files now; takes a while."""
        return stamps_below(self._top)

    def compare(self, stamps: Stamps) -> bool:
        """Whether the tree, which has these `stamps` now, still is what was read. If not, it is read again when it is
        asked next."""
        changes = changed_between(self._stamps, stamps)
        if not changes.changed and not changes.moved:
            return True
        mere = not changes.moved and len(changes.changed) <= _FEW
        self._texts.look_again()
        if mere and all(map(self._exports_as_before, sorted(changes.changed))):
            self._absorbed |= changes.changed
            self._stamps = stamps
            return True
        self._watched[self._top] = b""  # no state is like that
        return False

    def _exports_as_before(self, path: str) -> bool:
        """Whether a file that has changed is a C source that exports what it did, or a header of loaded modules."""
        if path.endswith(".h"):
            return any(path in self._kept.files(module) for module in self._loaded.values())
        places = self._places_of(path)
        if not places or not path.endswith(".c"):
            return False
        for module, source in places:
            exporter = "vmlinux" if module.built_in else module.path
            known = {
                symbol: export
                for symbol, export in self._exact.exports.items()
                if export.file == path and export.exporter == exporter
            }
            self._exact.forget_files({path})
            found = {
                export.symbol.encode("ascii", "replace"): export
                for export in self._exact.exports_of(module, source)
                if export.file == path and export.namespace
            }
            if _namespaces(found) != _namespaces(known):
                return False
            if found != known:  # they stand in other lines now
                self._exact.use_exports({**self._exact.exports, **found})
        return True

    def _places_of(self, path: str) -> list[Place]:
        units = (*self._facts.modules, *self._facts.built_in)
        return [(module, source) for module in units for source in module.sources if source.path == path]

    def keeping(self) -> Callable[[], None] | None:
        """What keeps all that was read of the tree for a later run, which may take a while; None where that is done."""
        unkept, self._unkept = self._unkept, None
        return partial(self._state.keep, unkept) if unkept is not None else None

    def files(self, paths: Iterable[str]) -> set[str]:
        """The files that the last answer about `paths` was made of, but for the kernel's headers."""
        modules = [module for path in paths for module in self.modules_of(path)]
        parts = {file for module in modules for file in self._kept.files(module)}
        return parts | self._kbuild_files(modules) | {config_of_tree(self._top, self._request)}

    def warm(self, paths: Iterable[str]) -> None:
        """Read `paths`, which are open, so that they are soon read again."""
        for path in paths:
            for module, source in self._places_of(path):
                self._kept.read_open(module, source)

    @property
    def exports(self) -> Mapping[bytes, Export]:
        """The namespaced symbols of the tree."""
        return self._exact.exports


def _namespaces(exports: Mapping[bytes, Export]) -> dict[bytes, str]:
    return {symbol: export.namespace for symbol, export in exports.items()}
