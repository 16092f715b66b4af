"""The words of a text for the shell: split, with quotes taken off and variables in their place. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Callable

_NAME = re.compile(r"[A-Za-z_]\w*")
OPERATORS = ("&&", "||", ";;", ";", "|", "&", "(", ")", "\n")
REDIRECTION = re.compile(r"\d*(?:>>|>&|<<|>\||&>|>|<)(?:&?\d|&-)?")


class NotFollowed(Exception):
    """Which make command is run, or how, cannot be told; the text says why."""


def split_words(
    text: str, lookup: Callable[[str], str], unknown: Callable[[str], str], first: bool = False
) -> list[str]:
    """The words of `text` as the shell has them: quotes taken off, variables in their place and parted at blanks.

    With `first`, only what the first word comes to, as the value of an assignment. Raises NotFollowed for an open
    quote.
    """
    parts = [token for token in tokens(text) if token not in OPERATORS]
    return [word for raw in (parts[:1] if first else parts) for word in expanded(raw, lookup, unknown, None)]


def tokens(text: str) -> list[str]:
    """Split into raw words and operators; continuations are joined, comments dropped."""
    text = re.sub(r"\\\r?\n", " ", text)
    found: list[str] = []
    position = 0
    while position < len(text):
        if text[position] in " \t\r":
            position += 1
        elif text[position] == "#":
            end = text.find("\n", position)
            position = len(text) if end < 0 else end
        elif redirection := REDIRECTION.match(text, position):
            found.append(redirection.group())
            position = redirection.end()
        elif operator := next((o for o in OPERATORS if text.startswith(o, position)), None):
            found.append(operator)
            position += len(operator)
        else:
            end = _word_end(text, position)
            found.append(text[position:end])
            position = end
    return found


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


def expanded(
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
