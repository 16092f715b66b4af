"""A kernel's tree for every configuration at once: which objects some configuration builds, and under which.

Kbuild files are read under the configuration that has all on that can be (bounds.py); where a conditional asks for
a symbol, the file is read again with that symbol otherwise, so that each branch is seen. What is on there is said
by the lines that name it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from nsfix.condition import ENABLED, Clause, Condition, Literal, joined
from nsfix.kernel.bounds import Bounds
from nsfix.kernel.directory import KbuildDirectory
from nsfix.kernel.intree import TreeFacts, read_tree
from nsfix.kernel.kconfig import read_kconfig
from nsfix.kernel.make.scope import Piece
from nsfix.kernel.makestack import MakeStacks
from nsfix.kernel.sourcetree import arch_in_tree, configured_tree
from nsfix.kernel.taking import meet
from nsfix.kernel.tree import KernelBuild
from nsfix.kernel.walk import Walk
from nsfix.model import ANY, BuiltModule, SourceFile

_CONFIG = re.compile(r"CONFIG_(\w+)")
_HELPER = re.compile(r"^([\w.-]+)-\$[({]CONFIG_(\w+)[)}]", re.MULTILINE)
_CONDITIONAL = re.compile(
    r"^[ \t]*(?:else[ \t]+)?ifn?(?:eq|def)\b.*$|\$\((?:if|and|or|filter|filter-out|findstring|subst)\b.*$",
    re.MULTILINE,
)
_REFERENCE = re.compile(r"\$[({]([\w.-]+)[)}]")
_ONE_BY_ONE = 8  # symbols of one file that are tried each by itself
_LISTS = ("obj-y", "obj-m")
_BUILT_IN = ("obj-y", "lib-y")
_DEEPEST = 6  # lists within lists
# For each way that leads to an object: the clauses on it.
Ways = list[tuple[Clause, ...]]


class AnyConfig:
    """What is possible for the symbols of a tree, and conditions over them as short as they can be said."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds

    def values(self, symbol: str) -> str:
        """The values that `symbol`, with CONFIG_, can have; "" where it is no bool or tristate."""
        return self.bounds.values(symbol.removeprefix("CONFIG_"))

    def literal(self, symbol: str, values: str) -> Clause | None:
        """The clause that `symbol`, with CONFIG_, has one of `values`; None where it always has."""
        possible = self.values(symbol)
        kept = [value for value in possible if value in values]
        if not possible or len(kept) == len(possible):
            return None
        if kept == [value for value in possible if value != "n"]:
            return (Literal(symbol, ENABLED),)
        return (Literal(symbol, "".join(sorted(kept)) or "n"),)

    def domain(self, clauses: Iterable[Clause]) -> dict[str, str]:
        """The values that symbols can still have where all `clauses` hold; those without CONFIG_ that are free are
        left out."""
        parts: list[Mapping[str, str]] = []
        for clause in clauses:
            if len(clause) == 1:
                literal = clause[0]
                name = literal.symbol.removeprefix("CONFIG_")
                parts.append({name: literal.values})
                if "n" not in literal.values:
                    parts.append(self.bounds.implied(name))
        return meet(parts)

    def possible(self, clauses: Iterable[Clause]) -> bool:
        """Whether some configuration may have all `clauses`, as far as direct dependencies tell."""
        return all(
            any(value in self.bounds.values(name) for value in values)
            for name, values in self.domain(clauses).items()
            if self.bounds.values(name)
        )

    def condition(self, clauses: Iterable[Clause]) -> Condition:
        """`clauses` without those that follow from the others by what Kconfig says."""
        kept = list(joined(clauses))
        for clause in list(kept):
            others = [other for other in kept if other is not clause]
            if self._follows(clause, others):
                kept = others
        return Condition(tuple(kept), self._known(kept))

    def _follows(self, clause: Clause, others: Sequence[Clause]) -> bool:
        domain = self.domain(others)
        return any(
            set(domain.get(literal.symbol.removeprefix("CONFIG_"), "nmy")) <= set(literal.values)
            for literal in clause
        )

    def _known(self, clauses: Sequence[Clause]) -> frozenset[Clause]:
        found = (self.literal(f"CONFIG_{name}", values) for name, values in self.domain(clauses).items())
        return frozenset(clause for clause in found if clause is not None)


