"""Fetches kernels whole: sources, configuration, Module.symvers, and every compiled module.

    python3 -m tests.truth.provision             6.12 and the newest 7.x
    python3 -m tests.truth.provision 6.12        only this one
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

from tests.kernel.provision import Apt, cache, run, version_key

WANTED = ("6.12", "7.x")
COMMAND = "python3 -m tests.truth.provision"


@dataclass(frozen=True)
class Kernel:
    """One fetched kernel."""

    home: Path

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
        found = self.home.glob("root/usr/src/linux-headers-*-amd64")
        return max(found, key=lambda d: version_key(d.name))


def fetched(series: str) -> Kernel | None:
    """The newest kernel of `series` that is there, or None."""
    found = [d for d in cache().glob(f"truth-{series.removesuffix('x')}*") if (d / "src/Makefile").is_file()]
    newest = max(found, key=lambda d: version_key(d.name), default=None)
    return Kernel(newest) if newest is not None else None


def fetch(apt: Apt, series: str) -> None:
    """Download and unpack one kernel."""
    headers = apt.newest_headers(series)
    release = headers.removeprefix("linux-headers-")
    number = ".".join(release.split(".")[:2])
    version = apt.version(headers)
    home = cache() / f"truth-{number}"
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
    unknown = [s for s in options.series if s != "7.x" and not re.fullmatch(r"\d+\.\d+", s)]
    if unknown:
        parser.error(f"{unknown[0]} is no series such as 6.12")
    wanted = options.series or list(WANTED)
    lacking = [series for series in wanted if fetched(series) is None]
    if lacking and not options.list:
        cache().mkdir(parents=True, exist_ok=True)
        apt = Apt(cache() / "apt")
        for series in lacking:
            fetch(apt, series)
    for series in wanted:
        kernel = fetched(series)
        print(f"{series}\t{kernel.home if kernel else 'missing: ' + COMMAND + ' ' + series}")
    return 0 if all(fetched(series) for series in wanted) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
