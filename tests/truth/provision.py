"""Fetches kernels whole: sources, configuration, Module.symvers, and every compiled module.

    python3 -m tests.truth.provision             all of them
    python3 -m tests.truth.provision 6.12        only this one: 6.12, 7.x (the newest), 6.12-arm64 or 5.10
    python3 -m tests.truth.provision --list      only print what there is

About 1 GB is downloaded for each and 2.5 GB kept below $NSFIX_KERNELS (default ~/.cache/nsfix-kernels). Nothing is
installed; tests/kernel/provision.py tells how packages are found.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.kernel.provision import SUITES, Apt, cache, run, version_key

# Each with the architecture that it was compiled for, in Debian's words, and the suites that have it.
KERNELS = {
    "6.12": ("amd64", SUITES),
    "7.x": ("amd64", SUITES),
    "6.12-arm64": ("arm64", SUITES),
    "5.10": ("amd64", ("bullseye", "bullseye-security")),
}
WANTED = tuple(KERNELS)
COMMAND = "python3 -m tests.truth.provision"


@dataclass(frozen=True)
class Kernel:
    """One fetched kernel."""

    home: Path
    arch: str = "amd64"

    @property
    def source(self) -> Path:
        """The top of the source tree."""
        return self.home / "src"

    @property
    def config(self) -> Path:
        """The configuration that the modules were compiled with."""
        return self._headers / ".config"

    @property
    def symvers(self) -> Path:
        """Module.symvers of the compiled kernel."""
        return self._headers / "Module.symvers"

    @property
    def modules(self) -> list[Path]:
        """Every compiled module."""
        return sorted(self.home.glob("root/**/kernel/**/*.ko*"))

    @property
    def _headers(self) -> Path:
        found = self.home.glob(f"root/usr/src/linux-headers-*-{self.arch}")
        return max(found, key=lambda d: version_key(d.name))


def fetched(series: str) -> Kernel | None:
    """The newest kernel of `series` that is there, or None."""
    name = re.compile(r"truth-7\.\d+" if series == "7.x" else re.escape(f"truth-{series}"))
    found = [d for d in cache().glob("truth-*") if name.fullmatch(d.name) and (d / "src/Makefile").is_file()]
    newest = max(found, key=lambda d: version_key(d.name), default=None)
    return Kernel(newest, KERNELS[series][0]) if newest is not None else None


def fetch(series: str) -> None:
    """Download and unpack one kernel."""
    arch, suites = KERNELS[series]
    apt = Apt(cache() / f"apt-{arch}-{suites[0]}", arch, suites)
    headers = apt.newest_headers(series.removesuffix(f"-{arch}"))
    release = headers.removeprefix("linux-headers-")
    number = ".".join(release.split(".")[:2])
    version = apt.version(headers)
    home = cache() / (f"truth-{number}" if series == "7.x" else f"truth-{series}")
    partial = home.with_name(home.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "root").mkdir(parents=True)
    modules = f"linux-modules-{release}"
    if not apt.has(modules):
        modules = f"linux-image-{release}"
    names = (headers, f"linux-source-{number}", modules)
    apt.unpack([f"{name}={version}" for name in names], partial / "root", partial / "deb")
    archive = partial / f"root/usr/src/linux-source-{number}.tar.xz"
    run(["tar", "-xf", str(archive)], partial)
    (partial / f"linux-source-{number}").rename(partial / "src")
    archive.unlink()
    shutil.rmtree(home, ignore_errors=True)
    partial.rename(home)


def main(words: list[str]) -> int:
    """The command line; see the module's docstring."""
    parser = argparse.ArgumentParser(description="Fetches the kernels of the tier `truth`.")
    parser.add_argument("--list", action="store_true", help="fetch nothing")
    parser.add_argument("series", nargs="*", metavar="SERIES", help=f"of {', '.join(WANTED)} (default: all)")
    options = parser.parse_args(words)
    unknown = [series for series in options.series if series not in WANTED]
    if unknown:
        parser.error(f"unknown series {unknown[0]}: there are {', '.join(WANTED)}")
    wanted = options.series or list(WANTED)
    lacking = [series for series in wanted if fetched(series) is None]
    if lacking and not options.list:
        cache().mkdir(parents=True, exist_ok=True)
        for series in lacking:
            fetch(series)
    for series in wanted:
        kernel = fetched(series)
        print(f"{series}\t{kernel.home if kernel else 'missing: ' + COMMAND + ' ' + series}")
    return 0 if all(fetched(series) for series in wanted) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
