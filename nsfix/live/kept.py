"""What sources said when they were read last, kept as long as their files stay as they were."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial

from nsfix.live.texts import State, Texts
from nsfix.model import BuiltModule, Remark, SourceFile
from nsfix.scan import ModuleFacts, Outline, Scanner, SourceFacts, shifted, shifted_remarks
from nsfix.scan.parallel import share_out
from nsfix.scan.places import key_of
from nsfix.scan.survey import Place

_WORTH_SHARING = 8  # sources that a second process pays for
_TELLING = (".h", ".c", ".S", ".rs", "_shipped")  # how names end of what is included or built


@dataclass(frozen=True, slots=True)
class _Kept:
    """The facts of one source, with the states of the files that they were made of."""

    facts: SourceFacts
    remarks: tuple[Remark, ...]
    states: Mapping[str, State]
    outline: Outline | None = None  # of an open source


class KeptFacts:
    """The facts of the sources that `scanner` reads through `texts`."""

    def __init__(self, scanner: Scanner, texts: Texts) -> None:
        self._scanner = scanner
        self._texts = texts
        self._kept: dict[Hashable, _Kept] = {}
        self._listings: dict[str, tuple[State, frozenset[str]]] = {}
        self.reads = 0  # sources that were read so far

    def take(
        self,
        modules: Iterable[ModuleFacts],
        remarks: Sequence[Remark],
        more: MoreFiles,
        other: Set[str] = frozenset(),
    ) -> None:
        """Keep what is known of `modules` from elsewhere, unless it depends on `other` files; `more` gives further
        files that a source depends on."""
        for module in modules:
            for source, facts in zip(module.built.sources, module.sources, strict=True):
                files = dict.fromkeys((source.path, *facts.included, *more(module.built, source)))
                if not other.isdisjoint(files):
                    continue
                own = tuple(r for r in remarks if r.file in files)
                key = key_of((module.built, source))
                self._kept[key] = _Kept(facts, own, self._texts.states(files))

    def update(
        self, modules: Sequence[BuiltModule], matters: Callable[[str], bool] = lambda path: True
    ) -> None:
        """Read the sources of `modules` again of which a file has changed, and those that are not known. One of which
        nothing was known to matter is left so where only headers have changed that do not `matter` to it now."""
        changed: set[str] = set()
        missing: list[Place] = []
        for module in modules:
            for source in module.sources:
                key = key_of((module, source))
                kept = self._kept.get(key)
                now = self._texts.changed(kept.states) if kept is not None else {source.path}
                changed |= now
                silent = kept is not None and kept.facts.silent and source.path not in now
                if not now or (silent and not any(map(matters, sorted(now)))):
                    continue
                retouched = self._retouched(kept, source.path) if kept is not None and len(now) == 1 else None
                if retouched is not None:
                    self._kept[key] = retouched
                else:
                    missing.append((module, source))
        if missing:
            self._scanner.forget_files(changed)
            self._read(missing)

    def _retouched(self, kept: _Kept, path: str) -> _Kept | None:
        """`kept` after an edit of the source `path` alone in which nothing matters; None where that is not certain."""
        text = self._texts.opened.get(path)
        if kept.outline is None or text is None or kept.states.get(path) != kept.outline.text:
            return None
        found = kept.outline.retouched(text)
        if found is None:
            return None
        outline, shift = found
        facts, remarks = shifted(kept.facts, shift), shifted_remarks(kept.remarks, path, shift)
        return _Kept(facts, remarks, {**kept.states, path: text}, outline)

    def read_open(self, module: BuiltModule, source: SourceFile) -> None:
        """Read an open source that is known, so that it is soon read again."""
        key = key_of((module, source))
        if key in self._kept and source.path in self._texts.opened:
            self._scanner.forget_files({source.path})
            self._kept[key] = self._one((module, source))

    def _read(self, places: Sequence[Place]) -> None:
        workers = len(os.sched_getaffinity(0)) if len(places) >= _WORTH_SHARING else 1
        first = [self._one(place) for place in places[:1]]  # alone, so that the headers are there for all
        rest = share_out(places[1:], partial(self._one, outlined=workers < 2), workers)
        for place, kept in zip(places, [*first, *rest], strict=True):
            self._kept[key_of(place)] = kept
        self.reads += len(places)

    def _one(self, place: Place, outlined: bool = True) -> _Kept:
        module, source = place
        facts, remarks = self._scanner.facts_of(module, source)
        files = facts.rust.files if facts.rust is not None else facts.included
        states = self._texts.states(dict.fromkeys((source.path, *files)))
        outlined = outlined and source.path in self._texts.opened
        outline = self._scanner.take_outline() if outlined else None
        if outline is not None and outline.text != states[source.path]:
            outline = None
        return _Kept(facts, tuple(remarks), states, outline)

    def forget(self) -> None:
        """Forget all facts, so that every source is read again."""
        self._kept.clear()

    def facts(self, module: BuiltModule) -> ModuleFacts:
        """What is kept of `module`."""
        kept = [self._kept[key_of((module, source))] for source in module.sources]
        return ModuleFacts(module, tuple(one.facts for one in kept))

    def remarks(self, modules: Iterable[BuiltModule]) -> tuple[Remark, ...]:
        """What there is to remark on the sources of `modules`."""
        kept = (self._kept[key_of((module, source))] for module in modules for source in module.sources)
        return tuple(dict.fromkeys(remark for one in kept for remark in one.remarks))

    def files(self, module: BuiltModule) -> set[str]:
        """The files that the facts of `module` were made of, but for the kernel's headers."""
        return {path for source in module.sources for path in self._kept[key_of((module, source))].states}

    def files_came_or_went(self, modules: Iterable[BuiltModule]) -> bool:
        """Whether there is a header or a source beside the files of `modules` that was not there when this was asked
        last, or one that was: then an `#include` may lead elsewhere, and other objects may have a source."""
        different = False
        for directory in sorted({os.path.dirname(path) for module in modules for path in self.files(module)}):
            state = self._texts.state(directory)
            known = self._listings.get(directory)
            if known is not None and known[0] == state:
                continue
            names = _telling_names_in(directory)
            different = different or (known is not None and known[1] != names)
            self._listings[directory] = state, names
        return different


MoreFiles = Callable[[BuiltModule, SourceFile], Iterable[str]]


def _telling_names_in(directory: str) -> frozenset[str]:
    try:
        return frozenset(name for name in os.listdir(directory) if name.endswith(_TELLING))
    except OSError:
        return frozenset()
