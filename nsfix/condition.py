"""Under which configurations something holds: an `and` of clauses, each an `or` of CONFIG symbols and their values.

Written format, as Kconfig and people have it: `CONFIG_PWM && !CONFIG_FOO`, `CONFIG_A=y`, `(CONFIG_A || CONFIG_B)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ENABLED = "my"  # y, or m where the symbol is tristate
_SHOWN = 3  # alternatives that are told one by one
_FORMS = {"my": "{}", "n": "!{}", "y": "{}=y", "m": "{}=m", "mn": "{}!=y", "ny": "{}!=m"}


@dataclass(frozen=True, slots=True)
class Literal:
    """A symbol ("CONFIG_PWM") and the values that it may have: some of the letters n, m and y, sorted.

    A bool that is on has the values ENABLED like any other.
    """

    symbol: str
    values: str = ENABLED

    def __str__(self) -> str:
        return _FORMS[self.values].format(self.symbol)

    def implies(self, other: Literal) -> bool:
        """Whether `other` holds where this one does."""
        return self.symbol == other.symbol and set(self.values) <= set(other.values)


Clause = tuple[Literal, ...]


def _follows(clause: Clause, known: Clause) -> bool:
    """Whether `clause` holds wherever `known` does."""
    return all(any(literal.implies(other) for other in clause) for literal in known)


@dataclass(frozen=True, slots=True)
class Condition:
    """`clauses` is what is said, in order of appearance; `known` what follows from it, and need not be said."""

    clauses: tuple[Clause, ...] = ()
    known: frozenset[Clause] = frozenset()

    def implies(self, other: Condition) -> bool:
        """Whether `other` holds wherever this one does, as far as is known."""
        mine = (*self.clauses, *self.known)
        return all(any(_follows(clause, known) for known in mine) for clause in other.clauses)

    def without(self, clause: Clause) -> Condition:
        """This condition, `clause` being false; the same again where that is no single symbol."""
        if len(clause) != 1 or not set("nmy") - set(clause[0].values):
            return self
        rest = "".join(sorted(set("nmy") - set(clause[0].values)))
        return Condition((*self.clauses, (Literal(clause[0].symbol, rest),)), self.known)

    def __str__(self) -> str:
        return _conjunction(self.clauses)


ALWAYS = Condition()


def joined(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """`clauses` without those that follow from another one, in their order."""
    kept: list[Clause] = []
    for clause in clauses:
        if not any(_follows(clause, other) for other in kept):
            kept = [other for other in kept if not _follows(other, clause)]
            kept.append(clause)
    return tuple(kept)


def any_of(conditions: Sequence[Condition]) -> str | None:
    """What it takes for one of `conditions` to hold, as text; None where it takes nothing."""
    kept: list[Condition] = []
    for condition in conditions:
        if not any(condition.implies(other) for other in kept):
            kept = [other for other in kept if not other.implies(condition)]
            kept.append(condition)
    if not kept or any(not condition.clauses for condition in kept):
        return None
    common = [c for c in kept[0].clauses if all(c in other.clauses for other in kept[1:])]
    rest = [_conjunction([c for c in condition.clauses if c not in common]) for condition in kept]
    rest = list(dict.fromkeys(rest))
    if "" in rest:
        return _conjunction(common)
    if len(rest) == 1:
        return _conjunction([*common]) + (" && " if common else "") + rest[0]
    parts = [f"({part})" if " && " in part else part for part in rest[:_SHOWN]]
    either = " || ".join(parts + ([f"{len(rest) - _SHOWN} more"] if len(rest) > _SHOWN else []))
    return f"{_conjunction(common)} && ({either})" if common else either


def _conjunction(clauses: Sequence[Clause]) -> str:
    def shown(clause: Clause) -> str:
        text = " || ".join(map(str, clause))
        return f"({text})" if len(clause) > 1 and len(clauses) > 1 else text

    return " && ".join(map(shown, clauses))
