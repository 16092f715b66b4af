"""The functions of GNU make that look at variables, files or conditions. None of them runs anything."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from nsfix.errors import InputError
from nsfix.kernel.make.expand import Expander, Function
from nsfix.kernel.make.shell import plain_output
from nsfix.kernel.make.unknown import Unknown, has_mark, marks
from nsfix.kernel.make.words import absolute_paths, real_paths

Say = Callable[[str], None]
Functions = dict[str, tuple[int, int, Function]]
_ANY_NUMBER = 1 << 30


def make_functions(directory: str, say: Say, evaluate: Callable[[str], None], note: Say) -> Functions:
    """Return the functions for a make that runs in `directory`.

    `say` takes what the user should hear of (`$(error …)`, a choice that hangs on an unknown value);
    `evaluate` reads the text of an `$(eval …)`, `note` takes the paths of files that a function may have read.
    """

    def run_eval(expander: Expander, args: Sequence[str]) -> str:
        evaluate(expander.expand(args[0]))
        return ""

    def error(expander: Expander, args: Sequence[str]) -> str:
        say(f"make stops here: {expander.unknowns.readable(expander.expand(args[0])).strip()}")
        return ""

    def choose(expander: Expander, args: Sequence[str]) -> str:
        return _if(expander, args, say)

    return {
        "if": (2, 3, choose),
        "or": (1, _ANY_NUMBER, _or),
        "and": (1, _ANY_NUMBER, _and),
        "foreach": (3, 3, _foreach),
        "let": (3, 3, _let),
        "call": (1, _ANY_NUMBER, _call),
        "value": (1, 1, _value),
        "eval": (1, 1, run_eval),
        "origin": (1, 1, lambda expander, args: expander.scope.origin(expander.expand(args[0]))),
        "flavor": (1, 1, _flavor),
        "shell": (1, 1, lambda expander, args: _shell(expander, args[0], directory, note)),
        "file": (1, 2, lambda expander, args: _file(expander, args, directory, note)),
        "wildcard": (1, 1, lambda expander, args: _wildcard(expander.expand(args[0]), directory)),
        "realpath": (1, 1, lambda expander, args: real_paths(expander.expand(args[0]), directory)),
        "abspath": (1, 1, lambda expander, args: absolute_paths(expander.expand(args[0]), directory)),
        "error": (1, 1, error),
        "warning": (1, 1, _silent),
        "info": (1, 1, _silent),
    }


def _silent(expander: Expander, args: Sequence[str]) -> str:
    expander.expand(args[0])
    return ""


def _if(expander: Expander, args: Sequence[str], say: Say) -> str:
    condition = expander.expand(args[0].strip())
    otherwise = args[2] if len(args) > 2 else ""
    if has_mark(condition):
        chosen, other = expander.expand(args[1]), expander.expand(otherwise)
        if chosen != other:
            unknown = expander.unknowns.first(condition)
            assert unknown is not None
            say(f"a choice depends on {unknown.text}, which is not run; taken as yes")
        return chosen
    return expander.expand(args[1] if condition else otherwise)


def _or(expander: Expander, args: Sequence[str]) -> str:
    return next((value for arg in args if (value := expander.expand(arg.strip()))), "")


def _and(expander: Expander, args: Sequence[str]) -> str:
    value = ""
    for arg in args:
        value = expander.expand(arg.strip())
        if not value:
            return ""
    return value


def _foreach(expander: Expander, args: Sequence[str]) -> str:
    name = expander.expand(args[0]).strip()
    values = []
    for word in expander.expand(args[1]).split():
        expander.scope.push({name: word})
        try:
            values.append(expander.expand(args[2]))
        finally:
            expander.scope.pop((name,))
    return " ".join(values)


def _let(expander: Expander, args: Sequence[str]) -> str:
    names = expander.expand(args[0]).split()
    words = expander.expand(args[1]).split()
    values = {name: words[number] if number < len(words) else "" for number, name in enumerate(names)}
    if names:
        values[names[-1]] = " ".join(words[len(names) - 1 :])
    expander.scope.push(values)
    try:
        return expander.expand(args[2])
    finally:
        expander.scope.pop(values)


def _call(expander: Expander, args: Sequence[str]) -> str:
    name, *rest = (expander.expand(arg) for arg in args)
    return expander.call(name, rest)


def _value(expander: Expander, args: Sequence[str]) -> str:
    name = expander.expand(args[0])
    variable = expander.scope.own(name)
    return variable.text if variable else (expander.scope.below(name) or "")


def _flavor(expander: Expander, args: Sequence[str]) -> str:
    name = expander.expand(args[0])
    variable = expander.scope.own(name)
    if variable is not None:
        return "simple" if variable.simple else "recursive"
    return "undefined" if expander.scope.below(name) is None else "recursive"


def _shell(expander: Expander, raw: str, directory: str, note: Say) -> str:
    """Compute the few commands that need no shell; anything else is unknown."""
    command = expander.expand(raw)
    if not has_mark(command):
        for word in command.split():
            path = os.path.join(directory, word.strip("\"';"))
            if os.path.isfile(path):
                note(os.path.normpath(path))
        output = plain_output(command, directory)
        if output is not None:
            return output
    inherited = expander.unknowns.first(command)
    return expander.unknowns.mark(inherited or Unknown(f"$(shell {command.strip()})", *expander.where))


def _file(expander: Expander, args: Sequence[str], directory: str, note: Say) -> str:
    """Compute `$(file < NAME)`; the writing forms write nothing."""
    operation = expander.expand(args[0]).strip()
    if not operation.startswith("<"):
        return ""
    path = os.path.join(directory, operation[1:].strip())
    try:
        text = Path(path).read_bytes()
    except OSError:
        return ""
    note(os.path.normpath(path))
    return os.fsdecode(text).removesuffix("\n")


def _wildcard(text: str, directory: str) -> str:
    found: list[str] = []
    for pattern in text.split():
        if has_mark(pattern):
            found.append(marks(pattern))
        elif glob.has_magic(pattern):
            try:
                found += sorted(glob.glob(pattern, root_dir=directory))
            except ValueError as error:
                raise InputError(f"cannot read the pattern {pattern!r}: {error}") from error
        elif os.path.lexists(os.path.join(directory, pattern)):
            found.append(pattern)
    return " ".join(found)
