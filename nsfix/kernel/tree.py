"""What a kernel build directory says of itself: its sources, release, spelling and configuration.

Accepted as KDIR: a distribution's header directory, an `O=` build directory, or a configured source tree.
Nothing is run; only a handful of files are read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from nsfix.errors import InputError
from nsfix.model import Spelling, Version

AUTO_CONF = "include/config/auto.conf"
AUTOCONF_H = "include/generated/autoconf.h"
MODULE_H = "include/linux/module.h"

# Written by the top Makefile's `outputmakefile` and by distributions: `include /path/Makefile`, and before
# 5.3 a wrapper that calls `make -C /path`.
_INCLUDED_SOURCE = re.compile(rb"^(?:MAKEARGS\s*:=\s*-C\s+(\S+)|include\s+(\S+)/Makefile)\s*$", re.MULTILINE)
_TOP_MAKEFILE = re.compile(rb"^VERSION\s*=\s*\d+\s*$", re.MULTILINE)
_OVERRIDE_ARCH = re.compile(rb"^override\s+ARCH\s*=\s*(\S+)", re.MULTILINE)
_CONFIG_LINE = re.compile(r"\n(CONFIG_\w+)=(.*)")
_CONFIG_MACRO = re.compile(rb"#define (CONFIG_\w+) (.*)")
_UTS_RELEASE = re.compile(rb'#define\s+UTS_RELEASE\s+"([^"]+)"')
_VERSION_CODE = re.compile(rb"#define\s+LINUX_VERSION_CODE\s+(\d+)")
_IMPORT_NS = re.compile(
    rb"^[ \t]*#[ \t]*define[ \t]+MODULE_IMPORT_NS\([^)]*\)((?:\\\r?\n|[^\n])*)", re.MULTILINE
)
_MADE_A_STRING = re.compile(rb"stringify|#")
_RELEASE_NUMBERS = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")

# Read in this order: user-mode Linux also has the symbols of the processor it runs on.
ARCH_SYMBOLS = {
    "CONFIG_UML": "um",
    "CONFIG_X86": "x86",
    "CONFIG_ARM64": "arm64",
    "CONFIG_ARM": "arm",
    "CONFIG_RISCV": "riscv",
    "CONFIG_PPC": "powerpc",
    "CONFIG_S390": "s390",
    "CONFIG_MIPS": "mips",
    "CONFIG_LOONGARCH": "loongarch",
    "CONFIG_SPARC": "sparc",
    "CONFIG_PARISC": "parisc",
    "CONFIG_SUPERH": "sh",
    "CONFIG_M68K": "m68k",
    "CONFIG_ALPHA": "alpha",
    "CONFIG_ARC": "arc",
    "CONFIG_CSKY": "csky",
    "CONFIG_HEXAGON": "hexagon",
    "CONFIG_MICROBLAZE": "microblaze",
    "CONFIG_NIOS2": "nios2",
    "CONFIG_OPENRISC": "openrisc",
    "CONFIG_XTENSA": "xtensa",
    "CONFIG_IA64": "ia64",
}

# ARCH as users and `uname -m` give it, to the directory below arch/ (Makefile, scripts/subarch.include).
_SRCARCH = (
    (re.compile(r"i.86|x86_64|amd64"), "x86"),
    (re.compile(r"sparc(32|64)|sun4u"), "sparc"),
    (re.compile(r"parisc64"), "parisc"),
    (re.compile(r"sh[234].*|sh64"), "sh"),
    (re.compile(r"aarch64.*"), "arm64"),
    (re.compile(r"(?!arm64$)arm.*|sa110"), "arm"),
    (re.compile(r"s390x"), "s390"),
    (re.compile(r"ppc.*"), "powerpc"),
    (re.compile(r"mips.*"), "mips"),
    (re.compile(r"riscv.*"), "riscv"),
    (re.compile(r"loongarch.*"), "loongarch"),
)


@dataclass(frozen=True, slots=True)
class KernelBuild:
    """One configured kernel as an external module's build sees it. All paths are absolute.

    `config` holds what include/config/auto.conf gives to make ("CONFIG_X" to "y", "m" or a value, quotes kept
    as they stand); `config_macros` what include/generated/autoconf.h gives to the compiler. `include_path` is
    LINUXINCLUDE in the kernel's order and `forced_includes` what every compilation is given with `-include`.
    `symvers` need not exist. `config_file` is where the configuration was read; `made` are files, by path, that
    a build would have written.
    """

    build_dir: str
    source_dir: str
    arch: str
    release: str
    version_code: int
    spelling: Spelling
    config: Mapping[str, str]
    config_macros: Mapping[bytes, bytes]
    include_path: tuple[str, ...]
    forced_includes: tuple[str, ...]
    symvers: str
    config_file: str = ""
    made: Mapping[str, bytes] = field(default_factory=dict)

    def with_made(self, made: Mapping[str, bytes]) -> KernelBuild:
        """This kernel, with files that a build would have written."""
        return replace(self, made=made)

    @property
    def version(self) -> tuple[int, int, int]:
        """VERSION, PATCHLEVEL and SUBLEVEL, the last capped at 255 as LINUX_VERSION_CODE has it."""
        return self.version_code >> 16, (self.version_code >> 8) & 0xFF, self.version_code & 0xFF


def default_kdir() -> str:
    """Return the running kernel's build directory as `make modules_install` links it; it need not exist."""
    return f"/lib/modules/{os.uname().release}/build"


