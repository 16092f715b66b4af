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
from tests.kernel.building import Judgement, Kernel, build_alone, build_many
from tests.support import Result, missing_by_nsfix, nsfix
from tests.trees import Files, Tree, load, write


@dataclass(frozen=True)
class Run:
    """An `apply` over a tree, alone or with others, and one more; the files before, between and after."""

    first: Result
    again: Result
    before: Files
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


def below(tree: Tree) -> str:
    """Where the modules of a tree are, as seen from the directory that it stands in, with a slash at the end."""
    return f"{tree.name}/{tree.at}/" if tree.at else f"{tree.name}/"


def further_words(names: Iterable[str]) -> list[str]:
    """The words for make that these trees want when they stand together."""
    return [word for name in names if not trees()[name].alone for word in trees()[name].words]


def plant(home: Path, files: dict[str, Files]) -> Planted:
    """Writes trees below `home`, those that can stand together below one Kbuild file."""
    planted = Planted(home, files)
    among = [below(trees()[name]) for name in files if not trees()[name].alone]
    write({"Kbuild": "".join(f"obj-m += {place}\n" for place in among).encode()}, home / "among")
    for name, texts in files.items():
        write(texts, planted.top(trees()[name]))
    return planted


def run(planted: Planted, words: Iterable[str | Path]) -> dict[str, Result]:
    """One run of nsfix with these words over all trees; by tree, of some the same."""
    words = list(words)
    home = planted.home / "among"
    together = nsfix(*words, f"M={home}", *further_words(planted.files), cwd=home)
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
            at = below(trees()[name])
            pairs = frozenset((p.removeprefix(at), ns) for p, ns in pairs if p.startswith(at))
        said[name] = (result, pairs)
    return said


def apply(planted: Planted, kernels: Iterable[Kernel]) -> dict[str, Run]:
    """`apply` for one kernel or several, twice; by tree."""
    words = ["apply", *(word for kernel in kernels for word in ("--kdir", str(kernel.kdir)))]
    first = run(planted, words)
    files = {name: planted.now(trees()[name]) for name in planted.files}
    again = run(planted, words)
    return {
        name: Run(first[name], again[name], planted.files[name], files[name], planted.now(trees()[name]))
        for name in planted.files
    }


class Builder:
    """Builds trees against one kernel; what is alike, once."""

    def __init__(self, kernel: Kernel, home: Path) -> None:
        self._kernel = kernel
        self._home = home
        self._built: dict[_Text, Judgement] = {}

    def build(self, states: Iterable[dict[str, Files]]) -> None:
        """Builds every tree of these states, to be called once."""
        wanted = dict.fromkeys(_text(name, files) for state in states for name, files in state.items())
        alone = [text for text in wanted if trees()[text[0]].alone]
        with ThreadPoolExecutor(2) as pool:  # a make of one source keeps one processor busy
            judged = pool.map(self._build_alone, range(len(alone)), alone)
            self._built |= dict(zip(alone, judged, strict=True))
        among = {number: text for number, text in enumerate(wanted) if not trees()[text[0]].alone}
        for number, (_, files) in among.items():
            write(dict(files), self._home / "among" / str(number) / among[number][0])
        places = {
            f"{number}/{below(trees()[name])}".rstrip("/"): (name, files)
            for number, (name, files) in among.items()
        }
        words = further_words(trees())
        many = build_many(self._kernel, self._home / "among", list(places), words)
        self._built |= {places[place]: judgement for place, judgement in many.items()}

    def _build_alone(self, number: int, text: _Text) -> Judgement:
        tree = trees()[text[0]]
        top = write(dict(text[1]), self._home / "alone" / str(number) / tree.name)
        return build_alone(self._kernel, top / tree.at, tree.words)

    def judged(self, name: str, files: Files) -> Judgement:
        """What modpost said of a tree with these files."""
        return self._built[_text(name, files)]


_Text = tuple[str, frozenset[tuple[str, bytes]]]  # the name of a tree, and its files


def _text(name: str, files: Files) -> _Text:
    return name, frozenset(files.items())
