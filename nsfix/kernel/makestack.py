"""Under which configurations a line of a makefile is read, told from the conditionals around it.

Accepted are the usual forms: `ifdef CONFIG_X`, `ifeq ($(CONFIG_X),y)`, `ifneq ($(CONFIG_X)$(CONFIG_Y),)`,
`ifneq ($(filter y,$(CONFIG_X) $(CONFIG_Y)),)` and their `else`. Another one says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from nsfix.condition import ENABLED, Clause
from nsfix.kernel.make.text import joined, logical_lines, without_comment

_TEST = re.compile(r"(ifn?)(eq|def)\b\s*(.*)", re.DOTALL)
_REFERENCE = re.compile(r"\$[({]CONFIG_(\w+)[)}]")
_FILTER = re.compile(r"\$\(filter\s+([ym ]+),\s*(.*)\)", re.DOTALL)
Values = list[tuple[str, str]]  # symbols with the values that they must have
Make = Callable[[str, str], "Clause | None"]


class MakeStacks:
    """Answers for lines of makefiles. `literal` makes the clause that a symbol has one of some values."""

    def __init__(self, literal: Make) -> None:
        self._literal = literal
        self._known: dict[str, dict[int, list[Clause]]] = {}

    def at(self, file: str, line: int) -> list[Clause]:
        """What has to hold for the logical line that begins at `line` of `file` to be read."""
        lines = self._known.get(file)
        if lines is None:
            text = Path(file).read_text(encoding="utf-8", errors="replace")
            lines = self._known[file] = dict(self._read(text))
        return lines.get(line, [])

    def _read(self, text: str) -> Iterator[tuple[int, list[Clause]]]:
        # For each open conditional: the clauses of the branch at hand, and the tests of those before it.
        stack: list[list[Clause]] = []
        before: list[list[str]] = []
        for line in logical_lines(text):
            bare = without_comment(joined(line.text)).strip()
            word = bare.split(None, 1)[0] if bare else ""
            if word in ("ifdef", "ifndef", "ifeq", "ifneq"):
                stack.append(self._clauses(bare, True))
                before.append([bare])
            elif word == "else" and stack:
                rest = bare[4:].strip()
                stack[-1] = [clause for test in before[-1] for clause in self._clauses(test, False)]
                if rest:
                    stack[-1] += self._clauses(rest, True)
                    before[-1].append(rest)
            elif word == "endif" and stack:
                stack.pop()
                before.pop()
            elif stack and bare:
                yield line.number, [clause for clauses in stack for clause in clauses]

    def _clauses(self, test: str, holds: bool) -> list[Clause]:
        """What the test of a conditional says of symbols where it comes out as `holds`."""
        match = _TEST.match(test)
        if match is None:
            return []
        wanted = (match[1] == "if") == holds
        asked = _asked(match[2], match[3])
        if asked is None:
            return []
        every, values = asked
        if not wanted:
            every = not every
            values = [(name, "".join(v for v in "nmy" if v not in some)) for name, some in values]
        clauses = [self._literal(f"CONFIG_{name}", some) for name, some in values]
        if every:
            return [clause for clause in clauses if clause is not None]
        if any(clause is None for clause in clauses):
            return []
        return [tuple(literal for clause in clauses if clause is not None for literal in clause)]


def _asked(kind: str, text: str) -> tuple[bool, Values] | None:
    """What `ifdef` or `ifeq` asks for: (whether all must hold or one is enough, the values); None if unknown."""
    if kind == "def":
        name = text.strip()
        return (True, [(name[7:], ENABLED)]) if name.startswith("CONFIG_") else None
    sides = text.strip()
    sides = (sides[1:-1] if sides.startswith("(") else sides.replace('" "', '","')).replace('"', "")
    left, comma, right = sides.rpartition(",")
    if "CONFIG_" in right:
        left, right = right, left
    wanted = right.strip()
    names = _REFERENCE.findall(left)
    if not comma or not names:
        return None
    filtered = _FILTER.fullmatch(left.strip())
    if filtered is not None:
        # `ifeq (…,)` holds where none of them passes.
        passing = "".join(sorted(filtered[1].replace(" ", "")))
        rest = "".join(v for v in "nmy" if v not in passing)
        return (True, [(name, rest) for name in names]) if not wanted else None
    if _REFERENCE.sub("", left).strip():
        return None
    if not wanted:
        return True, [(name, "n") for name in names]
    letters = wanted.replace(" ", "")
    if len(letters) == len(names) and set(letters) <= {"y", "m"}:
        return True, list(zip(names, letters, strict=True))
    return None
