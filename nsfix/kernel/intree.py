"""Which modules a kernel's own tree builds, and which objects go into vmlinux: the top Makefile and all below."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from nsfix.errors import InputError
from nsfix.kernel.directory import Place
from nsfix.kernel.make.reader import STOPS
from nsfix.kernel.topmakefile import TopMakefile, read_top_makefile
from nsfix.kernel.tree import KernelBuild
from nsfix.kernel.walk import Walk
from nsfix.model import BuiltModule, Remark


@dataclass(frozen=True, slots=True)
class TreeFacts:
    """What was read of a kernel's tree: its modules in the order of modules.order, paths relative to the tree;
    the objects of vmlinux, composite ones with their parts; what could not be understood; the files read."""

    modules: tuple[BuiltModule, ...]
    built_in: tuple[BuiltModule, ...]
    remarks: tuple[Remark, ...]
    files: tuple[str, ...]


def read_tree(
    kernel: KernelBuild, variables: Mapping[str, str], walker: Callable[..., Walk] = Walk
) -> TreeFacts:
    """Read the whole tree of `kernel` as `make` with `variables` as its `VAR=value` words would.

    `walker` makes the descent from what Walk is made from. Raises InputError where a file that make needs is
    missing, where the top Makefile names no directories, and where no module comes of it all.
    """
    tree = kernel.source_dir
    top = read_top_makefile(kernel, _environment(kernel, variables), variables)
    environment = _inherited(kernel, top, variables)

    def place_of(path: str) -> Place:
        return Place(path or ".", path or ".", tree)

    walk = walker(tree, kernel, variables, place_of)
    walk.linked = top.objects
    modules = [
        module
        for path, linked in top.directories
        for module in walk.try_visit(path, environment, True, linked)
    ]
    remarks = (*top.remarks, *walk.remarks)
    if not modules:
        raise _nothing_built(kernel, remarks)
    return TreeFacts(tuple(modules), tuple(walk.built_in), remarks, (*top.files, *walk.files))


def _nothing_built(kernel: KernelBuild, remarks: Iterable[Remark]) -> InputError:
    told = [
        f"; {os.path.relpath(remark.file or '', kernel.source_dir)}:{remark.line}: {remark.message}"
        for remark in _broken(remarks)[:3]
    ]
    every = not os.path.isabs(kernel.config_file)  # it is no file, but "any"
    how = f"any configuration for {kernel.arch}" if every else "this configuration"
    place = kernel.source_dir if every else kernel.config_file
    return InputError(f"no module is built under {how}{''.join(told)}", place)


def remarks_about(facts: TreeFacts, chosen: Iterable[BuiltModule]) -> list[Remark]:
    """What there is to say on the Kbuild files of `chosen` modules, and of all that make would stop at: nobody knows
    which modules those would build."""
    files = {module.file for module in chosen}
    broken = set(_broken(facts.remarks))
    return [remark for remark in facts.remarks if remark.file in files or remark in broken]


def _broken(remarks: Iterable[Remark]) -> list[Remark]:
    return [remark for remark in remarks if remark.message.startswith(STOPS)]


def _inherited(kernel: KernelBuild, top: TopMakefile, variables: Mapping[str, str]) -> dict[str, str]:
    """The environment of the makes that read the Kbuild files."""
    known = {"KERNELRELEASE": kernel.release}  # the file that make has it from is not there
    return {**_environment(kernel, variables), **top.exported, **_places(kernel), **known, **variables}


def _environment(kernel: KernelBuild, variables: Mapping[str, str]) -> dict[str, str]:
    """What the top Makefile exports; of the user's environment only what `variables` bring."""
    version, patchlevel, sublevel = (str(number) for number in kernel.version)
    clang = kernel.config.get("CONFIG_CC_IS_CLANG") == "y"
    return {
        "ARCH": kernel.arch,
        "CC": "clang" if clang else "gcc",
        "LD": "ld.lld" if kernel.config.get("CONFIG_LD_IS_LLD") == "y" else "ld",
        "CONFIG_SHELL": "sh",
        "BITS": "64" if kernel.config.get("CONFIG_64BIT") == "y" else "32",
        "UTS_MACHINE": kernel.arch,
        "KBUILD_MODULES": "1",
        "KBUILD_BUILTIN": "1",
        "KERNELRELEASE": kernel.release,
        "KERNELVERSION": kernel.release,
        "MAKE": "make",
        "MAKELEVEL": "2",
        "MAKE_VERSION": "4.3",
        "VERSION": version,
        "PATCHLEVEL": patchlevel,
        "SUBLEVEL": sublevel,
        "SRCARCH": kernel.arch,
        **_places(kernel),
        **variables,
    }


def _places(kernel: KernelBuild) -> dict[str, str]:
    tree = kernel.source_dir
    return {"srctree": tree, "srcroot": tree, "abs_srctree": tree, "objtree": ".", "abs_objtree": tree}
