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
from nsfix.kernel.directory import template_beside
from nsfix.kernel.make.commandline import read_command_line
from nsfix.kernel.make.commands import MakeCommand, make_commands
from nsfix.kernel.make.goals import Goals
from nsfix.kernel.make.reader import MakeReader
from nsfix.kernel.make.scope import ENVIRONMENT, FILE, Scope
from nsfix.kernel.make.shellwords import NotFollowed
from nsfix.kernel.make.unknown import Unknown, Unknowns, has_mark
from nsfix.kernel.tree import KernelBuild
from nsfix.model import Remark

_READ_BY_HAND = ("GNUmakefile", "makefile", "Makefile")
_SUBDIRS_GONE = (5, 4)
_MOST_MAKES = 200
_DEEPEST = 15
# Only for a line with any of these make starts a shell, which sets PWD; else that of the make above is handed down.
_NEEDS_SHELL = re.compile(r"[#;\"*?\[\]&|<>(){}$`^~!']|\bcd\b")
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
        self._deep = 0

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
            template = template_beside(place)
            until = f" until {template} there is configured" if template else ""
            said = f"this make command leads to {place}, where there is no Makefile{until}"
            self.give_reason(said, file, line)
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
        if self._deep >= _DEEPEST:
            self.give_reason(
                "this Makefile runs make in itself without end", os.path.join(directory, name), None
            )
            return
        self._makes.add(key)
        self._deep += 1
        environment = {k: v for k, v in {**os.environ, **exported}.items() if k not in _HIDDEN}
        own = {**_BY_HAND, "CURDIR": directory, "MAKELEVEL": "0", "MAKECMDGOALS": " ".join(goals)}
        scope = Scope(((FILE, own), (ENVIRONMENT, environment)), variables)
        reader = MakeReader(scope, directory, None, self._unknowns)

        def follow_command(text: str, given: Mapping[str, str], file: str, line: int) -> None:
            self.text(text, directory, variables, given, file, line)

        try:
            reader.read(name)
            reached = Goals(reader, follow_command, self.give_reason, exported)
            reached.reach(goals)
            self.found.doubts += reader.doubts_about(reached.used)
        except InputError as error:
            self.give_reason(error.message, error.file, error.line)
        self._deep -= 1
        self.found.files += reader.files
        self.found.reasons += [each for each in reader.remarks if each not in self.found.reasons]

    def give_reason(self, message: str, file: str | None, line: int | None) -> None:
        """Note why something could not be followed, once."""
        remark = Remark(message, file, line)
        if remark not in self.found.reasons:
            self.found.reasons.append(remark)


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
