"""The macros that are the same for every unit of a kernel, and what conditions over them alone come to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from nsfix.csource.conditions import BadCondition, condition_tokens, evaluate_tokens
from nsfix.csource.predefined import SETTLED

_WORD = re.compile(rb"(?<!\w)[A-Za-z_]\w*")
_NAME = re.compile(rb"\s*(\w+)")
_DEFINED = re.compile(rb"(!?)\s*defined\s*(?:\(\s*(\w+)\s*\)|(\w+))\Z")
_CONFIG_TEST = re.compile(rb"\b(IS_ENABLED|IS_BUILTIN|IS_MODULE|IS_REACHABLE)\s*\(\s*(CONFIG_\w+)\s*\)")
_CONFIG_TESTS = frozenset((b"IS_ENABLED", b"IS_BUILTIN", b"IS_MODULE", b"IS_REACHABLE", b"defined"))


def single_test(keyword: bytes, argument: bytes) -> tuple[bytes | None, bool]:
    """For a directive that asks only whether one macro is defined: (its name, whether it should be)."""
    if keyword not in (b"if", b"elif"):
        match = _NAME.match(argument)
        return (match[1] if match else b""), not keyword.endswith(b"ndef")
    match = _DEFINED.match(argument)
    if match is None:
        return None, True
    return match[2] or match[3], not match[1]


def is_settled_word(word: bytes) -> bool:
    """Whether only the configuration or the compiler is to define `word`."""
    return word.startswith(b"CONFIG_") or word in SETTLED


class Settled:
    """The macros that are the same for every unit of a kernel, and what conditions over them come to.

    `macros` are the configuration's and the compiler's; `loose` are words that some unit of this run defines
    by itself (a driver with a CONFIG_ of its own), so that conditions over them are left to the units.
    """

    def __init__(self, macros: Mapping[bytes, bytes], loose: frozenset[bytes] = frozenset()) -> None:
        self.macros = macros
        self.loose = loose
        self._answers: dict[tuple[bytes, bytes], bool | None] = {}

    def answer(self, keyword: bytes, argument: bytes) -> bool | None:
        """Whether the arm that this directive opens is taken; None where a unit has to say."""
        key = (keyword, argument)
        try:
            return self._answers[key]
        except KeyError:
            answer = self._answers[key] = self._work_out(*key)
            return answer

    def _settles(self, word: bytes) -> bool:
        return is_settled_word(word) and word not in self.loose

    def _work_out(self, keyword: bytes, argument: bytes) -> bool | None:
        if keyword == b"else":
            return True
        if keyword in (b"ifdef", b"ifndef", b"elifdef", b"elifndef"):
            match = _NAME.match(argument)
            if match is None or not self._settles(match[1]):
                return None
            return (match[1] in self.macros) == (not keyword.endswith(b"ndef"))
        words = _WORD.findall(argument)
        if b"__has" in argument or not all(w in _CONFIG_TESTS or self._settles(w) for w in words):
            return None
        return self._evaluate(argument)

    def _evaluate(self, argument: bytes) -> bool | None:
        text = _CONFIG_TEST.sub(lambda m: b"1" if self.config_test(m[1], m[2]) else b"0", argument)
        tokens: list[bytes] = []
        for word in resolve_defined(condition_tokens(text), self.macros.__contains__):
            body = self.macros.get(word)
            tokens += [word] if body is None else condition_tokens(body) or [word]
        if any(t in _CONFIG_TESTS for t in tokens):
            return None
        try:
            value = evaluate_tokens(tokens, lambda word: 0)
        except BadCondition:
            return None
        return None if value is None else bool(value)

    def config_test(self, test: bytes, option: bytes) -> bool:
        """IS_ENABLED and its kin, as include/linux/kconfig.h has them for a module."""
        built_in = self.macros.get(option) == b"1"
        module = self.macros.get(option + b"_MODULE") == b"1"
        return {
            b"IS_ENABLED": built_in or module,
            b"IS_BUILTIN": built_in,
            b"IS_MODULE": module,
            b"IS_REACHABLE": built_in or (module and b"MODULE" in self.macros),
        }[test]


def resolve_defined(tokens: list[bytes], known: Callable[[bytes], bool]) -> list[bytes]:
    """`tokens` with each `defined X` and `defined(X)` replaced by 1 or 0."""
    if b"defined" not in tokens:
        return tokens
    out: list[bytes] = []
    index = 0
    while index < len(tokens):
        if tokens[index] != b"defined":
            out.append(tokens[index])
            index += 1
            continue
        if tokens[index + 1 : index + 2] == [b"("] and tokens[index + 3 : index + 4] == [b")"]:
            name, index = tokens[index + 2], index + 4
        else:
            name, index = (tokens[index + 1] if index + 1 < len(tokens) else b""), index + 2
        out.append(b"1" if known(name) else b"0")
    return out
