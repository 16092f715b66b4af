"""Which macros lead to a word, through other macros, to any depth."""

from __future__ import annotations

from collections.abc import Iterable

from nsfix.csource.macros import Macro
from nsfix.csource.program import MacroTable


class Closure:
    """Tells whether expanding a macro may come to one of `goals`. The answers are kept for all units."""

    def __init__(self, goals: Iterable[bytes]) -> None:
        self.goals = frozenset(goals)
        self._answers: dict[int, tuple[Macro, bool]] = {}

    def reaches(self, macro: Macro, words: set[bytes]) -> bool:
        """Whether a goal stands in the body of `macro` itself, whose words are `words`."""
        return not self.goals.isdisjoint(words)

    def leads(self, macro: Macro, macros: MacroTable) -> bool:
        """Whether `macro`, with `macros` in force, leads to a goal."""
        known = self._answers.get(id(macro))
        if known is not None and known[0] is macro:
            return known[1]
        self._answers[id(macro)] = (macro, False)  # ends a circle of macros
        words = macro.words()
        answer = self.reaches(macro, words) or any(
            self.leads(inner, macros) for word in words if (inner := macros.macro(word)) is not None
        )
        self._answers[id(macro)] = (macro, answer)
        return answer
