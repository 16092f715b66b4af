"""What an earlier run over a tree came to, step by step, and which of it still holds.

Each result stands with the files it was made of, and with what else it depends on. It holds as long as none of
those files has changed and the rest is equal. Names that it looked for in vain stand among the files as looked_for()
has them: once there is such a file, they may be found.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

_NO_PATH = "?/"  # paths are absolute
ANY_NAME = _NO_PATH  # stands for whatever comes or goes
Item = TypeVar("Item")
Result = TypeVar("Result")


def looked_for(name: bytes) -> str:
    """What stands for the files that end in `name`, as an `#include` has it; no path is like that."""
    return _NO_PATH + os.fsdecode(name).rpartition("/")[2]


def named(path: str) -> str:
    """What stands for the files with the last name of `path`."""
    return _NO_PATH + path.rpartition("/")[2]


class Entry(NamedTuple):
    """A result of an earlier run; `inputs` have to be equal for it to hold."""

    inputs: Hashable
    value: Any


class Kept(NamedTuple):
    """A result with what it was made of: `inputs` have to be equal, `files` unchanged."""

    inputs: Hashable
    files: tuple[str, ...]
    value: Any


Steps = Mapping[str, Mapping[Hashable, Entry]]


@dataclass(slots=True)
class Memory:
    """The results of an earlier run by step and name, but for the `stale` ones, which `changed` files have a part in,
    among them those that have `moved`, that is come or gone; and the `fresh` ones of this run. `for_later` tells
    whether there will be another one."""

    known: Steps = field(default_factory=dict)
    stale: Mapping[str, AbstractSet[Hashable]] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()
    moved: frozenset[str] = frozenset()
    for_later: bool = True
    fresh: dict[str, dict[Hashable, Kept]] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)  # the steps that are done once and that hold

    def recalled(self, step: str) -> Any:
        """What a step that is done once came to earlier, whether or not that holds; None where there is nothing."""
        entry = self.known.get(step, {}).get(step)
        return None if entry is None else entry.value

    def one(
        self, step: str, inputs: Hashable, depends: Callable[[str], bool], work: Callable[[], Result]
    ) -> Result:
        """The result of a step that is done once; `depends` tells whether it depends on a file."""
        done = self.fresh.get(step, {}).get(step)
        if done is not None and done.inputs == inputs:
            again: Result = done.value
            return again
        entry = self.known.get(step, {}).get(step)
        if entry is None or entry.inputs != inputs or any(map(depends, self.changed)):
            result = work()
            self.fresh.setdefault(step, {})[step] = Kept(inputs, (), result)
            return result
        self.confirmed.add(step)
        held: Result = entry.value
        return held

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
        known, stale = self.known.get(step, {}), self.stale.get(step, frozenset())
        fresh = self.fresh.setdefault(step, {})
        names = [[key(item) for item in portion] for portion in portions]
        values: dict[Hashable, Result] = {}
        missing: list[Sequence[Item]] = []
        for portion, named in zip(portions, names, strict=True):
            some = []
            for item, name in zip(portion, named, strict=True):
                entry: Entry | Kept | None = fresh.get(name)
                if entry is None and name not in stale:
                    entry = known.get(name)
                if entry is None or entry.inputs != inputs(item):
                    some.append(item)
                else:
                    values[name] = entry.value
            if some:
                missing.append(some)
        items = [item for portion in missing for item in portion]
        paths: dict[str, str] = {}
        for item, (value, files) in zip(items, work(missing), strict=True):
            shared = tuple(paths.setdefault(path, path) for path in files)
            name = key(item)
            values[name] = value
            fresh[name] = Kept(inputs(item), shared, value)
        return [values[name] for named in names for name in named]

    def gone(self) -> set[tuple[str, Hashable]]:
        """What was known and may not hold any more: (step, name)."""
        lost = {(step, name) for step, names in self.stale.items() for name in names}
        if self.changed:
            # Of a step that is done once, only asking tells whether it depends on what has changed.
            once = {step for step, entries in self.known.items() if step in entries}
            lost |= {(step, step) for step in once - self.confirmed}
        return lost
