"""Runs the real make, and only when asked (`--build`): the one place where code of the tree is executed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from nsfix.errors import InputError

_TAIL = 15  # lines of a failed build that are worth showing


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What make printed (both streams together) and how it ended; `nsdeps` is the file it may have written."""

    output: bytes
    code: int
    nsdeps: str

    def tail(self) -> str:
        """The last lines of the output, for an error message."""
        lines = self.output.decode("utf-8", "replace").splitlines()
        return "\n".join(lines[-_TAIL:])


def build_modules(
    kdir: str, directory: str, output: str | None, arch: str | None, variables: Mapping[str, str]
) -> BuildResult:
    """Run `make -C kdir M=directory KBUILD_NSDEPS=1 modules` and wait for it.

    KBUILD_NSDEPS turns missing imports into warnings and has modpost write modules.nsdeps
    (scripts/Makefile.modpost). Raises InputError where there is no make.
    """
    words = [f"{name}={value}" for name, value in variables.items()]
    words += [f"O={output}"] if output else []
    words += [f"ARCH={arch}"] if arch else []
    jobs = os.cpu_count() or 1
    command = ["make", "-C", kdir, f"M={directory}", f"-j{jobs}", *words, "KBUILD_NSDEPS=1", "modules"]
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    environment["LC_ALL"] = "C"
    try:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, env=environment
        )
    except FileNotFoundError:
        raise InputError(
            "make is not installed, so --build cannot build; leave it out or install make"
        ) from None
    return BuildResult(done.stdout, done.returncode, os.path.join(directory, "modules.nsdeps"))
