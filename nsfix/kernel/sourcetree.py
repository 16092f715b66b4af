"""A kernel's source tree that was not built: what its Makefile and a configuration say, and what a build would add.

The few headers that Kbuild writes before it compiles anything, and that decide what a source says, are made up
here: autoconf.h, version.h, and the wrappers that lead from asm/ to asm-generic/ (scripts/Makefile.asm-generic,
Makefile.asm-headers from 6.11 on). Nothing is written to disk.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from nsfix.errors import InputError
from nsfix.kernel.directory import KbuildDirectory, Place, kbuild_file
from nsfix.kernel.make.unknown import Unknowns
from nsfix.kernel.tree import (
    ARCH_SYMBOLS,
    KernelBuild,
    arch_of_config,
    forced_includes,
    linux_include,
    read_part,
    spelling_of,
    srcarch_of,
)

_MARKS = ("Kbuild", "Makefile", "Kconfig", "init/main.c", "include/linux/module.h")
_VERSION_LINE = re.compile(
    r"^(VERSION|PATCHLEVEL|SUBLEVEL|EXTRAVERSION)[ \t]*=[ \t]*(\S*)[ \t]*$", re.MULTILINE
)
_CONFIG_LINE = re.compile(r"(CONFIG_\w+)=(.*)")
_BARE_STRINGS = [5, 18]
_VALUE = re.compile(r'[ymn]|"(?:[^"\\]|\\.)*"|-?\d+|0[xX][0-9a-fA-F]+|')


def find_tree(directory: str) -> str | None:
    """The top of the kernel source tree that `directory` lies in; None where it lies in none."""
    here = os.path.abspath(directory)
    while True:
        if all(os.path.exists(os.path.join(here, mark)) for mark in _MARKS):
            return here
        parent = os.path.dirname(here)
        if parent == here:
            return None
        here = parent


def read_source_tree(tree: str, config: str | None = None, arch: str | None = None) -> KernelBuild:
    """Read the kernel in the source tree `tree` under the configuration file `config` (default: its `.config`).

    Raises InputError where there is no configuration, where a line of it is none, and where it is for another
    architecture than `arch`.
    """
    path = os.path.abspath(config) if config else os.path.join(tree, ".config")
    values = _read_config(path, given=config is not None)
    made_for = arch_of_config(values)
    if made_for is not None and arch is not None and srcarch_of(arch) != made_for:
        raise InputError(
            f"this configuration is for {made_for}, not for ARCH={arch}", path, _line_of_arch(path, made_for)
        )
    if made_for is not None and not os.path.isdir(f"{tree}/arch/{made_for}"):
        message = f"this configuration is for {made_for}, but this tree has no arch/{made_for}"
        raise InputError(message, path, _line_of_arch(path, made_for))
    return configured_tree(tree, values, arch_in_tree(tree, arch or made_for), path)


def _line_of_arch(path: str, arch: str) -> int | None:
    """The line of the configuration at `path` that makes it one for `arch`."""
    lines = Path(path).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    names = {f"{symbol}=y" for symbol, of in ARCH_SYMBOLS.items() if of == arch}
    return next((number for number, line in enumerate(lines, 1) if line.strip() in names), None)


def arch_in_tree(tree: str, arch: str | None) -> str:
    """The directory below arch/ for ARCH `arch` (default: this machine's). Raises InputError where there is none."""
    srcarch = srcarch_of(arch or os.uname().machine)
    if not os.path.isdir(f"{tree}/arch/{srcarch}"):
        raise InputError(f"this tree has no arch/{srcarch}; give ARCH=…", tree)
    return srcarch


def configured_tree(tree: str, values: Mapping[str, str], srcarch: str, path: str) -> KernelBuild:
    """The kernel in `tree` under the configuration `values`, which `path` names; "n" is left out of it."""
    numbers = dict(_VERSION_LINE.findall(os.fsdecode(read_part(tree, "Makefile") or b"")))
    version = [int(numbers.get(name) or 0) for name in ("VERSION", "PATCHLEVEL", "SUBLEVEL")]
    code = (version[0] << 16) + (version[1] << 8) + min(version[2], 255)
    kernel = KernelBuild(
        build_dir=tree,
        source_dir=tree,
        arch=srcarch,
        release=".".join(map(str, version)) + numbers.get("EXTRAVERSION", ""),
        version_code=code,
        spelling=spelling_of(tree),
        config=_for_make(values, version),
        config_macros=dict(_macros(values)),
        include_path=linux_include(tree, tree, srcarch),
        forced_includes=forced_includes(tree),
        symvers=os.path.join(tree, "Module.symvers"),
        config_file=path,
    )
    made = {f"{tree}/include/generated/autoconf.h": b"", **_version_header(tree, code, version)}
    for below in ("", "uapi/"):
        made |= _asm_wrappers(kernel, below)
    return kernel.with_made(made)


def _read_config(path: str, given: bool) -> dict[str, str]:
    try:
        text = Path(path).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        if given:
            raise InputError(f"this configuration cannot be read: {error.strerror}", path) from None
        raise InputError(
            "the tree is not configured; give a configuration with --config FILE (a distribution's "
            "/boot/config-* will do)",
            path,
        ) from None
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        match = _CONFIG_LINE.fullmatch(line)
        if match is None or not _VALUE.fullmatch(match[2]):
            if line and not line.startswith("#"):
                raise InputError(f"no line of a kernel configuration: {line[:60]}", path, number)
            continue
        values[match[1]] = match[2]
    if not values:
        raise InputError("this file sets no CONFIG_ symbol; is it a kernel configuration?", path)
    return {name: value for name, value in values.items() if value not in ("n", "")}


def _for_make(config: Mapping[str, str], version: list[int]) -> dict[str, str]:
    """What include/config/auto.conf would give to make: strings bare from 5.18 on."""
    if version < _BARE_STRINGS:
        return dict(config)
    return {name: value.strip('"') for name, value in config.items()}


def _macros(config: Mapping[str, str]) -> Iterator[tuple[bytes, bytes]]:
    """What include/generated/autoconf.h would define (scripts/kconfig/confdata.c, print_symbol_for_c)."""
    for name, value in config.items():
        suffix = "_MODULE" if value == "m" else ""
        if value in ("y", "m"):
            value = "1"
        yield os.fsencode(name + suffix), os.fsencode(value)


def _version_header(tree: str, code: int, version: list[int]) -> dict[str, bytes]:
    path = f"{tree}/include/generated/uapi/linux/version.h"
    if os.path.exists(path):
        return {}
    names = ("LINUX_VERSION_MAJOR", "LINUX_VERSION_PATCHLEVEL", "LINUX_VERSION_SUBLEVEL")
    lines = [f"#define LINUX_VERSION_CODE {code}"]
    lines.append("#define KERNEL_VERSION(a,b,c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))")
    lines += [f"#define {name} {number}" for name, number in zip(names, version, strict=True)]
    return {path: "\n".join(lines).encode() + b"\n"}


def _asm_wrappers(kernel: KernelBuild, below: str) -> dict[str, bytes]:
    """The wrappers of arch/*/include/generated/{uapi/,}asm that lead to asm-generic, by path."""
    tree = kernel.source_dir
    there = f"arch/{kernel.arch}/include/{below}asm"
    lists = {name: _words(kernel, there, name) for name in ("generic-y", "generated-y")}
    mandatory = _words(kernel, f"include/{below}asm-generic", "mandatory-y") if kernel.arch != "um" else []
    wrapped = dict.fromkeys(lists["generic-y"])
    for name in mandatory:
        if name not in lists["generated-y"] and not os.path.exists(f"{tree}/{there}/{name}"):
            wrapped[name] = None
    directory = f"{tree}/arch/{kernel.arch}/include/generated/{below}asm"
    return {
        f"{directory}/{name}": b"#include <asm-generic/%s>\n" % os.fsencode(name)
        for name in wrapped
        if not os.path.exists(f"{directory}/{name}")
    }


def _words(kernel: KernelBuild, place: str, name: str) -> list[str]:
    tree = kernel.source_dir
    if kbuild_file(f"{tree}/{place}") is None:
        return []
    environment = {"srctree": tree, "objtree": ".", "SRCARCH": kernel.arch, "ARCH": kernel.arch}
    directory = KbuildDirectory(Place(place, place, tree), kernel, environment, {}, Unknowns())
    return directory.words(name)
