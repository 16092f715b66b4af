"""Which symbols a source can know at all: nothing is called in a kernel that no header in reach declares.

A declaration spells the name, in nearly all cases. So of what macros may paste, only the names count that some
header in reach spells, and those that no header of the tree spells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nsfix.csource.names import NameFinder
from nsfix.scan.headers import KernelHeaders


class Declared:
    """Those of `names` that the kernel's `headers` spell."""

    def __init__(self, names: Sequence[bytes], headers: KernelHeaders) -> None:
        spelled: dict[str, int] = {}
        finder = NameFinder(names, dense=True)
        numbers = {name: number for number, name in enumerate(names)}
        self._names = names
        for path in headers.paths:
            for name, _ in finder.find(headers.read(path) or b""):
                spelled[path] = spelled.get(path, 0) | 1 << numbers[name]
        self._reached = _spread(spelled, headers.includers)
        self._known: dict[int, frozenset[bytes]] = {}
        self.anywhere = self._named(_joined(self._reached.values()))

    @property
    def masks(self) -> Mapping[str, int]:
        """What each header spells with all that it includes: a bit for each name."""
        return self._reached

    def reached(self, headers: Iterable[str]) -> frozenset[bytes]:
        """The names that some of `headers`, or what they include, spell."""
        reached = self._reached
        return self._named(_joined(reached.get(header, 0) for header in headers))

    def _named(self, mask: int) -> frozenset[bytes]:
        known = self._known.get(mask)
        if known is None:
            digits = bin(mask)[:1:-1]
            known = frozenset(name for name, bit in zip(self._names, digits, strict=False) if bit == "1")
            self._known[mask] = known
        return known


def _joined(masks: Iterable[int]) -> int:
    joined = 0
    for mask in masks:
        joined |= mask
    return joined


def _spread(spelled: Mapping[str, int], includers: Mapping[str, list[str]]) -> dict[str, int]:
    """What each header spells with all that it includes, to any depth."""
    reached = dict(spelled)
    pending = list(spelled)
    while pending:
        path = pending.pop()
        mask = reached[path]
        for outer in includers.get(path, ()):
            known = reached.get(outer, 0)
            if known | mask != known:
                reached[outer] = known | mask
                pending.append(outer)
    return reached
