"""Macros that build names with `##`: a symbol may be used without ever being spelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nsfix.csource.macros import Macro
from nsfix.csource.program import MacroTable

_SHORTEST = 2  # letters of a fixed part that are worth looking at
_NONE: frozenset[bytes] = frozenset()


class Pasting:
    """Tells what fixed parts a macro may paste into names: `#define CALL(x) usb_stor_##x` has `usb_stor_`."""

    def __init__(self, is_kernel: Callable[[str], bool]) -> None:
        self._is_kernel = is_kernel
        self._parts: dict[int, tuple[Macro, frozenset[bytes]]] = {}

    def parts(self, macro: Macro, macros: MacroTable) -> frozenset[bytes]:
        """The fixed parts that expanding `macro`, with `macros` in force, may paste, to any depth."""
        known = self._parts.get(id(macro))
        if known is not None:
            return known[1]
        self._parts[id(macro)] = (macro, _NONE)  # ends a circle of macros
        parts = set(_own_parts(macro))
        if b"##" in macro.argument and not parts and macro.file and not self._is_kernel(macro.file):
            parts.add(b"")  # it pastes what it is given: anything may come of it
        for word in macro.words():
            inner = macros.macro(word)
            if inner is not None and inner is not macro:
                parts |= self.parts(inner, macros)
        answer = frozenset(parts) if parts else _NONE
        self._parts[id(macro)] = (macro, answer)
        return answer


def _own_parts(macro: Macro) -> Iterable[bytes]:
    if b"##" not in macro.argument:
        return
    body = [t for t in macro.body if t != b" "]
    for index, token in enumerate(body):
        if token == b"##":
            for part in body[max(index - 1, 0) : index + 2]:
                if part not in macro.params and len(part.strip(b"_")) >= _SHORTEST and part[:1] not in b"\"'":
                    yield part


class NameSet:
    """A set of names that answers quickly whether some name begins or ends with a part, or holds it."""

    def __init__(self, names: Iterable[bytes]) -> None:
        self._joined = b"\n" + b"\n".join(names) + b"\n"
        self._answers: dict[bytes, bool] = {}

    def may_hold(self, part: bytes) -> bool:
        """Whether some name may be `part` with something pasted to it."""
        answer = self._answers.get(part)
        if answer is None:
            joined = self._joined
            answer = b"\n" + part in joined or part + b"\n" in joined or (len(part) > 3 and part in joined)
            self._answers[part] = answer
        return answer
