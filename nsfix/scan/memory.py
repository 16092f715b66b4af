"""What an earlier run over a tree came to, step by step, and which of it still holds.

Each result stands with the files it was made of, and with what else it depends on. It holds as long as none of
those files has changed and the rest is equal. A file that appears or goes may change where any `#include` leads,
so then nothing holds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
# What identifies the state of a file: size, times of change in nanoseconds, inode.
Stamp = tuple[int, int, int, int]
Stamps = dict[str, Stamp]


class Kept(NamedTuple):
    """A result with what it was made of: `inputs` have to be equal, `files` unchanged."""

    inputs: Hashable
    files: tuple[str, ...]
    value: Any


@dataclass(slots=True)
class Memory:
    """The results of an earlier run, of which those hold that `changed` files have no part in, and those of this
    one; `for_later` tells whether there will be another one."""

    known: dict[str, dict[Hashable, Kept]] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    results: dict[str, dict[Hashable, Kept]] = field(default_factory=dict)
    worked_out: int = 0  # how many of the results are new
    for_later: bool = True

    def one(
        self, step: str, inputs: Hashable, depends: Callable[[str], bool], work: Callable[[], Result]
    ) -> Result:
        """The result of a step that is done once; `depends` tells whether it depends on a file."""
        done = self.results.get(step, {}).get(step)
        if done is not None and done.inputs == inputs:
            again: Result = done.value
            return again
        kept = self.known.get(step, {}).get(step)
        if kept is None or kept.inputs != inputs or any(map(depends, self.changed)):
            kept = Kept(inputs, (), work())
            self.worked_out += 1
        self.results.setdefault(step, {})[step] = kept
        result: Result = kept.value
        return result

    def each(
        self,
        step: str,
        inputs: Callable[[Item], Hashable],
        portions: Sequence[Sequence[Item]],
        key: Callable[[Item], Hashable],
        work: Callable[[Sequence[Sequence[Item]]], Iterable[tuple[Result, Iterable[str]]]],
    ) -> list[Result]:
        """The results of a step that is done for every item. `work` does it for those that are not known any more:
        the results, each with the files that it was made of."""
        known = self.known.get(step, {})
        done = self.results.setdefault(step, {})
        missing: list[Sequence[Item]] = []
        for portion in portions:
            some = []
            for item in portion:
                name = key(item)
                kept = known.get(name)
                if kept is None or kept.inputs != inputs(item) or not self.changed.isdisjoint(kept.files):
                    some.append(item)
                else:
                    done[name] = kept
            if some:
                missing.append(some)
        items = [item for portion in missing for item in portion]
        self.worked_out += len(items)
        paths: dict[str, str] = {}
        for item, (value, files) in zip(items, work(missing), strict=True):
            shared = tuple(paths.setdefault(path, path) for path in files)
            done[key(item)] = Kept(inputs(item), shared, value)
        return [done[key(item)].value for portion in portions for item in portion]

    def lasting(self) -> dict[str, dict[Hashable, Kept]]:
        """All that holds: what this run came to, and what it did not ask for of the earlier one."""
        for step, known in self.known.items():
            done = self.results.setdefault(step, {})
            for name, kept in known.items():
                if name not in done and kept.files and self.changed.isdisjoint(kept.files):
                    done[name] = kept
        return self.results


def stamps_below(top: str) -> Stamps:
    """The stamp of every file below `top`, by path."""
    stamps: Stamps = {}
    pending = [top]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != ".git":
                        pending.append(entry.path)
                    continue
                found = entry.stat(follow_symlinks=False)
                stamps[entry.path] = (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
    return stamps


def changed_between(before: Stamps, after: Stamps) -> frozenset[str] | None:
    """The files whose stamps differ; None where some have come or gone."""
    if before.keys() != after.keys():
        return None
    return frozenset(path for path, stamp in after.items() if before[path] != stamp)
