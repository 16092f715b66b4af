r"""The shell commands of makefiles that can be computed without running anything.

Accepted: lists joined by `&&`, `||` and `;`, and `if LIST; then LIST; [else LIST;] fi`, of these commands
with plain or quoted words: echo, printf of plain text or of one `%s`, pwd, uname -r/-m/-s, true, false, `:`,
test and [ with the file, string and number tests, `!`, -a, -o and brackets, cat, basename, dirname, realpath,
readlink -f, grep -q of a plain word in files. Output may go to /dev/null. Any other command, expansion,
substitution or pipe makes the whole text unknown.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

_SPECIAL = re.compile(r"[`$<(){}*?~&|;>!#]")
_TO_NOWHERE = re.compile(r"(?:[12&]?>\s*/dev/null|2>&1)(?=\s|$|[;&|])")
_BRACKET = re.compile(r"(?<=\s)\\([()])(?=\s)")  # of a test
_ESCAPES = str.maketrans({"\n": " ", "\t": " "})
_PLAIN_WORD = re.compile(rb"[\w ,;:/#<>=()-]+")
_Result = tuple[bool, str]  # whether the command succeeds, and what it prints
_PUNCTUATION = ("&&", "||", ";")


class _NotPlain(Exception):
    """The command is none of those that can be computed."""


def plain_output(command: str, directory: str) -> str | None:
    """Return what `$(shell command)` gives in `directory`, or None where it would have to be run.

    As in make, newlines become spaces and those at the end are dropped.
    """
    try:
        words = _words(_TO_NOWHERE.sub(" ", command))
        parser = _Commands(words, directory)
        _, output = parser.run_list(())
    except (_NotPlain, ValueError, OSError):
        return None
    return output.rstrip("\n").replace("\n", " ")


def _words(text: str) -> list[str]:
    """Split into words and operators. A quoted operator keeps a mark, so that it stays a word."""
    text = _BRACKET.sub(r"'\1'", text)
    if "\\" in text.replace('\\"', "").replace("\\'", ""):
        raise _NotPlain
    lexer = shlex.shlex(text, posix=False, punctuation_chars=";&|<>()")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    for token in lexer:
        if token in _PUNCTUATION:
            words.append(token)
            continue
        unquoted = re.sub(r"'[^']*'", "", token)
        if "$" in unquoted or "`" in unquoted:
            raise _NotPlain
        bare = re.sub(r'"(?:\\.|[^"])*"', "", unquoted)
        if _SPECIAL.search(bare) and token not in ("!", "!="):
            raise _NotPlain
        words.append("".join(shlex.split(token)))
    return words


class _Commands:
    """Runs through the words of one command text, one list after the other."""

    def __init__(self, words: Sequence[str], directory: str) -> None:
        self._words = list(words)
        self._at = 0
        self._directory = directory

    def run_list(self, until: Sequence[str]) -> _Result:
        """Compute commands up to the end or a word of `until`, which is left standing."""
        succeeds, output = True, ""
        skip = False
        while self._at < len(self._words) and self._words[self._at] not in until:
            start = self._at
            done, printed = self._run_one()
            if not skip:
                succeeds, output = done, output + printed
            operator = self._words[self._at] if self._at < len(self._words) else ";"
            if operator in _PUNCTUATION:
                self._at += 1
            skip = (operator == "&&" and not succeeds) or (operator == "||" and succeeds)
            if self._at == start:
                raise _NotPlain
        return succeeds, output

    def _run_one(self) -> _Result:
        if self._words[self._at] == "if":
            return self._run_if()
        end = self._at
        while end < len(self._words) and self._words[end] not in _PUNCTUATION:
            end += 1
        words, self._at = self._words[self._at : end], end
        negated = words[:1] == ["!"]
        name, *args = words[negated:] or [""]
        if name not in _COMMANDS:
            raise _NotPlain
        succeeds, output = _COMMANDS[name](args, self._directory)
        return succeeds != negated, output

    def _run_if(self) -> _Result:
        self._at += 1
        condition, output = self.run_list(("then",))
        self._expect("then")
        chosen = self.run_list(("else", "fi"))
        otherwise: _Result = (True, "")
        if self._words[self._at : self._at + 1] == ["else"]:
            self._at += 1
            otherwise = self.run_list(("fi",))
        self._expect("fi")
        succeeds, printed = chosen if condition else otherwise
        return succeeds, output + printed

    def _expect(self, word: str) -> None:
        if self._words[self._at : self._at + 1] != [word]:
            raise _NotPlain
        self._at += 1


def _echo(args: Sequence[str], directory: str) -> _Result:
    newline = "\n"
    if args[:1] == ["-n"]:
        newline, args = "", args[1:]
    if args[:1] == ["-e"]:
        raise _NotPlain
    return True, " ".join(args) + newline


def _printf(args: Sequence[str], directory: str) -> _Result:
    if len(args) == 1 and "%" not in args[0] and "\\" not in args[0]:
        return True, args[0]
    if len(args) == 2 and args[0] == "%s":
        return True, args[1]
    raise _NotPlain


def _uname(args: Sequence[str], directory: str) -> _Result:
    names = os.uname()
    known = {"-r": names.release, "-m": names.machine, "-s": names.sysname}
    if list(args) and args[0] in known and len(args) == 1:
        return True, known[args[0]] + "\n"
    raise _NotPlain


def _cat(args: Sequence[str], directory: str) -> _Result:
    texts = [_file_text(name, directory) for name in args]
    if not args:
        raise _NotPlain
    return None not in texts, "".join(os.fsdecode(text) for text in texts if text is not None)


def _file_text(name: str, directory: str) -> bytes | None:
    path = Path(directory, name)
    return path.read_bytes() if path.is_file() else None


def _grep(args: Sequence[str], directory: str) -> _Result:
    """Only `grep -q WORD FILE…`, where WORD means itself in every kind of regular expression."""
    options = [arg for arg in args if arg.startswith("-")]
    words = [arg for arg in args if not arg.startswith("-")]
    if not options or any(option.strip("-qswF") or "q" not in "".join(options) for option in options):
        raise _NotPlain
    if len(words) < 2 or not _PLAIN_WORD.fullmatch(os.fsencode(words[0])):
        raise _NotPlain
    sought = re.escape(os.fsencode(words[0]))
    if "w" in "".join(options):
        sought = rb"(?<!\w)" + sought + rb"(?!\w)"
    texts = [_file_text(name, directory) for name in words[1:]]
    return any(text is not None and re.search(sought, text) for text in texts), ""


def _path(function: Callable[[str], str], option: str = "") -> Callable[[Sequence[str], str], _Result]:
    def run(args: Sequence[str], directory: str) -> _Result:
        if option and args[:1] == [option]:
            args = args[1:]
        elif option:
            raise _NotPlain
        if len(args) != 1 or args[0].startswith("-"):
            raise _NotPlain
        return True, function(
            os.path.join(directory, args[0]) if function is os.path.realpath else args[0]
        ) + "\n"

    return run


def _test(args: Sequence[str], directory: str) -> _Result:
    if not args:
        return False, ""
    reader = _TestReader(args, directory)
    holds = reader.either()
    if not reader.at_end:
        raise _NotPlain
    return holds, ""


class _TestReader:
    """Reads the words of one `test`: `-o` binds least, then `-a`, then `!`; brackets around parts."""

    def __init__(self, words: Sequence[str], directory: str) -> None:
        self._words = words
        self._directory = directory
        self._at = 0

    @property
    def at_end(self) -> bool:
        return self._at >= len(self._words)

    def either(self) -> bool:
        holds = self._both()
        while self._take("-o"):
            holds = self._both() or holds
        return holds

    def _both(self) -> bool:
        holds = self._one()
        while self._take("-a"):
            holds = self._one() and holds
        return holds

    def _one(self) -> bool:
        left = self._words[self._at :]
        if len(left) > 2 and (left[1] in _NUMBER_TESTS or left[1] in ("=", "==", "!=")):
            self._at += 3
            return _compare(left[0], left[1], left[2])
        if self._take("!"):
            return not self._one()
        if self._take("("):
            holds = self.either()
            if not self._take(")"):
                raise _NotPlain
            return holds
        if len(left) > 1 and left[0] in _UNARY and left[1] not in ("-o", "-a", ")"):
            self._at += 2
            return _UNARY[left[0]](
                left[1] if left[0] in ("-n", "-z") else os.path.join(self._directory, left[1])
            )
        if not left or (left[0].startswith("-") and len(left) > 1):
            raise _NotPlain
        self._at += 1
        return bool(left[0])

    def _take(self, word: str) -> bool:
        taken = self._words[self._at : self._at + 1] == [word]
        self._at += taken
        return taken


def _compare(left: str, operator: str, right: str) -> bool:
    if operator in ("=", "=="):
        return left == right
    if operator == "!=":
        return left != right
    if operator not in _NUMBER_TESTS:
        raise _NotPlain
    return _NUMBER_TESTS[operator](int(left), int(right))


def _bracket(args: Sequence[str], directory: str) -> _Result:
    if args[-1:] != ["]"]:
        raise _NotPlain
    return _test(args[:-1], directory)


_UNARY: dict[str, Callable[[str], bool]] = {
    "-e": os.path.exists,
    "-f": os.path.isfile,
    "-d": os.path.isdir,
    "-r": lambda path: os.access(path, os.R_OK),
    "-x": lambda path: os.access(path, os.X_OK),
    "-L": os.path.islink,
    "-h": os.path.islink,
    "-s": lambda path: os.path.exists(path) and os.path.getsize(path) > 0,
    "-n": bool,
    "-z": lambda text: not text,
}
_NUMBER_TESTS: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda left, right: left == right,
    "-ne": lambda left, right: left != right,
    "-lt": lambda left, right: left < right,
    "-le": lambda left, right: left <= right,
    "-gt": lambda left, right: left > right,
    "-ge": lambda left, right: left >= right,
}
_COMMANDS: dict[str, Callable[[Sequence[str], str], _Result]] = {
    "echo": _echo,
    "printf": _printf,
    "pwd": lambda args, directory: (True, directory + "\n"),
    "uname": _uname,
    "true": lambda args, directory: (True, ""),
    ":": lambda args, directory: (True, ""),
    "false": lambda args, directory: (False, ""),
    "test": _test,
    "[": _bracket,
    "cat": _cat,
    "grep": _grep,
    "basename": _path(os.path.basename),
    "dirname": _path(lambda path: os.path.dirname(path) or "."),
    "realpath": _path(os.path.realpath),
    "readlink": _path(os.path.realpath, "-f"),
}
