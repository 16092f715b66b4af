"""Makefiles that are run by hand and call the kernel's make: `$(MAKE) -C $(KDIR) M=$(PWD) CONFIG_X=m modules`.

A directory is read as make would read it there, without KERNELRELEASE; the recipes of its goals are expanded, not
run, and the make commands in them followed, from directory to directory, to those that name a module directory.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nsfix.errors import InputError
from nsfix.kernel.make.commandline import read_command_line
from nsfix.kernel.make.commands import MakeCommand, NotFollowed, make_commands
from nsfix.kernel.make.expand import BrokenLine
from nsfix.kernel.make.reader import MakeReader, Rule
from nsfix.kernel.make.scope import ENVIRONMENT, FILE, Scope
from nsfix.kernel.make.text import Line
from nsfix.kernel.make.unknown import Unknown, Unknowns, has_mark
from nsfix.kernel.make.words import split_pattern
from nsfix.kernel.tree import KernelBuild
from nsfix.model import Remark

_READ_BY_HAND = ("GNUmakefile", "makefile", "Makefile")
_SUBDIRS_GONE = (5, 4)
_MOST_MAKES = 200
# Only for a line with any of these make starts a shell, which sets PWD; else that of the make above is handed down.
_NEEDS_SHELL = re.compile(r"[#;\"*?\[\]&|<>(){}$`^~!']|\bcd\b")
_CALLED_DIRECTORY = re.compile(r"-C\s*(?:\"[^\"]*\"|\S+)")
# What a make in a kernel's directory may be asked for without building modules.
_NO_MODULES = (
    "clean",
    "help",
    "install",
    "prepare",
    "scripts",
    "headers",
    "check",
    "nsdeps",
    "tags",
    "cscope",
)
_HIDDEN = ("KERNELRELEASE", "KBUILD_EXTMOD", "MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")
_BY_HAND = {
    "MAKE": "make",
    "MAKE_COMMAND": "make",
    "MAKE_VERSION": "4.3",
    "SHELL": "/bin/sh",
    "RM": "rm -f",
    "CC": "cc",
}


@dataclass(frozen=True, slots=True)
class KernelCall:
    """One call of the kernel's make: the directory of M= (absolute), the words of its command line but for M=, and
    what the makes above it export over the user's environment, with PWD if it is not that directory. `file` and `line`
    tell where it stands."""

    directory: str
    variables: Mapping[str, str]
    environment: Mapping[str, str]
    file: str
    line: int | None


@dataclass(slots=True)
class Followed:
    """What following came to: the calls in order, why others could not be followed, and what choices hung on; `files`
    were read for it."""

    calls: list[KernelCall] = field(default_factory=list)
    reasons: list[Remark] = field(default_factory=list)
    doubts: list[Remark] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


def makefile_by_hand(directory: str) -> str | None:
    """The name of the file that make reads when it is run in `directory`; None where there is none."""
    return next(
        (name for name in _READ_BY_HAND if os.path.isfile(os.path.join(directory, name))),
        None,
    )


def follow(directory: str, kernel: KernelBuild, variables: Mapping[str, str]) -> Followed:
    """Follow what `make VAR=value…` in `directory` would call; KDIR is given as well, as the kernel at hand."""
    follower = Follower(kernel)
    words = {"KDIR": kernel.build_dir, **variables}
    name = makefile_by_hand(directory)
    if name is not None:
        follower.make(directory, name, (), words, {"PWD": directory})
    return follower.found


class Follower:
    """Follows make commands for one kernel; `found` gathers what comes of it."""

    def __init__(self, kernel: KernelBuild, unknowns: Unknowns | None = None) -> None:
        self.found = Followed()
        self._kernel = kernel
        self._unknowns = unknowns or Unknowns()
        self._makes: set[tuple[str, str, tuple[str, ...], str]] = set()

    def text(
        self, text: str, directory: str, inherited: Mapping[str, str], exported: Mapping[str, str],
        file: str, line: int | None, stronger: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Follow the make commands in a text for the shell, started in `directory`. `inherited` are the variables of
        the command line above, `exported` those that are exported over the user's environment, `stronger` those that
        win over the words of these commands."""

        def unknown(part: str) -> str:
            return self._unknowns.mark(Unknown(part, file, line or 0))

        try:
            commands = make_commands(text, directory, {**os.environ, **exported}, unknown)
        except NotFollowed as problem:
            self.give_reason(f"this make command cannot be followed: {problem}", file, line)
            return
        for command in commands:
            given = {**exported, **command.environment}
            if command.directory is not None and _NEEDS_SHELL.search(text):
                given["PWD"] = command.directory
            self._command(command, inherited, given, file, line, stronger or {})

    def _command(
        self, command: MakeCommand, inherited: Mapping[str, str], exported: Mapping[str, str],
        file: str, line: int | None, stronger: Mapping[str, str],
    ) -> None:  # fmt: skip
        words = read_command_line(command.words)
        variables = {**inherited, **words.variables, **stronger}
        if words.idle:
            return
        extmod = variables.get("M", exported.get("KBUILD_EXTMOD", ""))
        extmod = variables.get("KBUILD_EXTMOD", extmod)
        removed = self._kernel.version[:2] >= _SUBDIRS_GONE
        if not extmod and "SUBDIRS" in words.variables:
            if removed:
                self.give_reason("SUBDIRS= means nothing to kernels since 5.4; give M= there", file, line)
                return
            extmod = variables["SUBDIRS"]
        if extmod:
            self._kernel_call(command, extmod, words.goals, variables, exported, file, line)
            return
        place = command.directory
        for directory in words.directories:
            place = None if place is None or has_mark(directory) else os.path.join(place, directory)
        self._below(place, words.files, words.goals, variables, exported, file, line)

    def _kernel_call(
        self, command: MakeCommand, extmod: str, goals: Sequence[str], variables: Mapping[str, str],
        exported: Mapping[str, str], file: str, line: int | None,
    ) -> None:  # fmt: skip
        if goals and all(any(word in goal for word in _NO_MODULES) for goal in goals):
            return
        passed = {name: value for name, value in variables.items() if name not in ("M", "SUBDIRS", "KDIR")}
        unknown = self._unknowns.first(extmod + "".join(passed.values()))
        if has_mark(extmod) or (not extmod.startswith("/") and command.directory is None):
            shown = self._unknowns.first(extmod)
            told = shown.text if shown else "the directory it starts in"
            self.give_reason(f"M= depends on {told}, which is not run", file, line)
            return
        if unknown is not None:
            passed = {name: value for name, value in passed.items() if not has_mark(value)}
            said = f"a variable of this make command depends on {unknown.text}, which is not run; left out"
            self.found.doubts.append(Remark(said, file, line))
        directory = os.path.normpath(os.path.join(command.directory or "/", extmod))
        environment = _changed(exported)
        if exported.get("PWD", directory) != directory:
            environment["PWD"] = exported["PWD"]
        call = KernelCall(directory, passed, environment, file, line)
        if not any(_same(call, other) for other in self.found.calls):
            self.found.calls.append(call)

    def _below(
        self, place: str | None, files: Sequence[str], goals: Sequence[str], variables: Mapping[str, str],
        exported: Mapping[str, str], file: str, line: int | None,
    ) -> None:  # fmt: skip
        """Follow a make that names no module directory."""
        if place is None:
            self.give_reason("this make command starts in a directory that only a shell knows", file, line)
            return
        place = os.path.normpath(place)
        kernels = {os.path.realpath(path) for path in (self._kernel.build_dir, self._kernel.source_dir)}
        name = files[0] if files else makefile_by_hand(place)
        if os.path.realpath(place) in kernels:
            self.give_reason("this make command calls the kernel's make without M=", file, line)
        elif name is None or not os.path.isfile(os.path.join(place, name)):
            self.give_reason(f"this make command leads to {place}, where there is no Makefile", file, line)
        else:
            self.make(place, name, goals, variables, exported)

    def make(
        self, directory: str, name: str, goals: Sequence[str], variables: Mapping[str, str],
        exported: Mapping[str, str],
    ) -> None:  # fmt: skip
        """Follow `make GOALS VAR=value…` in `directory`, where it reads the file `name`."""
        key = (directory, name, tuple(goals), repr(sorted(variables.items())))
        if key in self._makes or len(self._makes) >= _MOST_MAKES:
            return
        self._makes.add(key)
        environment = {k: v for k, v in {**os.environ, **exported}.items() if k not in _HIDDEN}
        own = {**_BY_HAND, "CURDIR": directory, "MAKELEVEL": "0", "MAKECMDGOALS": " ".join(goals)}
        scope = Scope(((FILE, own), (ENVIRONMENT, environment)), variables)
        reader = MakeReader(scope, directory, None, self._unknowns)
        try:
            reader.read(name)
            reached = _Goals(self, reader, variables, exported)
            reached.reach(goals)
            self.found.doubts += reader.doubts_about(reached.used)
        except InputError as error:
            self.give_reason(error.message, error.file, error.line)
        self.found.files += reader.files
        self.found.reasons += [each for each in reader.remarks if each not in self.found.reasons]

    def give_reason(self, message: str, file: str | None, line: int | None) -> None:
        """Note why something could not be followed, once."""
        remark = Remark(message, file, line)
        if remark not in self.found.reasons:
            self.found.reasons.append(remark)


