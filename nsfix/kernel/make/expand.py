"""Expansion of `$(…)`: variables, substitution references and functions, as GNU make 4.3 computes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from nsfix.errors import InputError
from nsfix.kernel.make.scope import Scope
from nsfix.kernel.make.text import reference_end
from nsfix.kernel.make.unknown import Unknowns
from nsfix.kernel.make.words import TEXT_FUNCTIONS, replace_suffix

_FUNCTION_CALL = re.compile(r"([a-z][a-z-]*)(?:[ \t\n]+|$)")
_MOST_NESTED = 120  # references within references; make itself stops only when its stack is full
_MOST_REFERENCES = 200_000  # in one directory; the largest of the kernel have a few thousand
_LONGEST_VALUE = 4_000_000

Function = Callable[["Expander", Sequence[str]], str]
KernelFunction = Callable[[Sequence[str]], str]


class BrokenLine(InputError):
    """A line that make would stop at; the reader says so and goes on with the next."""


class Expander:
    """Expands text against a scope. `functions` are those that do more than transform text.

    `kernel_functions` stand in for what the kernel's own makefiles define for `$(call …)`, where no file
    defines the name itself. `where` is the file and line being read. Raises InputError, with that place,
    for a variable that refers to itself and for an expansion that does not end.
    """

    def __init__(
        self,
        scope: Scope,
        functions: Mapping[str, tuple[int, int, Function]],
        kernel_functions: Mapping[str, KernelFunction],
        unknowns: Unknowns,
    ) -> None:
        self.scope = scope
        self.functions = functions
        self.kernel_functions = kernel_functions
        self.unknowns = unknowns
        self.used: set[str] = set()
        self.where: tuple[str, int] = ("", 0)
        self._open: set[str] = set()
        self._depth = 0
        self._count = 0

    def expand(self, text: str) -> str:
        """Return `text` with every reference computed."""
        if "$" not in text:
            return text
        self._depth += 1
        if self._depth > _MOST_NESTED or self._count > _MOST_REFERENCES:
            raise InputError("this expansion never ends", *self.where)
        out: list[str] = []
        position = 0
        try:
            while (dollar := text.find("$", position)) >= 0:
                out.append(text[position:dollar])
                value, position = self._reference(text, dollar + 1)
                out.append(value)
        finally:
            self._depth -= 1
        out.append(text[position:])
        result = "".join(out)
        if len(result) > _LONGEST_VALUE:
            raise InputError("this expansion never ends", *self.where)
        return result

    def value(self, name: str) -> str:
        """Return `$(name)`."""
        local = self.scope.local(name)
        if local is not None:
            return local
        self.used.add(name)
        variable = self.scope.own(name)
        if variable is None:
            return self.scope.below(name) or ""
        if variable.simple or "$" not in variable.text:
            return variable.text
        if name in self._open:
            raise InputError(f"variable {name} refers to itself", *self.where)
        self._open.add(name)
        where = self.where
        try:
            return " ".join(self._pieces(name))
        finally:
            self._open.discard(name)
            self.where = where

    def _pieces(self, name: str) -> list[str]:
        variable = self.scope.own(name)
        assert variable is not None
        if len(variable.pieces) > 1 and any(not _is_balanced(piece.text) for piece in variable.pieces):
            return [self.expand(variable.text)]
        values = []
        for piece in variable.pieces:
            if piece.text:
                if piece.line:
                    self.where = (piece.file, piece.line)
                values.append(self.expand(piece.text))
        return values

    def find_word(self, name: str, word: str) -> tuple[str, int] | None:
        """Return the file and line of the assignment that first puts `word` into the list `name`."""
        variable = self.scope.own(name)
        for piece in variable.pieces if variable else ():
            text = piece.text if variable and variable.simple else self.expand(piece.text)
            if piece.line and word in text.split():
                return piece.file, piece.line
        return None

    def call(self, name: str, args: Sequence[str]) -> str:
        """Return `$(call name,args…)` with arguments that are already expanded."""
        name = name.strip()
        if name in TEXT_FUNCTIONS or name in self.functions:
            return self._apply(name, [arg.replace("$", "$$") for arg in args])
        variable = self.scope.own(name)
        if variable is None and name in self.kernel_functions:
            return self.kernel_functions[name](args)
        # Arguments beyond those given are empty, not those of the call around this one.
        frame = {str(number): "" for number in range(len(args) + 1, 10)}
        frame |= {str(number): arg for number, arg in enumerate([name, *args])}
        self.used.add(name)
        self.scope.push(frame)
        try:
            if variable is None:
                return self.scope.below(name) or ""
            return variable.text if variable.simple else self.expand(variable.text)
        finally:
            self.scope.pop(frame)

    def _reference(self, text: str, at: int) -> tuple[str, int]:
        """Compute the reference whose `$` stands before `at`; return its value and where it ends."""
        self._count += 1
        opening = text[at : at + 1]
        if opening == "$":
            return "$", at + 1
        if opening not in ("(", "{"):
            return (self.value(opening) if opening.strip() else ""), at + 1
        end = reference_end(text, at + 1, opening)
        if end < 0:
            raise BrokenLine(f"unterminated reference {text[at - 1 :]!r}", *self.where)
        return self._inner(text[at + 1 : end], opening), end + 1

    def _inner(self, inner: str, opening: str) -> str:
        named = _FUNCTION_CALL.match(inner)
        if named and len(inner) > len(named.group(1)):
            name = named.group(1)
            limits = TEXT_FUNCTIONS.get(name) or self.functions.get(name)
            if limits:
                return self._apply(name, _split_arguments(inner[named.end() :], opening, limits[1]))
        name = self.expand(inner)
        if ":" in name and "=" in name:
            variable, _, change = name.partition(":")
            old, equals, new = change.partition("=")
            if equals:
                return replace_suffix(old, new, self.value(variable))
        return self.value(name)

    def _apply(self, name: str, args: list[str]) -> str:
        text_function = TEXT_FUNCTIONS.get(name)
        fewest = (text_function or self.functions[name])[0]
        if len(args) < fewest:
            raise BrokenLine(f"$({name}) wants {fewest} arguments, {len(args)} given", *self.where)
        if text_function is None:
            return self.functions[name][2](self, args)
        try:
            return text_function[2]([self.expand(arg) for arg in args])
        except ValueError as error:
            raise BrokenLine(f"$({name}) wants a number", *self.where) from error


def _is_balanced(text: str) -> bool:
    return text.count("(") == text.count(")") and text.count("{") == text.count("}")


def _split_arguments(text: str, opening: str, most: int) -> list[str]:
    """Split at the commas outside of nested brackets of the same form, into at most `most` arguments."""
    if "," not in text or most == 1:
        return [text]
    closing = ")" if opening == "(" else "}"
    args: list[str] = []
    start = depth = 0
    for position, char in enumerate(text):
        if char == opening:
            depth += 1
        elif char == closing:
            depth -= 1
        elif char == "," and not depth:
            args.append(text[start:position])
            start = position + 1
            if len(args) == most - 1:
                break
    args.append(text[start:])
    return args
