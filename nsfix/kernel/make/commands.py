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

from nsfix.kernel.make.unknown import has_mark

_NAME = re.compile(r"[A-Za-z_]\w*")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_OPERATORS = ("&&", "||", ";;", ";", "|", "&", "(", ")", "\n")
_REDIRECTION = re.compile(r"\d*(?:>>|>&|<<|>\||&>|>|<)(?:&?\d|&-)?")
_BEFORE_COMMANDS = ("exec", "command", "env", "time", "nice", "eval", "sudo")
_ONLY_TALK = ("echo", "printf", "test", "[", "[[", ":", "which", "type", "rm", "ln", "cp", "mkdir", "touch")
_TOO_MUCH = ("while", "until", "case", "function", "select")
MAKES = ("make", "gmake")


class NotFollowed(Exception):
    """Which make command is run, or how, cannot be told; the text says why."""


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
    reader = _Commands(_tokens(text), unknown)
    found = reader.run(_State(directory, dict(environment)), ())
    if not reader.at_end:
        raise NotFollowed(f"{reader.here!r} is out of place")
    return found


def split_words(
    text: str, lookup: Callable[[str], str], unknown: Callable[[str], str], first: bool = False
) -> list[str]:
    """The words of `text` as the shell has them: quotes taken off, variables in their place and parted at blanks.

    With `first`, only what the first word comes to, as the value of an assignment. Raises NotFollowed for an open
    quote.
    """
    tokens = [token for token in _tokens(text) if token not in _OPERATORS]
    return [
        word for raw in (tokens[:1] if first else tokens) for word in _expanded(raw, lookup, unknown, None)
    ]


def _tokens(text: str) -> list[str]:
    """Split into raw words and operators; continuations are joined, comments dropped."""
    text = re.sub(r"\\\r?\n", " ", text)
    tokens: list[str] = []
    position = 0
    while position < len(text):
        if text[position] in " \t\r":
            position += 1
        elif text[position] == "#":
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
        elif found := _REDIRECTION.match(text, position):
            tokens.append(found.group())
            position = found.end()
        elif operator := next((o for o in _OPERATORS if text.startswith(o, position)), None):
            tokens.append(operator)
            position += len(operator)
        else:
            end = _word_end(text, position)
            tokens.append(text[position:end])
            position = end
    return tokens


def _word_end(text: str, position: int) -> int:
    while position < len(text) and text[position] not in " \t\r\n;&|()<>":
        char = text[position]
        if char == "\\":
            position += 2
        elif char == "'":
            position = _closing(text, text.find("'", position + 1)) + 1
        elif char == '"':
            position = _quoted_end(text, position + 1) + 1
        elif char == "`":
            position = _closing(text, text.find("`", position + 1)) + 1
        elif text.startswith("$(", position):
            position = _bracket_end(text, position + 2) + 1
        else:
            position += 1
    return min(position, len(text))


def _closing(text: str, at: int) -> int:
    if at < 0:
        raise NotFollowed("a quote is not closed")
    return at


def _quoted_end(text: str, position: int) -> int:
    while position < len(text) and text[position] != '"':
        if text.startswith("$(", position):
            position = _bracket_end(text, position + 2)
        position += 2 if text[position] == "\\" else 1
    return _closing(text, position if position < len(text) else -1)


def _bracket_end(text: str, position: int) -> int:
    depth = 1
    while position < len(text):
        depth += (text[position] == "(") - (text[position] == ")")
        if not depth:
            return position
        position += 1
    return _closing(text, -1)


def _expanded(
    raw: str, lookup: Callable[[str], str], unknown: Callable[[str], str], directory: str | None
) -> list[str]:
    """The words that one raw word comes to; an unquoted variable may give none or several."""
    words: list[str] = []
    current: str | None = None
    position, quoted = 0, False
    while position < len(raw):
        char = raw[position]
        if char == "'" and not quoted:
            end = raw.index("'", position + 1)
            current = (current or "") + raw[position + 1 : end]
            position = end + 1
        elif char == '"':
            quoted, current = not quoted, current or ""
            position += 1
        elif char == "\\" and (not quoted or raw[position + 1 : position + 2] in ("$", "`", '"', "\\")):
            current = (current or "") + raw[position + 1 : position + 2]
            position += 2
        elif char in "$`":
            value, position = _substituted(raw, position, lookup, unknown, directory)
            parts = [value] if quoted else value.split()
            if parts:
                blank = not quoted and value[:1].isspace() and current is not None
                words += [current or ""] if blank else []
                first = parts[0] if blank else (current or "") + parts[0]
                words += [first, *parts[1:]][:-1]
                current = [first, *parts[1:]][-1]
        else:
            current = (current or "") + char
            position += 1
    return [*words, current] if current is not None else words


def _substituted(
    raw: str, at: int, lookup: Callable[[str], str], unknown: Callable[[str], str], directory: str | None
) -> tuple[str, int]:
    """The value of the `$…` or `` `…` `` at `at`, and where it ends."""
    if raw[at] == "`":
        end = raw.index("`", at + 1)
        command = raw[at + 1 : end]
    elif raw.startswith("$(", at):
        end = _bracket_end(raw, at + 2)
        command = raw[at + 2 : end]
    else:
        braced = raw.startswith("${", at)
        name = _NAME.match(raw, at + 1 + braced)
        if name is None or (braced and raw[name.end() : name.end() + 1] != "}"):
            if not braced:
                special = raw[at + 1 : at + 2] in tuple("@*#?!0123456789")
                return (unknown(raw[at : at + 2]), at + 2) if special else ("$", at + 1)
            end = raw.find("}", at)
            return unknown(raw[at : end + 1]), (end if end >= 0 else len(raw)) + 1
        return lookup(name.group()), name.end() + braced
    if command.strip() == "pwd" and directory is not None:
        return directory, end + 1
    return unknown(raw[at : end + 1]), end + 1


class _Commands:
    """Runs through the tokens of one text; what depends on more than it can tell raises NotFollowed."""

    def __init__(self, tokens: Sequence[str], unknown: Callable[[str], str]) -> None:
        self._tokens = tokens
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

        return _expanded(raw, lookup, self._unknown, state.directory)

    def _simple(self, state: _State) -> list[MakeCommand]:
        """One command: its words, what is assigned before them, and what it does to the shell."""
        words: list[str] = []
        given: dict[str, str] = {}
        while not self.at_end and self.here not in _OPERATORS:
            raw = self.here
            self._at += 1
            if _REDIRECTION.fullmatch(raw):
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
            inner = _Commands(_tokens(args[1]), self._unknown)
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
