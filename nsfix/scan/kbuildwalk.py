"""The descent through a tree's Kbuild files, in which an earlier run's reading of a whole subsystem may stand."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from nsfix.kernel.make.reader import STOPS
from nsfix.kernel.walk import Walk
from nsfix.model import BuiltModule, Remark
from nsfix.scan.cache import digest_of
from nsfix.scan.memory import ANY_NAME, Memory

_DEEP = 1  # slashes in the path of a directory that is kept with all below it: drivers/iio


class _Visit(NamedTuple):
    """What a directory and all below it came to."""

    modules: Sequence[BuiltModule]
    built_in: Sequence[BuiltModule]
    remarks: Sequence[Remark]
    files: tuple[str, ...]


class RememberingWalk(Walk):
    """A Walk that does not read again what `memory` has. It is asked for the directories two levels below the top:
    above them little is to be read, and one of them is read in no time."""

    def __init__(self, *given: Any, memory: Memory) -> None:
        super().__init__(*given)
        self._memory = memory
        self._environments: dict[int, tuple[Mapping[str, str], str]] = {}

    def try_visit(
        self, path: str, environment: Mapping[str, str], wanted: bool, built_in: bool
    ) -> list[BuiltModule]:
        """The modules of a directory and of all below it; see Walk."""
        if path.count("/") != _DEEP:
            return super().try_visit(path, environment, wanted, built_in)
        inputs: Hashable = self._digest_of(environment)

        def visit(asked: Sequence[object]) -> Iterable[tuple[_Visit, tuple[str, ...]]]:
            nonlocal inputs
            for _ in asked:
                outside = self.built_in, self.remarks, self.files
                self.built_in, self.remarks, self.files = [], [], {}
                modules = super(RememberingWalk, self).try_visit(path, environment, wanted, built_in)
                found = _Visit(modules, self.built_in, self.remarks, tuple(self.files))
                self.built_in, self.remarks, self.files = outside
                if not _lasts(found):
                    inputs = object()  # equal to nothing
                yield found, (*found.files, ANY_NAME)  # what is listed depends on what there is

        [found] = self._memory.each(
            "kbuild", lambda _: inputs, [[path]], lambda _: (path, wanted, built_in), visit
        )
        self.built_in += found.built_in
        self.remarks += found.remarks
        self.files.update(dict.fromkeys(found.files))
        return list(found.modules)

    def _digest_of(self, environment: Mapping[str, str]) -> str:
        """What tells `environment` from others; many directories have the same one."""
        known = self._environments.get(id(environment))
        if known is None:
            given = sorted((name, self._unknowns.readable(value)) for name, value in environment.items())
            known = self._environments[id(environment)] = environment, digest_of(given, sorted(self.linked))
        return known[1]


def _lasts(visit: _Visit) -> bool:
    """Whether a visit names all files that it depends on: not where reading stopped somewhere."""
    return not any(remark.message.startswith(STOPS) for remark in visit.remarks)
