"""Sources where they stand: in a module, or in a directory of what is built in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

from nsfix.csource.includes import directory_of
from nsfix.scan.survey import Place, Sight

TOGETHER = 8  # sources of one module that one process reads in a row
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Seen:
    place: Place
    sight: Sight
    key: Hashable  # what key_of() gives


def key_of(place: Place) -> Hashable:
    """What tells a place from all others: the module it belongs to, and how it is compiled."""
    module, source = place
    return module.path, module.built_in, source.path, source.flags


def unit_of(place: Place) -> str:
    """The module of `place`; for what is built in, its directory."""
    module, source = place
    return directory_of(source.path) if module.built_in else module.path


def by_module(
    items: Sequence[Item], most: int = sys.maxsize, key: Callable[[Item], str] | None = None
) -> list[Sequence[Item]]:
    """`items` in portions of one module each, and of so many at `most`. `key` gives the module of an item, which is a
    Place if not given."""
    portions: list[Sequence[Item]] = []
    for _, group in groupby(items, key or unit_of):  # type: ignore[arg-type]
        some = list(group)
        portions += [some[at : at + most] for at in range(0, len(some), most)]
    return portions
