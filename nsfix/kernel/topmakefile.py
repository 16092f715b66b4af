"""The kernel's top Makefile, as the last of its makes reads it: which directories are built, and what all Kbuild files
are given.

Up to 6.0 it lists the directories itself (`build-dirs`, before 5.3 `vmlinux-dirs`), from 6.1 on the top Kbuild file
does, and `build-dir` is the tree itself. Either way it reads arch/*/Makefile.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nsfix.errors import InputError
from nsfix.kernel.helpers import CHARACTERS, kernel_functions
from nsfix.kernel.make.reader import STOPS, MakeReader
from nsfix.kernel.make.scope import ENVIRONMENT, FILE, Scope
from nsfix.kernel.make.unknown import Unknowns, has_mark
from nsfix.kernel.tree import KernelBuild
from nsfix.model import Remark

# What these hold is given to the reader otherwise: functions, characters, the configuration.
_GIVEN_OTHERWISE = frozenset(("Kbuild.include", "Makefile.compiler", "auto.conf", "auto.conf.cmd"))
_BUILT = ("build-dirs", "vmlinux-dirs", "build-dir")
_LINKED = ("KBUILD_VMLINUX_OBJS", "KBUILD_VMLINUX_LIBS")
_ARCHIVES = ("/built-in.a", "/lib.a")
_FLAGS = ("KBUILD_CPPFLAGS", "KBUILD_CFLAGS", "KBUILD_AFLAGS")
_STEERING = ("-D", "-U", "-I", "-include")
_WITH_ARGUMENT = ("-I", "-include")
# The compiler is told of these anyway.
_ALWAYS_DEFINED = ("-D__KERNEL__", "-D__ASSEMBLY__", "-D__ASSEMBLER__")
# GNU make 4.3.
_FEATURES = (
    "target-specific order-only second-expansion else-if shortest-stem undefine oneshell nocomment grouped-target "
    "extra-prereqs archives jobserver output-sync check-symlink load"
)


@dataclass(frozen=True, slots=True)
class TopMakefile:
    """What the top Makefile says. `directories` are those that make descends into, relative to the tree ("" for the
    tree itself), each with whether it goes into vmlinux; `objects` are linked into it by themselves (`head-y`);
    `files` were read for it;
    `exported` is the environment of the makes below; `remarks` tell of lines that make would stop at."""

    directories: tuple[tuple[str, bool], ...]
    exported: Mapping[str, str]
    objects: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()


def read_top_makefile(
    kernel: KernelBuild, environment: Mapping[str, str], variables: Mapping[str, str]
) -> TopMakefile:
    """Read the top Makefile of `kernel` for a build inside its sources; `environment` counts least, `variables` are
    the words of the command line. Raises InputError where it cannot be read or names no directory."""
    tree = kernel.source_dir
    own = {
        **CHARACTERS,
        ".FEATURES": _FEATURES,
        "CURDIR": tree,
        "MAKEFLAGS": "rR --no-print-directory",
        "sub_make_done": "1",  # the first make only starts the one that is read here
        "KBUILD_ABS_SRCTREE": "1",
    }
    layers = ((FILE, own), (FILE, kernel.config), (ENVIRONMENT, environment))
    reader = MakeReader(
        Scope(layers, variables), tree, kernel_functions(kernel.config), Unknowns(), _GIVEN_OTHERWISE
    )
    reader.read("Makefile")
    directories = _directories(reader)
    if not directories:
        raise InputError(
            "names no directories to build; is it the Makefile of a whole kernel?", reader.files[0]
        )
    broken = tuple(remark for remark in reader.remarks if remark.message.startswith(STOPS))
    objects = frozenset(word for name in _LINKED for word in _known(reader, name) if word.endswith(".o"))
    return TopMakefile(tuple(directories), _exported(reader), objects, tuple(reader.files), broken)


def _directories(reader: MakeReader) -> list[tuple[str, bool]]:
    linked = {word for name in _LINKED for word in _known(reader, name)}
    built = next((words for name in _BUILT if (words := _known(reader, name))), [])
    paths = [os.path.normpath(word) for word in built]
    return [
        ("" if path == "." else path, path == "." or any(path + archive in linked for archive in _ARCHIVES))
        for path in paths
    ]


def _exported(reader: MakeReader) -> dict[str, str]:
    exported = {name: " ".join(_known(reader, name)) for name in sorted(reader.scope.exported)}
    return exported | {name: " ".join(_steering(exported.get(name, "").split())) for name in _FLAGS}


def _known(reader: MakeReader, name: str) -> list[str]:
    return [word for word in reader.expander.value(name).split() if not has_mark(word)]


def _steering(words: Sequence[str]) -> Iterator[str]:
    """Of words for the compiler those that decide which code a source has: macros and places."""
    following = iter(words)
    for word in following:
        if word.startswith(_STEERING) and word not in _ALWAYS_DEFINED:
            yield word
            if word in _WITH_ARGUMENT:
                yield next(following, "")
