"""Which macros lead to a word, through other macros, to any depth."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Generic, TypeVar

from nsfix.csource.macros import Macro
from nsfix.csource.program import MacroTable, Run
from nsfix.csource.unit import Unit

Answer = TypeVar("Answer", bool, frozenset[bytes])
# For the words of a text: the macros among them, those that are none, and what came of it.
Known = tuple[dict[bytes, "Macro | Run"], frozenset[bytes], Sequence[tuple[bytes, Answer]]]


class Closure:
    """Tells whether expanding a macro may come to one of `goals`. The answers are kept for all units."""

    def __init__(self, goals: Iterable[bytes]) -> None:
        self.goals = frozenset(goals)
        self._answers: dict[int, tuple[Macro, bool]] = {}

    def reaches(self, macro: Macro, words: set[bytes]) -> bool:
        """Whether a goal stands in the body of `macro` itself, whose words are `words`."""
        return not self.goals.isdisjoint(words)

    def matters(self, macro: Macro, macros: MacroTable) -> bool:
        """Whether `macro` is a goal or leads to one."""
        return macro.name in self.goals or self.leads(macro, macros)

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


class WordMemo(Generic[Answer]):
    """Finds the few words of a text whose macros matter; those that do not are known for the next unit.

    `ask(macro, macros in force)` is the question; False or an empty set says that the macro does not matter.
    """

    def __init__(self, ask: Callable[[Macro, MacroTable], Answer]) -> None:
        self._ask: Callable[[Macro, MacroTable], Answer] = ask
        self._plain: dict[bytes, object] = {}
        self._known: dict[frozenset[bytes], Known[Answer]] = {}
        self._own: tuple[Unit, Mapping[bytes, Answer], Closure] | None = None  # of the unit at hand

    def among(self, words: frozenset[bytes], unit: Unit) -> Sequence[tuple[bytes, Answer]]:
        """Each of `words` that matters in `unit`, with the answer for all that it stands for there."""
        found = self._among(words, unit)
        leading, lists = self._leading_of(unit)
        if not leading:
            return found
        answer: Answer = reduce(or_, leading.values())
        every: list[tuple[bytes, Answer]] = list(found)
        for word in words.difference(word for word, _ in found):
            macro = unit.macros.macro(word)
            if macro is not None and lists.leads(macro, unit.macros):
                every.append((word, answer))
        return every

    def among_passing_words(self, words: frozenset[bytes], unit: Unit) -> Sequence[tuple[bytes, Answer]]:
        """What `among` gives, of words that nobody is likely to ask about again."""
        known = words in self._known
        found = self.among(words, unit)
        if not known:
            self._known.pop(words, None)
        return found

    def _leading_of(self, unit: Unit) -> tuple[Mapping[bytes, Answer], Closure]:
        """The macros of the unit's own source that matter, and what leads to them. A list in a header may call them:
        what it comes to is the unit's own affair, and it may be gone at the unit's end."""
        if self._own is None or self._own[0] is not unit:
            table = MacroTable(unit.macros)
            meanings = {name: unit.meanings(name) for name in unit.own_macros}
            table.update({name: some[-1] for name, some in meanings.items() if some and name not in table})
            leading: dict[bytes, Answer] = {}
            lists = Closure(())
            while True:
                new = {
                    name: answer
                    for name, some in meanings.items()
                    if name not in leading and (answer := self._answer(some, table, lists, leading))
                }
                if not new:
                    break
                leading |= new
                lists = Closure(leading)
            self._own = unit, leading, lists
        return self._own[1], self._own[2]

    def _answer(
        self, meanings: Sequence[Macro], table: MacroTable, lists: Closure, leading: Mapping[bytes, Answer]
    ) -> Answer | None:
        """What becomes of one of `meanings`, by itself or through those that are `leading`."""
        answers: list[Answer] = [self._ask(macro, table) for macro in meanings]
        if leading and any(lists.leads(macro, table) for macro in meanings):
            answers.extend(leading.values())
        return reduce(or_, answers) if answers else None

    def _among(self, words: frozenset[bytes], unit: Unit) -> Sequence[tuple[bytes, Answer]]:
        macros = unit.macros
        if not words.isdisjoint(unit.own_macros):
            return self._asked(words, unit)
        known = self._known.get(words)
        if known is not None:
            present, absent, answers = known
            if present.items() <= macros.items() and macros.keys().isdisjoint(absent):
                return answers
        present = {word: macros[word] for word in words & macros.keys()}
        answers = self._asked(words, unit)
        self._known[words] = (present, words.difference(present), answers)
        return answers

    def among_passing(self, path: str, unit: Unit) -> Sequence[tuple[bytes, Answer]]:
        """Each macro that the file `path` has for itself only, undefining it again, and that mattered there."""
        found: list[tuple[bytes, Answer]] = []
        passing = {} if path == unit.path else unit.passing(path)
        if passing:
            macros = MacroTable(unit.macros)
            macros.update((name, m) for name, entries in passing.items() for _, m in entries if m is not None)
            for name, entries in passing.items():
                answers = [self._ask(macro, macros) for _, macro in entries if macro is not None]
                found += [(name, answer) for answer in answers if answer]
        return found

    def _asked(self, words: frozenset[bytes], unit: Unit) -> Sequence[tuple[bytes, Answer]]:
        macros, plain = unit.macros, self._plain
        own = words & unit.own_macros
        found: list[tuple[bytes, Answer]] = []
        for word in own | (words & macros.keys()):
            known = macros.get(word)
            if word not in own and plain.get(word) is known:
                continue
            answer: Answer | None = None
            for macro in unit.meanings(word):
                asked = self._ask(macro, macros)
                answer = asked if answer is None else answer | asked
            if answer:
                found.append((word, answer))
            elif word not in own:
                plain[word] = known
        return found
