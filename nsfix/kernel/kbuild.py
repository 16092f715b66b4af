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
from nsfix.kernel.directory import KbuildDirectory, Place, kbuild_file
from nsfix.kernel.make.unknown import Unknowns
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, Remark

_RUNS_IN_MODULE_DIRECTORY = (6, 13)  # before, make and the compiler run in the kernel's build directory
_CONFIG_NAME = re.compile(r"CONFIG_\w+")
_REFERENCE = re.compile(r"\$[({]([\w.-]+)[)}]")


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


def read_external(directory: str, kernel: KernelBuild, variables: Mapping[str, str]) -> KbuildFacts:
    """Read the directory that `make M=directory` would build with `variables` as its `VAR=value` words.

    The environment counts as it does for make: least of all. Raises InputError when there is no Kbuild file,
    when a variable never ends expanding, and when no module comes of it: then it names the lines at fault.
    """
    walk = _Walk(os.path.abspath(directory), kernel, variables)
    if kbuild_file(walk.top) is None:
        raise InputError(
            "there is neither a Kbuild file nor a Makefile here; name the module's directory", walk.top
        )
    modules = walk.visit("", walk.environment, True)
    if not modules:
        raise walk.nothing_built()
    return KbuildFacts(tuple(modules), tuple(walk.remarks), tuple(walk.files), walk.extra_symbols)


class _Walk:
    """The descent through the directories of one M=."""

    def __init__(self, top: str, kernel: KernelBuild, variables: Mapping[str, str]) -> None:
        self.top = top
        self._kernel = kernel
        self._command_line = {**variables, "M": top}
        self._in_top = kernel.version[:2] >= _RUNS_IN_MODULE_DIRECTORY
        self.environment = _environment(top, kernel, variables)
        self._unknowns = Unknowns()
        self._open: list[str] = []
        self._read: list[KbuildDirectory] = []
        self.remarks: list[Remark] = []
        self.files: list[str] = []
        self.extra_symbols: tuple[str, ...] = ()

    def visit(self, path: str, environment: Mapping[str, str], wanted: bool) -> list[BuiltModule]:
        """Return the modules of a directory below M= and those below it, in the order of modules.order.

        Without `wanted` (a directory that only subdir-y or subdir-m names) Kbuild builds no modules there.
        """
        directory = KbuildDirectory(
            self._place(path), self._kernel, environment, self._command_line, self._unknowns
        )
        self._open.append(directory.place.path)
        self._read.append(directory)
        if not path:
            self.extra_symbols = self._extra_symbols(directory)
        modules = self._entries(directory, path, wanted)
        self._open.pop()
        self.remarks += directory.remarks()
        self.files += [file for file in directory.reader.files if file not in self.files]
        return modules

    def _place(self, path: str) -> Place:
        if self._in_top:
            return Place(f"./{path or '.'}", path or ".", self.top)
        full = f"{self.top}/{path}" if path else self.top
        return Place(full, full, self._kernel.build_dir)

    def _entries(self, directory: KbuildDirectory, path: str, wanted: bool) -> list[BuiltModule]:
        builtin, modular = directory.words("obj-y"), directory.words("obj-m")
        both = set(builtin)
        below = {word: "obj-y" for word in builtin if word.endswith("/")}
        entries = [*below, *(word for word in modular if word not in both)]
        below |= {word: "obj-m" for word in entries if word.endswith("/") and word not in below}
        for name in ("subdir-y", "subdir-m"):
            for word in directory.words(name):
                if f"{word}/" not in below and word not in below:
                    self._descend(directory, path, word, name, False)
        modules: list[BuiltModule] = []
        for word in entries:
            if word in below:
                modules += self._descend(directory, path, word, below[word], wanted)
            elif not word.endswith(".o"):
                directory.remark(f"{word} in obj-m is no object", *directory.line_of("obj-m", word))
            elif wanted:
                modules.append(directory.module(word, f"{path}/" if path else ""))
            else:
                self._say_unwanted(directory, word)
        return modules

    def _descend(
        self, directory: KbuildDirectory, path: str, word: str, name: str, wanted: bool
    ) -> list[BuiltModule]:
        below = f"{path}/{word}" if path else word
        below = below.rstrip("/")
        full = os.path.normpath(os.path.join(self.top, below))
        if full in self._open:
            directory.remark(f"{word} leads back to a directory above", *directory.line_of(name, word))
        elif kbuild_file(full) is None:
            message = f"{word} has neither a Kbuild file nor a Makefile"
            directory.remark(message, *directory.line_of(name, word))
        else:
            return self.visit(below, directory.exports(), wanted)
        return []

    def _say_unwanted(self, directory: KbuildDirectory, word: str) -> None:
        message = f"{word} is not built: subdir-y and subdir-m do not lead to modules, obj-m += DIR/ does"
        directory.remark(message, *directory.line_of("obj-m", word))

    def _extra_symbols(self, directory: KbuildDirectory) -> tuple[str, ...]:
        words = directory.words("KBUILD_EXTRA_SYMBOLS")
        return tuple(os.path.normpath(os.path.join(directory.place.directory, word)) for word in words)

    def nothing_built(self) -> InputError:
        """Return the error that tells why no module came of it."""
        empty = [found for directory in self._read for found in _lists_that_came_to_nothing(directory)]
        if not empty:
            hint = "; ".join(str(_as_error(remark)) for remark in self.remarks[:3])
            return InputError(
                f"nothing is built: no obj-m names an object{'; ' + hint if hint else ''}", self.top
            )
        told = []
        names: list[str] = []
        for written, value, file, line in empty:
            told.append(f"{written} at {os.path.relpath(file, self.top)}:{line} {value}")
            names += _CONFIG_NAME.findall(written) or _REFERENCE.findall(written)
        advice = " ".join(f"{name}=m" for name in list(dict.fromkeys(names))[:5])
        return InputError(f"nothing is built: {', '.join(told[:5])}; pass {advice}", self.top)


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
    defaults = {"ARCH": kernel.arch, "CC": compiler, "LD": linker, "PWD": top}
    user = {**os.environ, **variables}
    in_top = kernel.version[:2] >= _RUNS_IN_MODULE_DIRECTORY
    exported = {
        "PWD": top,
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
        "KBUILD_CPPFLAGS": user.get("KCPPFLAGS", ""),
        "KBUILD_CFLAGS": user.get("KCFLAGS", ""),
        "KBUILD_AFLAGS": user.get("KAFLAGS", ""),
    }
    if in_top:
        exported["srcroot"] = "."
    return {**defaults, **user, **exported}
