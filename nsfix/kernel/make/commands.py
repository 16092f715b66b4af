r"""The make commands in a text for the shell: a recipe line, or the MAKE line of a dkms.conf. Nothing is run.

Accepted: commands joined by `;`, `&&`, `||`, `|` and newlines, `( )` and `{ }`, `if`, `for` over words, `cd`,
assignments before a command or alone, `export`, redirections, quotes, `$NAME`, `${NAME}`, `$PWD`, `$(pwd)` and
`` `pwd` ``. Of other commands it matters only that they are not make. Where more than that decides which make
command is run, or how, NotFollowed is raised; a value that only a shell knows becomes a mark (see `unknown`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from nsfix.kernel.make.shellwords import OPERATORS, REDIRECTION, NotFollowed, expanded, tokens
from nsfix.kernel.make.unknown import has_mark

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_BEFORE_COMMANDS = ("exec", "command", "env", "time", "nice", "eval", "sudo")
_ONLY_TALK = ("echo", "printf", "test", "[", "[[", ":", "which", "type", "rm", "ln", "cp", "mkdir", "touch")
_TOO_MUCH = ("while", "until", "case", "function", "select")
MAKES = ("make", "gmake")


@dataclass(frozen=True, slots=True)
class MakeCommand:
    """One make command: the directory it starts in (absolute; None if only a shell knows), the words after the name,
    and the variables that the shell gives it beside its own environment."""

    directory: str | None
    words: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(slots=True)
class _State:
    directory: str | None
    variables: dict[str, str]
    exported: set[str] = field(default_factory=set)

    def copy(self) -> _State:
        return _State(self.directory, dict(self.variables), set(self.exported))


def make_commands(
    text: str, directory: str, environment: Mapping[str, str], unknown: Callable[[str], str]
) -> list[MakeCommand]:
    """The make commands that a shell in `directory` would run for `text`, in order, as far as each succeeds.

    `environment` has the variables of the shell; `unknown` gives the mark for a part that only a shell knows.
    """
    reader = _Commands(tokens(text), unknown)
    found = reader.run(_State(directory, dict(environment)), ())
    if not reader.at_end:
        raise NotFollowed(f"{reader.here!r} is out of place")
    return found


class _Commands:
    """Runs through the tokens of one text; what depends on more than it can tell raises NotFollowed."""

    def __init__(self, words: Sequence[str], unknown: Callable[[str], str]) -> None:
        self._tokens = words
        self._unknown = unknown
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._tokens)

    @property
    def here(self) -> str:
        return "" if self.at_end else self._tokens[self._at]

    def run(self, state: _State, until: Sequence[str]) -> list[MakeCommand]:
        """The make commands up to the end or one of `until`, which is left standing."""
        found: list[MakeCommand] = []
        otherwise = False  # behind `||`: run only if what stands before fails
        while not self.at_end and self.here not in until:
            token = self.here
            if token in ("&&", "||", ";", "|", "&", "\n"):
                otherwise = token == "||"
                self._at += 1
                continue
            commands = self._compound(state)
            found += [] if otherwise and found else commands
        return found

    def _compound(self, state: _State) -> list[MakeCommand]:
        token = self.here
        if token in _TOO_MUCH:
            if any(_is_make(each) for each in self._tokens):
                raise NotFollowed(f"what `{token}` does is known only to a shell")
            self._at = len(self._tokens)
            return []
        if token not in ("(", "{", "if", "for"):
            return self._simple(state)
        self._at += 1
        if token in ("(", "{"):
            closing = ")" if token == "(" else "}"
            found = self.run(state.copy() if token == "(" else state, (closing,))
            self._expect(closing)
            return found
        return self._if(state) if token == "if" else self._for(state)

    def _if(self, state: _State) -> list[MakeCommand]:
        """Every branch; they have to agree on what make is to do, or only one of them to run it."""
        found = self.run(state, ("then",))
        branches: list[list[MakeCommand]] = []
        while self.here in ("then", "else", "elif"):
            word = self.here
            self._at += 1
            if word == "elif":
                found += self.run(state, ("then",))
            else:
                branches.append(self.run(state.copy(), ("else", "elif", "fi")))
        self._expect("fi")
        making = [branch for branch in branches if branch]
        if any(branch != making[0] for branch in making):
            raise NotFollowed("which branch of an `if` is taken is known only to a shell")
        return found + (making[0] if making else [])

    def _for(self, state: _State) -> list[MakeCommand]:
        name = self.here
        self._at += 1
        self._expect("in")
        values: list[str] = []
        while not self.at_end and self.here not in (";", "\n"):
            values += self._words_of(self.here, state)
            self._at += 1
        while self.here in (";", "\n"):
            self._at += 1
        self._expect("do")
        start = self._at
        found: list[MakeCommand] = []
        for value in values or [""]:
            self._at = start
            state.variables[name] = value
            commands = self.run(state, ("done",))
            found += commands if values else []
        self._expect("done")
        return found

    def _expect(self, word: str) -> None:
        if self.here != word:
            raise NotFollowed(f"`{word}` is missing")
        self._at += 1

    def _words_of(self, raw: str, state: _State) -> list[str]:
        def lookup(name: str) -> str:
            if name == "PWD":
                return state.directory if state.directory is not None else self._unknown("$PWD")
            return state.variables.get(name, "")

        return expanded(raw, lookup, self._unknown, state.directory)

    def _simple(self, state: _State) -> list[MakeCommand]:
        """One command: its words, what is assigned before them, and what it does to the shell."""
        words: list[str] = []
        given: dict[str, str] = {}
        while not self.at_end and self.here not in OPERATORS:
            raw = self.here
            self._at += 1
            if REDIRECTION.fullmatch(raw):
                self._at += raw[-1] in "<>|&"  # the file's name
            elif _ASSIGNMENT.match(raw) and not words:
                name, _, value = raw.partition("=")
                given[name] = " ".join(self._words_of(value, state))
            else:
                words += self._words_of(raw, state)
        while words and words[0] in _BEFORE_COMMANDS:
            words.pop(0)
            while words and _ASSIGNMENT.match(words[0]):
                name, _, value = words.pop(0).partition("=")
                given[name] = value
        return self._command(words, given, state)

    def _command(self, words: list[str], given: dict[str, str], state: _State) -> list[MakeCommand]:
        name, *args = words or [""]
        if not words:
            state.variables |= given
        elif name in ("export", "declare", "local", "readonly"):
            for arg in args:
                variable, equals, value = arg.partition("=")
                state.exported.add(variable)
                if equals:
                    state.variables[variable] = value
        elif name in ("cd", "pushd"):
            state.directory = _joined(state.directory, args[0]) if args else None
        elif _is_make(name):
            exported = {each: state.variables.get(each, "") for each in state.exported}
            return [MakeCommand(state.directory, tuple(args), exported | given)]
        elif name in ("sh", "bash", "/bin/sh", "/bin/bash") and args[:1] in (["-c"], ["-ec"]) and args[1:]:
            inner = _Commands(tokens(args[1]), self._unknown)
            return inner.run(state.copy(), ())
        elif os.path.basename(name) not in _ONLY_TALK and any(_is_make(arg) for arg in args):
            raise NotFollowed(f"`{name}` may run make; how is known only to it")
        return []


def _is_make(word: str) -> bool:
    return os.path.basename(word) in MAKES


def _joined(directory: str | None, path: str) -> str | None:
    if has_mark(path) or path == "-" or (directory is None and not path.startswith("/")):
        return None
    return os.path.normpath(os.path.join(directory or "/", path))
