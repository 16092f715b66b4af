"""The words of a make command line, parted as make parts them (GNU make's manual, "Summary of Options")."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_WORD = re.compile(r"([A-Za-z_][\w.-]*)(:{1,3}=|\?=|\+=|=)(.*)", re.S)
_WITH_ARGUMENT = dict(
    [(name, "directory") for name in ("C", "directory")]
    + [(name, "file") for name in ("f", "file", "makefile")]
    + [
        (name, "other")
        for name in ("I", "include-dir", "o", "old-file", "assume-old", "W", "what-if", "new-file")
    ]
    + [(name, "other") for name in ("assume-new", "j", "jobs", "l", "load-average", "max-load")]
)
# These take the next word only if it is a number.
_MAY_STAND_ALONE = ("j", "l", "jobs", "load-average", "max-load")
_NUMBER = re.compile(r"[\d.]+")
_MAKES_NOTHING = (
    "n",
    "q",
    "t",
    "just-print",
    "dry-run",
    "recon",
    "question",
    "touch",
    "v",
    "version",
    "help",
)


@dataclass(slots=True)
class CommandLine:
    """What the words come to: `-C` directories in order, `-f` files, variables and goals; `idle` where an option
    says that nothing is made."""

    directories: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    goals: list[str] = field(default_factory=list)
    idle: bool = False


def read_command_line(words: Sequence[str]) -> CommandLine:
    """Part the words that follow the name `make`."""
    found = CommandLine()
    rest: list[str] = []
    pending = list(words)
    while pending:
        word = pending.pop(0)
        if word == "--":
            rest += pending
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            kind = _WITH_ARGUMENT.get(name) if name not in _MAY_STAND_ALONE else None
            _note(found, name, kind, value if equals or not kind or not pending else pending.pop(0))
        elif word.startswith("-") and len(word) > 1:
            _short(found, word[1:], pending)
        else:
            rest.append(word)
    found.variables, found.goals = make_words(rest)
    return found


def _short(found: CommandLine, letters: str, pending: list[str]) -> None:
    """Options of one letter, several in a word; one with an argument takes what is left of the word, or the next."""
    for position, letter in enumerate(letters):
        kind = _WITH_ARGUMENT.get(letter)
        value = letters[position + 1 :]
        takes_next = kind and not value and pending
        if takes_next and (letter not in _MAY_STAND_ALONE or _NUMBER.fullmatch(pending[0])):
            value = pending.pop(0)
        _note(found, letter, kind, value)
        if kind or letter == "O":
            return


def _note(found: CommandLine, name: str, kind: str | None, value: str) -> None:
    if kind == "directory":
        found.directories.append(value)
    elif kind == "file":
        found.files.append(value)
    found.idle = found.idle or name in _MAKES_NOTHING


def make_words(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Split words as make does: (VAR=value assignments, the rest)."""
    variables: dict[str, str] = {}
    rest: list[str] = []
    for word in words:
        match = _WORD.fullmatch(word)
        if match is None:
            rest.append(word)
        elif match[2] == "+=":
            variables[match[1]] = f"{variables.get(match[1], '')} {match[3]}".strip()
        else:
            variables[match[1]] = match[3]
    return variables, rest


def shown(variables: Mapping[str, str]) -> str:
    """Variables as words of a command line, for a message."""
    return " ".join(f"{name}={_quoted(value)}" for name, value in variables.items())


def _quoted(value: str) -> str:
    return f"'{value}'" if re.search(r"[\s\"$;&|<>()]", value) or not value else value
