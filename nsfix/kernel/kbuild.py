"""Which modules an external module directory builds, from which sources and with which flags.

Reads what `make -C KDIR M=DIR modules` would read, in its order (scripts/Makefile.build, one directory after
the other), and runs nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from nsfix.errors import InputError
from nsfix.kernel.directory import KbuildDirectory, Place, kbuild_file, template_beside
from nsfix.kernel.made import MadeDirectory
from nsfix.kernel.tree import KernelBuild
from nsfix.kernel.walk import Walk
from nsfix.model import KERNEL_DIRECTORIES, BuiltModule, Remark

_RUNS_IN_MODULE_DIRECTORY = (6, 13)  # before, make and the compiler run in the kernel's build directory
_CONFIG_NAME = re.compile(r"CONFIG_\w+")
_REFERENCE = re.compile(r"\$[({]([\w.-]+)[)}]")


class NothingBuilt(InputError):
    """A directory was read, and no module comes of it."""


@dataclass(frozen=True, slots=True)
class KbuildFacts:
    """What was read of an external module directory.

    `modules` stand in the order of modules.order. `remarks` tell of what could not be understood or would
    fail in a build; the rest was read all the same. `files` are the Kbuild files and what they include;
    `extra_symbols` the paths of KBUILD_EXTRA_SYMBOLS, absolute.
    """

    modules: tuple[BuiltModule, ...]
    remarks: tuple[Remark, ...]
    files: tuple[str, ...]
    extra_symbols: tuple[str, ...]


def read_external(
    directory: str,
    kernel: KernelBuild,
    variables: Mapping[str, str],
    exported: Mapping[str, str] | None = None,
    made: Mapping[str, MadeDirectory] | None = None,
) -> KbuildFacts:
    """Read the directory that `make M=directory` would build with `variables` as its `VAR=value` words.

    The environment counts as it does for make: least of all; `exported` is what a make above adds to it. With `made`,
    what make itself said, that decides. Raises InputError when a variable never ends expanding, and NothingBuilt when
    there is no Kbuild file, or no module comes of it: then it names the lines at fault.
    """
    top = os.path.abspath(directory)
    require_kbuild_file(top)
    in_top = kernel.version[:2] >= _RUNS_IN_MODULE_DIRECTORY

    def place_of(path: str) -> Place:
        if in_top:
            return Place(f"./{path or '.'}", path or ".", top)
        full = f"{top}/{path}" if path else top
        return Place(full, full, kernel.build_dir)

    walk = Walk(top, kernel, {**variables, "M": top}, place_of, made)
    modules = walk.visit("", _environment(top, kernel, {**(exported or {}), **variables}), True)
    if not modules:
        raise _nothing_built(walk)
    return KbuildFacts(tuple(modules), tuple(walk.remarks), tuple(walk.files), _extra_symbols(walk.read[0]))


def require_kbuild_file(directory: str) -> None:
    """Raise NothingBuilt where Kbuild finds no file to read."""
    if kbuild_file(directory) is not None:
        return
    template = template_beside(directory)
    advice = f"{template} is to be configured first" if template else "name the module's directory"
    raise NothingBuilt(f"there is neither a Kbuild file nor a Makefile here; {advice}", directory)


def _extra_symbols(directory: KbuildDirectory) -> tuple[str, ...]:
    words = directory.words("KBUILD_EXTRA_SYMBOLS")
    return tuple(os.path.normpath(os.path.join(directory.place.directory, word)) for word in words)


def _nothing_built(walk: Walk) -> NothingBuilt:
    """Return the error that tells why no module came of it."""
    empty = [found for directory in walk.read for found in _lists_that_came_to_nothing(directory)]
    if not empty:
        hint = "; ".join(str(_as_error(remark)) for remark in walk.remarks[:3])
        return NothingBuilt(
            f"nothing is built: no obj-m names an object{'; ' + hint if hint else ''}", walk.top
        )
    told = []
    names: list[str] = []
    for written, value, file, line in empty:
        told.append(f"{written} at {os.path.relpath(file, walk.top)}:{line} {value}")
        names += _CONFIG_NAME.findall(written) or _REFERENCE.findall(written)
    advice = " ".join(f"{name}=m" for name in list(dict.fromkeys(names))[:5])
    return NothingBuilt(f"nothing is built: {', '.join(told[:5])}; pass {advice}", walk.top)


def _as_error(remark: Remark) -> InputError:
    return InputError(remark.message, remark.file, remark.line)


def _lists_that_came_to_nothing(directory: KbuildDirectory) -> list[tuple[str, str, str, int]]:
    """Return the `obj-$(…)` lines that made no module: as written, what became of them, file and line."""
    found = []
    scope = directory.reader.scope
    for name in scope.names():
        variable = scope.own(name)
        if variable is None or not name.startswith("obj-") or name == "obj-m":
            continue
        value = "is built in" if name == "obj-y" else "has no value" if name == "obj-" else f"is {name}"
        found += [
            (piece.written, value, piece.file, piece.line)
            for piece in variable.pieces
            if "$" in piece.written and not piece.text.strip().endswith("/")
        ]
    return sorted(found, key=lambda item: item[2:])


def _environment(top: str, kernel: KernelBuild, variables: Mapping[str, str]) -> dict[str, str]:
    """Return what the top Makefile exports, over the user's environment."""
    version, patchlevel, sublevel = (str(number) for number in kernel.version)
    compiler = "clang" if kernel.config.get("CONFIG_CC_IS_CLANG") == "y" else "gcc"
    linker = "ld.lld" if kernel.config.get("CONFIG_LD_IS_LLD") == "y" else "ld"
    defaults = {"ARCH": kernel.arch, "CC": compiler, "LD": linker}
    user = {**os.environ, **variables}
    in_top = kernel.version[:2] >= _RUNS_IN_MODULE_DIRECTORY
    exported = {
        "PWD": variables.get("PWD", top),  # where make was started, for which there is no better guess
        "CONFIG_SHELL": "sh",
        "KBUILD_EXTMOD": top,
        "KBUILD_MODULES": "1",
        "KERNELRELEASE": kernel.release,
        "KERNELVERSION": f"{version}.{patchlevel}.{sublevel}",
        "MAKE": "make",
        "MAKELEVEL": "2",
        "MAKE_VERSION": "4.3",
        "PATCHLEVEL": patchlevel,
        "SRCARCH": kernel.arch,
        "SUBLEVEL": sublevel,
        "VERSION": version,
        "objtree": kernel.build_dir if in_top else ".",
        "srctree": kernel.source_dir,
        "LINUXINCLUDE": KERNEL_DIRECTORIES,
        "NOSTDINC_FLAGS": "",
        "KBUILD_CPPFLAGS": user.get("KCPPFLAGS", ""),
        "KBUILD_CFLAGS": user.get("KCFLAGS", ""),
        "KBUILD_AFLAGS": user.get("KAFLAGS", ""),
        **{name: variables.get(name, "") for name in ("CFLAGS_MODULE", "AFLAGS_MODULE", "RUSTFLAGS_MODULE")},
    }
    if in_top:
        exported["srcroot"] = "."
    return {**defaults, **user, **exported}