def read_kernel_build(kdir: str, output: str | None = None, arch: str | None = None) -> KernelBuild:
    """Read the kernel that `make -C KDIR [O=OUTPUT] [ARCH=arch]` would build for.

    Raises InputError, naming the path and what to do, when `kdir` is no such directory, has no kernel
    sources behind it or is not configured. A missing Module.symvers is the concern of whoever reads it.
    """
    kdir = os.path.abspath(kdir)
    if not os.path.isdir(kdir):
        raise InputError("no such kernel directory; install the kernel headers or give KDIR=DIR", kdir)
    build_dir = os.path.abspath(os.path.join(kdir, output)) if output else kdir
    source_dir = _find_source(kdir)
    if source_dir is None:
        raise InputError(f"no kernel headers here: neither {MODULE_H} nor a Makefile that leads to it", kdir)
    auto_conf = read_part(build_dir, AUTO_CONF)
    autoconf_h = read_part(build_dir, AUTOCONF_H)
    if auto_conf is None or autoconf_h is None:
        missing = AUTO_CONF if auto_conf is None else AUTOCONF_H
        raise InputError(
            f"not configured ({missing} is missing): run `make modules_prepare` there", build_dir
        )
    config = dict(_CONFIG_LINE.findall("\n" + os.fsdecode(auto_conf)))
    release = _release(build_dir)
    srcarch = srcarch_of(arch or arch_of_build(build_dir, config) or os.uname().machine)
    return KernelBuild(
        build_dir=build_dir,
        source_dir=source_dir,
        arch=srcarch,
        release=release,
        version_code=_version_code(build_dir, release),
        spelling=spelling_of(source_dir),
        config=config,
        config_macros=dict(_CONFIG_MACRO.findall(autoconf_h)),
        include_path=linux_include(source_dir, build_dir, srcarch),
        forced_includes=forced_includes(source_dir),
        symvers=os.path.join(build_dir, "Module.symvers"),
        config_file=os.path.join(build_dir, AUTO_CONF),
    )


def read_part(directory: str, name: str) -> bytes | None:
    """The bytes of a file of a kernel; None where it is not there. Raises InputError where it cannot be read."""
    try:
        return Path(directory, name).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", os.path.join(directory, name)) from error


