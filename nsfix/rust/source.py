"""One Rust source: its tokens, which brackets belong together, and which tokens are compiled."""

from __future__ import annotations

from dataclasses import dataclass

from nsfix.rust.conditions import Conditions
from nsfix.rust.lexer import NAME, OTHER, STRING, Lines, tokens_of

_OPEN = {b"(": b")", b"[": b"]", b"{": b"}"}
_TO_BODY = frozenset((b"fn", b"impl", b"trait", b"struct", b"enum", b"union", b"mod", b"extern"))
_TO_SEMICOLON = frozenset((b"use", b"const", b"static", b"type", b"let"))
_BEFORE_ITEM = frozenset((b"pub", b"unsafe", b"async", b"default", b"const", b"extern"))


@dataclass(frozen=True, slots=True)
class Arm:
    """Tokens from `start` to `end` that a `#[cfg(…)]` is about; `holds` is None where it is not known."""

    start: int
    end: int
    text: str
    holds: bool | None


class RustFile:
    """One source. Positions are indices of `tokens`; `close` maps each opening bracket to the closing one.

    A bracket that is never closed reaches to the end. `broken` is the offset of a string or comment without end.
    """

    def __init__(self, path: str, text: bytes, conditions: Conditions) -> None:
        self.path = path
        self.text = text
        self.tokens, self.broken = tokens_of(text)
        self._lines = Lines(text)
        self.close = self._pairs()
        self._opened = {end: start for start, end in self.close.items() if end < len(self.tokens)}
        self.arms = list(self._find_arms(conditions))
        self._dead = bytearray(len(self.tokens))
        for arm in self.arms:
            if arm.holds is False:
                self._dead[arm.start : arm.end] = b"\1" * (arm.end - arm.start)

    def is_(self, at: int, text: bytes) -> bool:
        """Whether the token at `at` is this sign or name; a string never is."""
        return 0 <= at < len(self.tokens) and self.tokens[at].text == text and self.tokens[at].kind != STRING

    def name(self, at: int) -> bytes | None:
        """The name at `at`, None where something else stands."""
        if 0 <= at < len(self.tokens) and self.tokens[at].kind == NAME:
            return self.tokens[at].text
        return None

    def alive(self, at: int) -> bool:
        """Whether the token at `at` is compiled, or may be."""
        return not self._dead[at]

    def line(self, at: int) -> int:
        """The line, from 1, of the token at `at`, or of the last one."""
        if not self.tokens:
            return 1
        return self._lines.line(self.tokens[min(at, len(self.tokens) - 1)].start)

    def after(self, at: int) -> int:
        """The position behind the token at `at`, or behind the group that it opens."""
        return self.close.get(at, at) + 1

    def before(self, at: int) -> int:
        """The position before the token at `at`, or before the group that it closes."""
        return self._opened.get(at, at) - 1

    def enclosing(self, at: int) -> int | None:
        """The bracket that the token at `at` stands in; None at the top of the file."""
        at -= 1
        while at >= 0 and at not in self.close:
            at = self.before(at)
        return at if at >= 0 else None

    def angles(self, at: int) -> int:
        """The position behind `<…>` at `at`; `at` itself where there is none."""
        if not self.is_(at, b"<"):
            return at
        depth = 0
        while at < len(self.tokens):
            if self.is_(at, b"<"):
                depth += 1
            elif self.is_(at, b">"):
                depth -= 1
                if depth == 0:
                    return at + 1
            elif self.is_(at, b";"):
                break
            at = self.after(at)
        return at

    def body(self, at: int, end: int) -> int:
        """The position of the first `{` or `;` from `at`, outside other brackets; `end` where there is none."""
        while at < end and not self.is_(at, b"{") and not self.is_(at, b";"):
            at = self.after(at)
        return min(at, end)

    def attributes(self, at: int) -> tuple[list[tuple[int, int]], int]:
        """The outer attributes at `at`, as the ranges between their brackets, and what they are about."""
        found: list[tuple[int, int]] = []
        while self.is_(at, b"#") and self.is_(at + 1, b"["):
            end = self.after(at + 1)
            found.append((at + 2, end - 1))
            at = end
        return found, at

    def item_end(self, at: int) -> int:
        """The position behind the item, statement, field or arm at `at`, which an attribute is about."""
        word = at
        while self.name(word) in _BEFORE_ITEM and (self.name(word + 1) or self.is_(word + 1, b"(")):
            if self.name(word + 1) not in _TO_BODY | _BEFORE_ITEM and not self.is_(word, b"pub"):
                break
            word = self.after(word + 1) if self.is_(word + 1, b"(") else word + 1
        kind = self.name(word)
        if kind in _TO_BODY and not (kind == b"union" and self.name(word + 1) is None):
            return self.after(self.body(word, len(self.tokens)))
        if kind in _TO_SEMICOLON:
            return self._until(word, (b";",))
        return self._until(at, (b";", b","), braces=True)

    def _until(self, at: int, stops: tuple[bytes, ...], braces: bool = False) -> int:
        while at < len(self.tokens):
            sign = self.tokens[at].text if self.tokens[at].kind == OTHER else b""
            if sign in stops:
                return at + 1
            if sign in (b"}", b")", b"]"):
                return at
            opens = sign == b"{"
            at = self.after(at)
            if opens and braces and not self._goes_on(at):
                return at + 1 if any(self.is_(at, stop) for stop in stops) else at
        return len(self.tokens)

    def _goes_on(self, at: int) -> bool:
        return any(self.is_(at, sign) for sign in (b"else", b".", b"?"))

    def _pairs(self) -> dict[int, int]:
        pairs: dict[int, int] = {}
        pending: list[int] = []
        for at, token in enumerate(self.tokens):
            if token.kind != OTHER:
                continue
            if token.text in _OPEN:
                pending.append(at)
            elif token.text in (b")", b"]", b"}"):
                # A bracket of another kind is a slip of the source: what it leaves open ends here too.
                while pending:
                    opened = pending.pop()
                    pairs[opened] = at
                    if _OPEN[self.tokens[opened].text] == token.text:
                        break
        pairs |= dict.fromkeys(pending, len(self.tokens))
        return pairs

    def _find_arms(self, conditions: Conditions) -> list[Arm]:
        arms: list[Arm] = []
        opened: list[tuple[int, int]] = [(0, len(self.tokens))]
        for at in range(len(self.tokens)):
            if at in self.close:
                opened.append((at + 1, self.close[at]))
            while at >= opened[-1][1]:
                opened.pop()
            if not self.is_(at, b"#"):
                continue
            inner = self.is_(at + 1, b"!")
            bracket = at + 2 if inner else at + 1
            if not (
                self.is_(bracket, b"[") and self.is_(bracket + 1, b"cfg") and self.is_(bracket + 2, b"(")
            ):
                continue
            predicate = self.tokens[bracket + 3 : self.close[bracket + 2]]
            end = self.after(bracket)
            text = self.text[
                self.tokens[bracket + 1].start : self.tokens[min(end, len(self.tokens)) - 1].start
            ]
            start, stop = opened[-1] if inner else (at, self.item_end(self.attributes(end)[1]))
            shown = " ".join(text.decode("utf-8", "replace").split())
            arms.append(Arm(start, stop, shown, conditions.holds(predicate)))
        return arms
