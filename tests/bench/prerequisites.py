"""What a run needs: a kernel to build against, sources of the same series, and the other side's tools."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.kernel import provision

SERIES = "6.12"
TOOLS = ("make", "gcc", "spatch", "git")
NSDEPS = "scripts/nsdeps"
COCCI = "scripts/coccinelle/misc/add_namespace.cocci"
PMBUS = "drivers/hwmon/pmbus"
IWLWIFI = "drivers/net/wireless/intel/iwlwifi"
_NEEDED = ("Makefile", NSDEPS, COCCI, f"{PMBUS}/Makefile", f"{IWLWIFI}/mvm/Makefile")
_SOURCE_HELP = """\
    apt-get download linux-source-{series} && dpkg-deb -x linux-source-{series}_*.deb DIR
    tar -xf DIR/usr/src/linux-source-{series}.tar.xz -C DIR
    python -m tests.bench --source DIR/linux-source-{series}
(series 7.x brings its source: `{command} 7.x`, then `--series 7.x`)"""


class Lacking(Exception):
    """Something that a run needs is not there; the text says how to get it."""


@dataclass(frozen=True)
class Kernel:
    """A directory to build modules against, and the unpacked source of the same series."""

    kdir: Path
    source: Path
    release: str


def find_kernel(series: str, kdir: Path | None, source: Path | None) -> Kernel:
    """The kernel of a series, where directories are not given. Raises Lacking."""
    kdir = kdir or provision.kernels().get(series)
    if kdir is None:
        raise Lacking(
            f"no headers of {series}; get them with\n    {provision.COMMAND} {series}\nor give --kdir"
        )
    if not provision.usable(kdir):
        raise Lacking(f"{kdir}: no Module.symvers or no scripts/mod/modpost: nothing can be built against it")
    source = source or provision.source_tree(series)
    if source is None:
        help_text = _SOURCE_HELP.format(series=series, command=provision.COMMAND)
        raise Lacking(f"no source of {series}; Debian packages it:\n{help_text}")
    absent = [name for name in _NEEDED if not (source / name).is_file()]
    if absent:
        raise Lacking(f"{source}: not the whole source of a kernel, there is no {absent[0]}")
    release = (kdir / "include/config/kernel.release").read_text().strip()
    if not release.startswith(_version_of(source) + "."):
        raise Lacking(
            f"{source} is {_version_of(source)}, but {kdir} is {release}: give sources of one series"
        )
    return Kernel(kdir.absolute(), source.absolute(), release)


def _version_of(source: Path) -> str:
    """`6.12` from the VERSION and PATCHLEVEL lines of the kernel's Makefile."""
    text = (source / "Makefile").read_text()
    return ".".join(re.findall(r"^(?:VERSION|PATCHLEVEL) = (\d+)$", text, re.MULTILINE))


def require_tools() -> None:
    """Raises Lacking where a tool of the other side is missing."""
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    if absent:
        packages = ["coccinelle" if tool == "spatch" else tool for tool in absent]
        raise Lacking(
            f"missing: {', '.join(absent)}; get them with\n    apt-get install {' '.join(packages)}"
        )
