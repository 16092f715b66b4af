"""What `#if` expressions come to.

Accepted format: C11 6.10.1, with `__has_include`, `__has_attribute` and their kin. A value is an int, or None
where it cannot be known (three-valued logic: `0 && unknown` is 0, `1 || unknown` is 1).
"""

from __future__ import annotations

import re
from collections.abc import Callable

_TOKEN = re.compile(
    rb"[A-Za-z_$][\w$]*|\d[\w.]*|(?:[uUL])?'(?:\\.|[^'\\])+'|\"(?:\\.|[^\"\\])*\"|<<|>>|[<>=!]=|&&|\|\||\S"
)
_INTEGER = re.compile(rb"(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)[uUlL]*\Z")


def _quotient(a: int, b: int) -> int:
    """`a / b` as C has it: towards zero."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _wrapped(value: int) -> int:
    """`value` in the 64 bits that the preprocessor computes with."""
    return (value + (1 << 63)) % (1 << 64) - (1 << 63)


_BINARY: dict[bytes, tuple[int, Callable[[int, int], int]]] = {
    b"|": (3, lambda a, b: a | b),
    b"^": (4, lambda a, b: a ^ b),
    b"&": (5, lambda a, b: a & b),
    b"==": (6, lambda a, b: int(a == b)),
    b"!=": (6, lambda a, b: int(a != b)),
    b"<": (7, lambda a, b: int(a < b)),
    b">": (7, lambda a, b: int(a > b)),
    b"<=": (7, lambda a, b: int(a <= b)),
    b">=": (7, lambda a, b: int(a >= b)),
    b"<<": (8, lambda a, b: a << min(max(b, 0), 64)),
    b">>": (8, lambda a, b: a >> max(b, 0)),
    b"+": (9, lambda a, b: a + b),
    b"-": (9, lambda a, b: a - b),
    b"*": (10, lambda a, b: a * b),
    b"/": (10, lambda a, b: _quotient(a, b)),
    b"%": (10, lambda a, b: a - b * _quotient(a, b)),
}
_ESCAPES = {b"n": 10, b"t": 9, b"r": 13, b"a": 7, b"b": 8, b"f": 12, b"v": 11, b"e": 27}
_PRECEDENCE = {operator: rank for operator, (rank, _) in _BINARY.items()} | {b"||": 1, b"&&": 2}
_DEEPEST = 200


class BadCondition(Exception):
    """A text that is no `#if` expression."""


def condition_tokens(text: bytes) -> list[bytes]:
    """The tokens of an `#if` expression."""
    return _TOKEN.findall(text)


def integer(text: bytes) -> int | None:
    """The value of a C integer or character constant; None where it is neither."""
    match = _INTEGER.match(text)
    if match:
        digits = match[1]
        if digits[:2] in (b"0x", b"0X"):
            return int(digits, 16)
        if digits[:2] in (b"0b", b"0B"):
            return int(digits, 2)
        try:
            return int(digits, 8) if digits[:1] == b"0" and len(digits) > 1 else int(digits)
        except ValueError:
            return None
    if text[-1:] == b"'" and len(text) >= 3:
        return _character(text[text.index(b"'") + 1 : -1])
    return None


def _character(inner: bytes) -> int | None:
    """The value of the inside of a character constant."""
    if inner[:1] != b"\\":
        return inner[0] if len(inner) == 1 else None
    escaped = inner[1:]
    if escaped[:1] == b"x":
        return int(escaped[1:], 16) if re.fullmatch(rb"[0-9a-fA-F]{1,8}", escaped[1:]) else None
    if re.fullmatch(rb"[0-7]{1,3}", escaped):
        return int(escaped, 8)
    return _ESCAPES.get(escaped, escaped[0] if len(escaped) == 1 else None)


def evaluate_tokens(tokens: list[bytes], word: Callable[[bytes], int | None]) -> int | None:
    """The value of an expression whose macros are expanded; `word` gives that of each word left over.

    Raises BadCondition where the tokens are no expression.
    """
    parser = _Parser(tokens, word)
    value = parser.ternary(0)
    if parser.position != len(tokens):
        raise BadCondition(b" ".join(tokens).decode("ascii", "replace"))
    return value


class _Parser:
    def __init__(self, tokens: list[bytes], word: Callable[[bytes], int | None]) -> None:
        self.tokens = tokens
        self.position = 0
        self.word = word

    def peek(self) -> bytes:
        return self.tokens[self.position] if self.position < len(self.tokens) else b""

    def take(self) -> bytes:
        token = self.peek()
        if not token:
            raise BadCondition("it ends too early")
        self.position += 1
        return token

    def ternary(self, depth: int) -> int | None:
        if depth > _DEEPEST:
            raise BadCondition("it nests too deeply")
        condition = self.binary(1, depth)
        if self.peek() != b"?":
            return condition
        self.take()
        first = self.ternary(depth + 1)
        if self.take() != b":":
            raise BadCondition("`?` without `:`")
        second = self.ternary(depth + 1)
        if condition is None:
            return first if first == second else None
        return first if condition else second

    def binary(self, least: int, depth: int) -> int | None:
        left = self.unary(depth)
        while _PRECEDENCE.get(self.peek(), 0) >= least:
            operator = self.take()
            right = self.binary(_PRECEDENCE[operator] + 1, depth + 1)
            left = combine(operator, left, right)
        return left

    def unary(self, depth: int) -> int | None:
        if depth > _DEEPEST:
            raise BadCondition("it nests too deeply")
        token = self.take()
        if token in (b"!", b"~", b"-", b"+"):
            value = self.unary(depth + 1)
            if value is None:
                return None
            return {b"!": int(not value), b"~": ~value, b"-": -value, b"+": value}[token]
        if token == b"(":
            value = self.ternary(depth + 1)
            if self.take() != b")":
                raise BadCondition("`(` without `)`")
            return value
        number = integer(token)
        if number is not None:
            return number
        if token[:1].isalpha() or token[:1] in (b"_", b"$"):
            if self.peek() == b"(":  # a function-like thing that nobody defines
                self._skip_call()
                return self.word(token)
            return self.word(token)
        raise BadCondition(f"unexpected {token.decode('ascii', 'replace')!r}")

    def _skip_call(self) -> None:
        depth = 0
        while True:
            token = self.take()
            depth += (token == b"(") - (token == b")")
            if depth == 0:
                return


def combine(operator: bytes, left: int | None, right: int | None) -> int | None:
    """`left operator right` in three-valued logic; None where it cannot be known or is undefined."""
    if operator == b"&&":
        if left == 0 or right == 0:
            return 0
        return None if left is None or right is None else 1
    if operator == b"||":
        if left or right:
            return 1
        return None if left is None or right is None else 0
    if left is None or right is None or (right == 0 and operator in (b"/", b"%")) or operator not in _BINARY:
        return None
    return _wrapped(_BINARY[operator][1](left, right))
