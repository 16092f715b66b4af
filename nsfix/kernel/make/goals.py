"""From the goals of a make to the commands of their recipes, expanded and handed on; nothing is run."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence

from nsfix.kernel.make.expand import BrokenLine
from nsfix.kernel.make.reader import MakeReader, Rule
from nsfix.kernel.make.text import Line
from nsfix.kernel.make.words import split_pattern

Follow = Callable[[str, Mapping[str, str], str, int], None]
Say = Callable[[str, "str | None", "int | None"], None]
_CALLED_DIRECTORY = re.compile(r"-C\s*(?:\"[^\"]*\"|\S+)")


class Goals:
    """The goals of one make, each reached once, prerequisites first.

    `follow` is given each command of a recipe: its text for the shell, the variables that are exported to it, its file
    and its line. `say` is told what make would stop at. `exported` is what the makes above export.
    """

    def __init__(self, reader: MakeReader, follow: Follow, say: Say, exported: Mapping[str, str]) -> None:
        self._reader = reader
        self._follow_command = follow
        self._say = say
        self._exported = exported
        self._done: set[str] = set()
        self.used: set[str] = set()  # the variables that the recipes use, but for the directory of -C

    def reach(self, goals: Sequence[str]) -> None:
        """Reach the goals, or the default goal where there are none."""
        for goal in goals or self._default():
            if not self._reach(goal, 0):
                place = self._reader.files[0]
                self._say(f"there is no rule for the target {goal!r}", place, None)

    def _default(self) -> list[str]:
        named = self._reader.expander.value(".DEFAULT_GOAL").split()
        targets = (target for rule in self._reader.rules if not rule.assigned for target in rule.targets)
        first = (t for t in targets if "%" not in t and (not t.startswith(".") or "/" in t))
        return named[:1] or [target for target in [next(first, "")] if target]

    def _reach(self, target: str, deep: int) -> bool:
        """Whether there is a rule for the target; if so, it and what it needs have been followed."""
        if target in self._done or deep > 100:
            return True
        self._done.add(target)
        named = [rule for rule in self._reader.rules if target in rule.targets and not rule.assigned]
        stem = ""
        if not any(rule.recipe for rule in named):
            rule, stem = self._pattern_rule(target)
            named += [rule] if rule else []
        needed = [
            word.replace("%", stem, 1) if stem else word for rule in named for word in rule.prerequisites
        ]
        needed = [word for word in needed if word != "|"]
        for word in needed:
            self._reach(word, deep + 1)
        cooking = [rule for rule in named if rule.recipe]
        for rule in cooking[-1:]:
            self._cook(rule, target, needed, stem)
        return bool(named)

    def _pattern_rule(self, target: str) -> tuple[Rule | None, str]:
        for rule in self._reader.rules:
            for pattern in rule.targets if rule.recipe else ():
                head, tail = split_pattern(pattern) or (None, "")
                if head is not None and target.startswith(head) and target.endswith(tail):
                    stem = target[len(head) : len(target) - len(tail)]
                    if stem:
                        return rule, stem
        return None, ""

    def _cook(self, rule: Rule, target: str, needed: Sequence[str], stem: str) -> None:
        values = {
            "@": target,
            "@D": os.path.dirname(target) or ".",
            "@F": os.path.basename(target),
            "<": needed[0] if needed else "",
            "^": " ".join(dict.fromkeys(needed)),
            "?": " ".join(dict.fromkeys(needed)),
            "+": " ".join(needed),
            "*": stem,
        }
        for other in self._reader.rules:
            if other.assigned and target in other.targets:
                values[other.assigned[0]] = other.assigned[1]
        one_shell = any(".ONESHELL" in other.targets for other in self._reader.rules)
        scope = self._reader.scope
        scope.push(values)
        try:
            for line in _commands(rule.recipe, one_shell):
                self._follow(rule, line)
        finally:
            scope.pop(values)

    def _follow(self, rule: Rule, line: Line) -> None:
        expander = self._reader.expander
        expander.where = (rule.file, line.number)
        before, expander.used = expander.used, set()
        try:
            # Which kernel it calls is not its own choice, so no doubt comes of that.
            expander.expand(_CALLED_DIRECTORY.sub("", line.text))
            self.used |= expander.used
            text = expander.expand(line.text)
        except BrokenLine as error:
            self._say(error.message, rule.file, line.number)
            return
        finally:
            expander.used |= before
        for command in text.replace("\\\n", "\\\f").split("\n"):
            plain = command.replace("\\\f", "\\\n").lstrip(" \t@+-")
            if "make" in plain:
                self._follow_command(plain, self._exports(), rule.file, line.number)

    def _exports(self) -> dict[str, str]:
        scope, expander = self._reader.scope, self._reader.expander
        found = dict(self._exported)
        for name in scope.names():
            if scope.export_all or name in scope.exported or name in os.environ or name in found:
                found[name] = expander.value(name)
        return found


def _commands(recipe: Sequence[Line], one_shell: bool) -> list[Line]:
    """The texts that a shell is given, one after the other."""
    if not one_shell or not recipe:
        return [Line(line.number, line.text.replace("\\\n\t", "\\\n")) for line in recipe]
    return [Line(recipe[0].number, " ; ".join(line.text.lstrip("@+-") for line in recipe))]
