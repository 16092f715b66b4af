"""One run inside a kernel's source tree, of which nothing need be built."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from nsfix.errors import InputError
from nsfix.kernel.intree import TreeFacts, read_tree
from nsfix.kernel.sourcetree import find_tree, read_source_tree
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, Remark
from nsfix.project import Answer, Request, conclude
from nsfix.scan import ReadFile, TreeScanner, crate_roots, read_file

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

    M= and paths narrow the work to modules below them, or with a source there. Raises InputError where no such
    module is built under the configuration.
    """
    kernel = read_source_tree(tree, request.config, request.arch)
    facts = read_tree(kernel, request.variables)
    chosen = _chosen(tree, facts.modules, request, kernel)
    found = TreeScanner(kernel, facts, read, None, progress).scan(chosen, brief)
    answer = conclude(kernel, found, (), request, read)
    said = _condensed((*_remarks_about(facts, chosen), *found.remarks))
    return Answer(
        answer.kernel,
        answer.config,
        answer.modules,
        answer.findings,
        answer.mending,
        said,
        answer.spelling,
    )


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
