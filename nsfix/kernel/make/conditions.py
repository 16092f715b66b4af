"""Conditionals: `ifeq`, `ifneq`, `ifdef`, `ifndef`, `else`, `endif`, and what hangs on unknown values."""

from __future__ import annotations

from dataclasses import dataclass, field

from nsfix.kernel.make.expand import BrokenLine, Expander
from nsfix.kernel.make.unknown import Unknown

_TESTS = ("ifeq", "ifneq", "ifdef", "ifndef")
CONDITIONALS = (*_TESTS, "else", "endif")


@dataclass(slots=True)
class Doubt:
    """A conditional on an unknown value, and the variables that any branch of it assigns."""

    unknown: Unknown
    file: str
    line: int
    names: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Condition:
    active: bool  # the branch that is being read is the one taken
    decided: bool  # a branch has been taken, or none can be
    doubt: Doubt | None = None


class Conditionals:
    """The conditionals open at one place of a file. An unknown value equals nothing and is not empty."""

    def __init__(self, expander: Expander, doubts: list[Doubt]) -> None:
        self._expander = expander
        self._doubts = doubts
        self._open: list[_Condition] = []

    @property
    def active(self) -> bool:
        """Whether the line at hand counts."""
        return not self._open or self._open[-1].active

    @property
    def are_open(self) -> bool:
        """Whether an `endif` is still to come."""
        return bool(self._open)

    @property
    def doubts(self) -> list[Doubt]:
        """The open conditionals that hang on unknown values."""
        return [condition.doubt for condition in self._open if condition.doubt]

    def read(self, word: str, text: str) -> None:
        """Take in a line that begins with `word`, one of CONDITIONALS. Raises BrokenLine for a bad one."""
        if word in _TESTS:
            condition = _Condition(False, True)
            outer = self.active
            self._open.append(condition)
            if outer:
                condition.active = condition.decided = self._holds(text, condition)
            return
        if not self._open:
            raise BrokenLine(f"{word} without its if", *self._expander.where)
        if word == "endif":
            self._open.pop()
            return
        rest = text[len(word) :].strip()
        condition = self._open[-1]
        condition.active = not condition.decided and (not rest or self._holds(rest, condition))
        condition.decided = condition.decided or condition.active

    def _holds(self, text: str, condition: _Condition) -> bool:
        holds, seen = _evaluate(text, self._expander)
        unknown = self._expander.unknowns.first(seen)
        if unknown and not condition.doubt:
            condition.doubt = Doubt(unknown, *self._expander.where)
            self._doubts.append(condition.doubt)
        return holds


def _evaluate(text: str, expander: Expander) -> tuple[bool, str]:
    """Return whether `text`, a directive and its arguments, holds, and the values that it looked at."""
    word, rest = (*text.split(None, 1), "")[:2]
    if word in ("ifdef", "ifndef"):
        name = expander.expand(rest).strip()
        value = _unexpanded(name, expander)
        return bool(value) == (word == "ifdef"), name + value
    sides = _sides(rest) if word in _TESTS else None
    if sides is None:
        raise BrokenLine(f"cannot read the condition {text!r}", *expander.where)
    left, right = expander.expand(sides[0]), expander.expand(sides[1])
    return (left == right) == (word == "ifeq"), left + right


def _unexpanded(name: str, expander: Expander) -> str:
    """Return the value that `ifdef` asks for: as assigned, without expanding it."""
    expander.used.add(name)
    local = expander.scope.local(name)
    if local is not None:
        return local
    variable = expander.scope.own(name)
    return variable.text if variable else (expander.scope.below(name) or "")


def _sides(text: str) -> tuple[str, str] | None:
    """Split `(a,b)` or two quoted texts, as make does: a closing bracket too many does not end the first side."""
    if text.startswith("("):
        comma = _outside(text, 1, ",")
        start = len(text) - len(text[comma + 1 :].lstrip()) if comma >= 0 else -1
        end = _outside(text, start, ")") if comma >= 0 else -1
        return None if end < 0 else (text[1:comma].rstrip(), text[start:end])
    if text[:1] in ("'", '"'):
        first = text.find(text[0], 1)
        rest = text[first + 1 :].lstrip()
        if first > 0 and rest[:1] in ("'", '"') and rest.find(rest[0], 1) > 0:
            return text[1:first], rest[1 : rest.find(rest[0], 1)]
    return None


def _outside(text: str, start: int, sought: str) -> int:
    """Where `sought` stands with no bracket open since `start`; -1 if nowhere."""
    depth = 0
    for position in range(start, len(text)):
        char = text[position]
        if char == sought and depth <= 0:
            return position
        depth += (char == "(") - (char == ")")
    return -1