def _find_source(kdir: str) -> str | None:
    """Return the directory with the kernel's own Makefile and headers, or None."""
    makefile = read_part(kdir, "Makefile") or b""
    if _TOP_MAKEFILE.search(makefile) and os.path.exists(os.path.join(kdir, MODULE_H)):
        return kdir
    parent = os.path.dirname(kdir)
    candidates: list[str] = []
    for groups in _INCLUDED_SOURCE.findall(makefile):
        named = os.fsdecode(groups[0] or groups[1])
        # A header package that was unpacked elsewhere still names its place below /usr/src.
        candidates += [os.path.join(kdir, named), os.path.join(parent, os.path.basename(named))]
    candidates.append(os.path.join(kdir, "source"))
    candidates.append(os.path.join(parent, os.path.basename(kdir).rpartition("-")[0] + "-common"))
    for candidate in candidates:
        if os.path.exists(os.path.join(candidate, MODULE_H)):
            return os.path.normpath(candidate)
    return kdir if os.path.exists(os.path.join(kdir, MODULE_H)) else None


def arch_of_build(build_dir: str, config: Mapping[str, str]) -> str | None:
    """Return the ARCH that the build itself names: Debian's .kernelvariables, else the configuration."""
    named = _OVERRIDE_ARCH.search(read_part(build_dir, ".kernelvariables") or b"")
    if named:
        return os.fsdecode(named.group(1))
    return arch_of_config(config)


def arch_of_config(config: Mapping[str, str]) -> str | None:
    """The directory below arch/ that a configuration is for; None where it does not say."""
    return next((arch for symbol, arch in ARCH_SYMBOLS.items() if config.get(symbol) == "y"), None)


def srcarch_of(arch: str) -> str:
    """The directory below arch/ for an ARCH as users and `uname -m` give it."""
    return next((srcarch for pattern, srcarch in _SRCARCH if pattern.fullmatch(arch)), arch)


def _release(build_dir: str) -> str:
    # Debian overrides KERNELRELEASE after kernel.release has been written, so the header comes first.
    found = _UTS_RELEASE.search(read_part(build_dir, "include/generated/utsrelease.h") or b"")
    text = found.group(1) if found else (read_part(build_dir, "include/config/kernel.release") or b"").strip()
    if not text:
        raise InputError("names no kernel release: run `make modules_prepare` there", build_dir)
    return os.fsdecode(text)


def _version_code(build_dir: str, release: str) -> int:
    found = _VERSION_CODE.search(read_part(build_dir, "include/generated/uapi/linux/version.h") or b"")
    if found:
        return int(found.group(1))
    numbers = _RELEASE_NUMBERS.match(release)
    if not numbers:
        raise InputError(f"cannot tell the kernel's version from its release {release!r}", build_dir)
    version, patchlevel, sublevel = (int(number or 0) for number in numbers.groups())
    return code_of((version, patchlevel, sublevel))


def code_of(version: Version) -> int:
    """LINUX_VERSION_CODE of a version."""
    return (version[0] << 16) + (version[1] << 8) + min(version[2], 255)


def spelling_of(source_dir: str) -> Spelling:
    """Return how MODULE_IMPORT_NS takes its argument; the header decides, since distributions backport it."""
    definition = _IMPORT_NS.search(read_part(source_dir, MODULE_H) or b"")
    if not definition:
        return Spelling.NONE
    return Spelling.IDENTIFIER if _MADE_A_STRING.search(definition.group(1)) else Spelling.STRING


def linux_include(source_dir: str, build_dir: str, arch: str) -> tuple[str, ...]:
    """Return LINUXINCLUDE of the top Makefile, without the doubles of a build inside the sources."""
    directories = (
        f"{source_dir}/arch/{arch}/include",
        f"{build_dir}/arch/{arch}/include/generated",
        f"{source_dir}/include",
        f"{build_dir}/include",
        f"{source_dir}/arch/{arch}/include/uapi",
        f"{build_dir}/arch/{arch}/include/generated/uapi",
        f"{source_dir}/include/uapi",
        f"{build_dir}/include/generated/uapi",
    )
    return tuple(dict.fromkeys(directories))


def forced_includes(source_dir: str) -> tuple[str, ...]:
    """Return what every compilation is given with `-include`."""
    names = ("compiler-version.h", "kconfig.h", "compiler_types.h")
    paths = [f"{source_dir}/include/linux/{name}" for name in names]
    # compiler-version.h came with 5.12.
    return tuple(paths if os.path.exists(paths[0]) else paths[1:])