@dataclass(frozen=True, slots=True)
class AnyTree:
    """A tree and its modules, those that only some configurations have included.

    `kernel` has the configuration that everything is read under first. `modules` tells, by path, what it takes for a
    module to be built as one; `sources`, by module and source, what more it takes for that to be a part of it;
    `modular` which symbols have to be m for it.
    """

    kernel: KernelBuild
    config: AnyConfig
    facts: TreeFacts
    modules: Mapping[str, tuple[Clause, ...]]
    sources: Mapping[tuple[str, str], tuple[Clause, ...]]
    modular: Mapping[str, frozenset[str]]


def read_any_tree(tree: str, arch: str | None, variables: Mapping[str, str]) -> AnyTree:
    """Read the tree at `tree` for every configuration of ARCH `arch` (default: this machine's).

    Raises InputError for an architecture that the tree does not have.
    """
    srcarch = arch_in_tree(tree, arch)
    named = {"ARCH": arch or (os.uname().machine if srcarch == "x86" else srcarch), "SRCARCH": srcarch}
    bounds = Bounds(read_kconfig(tree, {**named, "srctree": tree}))
    config = AnyConfig(bounds)
    kernel = configured_tree(tree, bounds.base(), srcarch, ANY)
    walks: list[AnyWalk] = []

    def walker(*given: object) -> AnyWalk:
        walks.append(AnyWalk(*given, config=config))
        return walks[-1]

    facts = read_tree(kernel, variables, walker)
    walk = walks[0]
    return AnyTree(kernel, config, facts, walk.modules, walk.sources, walk.modular)


