"""Trees in several states, each built against a kernel, and what nsfix says and makes of them.

A state is all trees at one point: as they are, without imports, or after an `apply` over either. Trees that can be
directories among others are given to nsfix together, and to one make together with all their states; the others get
runs of their own. Most states of a tree are alike, byte for byte: what is alike is built once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.cases import Pairs
from tests.kernel.building import Judgement, Kernel, build_alone, build_many, build_own
from tests.support import Result, missing_by_nsfix, nsfix
from tests.trees import Files, Tree, load, write


@dataclass(frozen=True)
class Run:
    """An `apply` over a tree, alone or with others, and one more; the files after each."""

    first: Result
    again: Result
    files: Files
    later: Files


@dataclass(frozen=True)
class Planted:
    """Trees on disk in one state, by name."""

    home: Path
    files: dict[str, Files]

    def top(self, tree: Tree) -> Path:
        """The directory of a tree."""
        return self.home / ("alone" if tree.alone else "among") / tree.name

    def now(self, tree: Tree) -> Files:
        """The files of a tree as they are by now."""
        return {path: (self.top(tree) / path).read_bytes() for path in self.files[tree.name]}


@cache
def trees() -> dict[str, Tree]:
    """Every tree, by name."""
    return {tree.name: tree for tree in load()}


def plant(home: Path, files: dict[str, Files]) -> Planted:
    """Writes trees below `home`, those that can stand together below one Kbuild file."""
    planted = Planted(home, files)
    among = [name for name in files if not trees()[name].alone]
    write({"Kbuild": "".join(f"obj-m += {name}/\n" for name in among).encode()}, home / "among")
    for name, texts in files.items():
        write(texts, planted.top(trees()[name]))
    return planted


def run(planted: Planted, words: Iterable[str | Path]) -> dict[str, Result]:
    """One run of nsfix with these words over all trees; by tree, of some the same."""
    words = list(words)
    home = planted.home / "among"
    together = nsfix(*words, f"M={home}", cwd=home)
    results = {}
    for name in planted.files:
        tree = trees()[name]
        results[name] = together
        if tree.alone:
            top = planted.top(tree)
            results[name] = nsfix(*words, *tree.words_in(top), cwd=top)
    return results


def check(planted: Planted, kernel: Kernel) -> dict[str, tuple[Result, Pairs]]:
    """What `check` says is missing, by tree."""
    said = {}
    for name, result in run(planted, ["check", "--format", "json", f"KDIR={kernel.kdir}"]).items():
        assert result.code in (0, 1), result.said
        pairs = missing_by_nsfix(json.loads(result.out))
        if not trees()[name].alone:
            below = f"{name}/"
            pairs = frozenset((p.removeprefix(below), ns) for p, ns in pairs if p.startswith(below))
        said[name] = (result, pairs)
    return said


def apply(planted: Planted, kernels: Iterable[Kernel]) -> dict[str, Run]:
    """`apply` for one kernel or several, twice; by tree."""
    words = ["apply", *(word for kernel in kernels for word in ("--kdir", str(kernel.kdir)))]
    first = run(planted, words)
    files = {name: planted.now(trees()[name]) for name in planted.files}
    again = run(planted, words)
    return {
        name: Run(first[name], again[name], files[name], planted.now(trees()[name])) for name in planted.files
    }


class Builder:
    """Builds trees against one kernel; what is alike, once."""

    def __init__(self, kernel: Kernel, home: Path) -> None:
        self._kernel = kernel
        self._home = home
        self._built: dict[tuple[str, frozenset[tuple[str, bytes]]], Judgement] = {}

    def build(self, states: Iterable[dict[str, Files]]) -> None:
        """Builds every tree of these states that has not been built yet."""
        wanted = [_key(name, files) for state in states for name, files in state.items()]
        new = list(dict.fromkeys(key for key in wanted if key not in self._built))
        among = {f"{number}/{key[0]}": key for number, key in enumerate(new) if not trees()[key[0]].alone}
        for place, key in among.items():
            write(dict(key[1]), self._home / "among" / place)
        alone = [key for key in new if trees()[key[0]].alone]
        with ThreadPoolExecutor(2) as pool:  # a make of one source keeps one processor busy
            judged = pool.map(self._build_alone, range(len(alone)), alone)
            self._built |= dict(zip(alone, judged, strict=True))
        many = build_many(self._kernel, self._home / "among", list(among)) if among else {}
        self._built |= {among[place]: judgement for place, judgement in many.items()}

    def _build_alone(self, number: int, key: tuple[str, frozenset[tuple[str, bytes]]]) -> Judgement:
        tree = trees()[key[0]]
        top = write(dict(key[1]), self._home / "alone" / str(number) / tree.name)
        if tree.wrapper:
            return build_own(self._kernel, top, top / tree.at)
        return build_alone(self._kernel, top / tree.at, tree.words)

    def judged(self, name: str, files: Files) -> Judgement:
        """What modpost said of a tree with these files."""
        return self._built[_key(name, files)]


def _key(name: str, files: Files) -> tuple[str, frozenset[tuple[str, bytes]]]:
    return name, frozenset(files.items())
