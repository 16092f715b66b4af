"""The three questions, each measured round by round with the sides in turn."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from tests.bench.commands import (
    NSFIX,
    ROOT,
    Failed,
    Timing,
    build_for_nsdeps,
    builds_silently,
    nsdeps,
    nsfix,
    run,
)
from tests.bench.prerequisites import Kernel
from tests.bench.trees import Inserted, Tree

Side = Callable[[], dict[str, Timing]]

OURS, THEIRS = "nsfix apply", "kernel's tools"
_FLOORS = {
    "python -c pass": (sys.executable, "-c", "pass"),
    "python -c 'import click'": (sys.executable, "-c", "import click"),
    "python -c 'import nsfix.cli'": (sys.executable, "-c", "import nsfix.cli"),
    "nsfix --version": (*NSFIX, "--version"),
    "git --version": ("git", "--version"),
}


@dataclass
class Result:
    """One question on one tree. `timings` has each round's timing of each command, by its name.

    `aim` is how many times faster nsfix is to be or, where `factor` is false, its seconds.
    """

    case: str
    tree: str
    aim: float
    factor: bool = True
    modules: int = 0
    imports: int = 0
    silent: bool = False
    timings: dict[str, list[Timing]] = field(default_factory=dict)

    def add(self, timings: dict[str, Timing]) -> None:
        """Take in one side's timings of one round."""
        for name, timing in timings.items():
            self.timings.setdefault(name, []).append(timing)

    def wall(self, name: str) -> float:
        """The median of what a command took on the clock."""
        return median(timing.wall for timing in self.timings[name])

    def cpu(self, name: str) -> float:
        """The median of what a command took of the processors."""
        return median(timing.cpu for timing in self.timings[name])

    @property
    def ratio(self) -> float | None:
        """How many times longer the other side took."""
        return self.wall(THEIRS) / self.wall(OURS) if self.factor else None

    @property
    def cpu_ratio(self) -> float:
        """The same by processor time, which other work on the machine disturbs less."""
        return self.cpu(THEIRS) / self.cpu(OURS)

    @property
    def met(self) -> bool:
        """Whether the aim is reached."""
        ratio = self.ratio
        return self.wall(OURS) < self.aim if ratio is None else ratio >= self.aim


class Bench:
    """Runs the cases against one kernel; `say` gets a line of progress."""

    def __init__(self, kernel: Kernel, rounds: int, say: Callable[[str], None]) -> None:
        self._kernel = kernel
        self._rounds = rounds
        self._say = say
        self._silent: dict[str, bool] = {}

    def replay(self, tree: Tree) -> Result:
        """The same modules.nsdeps: nsfix apply --nsdeps against scripts/nsdeps with spatch."""
        result = Result("replay of modules.nsdeps", tree.title, aim=10)
        self._say(f"{tree.name}: building once for its modules.nsdeps")
        tree.fresh()
        build_for_nsdeps(self._kernel, tree.directory)
        result.modules = tree.built_modules()
        evidence = tree.directory / "modules.nsdeps"

        def ours() -> dict[str, Timing]:
            tree.restore()
            return {OURS: nsfix(self._kernel, tree.directory, "--nsdeps", str(evidence))}

        def theirs() -> dict[str, Timing]:
            tree.restore()
            return {THEIRS: nsdeps(self._kernel, tree.directory)}

        wanted = self._warm_up(tree, ours, theirs)
        self._interleave(result, tree, wanted, ours, theirs)
        return self._confirm(result, tree, wanted, ours)

    def clean(self, tree: Tree) -> Result:
        """From clean sources to mended sources: nsfix apply against a build and scripts/nsdeps."""
        result = Result("clean sources to mended", tree.title, aim=40)

        def ours() -> dict[str, Timing]:
            tree.fresh()
            return {OURS: nsfix(self._kernel, tree.directory)}

        def theirs() -> dict[str, Timing]:
            tree.fresh()
            built = build_for_nsdeps(self._kernel, tree.directory)
            mended = nsdeps(self._kernel, tree.directory)
            result.modules = tree.built_modules()
            return {"build": built, "scripts/nsdeps": mended, THEIRS: built + mended}

        # Not measured: the build after nsfix also brings what the other side's first build reads into memory.
        wanted = self._warm_up(tree, ours)
        self._confirm(result, tree, wanted, ours)
        self._interleave(result, tree, wanted, ours, theirs)
        return result

    def single(self, tree: Tree) -> Result:
        """One module of one file, process start included, beside floors that no tool in Python gets under."""
        result = Result("one file, process start included", tree.title, aim=0.3, factor=False, modules=1)

        def ours() -> dict[str, Timing]:
            tree.fresh()
            return {OURS: nsfix(self._kernel, tree.directory)}

        def floors() -> dict[str, Timing]:
            return {name: run(command, ROOT)[0] for name, command in _FLOORS.items()}

        wanted = self._warm_up(tree, ours)
        floors()
        self._confirm(result, tree, wanted, ours)
        for number in range(self._rounds):
            self._say(f"{tree.name}: {result.case}, round {number + 1} of {self._rounds}")
            result.add(floors())
            result.add(ours())
            self._same(tree, wanted)
        return result

    def _warm_up(self, tree: Tree, *sides: Side) -> Inserted:
        """Run each side once unmeasured: byte code is compiled and files are in memory for all of them.

        Gives the imports that all of them insert. Raises Failed where they differ, or insert none.
        """
        self._say(f"{tree.name}: one unmeasured run of each")
        sides[0]()
        wanted = tree.inserted()
        if not wanted:
            raise Failed(f"{tree.name}: nothing was inserted, so there is nothing to measure")
        for side in sides[1:]:
            side()
            self._same(tree, wanted)
        return wanted

    def _interleave(self, result: Result, tree: Tree, wanted: Inserted, *sides: Side) -> None:
        """The sides in turn, and who begins changes with each round."""
        for number in range(self._rounds):
            self._say(f"{tree.name}: {result.case}, round {number + 1} of {self._rounds}")
            for side in sides if number % 2 else reversed(sides):
                result.add(side())
                self._same(tree, wanted)

    def _same(self, tree: Tree, wanted: Inserted) -> None:
        found = tree.inserted()
        if found != wanted:
            missing, more = sorted(wanted - found), sorted(found - wanted)
            raise Failed(f"{tree.name}: the sides insert different imports: without {missing}, with {more}")

    def _confirm(self, result: Result, tree: Tree, wanted: Inserted, ours: Side) -> Result:
        """The real build over what nsfix leaves says nothing; built once for each state of the sources."""
        result.imports = len(wanted)
        ours()
        digest = tree.digest()
        if digest not in self._silent:
            self._say(f"{tree.name}: building what nsfix left")
            self._silent[digest] = builds_silently(self._kernel, tree.directory)
        result.silent = self._silent[digest]
        return result
