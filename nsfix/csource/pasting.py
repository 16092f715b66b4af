"""Macros that build names with `##`: a symbol may be used without ever being spelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nsfix.csource.macros import Macro
from nsfix.csource.program import MacroTable

_SHORTEST = 2  # letters of a fixed part that are worth looking at
_ANY_TWO = b"\n##\n"  # stands for a kernel macro such as __PASTE, which joins what it is given
_NONE: frozenset[bytes] = frozenset()


class Pasting:
    """Tells what fixed parts a macro may paste into names: `#define CALL(x) usb_stor_##x` has `usb_stor_`.

    A part has a line end at each side where nothing is pasted to it: `usb_stor_` above has one before it.
    """

    def __init__(self, is_kernel: Callable[[str], bool]) -> None:
        self._is_kernel = is_kernel
        self._parts: dict[int, tuple[Macro, frozenset[bytes]]] = {}

    def parts(self, macro: Macro, macros: MacroTable) -> frozenset[bytes]:
        """The fixed parts that expanding `macro`, with `macros` in force, may paste, to any depth."""
        known = self._parts.get(id(macro))
        if known is not None:
            return known[1]
        self._parts[id(macro)] = (macro, _NONE)  # ends a circle of macros
        inner_parts: set[bytes] = set()
        joiners: set[bytes] = set()  # what is pasted inside a call of these may be pasted on
        for word in macro.words():
            inner = macros.macro(word)
            if inner is not None and inner is not macro:
                found = self.parts(inner, macros)
                inner_parts |= found
                if _ANY_TWO in found:
                    joiners.add(word)
        body = _pasting_body(macro)
        parts = set(_own_parts(macro, body, joiners))
        if b"##" in body and not parts:
            kernel = not macro.file or self._is_kernel(macro.file)
            parts.add(_ANY_TWO if kernel else b"")  # it pastes what it is given: anything may come of it
        answer = frozenset(parts | inner_parts) or _NONE
        self._parts[id(macro)] = (macro, answer)
        return answer


def _pasting_body(macro: Macro) -> list[bytes]:
    """The tokens of `macro`, without the `##` after a comma that pastes no name; empty for one that has no other."""
    if b"##" not in macro.argument:
        return []
    body = [t for t in macro.body if t != b" "]
    kept = [t for index, t in enumerate(body) if t != b"##" or body[index - 1] != b","]
    return [b"", *kept, b""] if b"##" in kept else []


def fixed_parts(macro: Macro) -> set[bytes]:
    """The fixed parts that the body of `macro` itself pastes, as Pasting has them."""
    return set(_own_parts(macro, _pasting_body(macro), set()))


def pastes_anything(macro: Macro) -> bool:
    """Whether the body of `macro` pastes what it is given, with nothing of its own."""
    body = _pasting_body(macro)
    return bool(body) and not set(_own_parts(macro, body, set()))


def _own_parts(macro: Macro, body: list[bytes], joiners: set[bytes]) -> Iterable[bytes]:
    calls: list[bytes] = []
    for index, part in enumerate(body):
        if part == b"(":
            calls.append(body[index - 1])
        elif part == b")" and calls:
            calls.pop()
        before, after = body[index - 1] == b"##", body[index + 1 : index + 2] == [b"##"]
        if (before or after) and _is_fixed(part, macro):
            joined = not joiners.isdisjoint(calls)
            yield (b"" if before or joined else b"\n") + part + (b"" if after or joined else b"\n")


def _is_fixed(part: bytes, macro: Macro) -> bool:
    return part not in macro.params and len(part.strip(b"_")) >= _SHORTEST and part[:1] not in b"\"'"


class NameSet:
    """A set of names that answers quickly whether some name has a part where it may stand."""

    def __init__(self, names: Iterable[bytes]) -> None:
        self._joined = b"\n" + b"\n".join(names) + b"\n"
        self._answers: dict[bytes, bool] = {}

    def may_hold(self, part: bytes) -> bool:
        """Whether some name may be `part` (as Pasting has it) with something pasted to it."""
        answer = self._answers.get(part)
        if answer is None:
            answer = self._answers[part] = part in self._joined
        return answer
