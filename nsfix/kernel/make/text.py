"""The lines of a makefile: joined, without comments, and taken apart into assignments."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CONTINUED = re.compile(r"[ \t]*((?:\\\\)*)\\\r?\n[ \t]*")
# Most lines: a name with at most plain references in it, and an operator.
_PLAIN_ASSIGNMENT = re.compile(
    r"[ \t]*((?:[^\s:=#$+?!(){}]|[+?!](?!=)|\$\([\w.@%-]+\)|\$\{[\w.@%-]+\})+)[ \t]*"
    r"(:=|\+=|=|\?=|!=|:::?=)[ \t]*"
)
_MODIFIER = re.compile(r"[ \t]*(override|export|unexport|private|define|undefine)(?=[ \t]|$)[ \t]*")
_OPERATOR = re.compile(r":{0,3}=|\+=|\?=|!=")
_CLOSING = {"(": ")", "{": "}"}


@dataclass(frozen=True, slots=True)
class Line:
    """A logical line: its first line's number and its text, continuation still in it."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A variable assignment: the modifiers before it, the name as written, the operator and the raw value.

    For `define NAME` and `undefine NAME` the operator may be "" and the value is ""; for `export NAMES`
    without an operator, `name` holds all the names.
    """

    modifiers: tuple[str, ...]
    name: str
    operator: str
    value: str


def logical_lines(text: str) -> tuple[Line, ...]:
    """Split a makefile's text; a line that ends in an odd number of backslashes goes on in the next."""
    lines: list[Line] = []
    parts: list[str] = []
    first = 1
    for number, line in enumerate(text.split("\n"), 1):
        if not parts:
            first = number
        line = line.removesuffix("\r")
        if line.endswith("\\") and (len(line) - len(line.rstrip("\\"))) % 2:
            parts.append(line + "\n")
            continue
        lines.append(Line(first, "".join(parts) + line if parts else line))
        parts = []
    if parts:
        lines.append(Line(first, "".join(parts)))
    return tuple(lines)


def joined(text: str) -> str:
    """Return a logical line as one: each continuation and the blanks around it become one space."""
    return _CONTINUED.sub(r"\1 ", text) if "\\\n" in text or "\\\r" in text else text


def without_comment(text: str) -> str:
    r"""Return a line without its comment. `\#` is a plain `#`; a `#` inside a reference starts no comment."""
    if "#" not in text:
        return text
    out: list[str] = []
    start = position = 0
    while position < len(text):
        char = text[position]
        if char == "$" and text[position + 1 : position + 2] in _CLOSING:
            end = reference_end(text, position + 2, text[position + 1])
            position = len(text) if end < 0 else end + 1
            continue
        if char == "#":
            backslashes = position - len(text[start:position].rstrip("\\")) - start
            out.append(text[start : position - backslashes] + "\\" * (backslashes // 2))
            if backslashes % 2 == 0:
                return "".join(out)
            out.append("#")
            start = position + 1
        position += 1
    return "".join(out) + text[start:]


def reference_end(text: str, start: int, opening: str) -> int:
    """Return where the reference whose inner text begins at `start` is closed, or -1."""
    closing = _CLOSING[opening]
    end = text.find(closing, start)
    if end < 0 or text.find(opening, start, end) < 0:
        return end
    depth = 1
    for position in range(start, len(text)):
        if text[position] == opening:
            depth += 1
        elif text[position] == closing:
            depth -= 1
            if not depth:
                return position
    return -1


def partition_outside(text: str, char: str) -> tuple[str, str, str]:
    """As `str.partition`, at the first `char` that stands outside of references."""
    position = 0
    while position < len(text):
        if text[position] == char:
            return text[:position], char, text[position + 1 :]
        if text[position] == "$" and text[position + 1 : position + 2] in _CLOSING:
            end = reference_end(text, position + 2, text[position + 1])
            position = len(text) if end < 0 else end
        position += 1
    return text, "", ""


def split_assignment(text: str) -> Assignment | None:
    """Take an assignment apart, or return None for any other line. `text` has no comment or continuation."""
    modifiers: list[str] = []
    while True:
        plain = _PLAIN_ASSIGNMENT.match(text)
        if plain:
            return Assignment(tuple(modifiers), plain.group(1), plain.group(2), text[plain.end() :])
        modifier = _MODIFIER.match(text)
        if not modifier:
            break
        modifiers.append(modifier.group(1))
        text = text[modifier.end() :]
    nested = _split_nested(text)
    if nested:
        return Assignment(tuple(modifiers), *nested)
    if modifiers:
        return Assignment(tuple(modifiers), text.strip(), "", "")
    return None


def _split_nested(text: str) -> tuple[str, str, str] | None:
    """Take apart an assignment whose name holds references of any form; None if there is no operator."""
    position = len(text) - len(text.lstrip())
    start = position
    while position < len(text):
        char = text[position]
        if char == "$" and text[position + 1 : position + 2] in _CLOSING:
            end = reference_end(text, position + 2, text[position + 1])
            if end < 0:
                return None
            position = end + 1
            continue
        blank = char in " \t"
        operator = _OPERATOR.match(text, position + len(text[position:]) - len(text[position:].lstrip()))
        if operator and position > start:
            return text[start:position], operator.group(), text[operator.end() :].lstrip()
        if blank or char == ":":
            return None
        position += 1
    return None
