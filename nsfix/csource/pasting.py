"""Macros that build names with `##`: a symbol may be used without ever being spelled."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import cache

from nsfix.csource.macros import Macro
from nsfix.csource.program import MacroTable

ANYTHING = b"*"
_ANY_TWO = b"##"  # stands for a kernel macro such as __PASTE, which joins what it is given
_SHORTEST = 2  # letters that a pattern must have of its own
_WORD = re.compile(rb"\w+\Z")
_NUMBER = re.compile(rb"(?:0[xX][0-9a-fA-F]+|[0-9]+)[uUlL]*\Z")
_NONE: frozenset[bytes] = frozenset()


class Pasting:
    """Tells which names a macro may paste, as patterns: `#define CALL(x) usb_stor_##x` has `usb_stor_*`."""

    def __init__(self, is_kernel: Callable[[str], bool]) -> None:
        self._is_kernel = is_kernel
        self._patterns: dict[int, tuple[Macro, frozenset[bytes]]] = {}

    def patterns(self, macro: Macro, macros: MacroTable) -> frozenset[bytes]:
        """The patterns of the names that expanding `macro`, with `macros` in force, may paste, to any depth."""
        known = self._patterns.get(id(macro))
        if known is not None:
            return known[1]
        self._patterns[id(macro)] = (macro, _NONE)  # ends a circle of macros
        inner: set[bytes] = set()
        joiners: set[bytes] = set()  # what is pasted inside a call of these may be pasted on
        for word in macro.words():
            below = macros.macro(word)
            if below is not None and below is not macro:
                found = self.patterns(below, macros)
                inner |= found
                if _ANY_TWO in found:
                    joiners.add(word)
        kernel = not macro.file or self._is_kernel(macro.file)
        anything = _ANY_TWO if kernel else ANYTHING
        own = {anything if pattern == ANYTHING else pattern for pattern in own_patterns(macro, joiners)}
        answer = frozenset(own | inner) or _NONE
        self._patterns[id(macro)] = (macro, answer)
        return answer


def shapes(macro: Macro) -> set[tuple[bytes, ...]]:
    """The names that the body of `macro` itself pastes, each as its parts in order: ANYTHING for what it is given."""
    body = [token for token in macro.body if token != b" "]
    chains = (_parts(body[start:end:2], macro) for start, end in _chains(body))
    return {tuple(parts) for parts in chains if parts is not None}


def own_patterns(macro: Macro, joiners: Iterable[bytes] = ()) -> set[bytes]:
    """The patterns of the names that the body of `macro` itself pastes; ANYTHING for one that has next to nothing
    of its own. What stands in a call of one of `joiners` may be longer."""
    if b"##" not in macro.argument:
        return set()
    body = [token for token in macro.body if token != b" "]
    joining = frozenset(joiners)
    return {
        pattern
        for start, end in _chains(body)
        if (pattern := _pattern(body[start:end:2], macro, not joining.isdisjoint(_callers(body, start))))
    }


def _chains(body: list[bytes]) -> Iterator[tuple[int, int]]:
    """The spans of the tokens in `body` that `##` links, but for one after a comma, which pastes no name."""
    index = 0
    while index < len(body):
        end = index + 1
        while body[end : end + 1] == [b"##"] and body[end - 1] != b",":
            end += 2
        if end > index + 1:
            yield index, min(end, len(body))
        index = end


def _callers(body: list[bytes], index: int) -> set[bytes]:
    """The words in whose parentheses the token at `index` stands."""
    callers: list[bytes] = []
    for position, token in enumerate(body[:index]):
        if token == b"(":
            callers.append(body[position - 1])
        elif token == b")" and callers:
            callers.pop()
    return set(callers)


def _pattern(chain: list[bytes], macro: Macro, joined: bool) -> bytes | None:
    parts = _parts(chain, macro)
    if parts is None:
        return None
    fixed = [part for part in parts if part != ANYTHING]
    if len(b"".join(fixed).strip(b"_")) < _SHORTEST:
        return ANYTHING
    text = b"".join(parts)
    return b"*" + text + b"*" if joined else text


def _parts(chain: list[bytes], macro: Macro) -> list[bytes] | None:
    """What `chain` is pasted from; None for a number, a string, an operator: no name comes of it."""
    parts = [ANYTHING if token in macro.params else token for token in chain if token != b"##"]
    return parts if all(part == ANYTHING or _WORD.match(part) for part in parts) else None


@cache
def _matcher(pattern: bytes) -> re.Pattern[bytes]:
    parts = [re.escape(part) for part in re.sub(rb"\*+", b"*", pattern).split(b"*")]
    return re.compile(rb"\n" + rb"(\w*)".join(parts) + rb"(?=\n)")


class NameSet:
    """A set of names that answers which of them a pattern may come to."""

    def __init__(self, names: Iterable[bytes]) -> None:
        self._names = frozenset(names)
        self._joined = b"\n" + b"\n".join(self._names) + b"\n"
        self._fills: dict[bytes, tuple[tuple[bytes, tuple[bytes, ...]], ...]] = {}

    def may_make(self, pattern: bytes, spelled: Callable[[], Container[bytes]]) -> bool:
        """Whether `pattern` may come to one of the names where what it is given is made of `spelled` words."""
        if pattern == _ANY_TWO or not self._names:
            return False
        fills = self.fills(pattern)
        if not fills:
            return False
        words = spelled()
        return any(all(is_made_of(gap, words) for gap in gaps) for _, gaps in fills)

    def fills(self, pattern: bytes) -> tuple[tuple[bytes, tuple[bytes, ...]], ...]:
        """Each name that `pattern` may come to, with what the macro has to be given for it."""
        known = self._fills.get(pattern)
        if known is None:
            if pattern == ANYTHING:
                known = tuple((name, (name,)) for name in self._names)
            else:
                matches = _matcher(pattern).finditer(self._joined)
                known = tuple((match.group()[1:], match.groups()) for match in matches)
            self._fills[pattern] = known
        return known


def makes(shape: Sequence[bytes], name: bytes, words: Container[bytes]) -> bool:
    """Whether `name` is pasted in `shape` (see `shapes`) where each thing given is one of `words`, a number, or
    nothing."""

    def fits(index: int, start: int) -> bool:
        if index == len(shape):
            return start == len(name)
        part = shape[index]
        if part != ANYTHING:
            return name.startswith(part, start) and fits(index + 1, start + len(part))
        return any(
            (gap in words or not gap or _NUMBER.match(gap) is not None) and fits(index + 1, start + len(gap))
            for gap in (name[start:end] for end in range(start, len(name) + 1))
        )

    return fits(0, 0)


def is_made_of(text: bytes, words: Container[bytes]) -> bool:
    """Whether `text` is one of `words`, several in a row, with numbers anywhere between, or empty."""
    if not text or text in words:
        return True
    reachable = [0]
    for end in range(1, len(text) + 1):
        if any((part := text[start:end]) in words or _NUMBER.match(part) for start in reachable):
            reachable.append(end)
    return reachable[-1] == len(text)
