"""Finds, or fetches, editors that are newer than those of Debian 12.

    python3 -m tests.editors.provision           fetch what is missing, print what there is
    python3 -m tests.editors.provision --list    only print what there is

Neovim and Helix of Debian testing, with the C library and all else that they need, are unpacked without
being installed into a cache directory ($NSFIX_EDITORS, default ~/.cache/nsfix-editors), and run with their
own loader. They come over the mirror that this machine already uses.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
from pathlib import Path

from tests.kernel.provision import Apt, output

SUITE = "testing"
COMMAND = "python3 -m tests.editors.provision"
PACKAGES = {"nvim": "neovim", "hx": "hx"}
RUNTIME = {"nvim": ("VIMRUNTIME", "usr/share/nvim/runtime"), "hx": ("HELIX_RUNTIME", "usr/lib/hx/runtime")}


def cache() -> Path:
    """The directory that fetched editors live in."""
    return Path(os.environ.get("NSFIX_EDITORS") or Path.home() / ".cache" / "nsfix-editors").absolute()


def program(name: str) -> Path | None:
    """The command that starts a fetched editor, or None."""
    found = cache() / SUITE / "bin" / name
    return found if os.access(found, os.X_OK) else None


def fetch() -> None:
    """Unpacks the editors, and writes the commands that start them."""
    home = cache() / SUITE
    partial = home.with_name(home.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    apt = Apt(cache() / "apt", suites=(SUITE,))
    apt.options.append("-oDir::State::status=/dev/null")  # what is installed here is too old for them
    apt.unpack(sorted(closure(apt, list(PACKAGES.values()))), partial, partial / "deb")
    loader = next(partial.glob("usr/lib/*/ld-linux-*")).relative_to(partial)
    (partial / "bin").mkdir()
    for name in PACKAGES:
        variable, runtime = RUNTIME[name]
        command = partial / "bin" / name
        command.write_text(
            f'#!/bin/sh\nexport {variable}="{home / runtime}"\n'
            f'exec "{home / loader}" --library-path "{home / loader.parent}" --argv0 {name} '
            f'"{home}/usr/bin/{name}" "$@"\n'
        )
        command.chmod(0o755)
    shutil.rmtree(home, ignore_errors=True)
    partial.rename(home)


def closure(apt: Apt, packages: list[str]) -> set[str]:
    """The packages and all that they depend on."""
    others = ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
    words = ["--recurse", *(f"--no-{other}" for other in others)]
    shown = output(["apt-cache", *apt.options, *words, "depends", *packages])
    return set(re.findall(r"^([a-z0-9][\w.+-]*)$", shown, re.MULTILINE))


def main() -> None:
    """The command line of this module."""
    parser = argparse.ArgumentParser(
        prog=COMMAND, description="fetches editors newer than those of Debian 12"
    )
    parser.add_argument("--list", action="store_true", help="only print what there is")
    if not parser.parse_args().list and not all(program(name) for name in PACKAGES):
        fetch()
    for name in PACKAGES:
        print(f"{name}\t{program(name) or 'missing'}")


if __name__ == "__main__":
    main()
