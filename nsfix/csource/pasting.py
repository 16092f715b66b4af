"""Macros that build names with `##`: a symbol may be used without ever being spelled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from nsfix.csource.macros import Macro

_SHORTEST = 3  # letters of a fixed part that are worth looking at


class Pasting:
    """Tells of a macro whether some name of a fixed set may come out of its pasting. Errs on the side of yes."""

    def __init__(self, names: Iterable[bytes], is_kernel: Callable[[str], bool]) -> None:
        self._joined = b"\n" + b"\n".join(names) + b"\n"
        self._is_kernel = is_kernel
        self._answers: dict[int, tuple[Macro, bool]] = {}

    def may_build(self, macro: Macro, macros: Mapping[bytes, Macro]) -> bool:
        """Whether expanding `macro`, with `macros` in force, may paste together one of the names."""
        known = self._answers.get(id(macro))
        if known is not None:
            return known[1]
        self._answers[id(macro)] = (macro, False)  # ends a circle of macros
        answer = self._builds(macro) or any(
            self.may_build(inner, macros)
            for word in macro.words()
            if (inner := macros.get(word)) is not None and inner is not macro
        )
        self._answers[id(macro)] = (macro, answer)
        return answer

    def _builds(self, macro: Macro) -> bool:
        if b"##" not in macro.argument:
            return False
        body = [t for t in macro.body if t != b" "]
        fixed: list[bytes] = []
        for index, token in enumerate(body):
            if token == b"##":
                fixed += [t for t in body[max(index - 1, 0) : index + 2] if t not in macro.params and t != b"##"]
        parts = [t for t in fixed if t[:1].isalpha() or t[:1] == b"_"]
        if not parts and not self._is_kernel(macro.file) and macro.file:
            return body.count(b"##") > body.count(b"__VA_ARGS__")
        return any(self._fits(part) for part in parts)

    def _fits(self, part: bytes) -> bool:
        if len(part) < _SHORTEST:
            return False
        return b"\n" + part in self._joined or part + b"\n" in self._joined or part in self._joined
