"""The symbols that Kconfig files declare: types, prompts, defaults, dependencies and selects.

Accepted format: Documentation/kbuild/kconfig-language.rst. Macros (`$(cc-option,…)`) are not run: what they come to
is unknown. Read are the files that `source` leads to from the top Kconfig, for one architecture.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

# ("sym", name), ("str", text), ("?",), ("!", a), ("&&", a, b), ("||", a, b), ("=" and its kin, a, b)
Expr = tuple[object, ...]
YES: Expr = ("str", "y")
UNKNOWN: Expr = ("?",)
_TYPES = frozenset(("bool", "boolean", "tristate", "string", "int", "hex"))
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|(&&|\|\||!=|<=|>=|[!()=<>])|(\?)|([\w./-]+)')
_MACRO_NAME = re.compile(r"\$\((\w+)\)|\$(\w+)")
_WORD = re.compile(r"[\w-]+")
_IF = re.compile(r"\s+if\b")
_ENTRIES = frozenset(
    ("config", "menuconfig", "choice", "endchoice", "comment", "menu", "endmenu", "if", "endif", "source",
     "rsource", "osource", "orsource", "mainmenu")
)  # fmt: skip


@dataclass(slots=True)
class Definition:
    """One `config` entry. `depends` has all that stands around it; values come with their conditions."""

    depends: Expr = YES
    prompt: Expr | None = None  # the condition under which it is asked for; None where it never is
    defaults: list[tuple[Expr, Expr]] = field(default_factory=list)


@dataclass(slots=True)
class Symbol:
    """All entries of one symbol, without CONFIG_. `selects` and `implies` are (symbol, condition) pairs."""

    name: str
    type: str = ""
    definitions: list[Definition] = field(default_factory=list)
    selects: list[tuple[str, Expr]] = field(default_factory=list)
    implies: list[tuple[str, Expr]] = field(default_factory=list)


def both(left: Expr, right: Expr) -> Expr:
    """`left && right`."""
    if left == YES or right == YES:
        return right if left == YES else left
    return ("&&", left, right)


def read_kconfig(tree: str, variables: Mapping[str, str]) -> dict[str, Symbol]:
    """The symbols of the tree at `tree`. `variables` are those of the environment (ARCH, SRCARCH…). A file that is
    not there, and a line that cannot be read, are passed over."""
    reader = _Reader(tree, variables)
    reader.file("Kconfig")
    return reader.symbols


def parse_expression(text: str) -> Expr:
    """The expression `text`; UNKNOWN where it is none. Macros must have been replaced."""
    tokens = list(_TOKEN.finditer(text))
    parser = _Expression(tokens)
    try:
        found = parser.either()
    except IndexError:
        return UNKNOWN
    return found if parser.at == len(tokens) else UNKNOWN


class _Expression:
    def __init__(self, tokens: list[re.Match[str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def operator(self) -> str:
        return self.tokens[self.at][3] or "" if self.at < len(self.tokens) else ""

    def either(self) -> Expr:
        left = self.every()
        while self.operator() == "||":
            self.at += 1
            left = ("||", left, self.every())
        return left

    def every(self) -> Expr:
        left = self.single()
        while self.operator() == "&&":
            self.at += 1
            left = ("&&", left, self.single())
        return left

    def single(self) -> Expr:
        if self.operator() == "!":
            self.at += 1
            return ("!", self.single())
        if self.operator() == "(":
            self.at += 1
            inner = self.either()
            if self.operator() == ")":
                self.at += 1
            return inner
        left = self.operand()
        if self.operator() in ("=", "!=", "<", ">", "<=", ">="):
            operator = self.operator()
            self.at += 1
            return (operator, left, self.operand())
        return left

    def operand(self) -> Expr:
        token = self.tokens[self.at]
        self.at += 1
        if token[1] is not None or token[2] is not None:
            text = token[1] if token[1] is not None else token[2]
            return UNKNOWN if "?" in text else ("str", text)
        if token[4]:
            return UNKNOWN
        if token[5] is None:
            raise IndexError
        return ("str", token[5]) if token[5] in ("y", "m", "n") else ("sym", token[5])


@dataclass(slots=True)
class _Block:
    """An open `if`, `menu` or `choice`; a choice's own dependencies come after its head."""

    kind: str
    depends: Expr