class AnyWalk(Walk):
    """The descent into every directory that some configuration enters."""

    def __init__(self, *given: object, config: AnyConfig) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self._config = config
        self._context: list[tuple[Clause, ...]] = []
        self._stacks = MakeStacks(config.literal)
        self._lists: dict[tuple[int, str], dict[str, list[tuple[Piece, bool]]]] = {}
        self.modules: dict[str, tuple[Clause, ...]] = {}
        self.sources: dict[tuple[str, str], tuple[Clause, ...]] = {}
        self.modular: dict[str, frozenset[str]] = {}

    def visit(
        self, path: str, environment: Mapping[str, str], wanted: bool, built_in: bool = False
    ) -> list[BuiltModule]:
        """Return the modules of a directory and those below it; see Walk."""
        place = self._place_of(path)
        first = KbuildDirectory(place, self._kernel, environment, self._command_line, self._unknowns)
        directories = [first]
        for changes in self._changes(first):
            config = {**self._kernel.config, **changes}
            for name in [name for name, value in changes.items() if value == "n"]:
                del config[name]
            kernel = replace(self._kernel, config=config)
            directories.append(
                KbuildDirectory(place, kernel, environment, self._command_line, self._unknowns)
            )
        self._open.append(place.path)
        self.read.append(first)
        found = self._all_entries(directories, path)
        for directory in directories:
            for key in [key for key in self._lists if key[0] == id(directory)]:
                del self._lists[key]
        self._open.pop()
        self.remarks += first.remarks()
        for directory in directories:
            self.files.update(dict.fromkeys(directory.reader.files))
        return found

    def _changes(self, directory: KbuildDirectory) -> list[dict[str, str]]:
        """What to read `directory` again under, so that each branch of its conditionals is taken once."""
        texts = [_text(file) for file in directory.reader.files]
        asked = {n for text in texts for line in _CONDITIONAL.findall(text) for n in _CONFIG.findall(line)}
        stems = {word.removesuffix(".o") for name in _LISTS for word in directory.words(name)}
        stems |= {"obj", "lib", "subdir", "always", "ccflags", "asflags", "targets"}
        helpers = {n for text in texts for stem, n in _HELPER.findall(text) if stem not in stems}
        free = {n: self._config.bounds.values(n) for n in sorted(asked | helpers)}
        found: list[dict[str, str]] = [
            {f"CONFIG_{n}": "y" for n, values in free.items() if "m" in values and "y" in values},
            {f"CONFIG_{n}": "n" for n, values in free.items() if n in asked and values.startswith("n")},
        ]
        for name in islice(sorted(asked), _ONE_BY_ONE):
            base = self._kernel.config.get(f"CONFIG_{name}", "n")
            found += [{f"CONFIG_{name}": value} for value in free[name] if value != base]
        return [changes for n, changes in enumerate(found) if changes and changes not in found[:n]]

    def _all_entries(self, directories: Sequence[KbuildDirectory], path: str) -> list[BuiltModule]:
        prefix = f"{path}/" if path else ""
        modules: dict[str, BuiltModule] = {}
        below: dict[str, tuple[KbuildDirectory, str]] = {}
        built: dict[str, BuiltModule] = {}
        for directory in directories:
            for name in _BUILT_IN:
                for word in directory.words(name):
                    if word.endswith(".o") and word not in built:
                        built[word] = directory.module(word, prefix, name)
            for name in _LISTS:
                below |= {
                    w: (directory, name) for w in directory.words(name) if w[-1:] == "/" and w not in below
                }
            for word in directory.words("obj-m"):
                if word.endswith(".o"):
                    self._take(directory, word, prefix, modules)
        self.built_in += built.values()
        found = list(modules.values())
        for word, (directory, name) in below.items():
            self._context.append(_either(self._ways(directory, name, word)))
            found += self._descend(directory, path, word, name, True, True)
            self._context.pop()
        return found

    def _take(
        self, directory: KbuildDirectory, word: str, prefix: str, modules: dict[str, BuiltModule]
    ) -> None:
        """Add the module `word` as `directory` has it, or what it has more of it than is known already."""
        module = directory.module(word, prefix, "obj-m")
        path, stem = module.path, word.removesuffix(".o")
        known = modules.get(path)
        if known is None:
            ways = self._ways(directory, "obj-m", word)
            own = {lit.symbol for way in ways for clause in way for lit in clause if "m" in lit.values}
            self.modular[path] = frozenset(own if len(ways) == 1 else ())
            outside = [clause for clauses in self._context for clause in clauses]
            self.modules[path] = joined([*outside, *_either(ways)])
            modules[path] = module
        else:
            there = {source.path for source in known.sources}
            more = tuple(source for source in module.sources if source.path not in there)
            modules[path] = replace(known, sources=(*known.sources, *more)) if more else known
        for source in module.sources:
            if (path, source.path) not in self.sources:
                self.sources[path, source.path] = self._part(directory, stem, source)

    def _part(self, directory: KbuildDirectory, stem: str, source: SourceFile) -> tuple[Clause, ...]:
        member = directory.parts.get((stem, source.path))
        if member is None or member == f"{stem}.o":
            return ()
        ways = [
            way for suffix in ("-objs", "-y", "-m") for way in self._ways(directory, stem + suffix, member)
        ]
        return _either(ways)

    def _ways(self, directory: KbuildDirectory, name: str, word: str, depth: int = 0) -> Ways:
        """What each of the lines that put `word` into the list `name` depends on."""
        found: Ways = []
        for piece, plain in self._index(directory, name).get(word, ()):
            named = [self._config.literal(f"CONFIG_{n}", ENABLED) for n in _CONFIG.findall(piece.written)]
            here = [clause for clause in named if clause is not None]
            here += self._stacks.at(piece.file, piece.line)
            inner: Ways = []
            if not plain and depth < _DEEPEST:
                for other in _REFERENCE.findall(piece.text):
                    inner += self._ways(directory, other, word, depth + 1)
            found += [(*here, *way) for way in inner or [()]]
        return found

    def _index(self, directory: KbuildDirectory, name: str) -> dict[str, list[tuple[Piece, bool]]]:
        """The words of the list `name`, each with the assignments that put it there and whether it stands there as
        it is."""
        key = (id(directory), name)
        known = self._lists.get(key)
        if known is None:
            known = self._lists[key] = {}
            variable = directory.reader.scope.own(name)
            for piece in variable.pieces if variable else ():
                simple = variable is not None and variable.simple
                text = piece.text if simple else directory.expander.expand(piece.text)
                plain = set(piece.text.split())
                for word in dict.fromkeys(text.split()) if piece.line else ():
                    known.setdefault(word, []).append((piece, word in plain))
        return known


def _either(ways: Ways) -> tuple[Clause, ...]:
    """What holds on each of `ways`, as far as clauses can say."""
    if len(ways) < 2:
        return ways[0] if ways else ()
    common = [clause for clause in ways[0] if all(clause in way for way in ways[1:])]
    rest = [[clause for clause in way if clause not in common] for way in ways]
    if all(len(way) == 1 for way in rest):
        literals = dict.fromkeys(literal for way in rest for clause in way for literal in clause)
        return joined([*common, tuple(literals)])
    return tuple(common)


def _text(file: str) -> str:
    return Path(file).read_text(encoding="utf-8", errors="replace")
