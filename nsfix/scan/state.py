"""The memory of a tree on disk: one great entry, and a small one for what changed since it was written.

A run that reads one source anew would otherwise write tens of megabytes for it. What a file has a part in is told by
an index, so that nobody asks thousands of results whether they hold.
"""

from __future__ import annotations

import uuid
from array import array
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from nsfix.scan.cache import Cache
from nsfix.scan.memory import ANY_NAME, Entry, Kept, Memory, named
from nsfix.scan.stamps import Changes, Stamps, changed_between, different, files_of

_MOST_SINCE = 1500  # results that stand in the small entry; with more, the great one is written anew
_SINCE = "-since"
_HEADERS = "/include/"  # in the path of all that may be one of the kernel's own headers
Name = tuple[str, Hashable]


@dataclass(slots=True)
class _Base:
    """All results at one time. `index` has for each file the numbers of the results in `names` that it is a part of,
    `token` tells it from others."""

    token: str
    stamps: Stamps
    steps: dict[str, dict[Hashable, Entry]]
    names: list[Name]
    index: dict[str, array[int]]


@dataclass(slots=True)
class _Since:
    """What is different from the base `token`: new results, those that are `gone`, stamps that differ."""

    token: str
    stamps: Stamps = field(default_factory=dict)
    steps: dict[str, dict[Hashable, Kept]] = field(default_factory=dict)
    gone: set[Name] = field(default_factory=set)


class TreeState:
    """What `cache` has about a tree, a configuration and this program (`about` is a digest of these), for a tree
    whose files have `stamps` now. Afterwards `memory` is what holds of it."""

    def __init__(self, cache: Cache, about: str, stamps: Stamps) -> None:
        self._cache = cache
        self._about = about
        base = cache.load(about)
        self._base: _Base | None = None
        self._since = _Since("")
        self.memory = Memory()
        if not isinstance(base, _Base):
            return
        since = cache.load(about + _SINCE)
        if not isinstance(since, _Since) or since.token != base.token:
            since = _Since(base.token)
        before = {**base.stamps, **since.stamps}
        changes = changed_between(before, stamps)
        if changes.moved and _lead_elsewhere(changes.moved, before):
            return
        self._base = base
        self._since = since
        self._recall(base, since, changes)

    def _recall(self, base: _Base, since: _Since, changes: Changes) -> None:
        changed = changes.changed | changes.moved
        names = {ANY_NAME, *map(named, changes.moved)} if changes.moved else set()

        def touched(paths: Iterable[str]) -> list[str]:
            return [path for path in paths if path in changed or (names and named(path) in names)]

        stale: dict[str, set[Hashable]] = {}
        for path in touched(base.index) if names else changed:
            for number in base.index.get(path, ()):
                step, name = base.names[number]
                stale.setdefault(step, set()).add(name)
        for step, name in since.gone:
            base.steps.get(step, {}).pop(name, None)
        for step, results in since.steps.items():
            entries = base.steps.setdefault(step, {})
            for name, kept in results.items():
                entries[name] = Entry(kept.inputs, kept.value)
                if touched(kept.files):
                    stale.setdefault(step, set()).add(name)
                else:
                    stale.get(step, set()).discard(name)
        self.memory = Memory(base.steps, stale, changed, changes.moved)

    @property
    def recalled(self) -> bool:
        """Whether there was anything of an earlier run."""
        return self._base is not None

    def keep(self, stamps: Stamps) -> None:
        """Write what `memory` came to, for a tree whose files had `stamps`."""
        memory, base, since = self.memory, self._base, self._since
        new = sum(map(len, memory.fresh.values()))
        if base is None or new + sum(map(len, since.steps.values())) > _MOST_SINCE:
            self._cache.keep(self._about, self._whole(stamps))
            self._cache.remove(self._about + _SINCE)
            return
        if not new and not memory.changed:
            return
        gone = memory.gone() | since.gone
        steps: dict[str, dict[Hashable, Kept]] = {}
        for results in (since.steps, memory.fresh):
            for step, some in results.items():
                steps.setdefault(step, {}).update(some)
        for step, name in memory.gone():
            if name not in memory.fresh.get(step, {}):
                steps.get(step, {}).pop(name, None)
        self._cache.keep(
            self._about + _SINCE, _Since(base.token, different(base.stamps, stamps), steps, gone)
        )

    def _whole(self, stamps: Stamps) -> _Base:
        files = self._files()
        lost = self.memory.gone()
        found = {
            (step, name): (entry, files.get((step, name), ()))
            for step, entries in self.memory.known.items()
            for name, entry in entries.items()
            if (step, name) not in lost
        }
        for step, results in self.memory.fresh.items():
            for name, kept in results.items():
                found[step, name] = (Entry(kept.inputs, kept.value), kept.files)
        whole = _Base(uuid.uuid4().hex, stamps, {}, list(found), {})
        for number, ((step, name), (entry, paths)) in enumerate(found.items()):
            whole.steps.setdefault(step, {})[name] = entry
            for path in paths:
                whole.index.setdefault(path, array("I")).append(number)
        return whole

    def _files(self) -> dict[Name, list[str] | tuple[str, ...]]:
        """The files of each result that is known."""
        files: dict[Name, list[str]] = {}
        if self._base is not None:
            for path, numbers in self._base.index.items():
                for number in numbers:
                    files.setdefault(self._base.names[number], []).append(path)
        newer = {
            (step, name): kept.files
            for step, some in self._since.steps.items()
            for name, kept in some.items()
        }
        return {**files, **newer}


def _lead_elsewhere(moved: Iterable[str], before: Stamps) -> bool:
    """Whether files that came or went may change where the `#include` of a kernel header leads: nobody keeps which
    those are. Any other `#include` is told by its name."""
    if any(_HEADERS in path for path in moved):
        return True
    names = {path.rpartition("/")[2] for path in moved}
    return any(
        not names.isdisjoint(files) for directory, files in files_of(before) if _HEADERS in f"{directory}/"
    )
