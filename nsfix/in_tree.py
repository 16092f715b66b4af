"""One run inside a kernel's source tree, of which nothing need be built."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from nsfix import __version__
from nsfix.errors import InputError
from nsfix.kernel.intree import TreeFacts, read_tree, remarks_about
from nsfix.kernel.sourcetree import find_tree, read_source_tree
from nsfix.kernel.tree import KernelBuild
from nsfix.kernel.walk import Walk
from nsfix.model import ANY, BuiltModule, Remark
from nsfix.project import Answer, Request, conclude
from nsfix.scan import Cache, ReadFile, TreeScanner, crate_roots, read_file
from nsfix.scan.cache import digest_of, state_of_program
from nsfix.scan.kbuildwalk import RememberingWalk
from nsfix.scan.memory import Memory
from nsfix.scan.stamps import Stamps, digest_of_stamps, stamps_below, touched_since, unsettled
from nsfix.scan.state import TreeState

_SAID = 6  # remarks on files that are not there that are told one by one
_NOT_THERE = ("no source for ", "is not found, so that nothing is known")
# Files that say nothing of what is built.
_MERE_SOURCES = (".c", ".h", ".S", ".rs", ".rst", ".txt", ".dts", ".dtsi", ".yaml", ".json", ".py")
# A file that changed this shortly before it was looked at may change again without a new time (nanoseconds).
_TOO_FRESH = 20_000_000


def tree_of(request: Request) -> str | None:
    """The kernel tree that `request` is about; None where it is about an external module: where it names a
    kernel, or lies in no tree."""
    return None if request.kdir else find_tree(request.directory)


def check_tree(
    tree: str,
    request: Request,
    read: ReadFile = read_file,
    brief: bool = False,
    progress: Callable[[int, int], None] | None = None,
    cache: Cache | None = None,
    told: bool = False,
) -> Answer:
    """Find what the modules of the kernel in `tree` lack, from the sources alone, and plan the mending.

    Under the configuration "any", what they lack under some configuration or other. M= and paths narrow the work
    to modules below them, or with a source there. With `brief`, what is visibly imported is not looked for, and
    other needs come with one use; with `told` too, modules that lack something are read whole. What `cache` has of
    an earlier run is not done again. Raises InputError where no such module is built.
    """
    if request.config == ANY:
        return _check_any(tree, request, read, progress)
    if cache is None:
        return _check(tree, request, read, (brief, told), progress, Memory(for_later=False))
    began = time.time_ns()
    stamps = stamps_below(tree, len(os.sched_getaffinity(0)))
    about = name_of_tree(tree, request)
    # Names as given mean other files in another directory.
    below = [os.path.abspath(path) for path in (request.directory, *request.paths)]
    ignored = sorted(request.ignored)
    name = digest_of(about, digest_of_stamps(stamps), below, bool(request.paths), brief, told, ignored)
    answer: Answer | None = cache.load(name)
    if answer is not None:
        return answer
    state = TreeState(cache, about, stamps)
    answer = _check(tree, request, read, (brief, told), progress, state.memory)
    settled, certain = settled_stamps(stamps, began)
    if certain:
        cache.keep(name, answer)
    state.keep(settled)
    return answer


def name_of_tree(tree: str, request: Request) -> str:
    """A name for what is kept of `tree` under the configuration that `request` names."""
    config = config_of_tree(tree, request)
    asked = (tree, config, read_file(config), request.arch, sorted(request.variables.items()))
    return digest_of(state_of_program(__version__), asked)


def config_of_tree(tree: str, request: Request) -> str:
    """The path of the configuration that decides."""
    return os.path.abspath(request.config or os.path.join(tree, ".config"))


def settled_stamps(stamps: Stamps, began: int) -> tuple[Stamps, bool]:
    """`stamps` that were taken from the moment `began` (nanoseconds) on, such that a file that was touched just before
    is like no other state of it; and whether there is none."""
    moment = began - _TOO_FRESH
    fresh = touched_since(stamps, moment)
    return unsettled(stamps, fresh, moment), not fresh


def _steers_build(path: str) -> bool:
    """Whether a file may decide what is built, or what is known of the kernel as a whole."""
    return not path.endswith(_MERE_SOURCES) or path.endswith("/include/linux/module.h")


def _check(
    tree: str,
    request: Request,
    read: ReadFile,
    mode: tuple[bool, bool],
    progress: Callable[[int, int], None] | None,
    memory: Memory,
) -> Answer:
    brief, told = mode
    kernel, facts, scanner = open_tree(tree, request, read, progress, memory)
    chosen = _chosen(tree, facts.modules, request, kernel)
    found = scanner.scan(chosen, brief)
    answer = conclude(kernel, found, (), request, read)
    lacking = {finding.module for finding in answer.findings}
    if brief and told and lacking:
        whole = scanner.scan([module for module in chosen if module.path in lacking])
        exactly = {module.built.path: module for module in whole.modules}
        modules = tuple(exactly.get(module.built.path, module) for module in found.modules)
        answer = conclude(kernel, replace(found, modules=modules), (), request, read)
    return replace(answer, remarks=_condensed((*remarks_about(facts, chosen), *found.remarks)))


def open_tree(
    tree: str,
    request: Request,
    read: ReadFile,
    progress: Callable[[int, int], None] | None,
    memory: Memory,
) -> tuple[KernelBuild, TreeFacts, TreeScanner]:
    """The kernel in `tree`, what is built there, and what scans it. What `memory` has of it is not read again."""

    def read_build() -> tuple[KernelBuild, TreeFacts]:
        kernel = read_source_tree(tree, request.config, request.arch)
        walker = partial(RememberingWalk, memory=memory) if memory.for_later else Walk
        return kernel, read_tree(kernel, request.variables, walker)

    known = memory.recalled("build")
    read_for_it = frozenset(known[1].files if known else ())

    def steers(path: str) -> bool:
        return path in memory.moved or path in read_for_it or _steers_build(path)

    kernel, facts = memory.one("build", None, steers, read_build)
    return kernel, facts, TreeScanner(kernel, facts, read, None, progress, memory)


def _check_any(
    tree: str, request: Request, read: ReadFile, progress: Callable[[int, int], None] | None
) -> Answer:
    """Find what the modules of the kernel in `tree` lack under some configuration or other."""
    # A tenth of a run in which nothing has changed would go into reading these.
    from nsfix.kernel.anyconfig import read_any_tree
    from nsfix.scan.anyreadings import AnyReadings
    from nsfix.scan.witness import AnyScanner

    known = read_any_tree(tree, request.arch, request.variables)
    chosen = _chosen(tree, known.facts.modules, request, known.kernel)
    found = AnyScanner(known, read, None, progress).scan(chosen)
    told = AnyReadings(known, found).told
    answer = conclude(known.kernel, found.scan, (), request, read, told)
    return replace(answer, remarks=_condensed((*remarks_about(known.facts, chosen), *found.scan.remarks)))


def _chosen(
    tree: str, modules: Sequence[BuiltModule], request: Request, kernel: KernelBuild
) -> list[BuiltModule]:
    wanted: list[str] = []
    for path in request.paths or (request.directory,):
        full = os.path.abspath(path)
        if not os.path.exists(full):
            raise InputError("no such file or directory", path)
        if full == tree:
            return list(modules)
        wanted.append(full)
    wanted += crate_roots(wanted, modules, kernel, read_file)
    below = tuple(f"{path}/" for path in wanted)
    chosen = [
        module
        for module in modules
        if f"{tree}/{module.path}".startswith(below)
        or any(source.path in wanted or source.path.startswith(below) for source in module.sources)
    ]
    if not chosen:
        shown = ", ".join(os.path.relpath(path, tree) for path in wanted)
        if kernel.config_file == ANY:
            raise InputError(
                f"no module is built from {shown} under any configuration for {kernel.arch}", tree
            )
        raise InputError(f"no module is built from {shown} under this configuration", kernel.config_file)
    return chosen


def _condensed(remarks: Sequence[Remark]) -> tuple[Remark, ...]:
    """`remarks`, but only a few of those on files that a build would generate, and how many more there are: a whole
    tree has some or other."""
    generated = [r for r in remarks if any(words in r.message for words in _NOT_THERE)]
    more = len(generated) - _SAID
    if more <= 1:
        return tuple(remarks)
    left_out = set(generated[_SAID:])
    rest = [remark for remark in remarks if remark not in left_out]
    return (*rest, Remark(f"{more} more files that a build would generate are not read"))