class _Reader:
    def __init__(self, tree: str, variables: Mapping[str, str]) -> None:
        self._tree = tree
        self._variables = variables
        self._blocks: list[_Block] = []
        self._open: list[str] = []  # the files that are being read
        self._symbol: Symbol | None = None
        self._definition: Definition | None = None
        self.symbols: dict[str, Symbol] = {}

    def file(self, name: str) -> None:
        """Read one file and what it leads to, but for one that leads to itself."""
        name = os.path.normpath(name)
        if name in self._open:
            return
        try:
            text = Path(self._tree, name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            return
        self._open.append(name)
        for line in _lines(text):
            word = _WORD.match(line)
            if word is not None:
                self._line(word[0], self._expanded(line[word.end() :].strip()), name)
        self._open.pop()

    def _expanded(self, text: str) -> str:
        """`text` with the environment's variables put in and a `?` for each macro."""
        if "$" not in text:
            return text
        text = _MACRO_NAME.sub(lambda m: self._variables.get(m[1] or m[2], m[0]), text)
        while (start := text.find("$(")) >= 0:
            depth, at = 0, start + 1
            while at < len(text):
                depth += (text[at] == "(") - (text[at] == ")")
                at += 1
                if not depth:
                    break
            text = f"{text[:start]}?{text[at:]}"
        return text

    def _line(self, word: str, rest: str, file: str) -> None:
        if word in _ENTRIES:
            self._entry(word, rest, file)
        elif self._definition is not None and self._symbol is not None:
            self._attribute(self._symbol, self._definition, word, rest)
        elif word == "depends" and self._blocks:
            block = self._blocks[-1]
            block.depends = both(block.depends, parse_expression(rest.removeprefix("on")))

    def _entry(self, word: str, rest: str, file: str) -> None:
        self._symbol = self._definition = None
        if word in ("config", "menuconfig"):
            name = rest.strip('"')
            self._symbol = self.symbols.setdefault(name, Symbol(name))
            self._definition = Definition(self._around())
            self._symbol.definitions.append(self._definition)
        elif word in ("choice", "menu", "if"):
            depends = parse_expression(rest) if word == "if" else YES
            self._blocks.append(_Block(word, depends))
        elif word in ("endchoice", "endmenu", "endif"):
            if self._blocks:
                self._blocks.pop()
        elif word in ("source", "osource", "rsource", "orsource"):
            path = rest.strip('"')
            self.file(os.path.join(os.path.dirname(file), path) if "r" in word[:2] else path)
        elif word == "comment":
            self._definition, self._symbol = Definition(), Symbol("")  # takes its `depends on` away

    def _around(self) -> Expr:
        found = YES
        for block in self._blocks:
            found = both(found, block.depends)
        return found

    def _attribute(self, symbol: Symbol, definition: Definition, word: str, rest: str) -> None:
        if word in _TYPES:
            symbol.type = symbol.type or word.replace("boolean", "bool")
            if rest:
                definition.prompt = _condition(rest)[1]
        elif word in ("def_bool", "def_tristate"):
            symbol.type = symbol.type or word.removeprefix("def_")
            definition.defaults.append(_condition(rest))
        elif word == "default":
            definition.defaults.append(_condition(rest))
        elif word == "prompt":
            definition.prompt = _condition(rest)[1]
        elif word == "depends":
            definition.depends = both(definition.depends, parse_expression(rest.removeprefix("on")))
        elif word in ("select", "imply"):
            name, *condition = _IF.split(rest, maxsplit=1)
            targets = symbol.selects if word == "select" else symbol.implies
            targets.append((name.strip(), parse_expression(condition[0]) if condition else YES))


def _condition(rest: str) -> tuple[Expr, Expr]:
    """`VALUE [if CONDITION]`, the value in quotes perhaps."""
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', lambda m: "\0" * len(m[0]), rest)
    at = re.search(r"(?:^|[\s\0)?])if\b", outside)
    if at is None:
        return parse_expression(rest), YES
    split = outside.index("if", at.start())
    return parse_expression(rest[:split]), parse_expression(rest[split + 2 :])


def _lines(text: str) -> Iterator[str]:
    """The logical lines, without comments and help texts."""
    help_at = -1  # the indentation of the help text; 0 before its first line
    pending = ""
    for raw in text.split("\n"):
        if help_at >= 0:
            if not raw.strip():
                continue
            depth = len(raw.expandtabs()) - len(raw.expandtabs().lstrip())
            if help_at == 0 and depth:
                help_at = depth
                continue
            if depth and depth >= help_at:
                continue
            help_at = -1
        line = pending + raw
        if line.endswith("\\"):
            pending = line[:-1] + " "
            continue
        pending = ""
        line = _without_comment(line).strip()
        if line in ("help", "---help---"):
            help_at = 0
        elif line:
            yield line


def _without_comment(line: str) -> str:
    if "#" not in line:
        return line
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', lambda m: "\0" * len(m[0]), line)
    at = bare.find("#")
    return line if at < 0 else line[:at]
