"""Which modules a kernel's own tree builds, and which objects go into vmlinux: the top Kbuild file and below.

The lists of the architecture's Makefile (core-y, libs-y, drivers-y) come from that file. Accepted are trees from 6.1
on: before, the top Makefile had the lists of directories.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nsfix.errors import InputError
from nsfix.kernel.directory import Place
from nsfix.kernel.helpers import CHARACTERS, kernel_functions
from nsfix.kernel.make.reader import MakeReader
from nsfix.kernel.make.scope import ENVIRONMENT, FILE, Scope
from nsfix.kernel.make.unknown import Unknowns, has_mark
from nsfix.kernel.tree import KernelBuild
from nsfix.kernel.walk import Walk
from nsfix.model import BuiltModule, Remark

_DIRECTORY_LISTS = ("core", "drivers", "libs", "net", "virt", "init")
_LISTS_IN_KBUILD = (6, 1)  # before, the top Makefile had the lists of directories
_MACRO_OR_PLACE = ("-D", "-U", "-I", "-include")


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

    `walker` makes the descent from what Walk is made from. Raises InputError for a tree before 6.1.
    """
    tree = kernel.source_dir
    if kernel.version[:2] < _LISTS_IN_KBUILD:
        raise InputError(
            f"this is {kernel.release}: the trees of kernels before 6.1 are not read yet; build it and use KDIR=",
            tree,
        )
    environment = _environment(kernel, variables)
    arch = _ArchMakefile(kernel, environment, variables)
    environment |= arch.flags()
    environment |= {
        "ARCH_CORE": arch.value("core-y"),
        "ARCH_LIB": " ".join(word for word in arch.value("libs-y").split() if word.endswith("/")),
        "ARCH_DRIVERS": f"{arch.value('drivers-y')} {arch.value('drivers-m')}",
    }

    def place_of(path: str) -> Place:
        return Place(path or ".", path or ".", tree)

    walk = walker(tree, kernel, variables, place_of)
    modules = walk.visit("", environment, True, True)
    seen = {os.path.relpath(directory.place.path, tree) for directory in walk.read}
    for word in arch.directories():
        below = word.rstrip("/")
        if below not in seen and os.path.isdir(f"{tree}/{below}"):
            modules += walk.visit(below, environment, True, True)
    return TreeFacts(tuple(modules), tuple(walk.built_in), tuple(walk.remarks), tuple(walk.files))


class _ArchMakefile:
    """The architecture's Makefile, as far as it names directories and what the compiler is told."""

    def __init__(
        self, kernel: KernelBuild, environment: Mapping[str, str], variables: Mapping[str, str]
    ) -> None:
        self._kernel = kernel
        own = {**CHARACTERS, "CURDIR": kernel.source_dir, "libs-y": "lib/"}
        layers = ((FILE, own), (FILE, kernel.config), (ENVIRONMENT, environment))
        self._reader = MakeReader(
            Scope(layers, variables), kernel.source_dir, kernel_functions(kernel.config), Unknowns()
        )
        path = f"arch/{kernel.arch}/Makefile"
        if os.path.exists(f"{kernel.source_dir}/{path}"):
            self._reader.read(path)

    def value(self, name: str) -> str:
        """The words of a list that are known."""
        return " ".join(word for word in self._reader.expander.value(name).split() if not has_mark(word))

    def directories(self) -> list[str]:
        """The directories that this Makefile adds."""
        lists = " ".join(self.value(f"{name}-{kind}") for name in _DIRECTORY_LISTS for kind in "ym")
        return [word for word in lists.split() if word.endswith("/")]

    def flags(self) -> dict[str, str]:
        """What of KBUILD_CPPFLAGS and its kin decides which code a source has: macros and directories."""
        found = {}
        for name in ("KBUILD_CPPFLAGS", "KBUILD_CFLAGS", "KBUILD_AFLAGS"):
            words = self.value(name).split()
            found[name] = " ".join(word for word in words if word.startswith(_MACRO_OR_PLACE))
        return found


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
        "srctree": kernel.source_dir,
        "srcroot": kernel.source_dir,
        "abs_srctree": kernel.source_dir,
        "objtree": ".",
        "abs_objtree": kernel.source_dir,
        **variables,
    }
