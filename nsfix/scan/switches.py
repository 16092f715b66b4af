"""Which symbols of the configuration a source may see otherwise, and readings under which each branch is seen."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from nsfix.csource.branches import Branch, may_hold, solve
from nsfix.csource.store import Compilation
from nsfix.kernel.anyconfig import AnyTree
from nsfix.model import BuiltModule, SourceFile
from nsfix.scan.explain import Assignment
from nsfix.scan.survey import Place
from nsfix.scan.units import Units

_MOST_WITNESSES = 5  # readings of one source beyond the first two
_MODULE = b"_MODULE"


@dataclass(frozen=True, slots=True)
class Job:
    """One source that has to be read under several configurations: the possible values of the symbols that matter
    (CONFIG_X), those of the first reading, and the changes of the others."""

    place: Place
    values: Mapping[bytes, str]
    base: Mapping[bytes, str]
    witnesses: tuple[Assignment, ...]


def loose_words(jobs: Iterable[Job]) -> frozenset[bytes]:
    """The words that the sources of `jobs` must be left to decide by themselves."""
    return frozenset(word for job in jobs for symbol in job.values for word in (symbol, symbol + _MODULE))


class Switches:
    """The bools and tristates of `tree`, with the values of its own configuration."""

    def __init__(self, tree: AnyTree) -> None:
        self._tree = tree
        self.base = {os.fsencode(name): value for name, value in tree.kernel.config.items()}

    def get(self, symbol: bytes) -> str | None:
        """The value of `symbol`; None where it is no bool or tristate."""
        return self.base.get(symbol, "n") if self._tree.config.values(os.fsdecode(symbol)) else None

    def job(self, place: Place, symbols: Iterable[bytes], branches: Sequence[Branch]) -> Job | None:
        """What to read the source at `place` under for all `branches` to be seen, where it hangs on `symbols`; None
        where none of them has a choice."""
        values = self._values(place, symbols)
        if not values:
            return None
        start: dict[bytes, str] = {}
        for symbol, some in values.items():
            usual = self.base.get(symbol, "n")
            start[symbol] = usual if usual in some else "m" if "m" in some else some[-1]
        asked = {symbol for branch in branches for symbol in branch.symbols}
        known = ((symbol, self.get(symbol)) for symbol in asked)
        fixed = {symbol: value for symbol, value in known if value is not None}
        return Job(place, values, start, _witnesses(branches, values, fixed | start))

    def _values(self, place: Place, symbols: Iterable[bytes]) -> dict[bytes, str]:
        """The values that `symbols` may have where this source is a part of this module, for those that may have
        another one than in the tree's own configuration."""
        path, source = place[0].path, place[1].path
        config = self._tree.config
        clauses = (*self._tree.modules.get(path, ()), *self._tree.sources.get((path, source), ()))
        domain = config.domain(clauses) if not place[0].built_in else {}
        modular = self._tree.modular.get(path, frozenset())
        found: dict[bytes, str] = {}
        for symbol in symbols:
            name = os.fsdecode(symbol)
            allowed = "m" if name in modular else domain.get(name.removeprefix("CONFIG_"), "nmy")
            values = "".join(value for value in config.values(name) if value in allowed)
            if values and values != self.base.get(symbol, "n"):
                found[symbol] = values
        return found


def _witnesses(
    branches: Sequence[Branch], values: Mapping[bytes, str], base: Mapping[bytes, str]
) -> tuple[Assignment, ...]:
    """Assignments, each whole, under which all `branches` are seen that `base` does not show; the first of them has
    all off."""
    start = {symbol: base[symbol] for symbol in values}
    # The first value is n where that can be.
    far = {s: next((v for v in some if v != base[s]), base[s]) for s, some in values.items()}
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


class FlippedUnits(Units):
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
