"""Reads makefiles: assignments, conditionals, includes and rules. Recipes are kept as they stand, not expanded."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nsfix.errors import InputError
from nsfix.kernel.make.conditions import CONDITIONALS, Conditionals, Doubt
from nsfix.kernel.make.expand import BrokenLine, Expander, KernelFunction
from nsfix.kernel.make.functions import make_functions
from nsfix.kernel.make.scope import FILE, OVERRIDE, Piece, Scope, Variable
from nsfix.kernel.make.text import (
    Assignment,
    Line,
    joined,
    logical_lines,
    partition_outside,
    split_assignment,
    without_comment,
)
from nsfix.kernel.make.unknown import Unknowns, has_mark
from nsfix.model import Remark

_INCLUDES = ("include", "-include", "sinclude")
STOPS = "make stops here"  # what a remark begins with that is about a mistake in a makefile
_MOST_FILES_DEEP = 50


@dataclass(frozen=True, slots=True)
class Rule:
    """The targets and prerequisites of a rule, expanded, and where it stands. `recipe` has its lines, unexpanded,
    without the tab. Where `assigned` is set, this is no rule but a variable for the targets alone: name and value."""

    targets: tuple[str, ...]
    prerequisites: tuple[str, ...]
    file: str
    line: int
    recipe: list[Line] = field(default_factory=list, compare=False)
    assigned: tuple[str, str] | None = None


class MakeReader:
    """One make run in `directory`: read files into it, then ask `expander` for values.

    `directory` is where make runs and relative names lead; a file that is not there is also looked for beside
    the makefile that names it. Files with a base name of `given` are not included: what they hold is known
    otherwise. `remarks` collects what make would stop at or warn of, and choices that hang on unknown values; the
    rest of the file is read all the same.
    """

    def __init__(
        self,
        scope: Scope,
        directory: str,
        kernel_functions: Mapping[str, KernelFunction] | None = None,
        unknowns: Unknowns | None = None,
        given: frozenset[str] = frozenset(),
    ) -> None:
        self.scope = scope
        self.directory = directory
        self.given = given
        self.remarks: list[Remark] = []
        self.rules: list[Rule] = []
        self.doubts: list[Doubt] = []
        self.in_doubt: list[Doubt] = []
        self.files: list[str] = []
        functions = make_functions(directory, self.say, self._read_text, self.files.append)
        self.expander = Expander(scope, functions, kernel_functions or {}, unknowns or Unknowns())
        self._deep = 0

    def say(self, message: str) -> None:
        """Remark on the line that is being read, once."""
        if self.in_doubt and message.startswith(STOPS):
            message = message.replace(
                STOPS, f"make may stop here, if {self.in_doubt[-1].unknown.text} says so"
            )
        remark = Remark(message, *self.expander.where)
        if remark not in self.remarks:
            self.remarks.append(remark)

    def read(self, path: str) -> None:
        """Read one makefile, named as MAKEFILE_LIST shall have it. Raises InputError if it cannot be read."""
        full = os.path.normpath(os.path.join(self.directory, path))
        try:
            text = os.fsdecode(Path(full).read_bytes())
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror}", full) from error
        self.files.append(full)
        self.scope.append("MAKEFILE_LIST", Piece(path, full, 0, "MAKEFILE_LIST"), FILE)
        self._run(logical_lines(text), full)

    def doubts_about(self, names: set[str]) -> list[Remark]:
        """Return a remark for every conditional on an unknown value under which a name of `names` is set."""
        return [
            Remark(
                f"this condition depends on {doubt.unknown.text}, which is not run; taken as different",
                doubt.file,
                doubt.line,
            )
            for doubt in self.doubts
            if doubt.names & names
        ]

    def _read_text(self, text: str) -> None:
        """Read the text of an `$(eval …)`; all of it stands at the line of the call."""
        file, number = self.expander.where
        self._run([Line(number, line.text) for line in logical_lines(text)], file)

    def _run(self, lines: Sequence[Line], file: str) -> None:
        self._deep += 1
        if self._deep > _MOST_FILES_DEEP:
            raise InputError("includes itself without end", *self.expander.where)
        run = _Run(self, lines, file)
        run.all_lines()
        self._deep -= 1


class _Run:
    """The reading of one file's lines: its open conditionals, rule and define."""

    def __init__(self, reader: MakeReader, lines: Sequence[Line], file: str) -> None:
        self._reader = reader
        self._expander = reader.expander
        self._lines = lines
        self._file = file
        self._at = 0
        self._conditionals = Conditionals(reader.expander, reader.doubts)
        self._in_rule = False

    def all_lines(self) -> None:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            if not line.text or line.text.isspace():
                continue
            self._expander.where = (self._file, line.number)
            try:
                self._one_line(line.text)
            except BrokenLine as error:
                self._reader.say(f"{STOPS}: {error.message}")
        if self._conditionals.are_open:
            self._reader.say(f"{STOPS}: an endif is missing")

    def _one_line(self, raw: str) -> None:
        if raw[0] == "\t" and self._in_rule:
            if self._conditionals.active:
                self._reader.rules[-1].recipe.append(Line(self._expander.where[1], raw[1:]))
            return
        text = without_comment(joined(raw)).lstrip()
        if not text:
            return
        word = text.split(None, 1)[0]
        if word in CONDITIONALS:
            self._conditionals.read(word, text)
            self._reader.in_doubt = self._conditionals.doubts
            return
        assignment = split_assignment(text)
        if assignment:
            self._assignment(assignment)
        elif not self._conditionals.active:
            return
        elif word in _INCLUDES:
            self._in_rule = False
            self._include(word, self._expander.expand(text[len(word) :]))
        elif word != "vpath":
            self._rule(text)

    def _assignment(self, assignment: Assignment) -> None:
        multiline = self._define_body() if "define" in assignment.modifiers else None
        if not self._conditionals.active:
            for doubt in self._conditionals.doubts:
                doubt.names.add(self._expander.expand(assignment.name).strip())
            return
        self._in_rule = False
        origin = OVERRIDE if "override" in assignment.modifiers else FILE
        scope = self._reader.scope
        name = self._expander.expand(assignment.name).strip()
        if not assignment.operator and multiline is None:
            self._bare_modifier(assignment.modifiers, name, origin)
            return
        for doubt in self._conditionals.doubts:
            doubt.names.add(name)
        if "export" in assignment.modifiers:
            scope.exported.add(name)
        self._assign(assignment, name, assignment.value if multiline is None else multiline, origin)

    def _assign(self, assignment: Assignment, name: str, value: str, origin: str) -> None:
        scope, expander = self._reader.scope, self._expander
        file, line = expander.where
        operator = assignment.operator
        if operator == "?=" and (scope.own(name) is not None or scope.below(name) is not None):
            return
        own = scope.own(name)
        if operator == "!=":
            value = expander.functions["shell"][2](expander, [value])
        elif operator in (":=", "::=", ":::=") or (operator == "+=" and own is not None and own.simple):
            value = expander.expand(value)
        piece = Piece(value, file, line, assignment.name)
        if operator == "+=":
            scope.append(name, piece, origin)
        else:
            scope.set(name, Variable(operator.startswith(":") or operator == "!=", origin, [piece]))

    def _bare_modifier(self, modifiers: Sequence[str], name: str, origin: str) -> None:
        """`export NAMES`, `unexport NAMES`, `undefine NAME`: a modifier without an assignment."""
        scope = self._reader.scope
        if "undefine" in modifiers:
            scope.undefine(name, origin)
        elif "export" in modifiers:
            scope.exported.update(name.split())
            scope.export_all = scope.export_all or not name
        elif "unexport" in modifiers:
            scope.exported.difference_update(name.split())

    def _define_body(self) -> str:
        """Return the lines up to the endef of the define that has just been read."""
        body: list[str] = []
        depth = 1
        while self._at < len(self._lines):
            text = joined(self._lines[self._at].text)
            self._at += 1
            words = text.split(None, 2)
            if words[:1] == ["endef"] and not text.startswith("\t"):
                depth -= 1
                if not depth:
                    return "\n".join(body)
            elif words[:1] == ["define"] and not text.startswith("\t"):
                depth += 1
            body.append(text)
        raise BrokenLine("an endef is missing", *self._expander.where)

    def _include(self, word: str, names: str) -> None:
        where = self._expander.where
        for name in names.split():
            if has_mark(name):
                shown = self._expander.unknowns.readable(name)
                self._reader.say(f"not included: {shown} is known only to a shell")
                continue
            found = (
                sorted(glob.glob(name, root_dir=self._reader.directory)) if glob.has_magic(name) else [name]
            )
            for each in found:
                self._include_one(word, each)
                self._expander.where = where

    def _include_one(self, word: str, name: str) -> None:
        if os.path.basename(name) in self._reader.given:
            return
        beside = os.path.join(os.path.dirname(self._file), name)
        for candidate in (name, beside):
            if os.path.isfile(os.path.join(self._reader.directory, candidate)):
                self._reader.read(candidate)
                return
        if word == "include":
            other = _other_case(os.path.join(self._reader.directory, name))
            hint = f"; the file is called {other}" if other else ""
            self._reader.say(f"{STOPS}: there is no {name} to include{hint}")

    def _rule(self, text: str) -> None:
        """Note the targets of a rule; anything else is text that was only there for what it expands."""
        raw, semicolon, recipe = partition_outside(text, ";")
        head = self._expander.expand(raw)
        targets, colon, rest = head.partition(":")
        if colon:
            self._in_rule = True
            assignment = split_assignment(rest.lstrip(":"))
            rule = Rule(
                tuple(targets.split()),
                () if assignment else tuple(rest.lstrip(":").split()),
                *self._expander.where,
                assigned=(assignment.name.strip(), assignment.value) if assignment else None,
            )
            if semicolon and not assignment:
                rule.recipe.append(Line(rule.line, recipe))
            self._reader.rules.append(rule)
        elif head.strip() and not has_mark(head):
            raise BrokenLine(f"this is no line of a makefile: {head.strip()[:60]!r}", *self._expander.where)


def _other_case(path: str) -> str | None:
    """The name in the directory of `path` that differs from it only in upper and lower case."""
    directory, name = os.path.split(path)
    try:
        names = os.listdir(directory)
    except OSError:
        return None
    return next((each for each in sorted(names) if each.lower() == name.lower()), None)
