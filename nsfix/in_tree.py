"""One run inside a kernel's source tree, of which nothing need be built."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

from nsfix.errors import InputError
from nsfix.kernel.anyconfig import ANY, read_any_tree
from nsfix.kernel.intree import TreeFacts, read_tree
from nsfix.kernel.sourcetree import find_tree, read_source_tree
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, Remark
from nsfix.project import Answer, Request, conclude
from nsfix.scan import AnyReadings, AnyScanner, ReadFile, TreeScanner, read_file

_SAID = 6  # remarks that are told one by one


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
) -> Answer:
    """Find what the modules of the kernel in `tree` lack, from the sources alone, and plan the mending.

    Under the configuration "any", what they lack under some configuration or other. M= and paths narrow the work
    to modules below them, or with a source there. Raises InputError where no such module is built.
    """
    if request.config == ANY:
        return _check_any(tree, request, read, progress)
    kernel = read_source_tree(tree, request.config, request.arch)
    facts = read_tree(kernel, request.variables)
    chosen = _chosen(tree, facts.modules, request, kernel)
    found = TreeScanner(kernel, facts, read, None, progress).scan(chosen, brief)
    answer = conclude(kernel, found, (), request, read)
    return replace(answer, remarks=_condensed((*_remarks_about(facts, chosen), *found.remarks)))


def _check_any(
    tree: str, request: Request, read: ReadFile, progress: Callable[[int, int], None] | None
) -> Answer:
    """Find what the modules of the kernel in `tree` lack under some configuration or other."""
    known = read_any_tree(tree, request.arch, request.variables)
    chosen = _chosen(tree, known.facts.modules, request, known.kernel)
    found = AnyScanner(known, read, None, progress).scan(chosen)
    told = AnyReadings(known, found).told
    answer = conclude(known.kernel, found.scan, (), request, read, told)
    return replace(answer, remarks=_condensed((*_remarks_about(known.facts, chosen), *found.scan.remarks)))


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


def _remarks_about(facts: TreeFacts, chosen: Sequence[BuiltModule]) -> list[Remark]:
    files = {module.file for module in chosen}
    return [remark for remark in facts.remarks if remark.file in files]


def _condensed(remarks: Sequence[Remark]) -> tuple[Remark, ...]:
    """A few of `remarks`, and how many more there are: a whole tree has some generated file or other."""
    more = len(remarks) - _SAID
    if more <= 1:
        return tuple(remarks)
    return (*remarks[:_SAID], Remark(f"{more} more files that a build would generate are not read"))
