"""Hand-made kernel build directories, small but with every file that nsfix reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nsfix.kernel.tree import KernelBuild, read_kernel_build

IDENTIFIER_MODULE_H = "#define MODULE_IMPORT_NS(ns)\tMODULE_INFO(import_ns, __stringify(ns))\n"
STRING_MODULE_H = "#define MODULE_IMPORT_NS(ns)\tMODULE_INFO(import_ns, ns)\n"
CONFIG = {"CONFIG_X86": "y", "CONFIG_MODULES": "y", "CONFIG_USB": "m", "CONFIG_GCC_VERSION": "120200"}


def write(root: Path, files: Mapping[str, str]) -> None:
    """Write files by their names relative to `root`."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def kernel_files(
    version: tuple[int, int, int], config: Mapping[str, str] = CONFIG
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the files of a source directory and those of a build directory."""
    major, patch, sub = version
    code = (major << 16) + (patch << 8) + sub
    source = {
        "Makefile": f"# SPDX\nVERSION = {major}\nPATCHLEVEL = {patch}\nSUBLEVEL = {sub}\n",
        "include/linux/module.h": STRING_MODULE_H if version >= (6, 13) else IDENTIFIER_MODULE_H,
        "include/linux/kconfig.h": "",
        "include/linux/compiler_types.h": "",
        "include/linux/compiler-version.h": "",
    }
    macros = "".join(
        f"#define {name}{'_MODULE' if value == 'm' else ''} {1 if value in 'ym' else value}\n"
        for name, value in config.items()
    )
    build = {
        "include/config/auto.conf": "#\n" + "".join(f"{name}={value}\n" for name, value in config.items()),
        "include/generated/autoconf.h": "/* generated */\n" + macros,
        "include/generated/utsrelease.h": f'#define UTS_RELEASE "{major}.{patch}.{sub}-test"\n',
        "include/generated/uapi/linux/version.h": f"#define LINUX_VERSION_CODE {code}\n",
    }
    return source, build


def make_kernel(root: Path, version: tuple[int, int, int], config: Mapping[str, str] = CONFIG) -> KernelBuild:
    """Write a configured source tree and read it."""
    source, build = kernel_files(version, config)
    write(root, source | build)
    return read_kernel_build(str(root))