class _Goals:
    """The goals of one make, each reached once, prerequisites first."""

    def __init__(
        self, follower: Follower, reader: MakeReader, variables: Mapping[str, str], exported: Mapping[str, str]
    ) -> None:  # fmt: skip
        self._follower = follower
        self._reader = reader
        self._variables = variables
        self._exported = exported
        self._done: set[str] = set()
        self.used: set[str] = set()  # the variables that the recipes use, but for the directory of -C

    def reach(self, goals: Sequence[str]) -> None:
        """Reach the goals, or the default goal where there are none."""
        for goal in goals or self._default():
            if not self._reach(goal, 0):
                place = self._reader.files[0]
                self._follower.give_reason(f"there is no rule for the target {goal!r}", place, None)

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
            self._follower.give_reason(error.message, rule.file, line.number)
            return
        finally:
            expander.used |= before
        for command in text.replace("\\\n", "\\\f").split("\n"):
            plain = command.replace("\\\f", "\\\n").lstrip(" \t@+-")
            if "make" in plain:
                self._follower.text(
                    plain, self._reader.directory, self._variables, self._exports(), rule.file, line.number
                )

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


def _changed(exported: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in exported.items()
        if name != "PWD" and os.environ.get(name) != value and not has_mark(value)
    }


def _same(one: KernelCall, other: KernelCall) -> bool:
    return (one.directory, one.variables, one.environment) == (
        other.directory,
        other.variables,
        other.environment,
    )
