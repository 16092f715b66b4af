"""Fetches the Debian packages whose modules dkms builds.

    python3 -m tests.dkms.provision             fetch what is missing, print what there is
    python3 -m tests.dkms.provision --list      only print what there is

Which packages there are is asked of apt: every one of Debian 12 (main and contrib) that depends on dkms. They are
unpacked below $NSFIX_KERNELS (default ~/.cache/nsfix-kernels), 40 MB to download; nothing is installed and none of
their scripts runs. tests/kernel/provision.py tells how packages are found.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from tests.kernel.provision import Apt, cache

COMMAND = "python3 -m tests.dkms.provision"
SUITES = ("bookworm", "bookworm-security")
COMPONENTS = "main contrib"


def home() -> Path:
    """The directory that holds the packages, each unpacked below its own name."""
    return cache() / "dkms"


def sources() -> dict[str, list[Path]]:
    """Of every package that is there, the directories that have a dkms.conf, as dkms would find them in /usr/src."""
    found: dict[str, list[Path]] = {}
    for conf in sorted(home().glob("*/usr/src/*/dkms.conf")):
        found.setdefault(conf.relative_to(home()).parts[0], []).append(conf.parent)
    return found


def fetch() -> None:
    """Downloads and unpacks every package that depends on dkms."""
    apt = Apt(cache() / "apt-dkms", "amd64", SUITES, COMPONENTS)
    names = apt.dependants("dkms")
    if not names:
        sys.exit("provision: apt knows no package that depends on dkms")
    partial = home().with_name("dkms.partial")
    shutil.rmtree(partial, ignore_errors=True)
    for name in names:
        apt.unpack([name], partial / name, partial / "deb")
    shutil.rmtree(home(), ignore_errors=True)
    partial.rename(home())


def main(words: list[str]) -> int:
    """The command line; see the module's docstring."""
    parser = argparse.ArgumentParser(description="Fetches the packages of the tier `dkms`.")
    parser.add_argument("--list", action="store_true", help="fetch nothing")
    if not parser.parse_args(words).list and not sources():
        cache().mkdir(parents=True, exist_ok=True)
        fetch()
    for name, directories in sources().items():
        print(f"{name}\t{' '.join(map(str, directories))}")
    if not sources():
        print(f"provision: no packages are there; {COMMAND} fetches them", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
