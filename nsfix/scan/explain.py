"""Which symbols of a configuration make that something is so: found by changing them and reading again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Generic, TypeVar

from nsfix.condition import Clause

Key = TypeVar("Key")
# Symbols (CONFIG_X) with their values: n, m or y.
Assignment = Mapping[bytes, str]
_MOST_ALTERNATIVES = 12  # symbols that are tried one by one for being alternatives


class Explainer(Generic[Key]):
    """Explains, for one source, why keys are there. `present` reads under an assignment and says which keys are;
    `literal` makes the clause that a symbol, which had a value, must keep it instead of taking another."""

    def __init__(
        self,
        present: Callable[[Assignment], Set[Key]],
        literal: Callable[[bytes, str, str], Clause | None],
    ) -> None:
        self._present = present
        self._literal = literal
        self.found: dict[Key, list[Clause]] = {}

    def explain(self, start: Assignment, end: Assignment, keys: Set[Key]) -> None:
        """Add to `found` what of `start`, under which `keys` are present, keeps `end` from losing them."""
        changed = [symbol for symbol in end if start[symbol] != end[symbol]]
        if keys and changed:
            self._search(start, end, changed, keys)

    def _search(self, start: Assignment, end: Assignment, group: list[bytes], keys: Set[Key]) -> None:
        """`keys` are lost where all of `group` change: find out which of them it takes."""
        if len(group) == 1:
            self._note([group[0]], start, end, keys)
            return
        half = len(group) // 2
        explained: set[Key] = set()
        for part in (group[:half], group[half:]):
            lost = keys - self._after(start, end, part)
            if lost:
                self._search(start, end, part, lost)
                explained |= lost
        rest = keys - explained
        if rest:
            self._alternatives(start, end, group, rest)

    def _after(self, start: Assignment, end: Assignment, group: list[bytes]) -> Set[Key]:
        return self._present({**start, **{symbol: end[symbol] for symbol in group}})

    def _alternatives(self, start: Assignment, end: Assignment, group: list[bytes], keys: Set[Key]) -> None:
        """`keys` are lost only where several of `group` change: leave out those that it does not take."""
        if len(group) > _MOST_ALTERNATIVES:
            return
        for symbol in list(group):
            without = [other for other in group if other != symbol]
            if len(without) > 1 and not keys & self._after(start, end, without):
                group = without
        self._note(group, start, end, keys)

    def _note(self, group: list[bytes], start: Assignment, end: Assignment, keys: Set[Key]) -> None:
        clauses = [self._literal(symbol, start[symbol], end[symbol]) for symbol in group]
        if any(clause is None for clause in clauses):
            return
        clause = tuple(literal for some in clauses if some is not None for literal in some)
        for key in keys:
            known = self.found.setdefault(key, [])
            if clause not in known:
                known.append(clause)
