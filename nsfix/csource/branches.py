"""The arms of a text's conditionals that hang on the configuration, and what has to be configured for one.

Nothing but CONFIG symbols is known here: what a condition asks beyond them may come out either way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from nsfix.csource.conditions import BadCondition, condition_tokens, evaluate_tokens
from nsfix.csource.directives import Arm, Conditional, Directive, read_skeleton
from nsfix.csource.settled import single_test

_CONFIG = re.compile(rb"CONFIG_\w+")
_CONFIG_TEST = re.compile(rb"\b(IS_ENABLED|IS_BUILTIN|IS_MODULE|IS_REACHABLE)\s*\(\s*(CONFIG_\w+)\s*\)")
_HOLDS = {b"IS_ENABLED": "my", b"IS_BUILTIN": "y", b"IS_MODULE": "m", b"IS_REACHABLE": "my"}
_MODULE = b"_MODULE"
_UNKNOWN = b"__nsfix_unknown"
_MOST_SYMBOLS = 7  # of one branch, whose values are tried in all combinations
# A directive's keyword and argument, and whether it has to hold.
Test = tuple[bytes, bytes, bool]
# The value of a symbol (CONFIG_X): n, m or y; None where it is no bool or tristate.
Value = Callable[[bytes], "str | None"]


@dataclass(frozen=True, slots=True)
class Branch:
    """An arm, by its span (byte offsets, end exclusive). `tests` are its own and those of all arms around it,
    outermost first; `symbols` the CONFIG words in them, in order."""

    start: int
    end: int
    tests: tuple[Test, ...]
    symbols: tuple[bytes, ...]


def config_words(text: bytes) -> list[bytes]:
    """The symbols that `text` speaks of, in order; the macro that tells of a module stands for its symbol."""
    return list(dict.fromkeys(word.removesuffix(_MODULE) for word in _CONFIG.findall(text)))


def read_branches(text: bytes) -> list[Branch]:
    """The arms of `text` that speak of CONFIG symbols, or stand in one that does."""
    if b"CONFIG_" not in text:
        return []
    return list(_branches(read_skeleton(text).block, ()))


def _branches(block: list[Directive | Conditional], around: tuple[Test, ...]) -> Iterator[Branch]:
    for item in block:
        if not isinstance(item, Conditional):
            continue
        before: list[Test] = []
        for arm in item.arms:
            tests = (*around, *before, *_own_test(arm))
            symbols = tuple(config_words(b" ".join(argument for _, argument, _ in tests)))
            if symbols:
                yield Branch(arm.start, arm.end, tests, symbols)
            yield from _branches(arm.block, tests if symbols else around)
            before.append((arm.opener.keyword, arm.opener.argument, False))


def _own_test(arm: Arm) -> tuple[Test, ...]:
    opener = arm.opener
    return () if opener.keyword == b"else" else ((opener.keyword, opener.argument, True),)


def may_hold(branch: Branch, value: Value) -> bool:
    """Whether `branch` may be compiled where symbols have the values that `value` gives."""
    return all(
        (result := _result(keyword, argument, value)) is None or result == wanted
        for keyword, argument, wanted in branch.tests
        if b"CONFIG_" in argument
    )


def _result(keyword: bytes, argument: bytes, value: Value) -> bool | None:
    name, wanted = single_test(keyword, argument)
    if name is not None:
        known = _defined(name, value)
        return None if known is None else known == wanted
    text = _CONFIG_TEST.sub(lambda m: _tested(m[1], m[2], value), argument)
    tokens: list[bytes] = []
    given = iter(condition_tokens(text))
    for token in given:
        if token != b"defined":
            tokens.append(token)
            continue
        name = next(given, b"")
        if name == b"(":
            name = next(given, b"")
            next(given, b"")
        known = _defined(name, value)
        tokens.append(_UNKNOWN if known is None else b"%d" % known)
    try:
        found = evaluate_tokens(tokens, lambda word: _number(word, value))
    except BadCondition:
        return None
    return None if found is None else bool(found)


def _tested(test: bytes, symbol: bytes, value: Value) -> bytes:
    known = value(symbol)
    return _UNKNOWN if known is None else b"%d" % (known in _HOLDS[test])


def _defined(word: bytes, value: Value) -> bool | None:
    if not word.startswith(b"CONFIG_"):
        return None
    known = value(word)
    if known is not None:
        return known == "y"
    known = value(word.removesuffix(_MODULE)) if word.endswith(_MODULE) else None
    return None if known is None else known == "m"


def _number(word: bytes, value: Value) -> int | None:
    known = _defined(word, value) if word.startswith(b"CONFIG_") else None
    return None if known is None else int(known)


def solve(branch: Branch, values: Mapping[bytes, str], base: Mapping[bytes, str]) -> dict[bytes, str] | None:
    """What to change in the configuration `base` for `branch` to be compiled, as little as possible; None where no
    change helps. `values` are the possible values of the symbols that may be changed."""
    free = [symbol for symbol in branch.symbols if symbol in values][:_MOST_SYMBOLS]
    rest = {symbol: base.get(symbol) for symbol in branch.symbols}
    best: dict[bytes, str] | None = None
    for chosen in product(*(values[symbol] for symbol in free)):
        assigned = dict(zip(free, chosen, strict=True))
        changes = {symbol: value for symbol, value in assigned.items() if value != base.get(symbol)}
        if best is not None and len(changes) >= len(best):
            continue
        if may_hold(branch, (rest | assigned).get):
            best = changes
    return best
