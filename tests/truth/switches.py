"""Configurations that no one has: nearly every switch that a Kbuild file asks for is on.

Kconfig would not allow them, and need not: make and nsfix are given the same one, and what counts is how many lines of
how many Kbuild files it brings to life.
"""

from __future__ import annotations

import os
import re
import zlib
from pathlib import Path

# The symbols that say which architecture a configuration is for; the others of them have to be off.
ARCHITECTURES = {
    "x86": "CONFIG_X86",
    "arm64": "CONFIG_ARM64",
    "arm": "CONFIG_ARM",
    "riscv": "CONFIG_RISCV",
    "powerpc": "CONFIG_PPC",
    "s390": "CONFIG_S390",
    "mips": "CONFIG_MIPS",
    "loongarch": "CONFIG_LOONGARCH",
    "sparc": "CONFIG_SPARC",
    "parisc": "CONFIG_PARISC",
    "sh": "CONFIG_SUPERH",
    "m68k": "CONFIG_M68K",
    "alpha": "CONFIG_ALPHA",
    "arc": "CONFIG_ARC",
    "csky": "CONFIG_CSKY",
    "hexagon": "CONFIG_HEXAGON",
    "microblaze": "CONFIG_MICROBLAZE",
    "nios2": "CONFIG_NIOS2",
    "openrisc": "CONFIG_OPENRISC",
    "xtensa": "CONFIG_XTENSA",
    "ia64": "CONFIG_IA64",
    "um": "CONFIG_UML",
}
_LEFT_OFF = frozenset((*ARCHITECTURES.values(), "CONFIG_CC_IS_CLANG", "CONFIG_LD_IS_LLD", "CONFIG_SHELL"))
_KBUILD_FILE = re.compile(r"Makefile(\..*)?|Kbuild|.*\.mk")


def nearly_everything(source: Path, config: Path, arch: str) -> str:
    """A configuration for `arch`: `config`, and of the other symbols that Kbuild files of `source` name two in eight
    built in, five as modules, one off."""
    given = re.findall(r"^(CONFIG_\w+)=(.*)$", config.read_text(), re.MULTILINE)
    values = {name: value for name, value in given if name not in ARCHITECTURES.values()}
    for name in sorted(_asked_for(source) - values.keys() - _LEFT_OFF):
        chance = zlib.crc32(f"1{name}".encode()) % 8
        if chance < 7:
            values[name] = "y" if chance < 2 else "m"
    values[ARCHITECTURES[arch]] = "y"
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _asked_for(source: Path) -> set[str]:
    found: set[str] = set()
    for directory, below, names in os.walk(source):
        if directory == str(source):
            below[:] = [name for name in below if name not in ("tools", "Documentation")]
        for name in filter(_KBUILD_FILE.fullmatch, names):
            found.update(re.findall(r"CONFIG_\w+", Path(directory, name).read_text(errors="replace")))
    return found
