"""What including one header comes to, kept so that it need not be worked out again for the next unit.

A header asks whether some macros are defined and what a few of them say; it defines macros of its own, and brings
more headers. Where the answers are the same as for an earlier unit, so is all the rest. Each inclusion is kept by
itself, so that a header whose neighbours differ still finds most of what it includes worked out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field

from nsfix.csource.macros import Macro
from nsfix.csource.program import MacroTable, Run, SourceText

_VARIANTS = 8  # outcomes that are kept of one header
_MOST_MACROS = 5_000_000  # definitions in all that are kept, at about 50 bytes each
Arms = frozenset[int]


@dataclass(slots=True)
class Effect:
    """One inclusion: what it asked of the macros before it, and what it left behind.

    Asked: `present` and `absent` are the names that had to be defined or not, `values` what some of them said.
    Left: `macros` that it defined, `gone` those that it undefined, `files` that were read (this header first),
    `taken` the arms of conditionals, by file and byte offset, `missing` the includes that led nowhere, and `endless`
    those that would have gone on for ever, each as file and byte offset.
    `alone` tells that files outside the common search path were looked for.
    """

    present: set[bytes] = field(default_factory=set)
    absent: set[bytes] = field(default_factory=set)
    values: dict[bytes, Macro | Run] = field(default_factory=dict)
    macros: dict[bytes, Macro | Run] = field(default_factory=dict)
    gone: set[bytes] = field(default_factory=set)
    files: dict[str, SourceText] = field(default_factory=dict)
    taken: dict[tuple[str, int], Arms] = field(default_factory=dict)
    missing: list[tuple[str, int, bytes]] = field(default_factory=list)
    endless: list[tuple[str, int]] = field(default_factory=list)
    alone: bool = False

    def holds(self, macros: MacroTable) -> bool:
        """Whether including the header with `macros` in force comes to the same."""
        names = macros.keys()
        return (
            names.isdisjoint(self.absent) and names >= self.present and self.values.items() <= macros.items()
        )

    def asks(self, name: bytes, known: bool) -> None:
        """Note that it was asked whether `name` is defined."""
        if name not in self.macros and name not in self.gone:
            (self.present if known else self.absent).add(name)

    def asks_value(self, name: bytes, value: Macro | Run | None) -> None:
        """Note that it was asked what `name` stands for."""
        if name not in self.macros and name not in self.gone:
            if value is None:
                self.absent.add(name)
            else:
                self.values[name] = value

    def define(self, macros: Mapping[bytes, Macro | Run]) -> None:
        """Note definitions."""
        self.macros.update(macros)
        if self.gone:
            self.gone.difference_update(macros)

    def undefine(self, name: bytes) -> None:
        """Note an `#undef`."""
        self.macros.pop(name, None)
        self.gone.add(name)

    def include(self, inner: Effect) -> None:
        """Note that a header was included that came to `inner`."""
        self.present |= inner.present.difference(self.macros)
        self.absent |= inner.absent.difference(self.macros, self.gone)
        for name, value in inner.values.items():
            self.asks_value(name, value)
        self.define(inner.macros)
        for name in inner.gone:
            self.undefine(name)
        self.files.update(inner.files)
        merge_arms(self.taken, inner.taken)
        self.missing += inner.missing
        self.endless += inner.endless
        self.alone = self.alone or inner.alone


def merge_arms(taken: dict[tuple[str, int], Arms], more: dict[tuple[str, int], Arms]) -> None:
    """Add `more` to the arms that were `taken`. A file that is read twice may take another arm each time."""
    if taken.keys().isdisjoint(more):
        taken.update(more)
        return
    for place, arms in more.items():
        known = taken.get(place)
        taken[place] = arms if known is None else known | arms


class EffectMemory:
    """The effects that are known of each header, for units that have the same common search path. The ones that
    were not asked for the longest make room for others."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], list[Effect]] = {}
        self._recent: dict[int, tuple[Effect, list[Effect]]] = {}  # the oldest first
        self._size = 0

    def find(self, path: str, place: int, macros: MacroTable) -> Effect | None:
        """What including `path` comes to with `macros` in force; None where it has to be worked out. `place`
        tells apart search paths, for headers that lead out of the common one."""
        for key in ((path, 0), (path, place)):
            for effect in self._known.get(key, ()):
                if effect.holds(macros):
                    self._recent[id(effect)] = self._recent.pop(id(effect))
                    return effect
        return None

    def keep(self, path: str, place: int, effect: Effect) -> None:
        """Keep what including `path` came to."""
        known = self._known.setdefault((path, place if effect.alone else 0), [])
        known.insert(0, effect)
        self._recent[id(effect)] = (effect, known)
        self._size += len(effect.macros)
        if len(known) > _VARIANTS:
            self._forget(known[-1])
        while self._size > _MOST_MACROS:
            self._forget(next(iter(self._recent.values()))[0])

    def forget(self, lasting: Callable[[str], bool]) -> None:
        """Forget the effects of all headers that are not `lasting`."""
        for path, place in [key for key in self._known if not lasting(key[0])]:
            for effect in list(self._known[path, place]):
                self._forget(effect)
            del self._known[path, place]

    def forget_files(self, changed: Set[str]) -> None:
        """Forget the effects of all headers that brought one of the `changed` files."""
        for key, known in list(self._known.items()):
            for effect in [e for e in known if not changed.isdisjoint(e.files)]:
                self._forget(effect)
            if not self._known[key]:
                del self._known[key]

    def _forget(self, effect: Effect) -> None:
        _, known = self._recent.pop(id(effect))
        known[:] = [other for other in known if other is not effect]
        self._size -= len(effect.macros)
