"""The commands that are measured, and the measuring."""

from __future__ import annotations

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.bench.prerequisites import NSDEPS, Kernel

ROOT = Path(__file__).resolve().parents[2]
NSFIX = (sys.executable, "-m", "nsfix")
_TAIL = 15
_FAULT = re.compile(rb"from namespace|ERROR: modpost|WARNING: modpost|\berror:")
# What an outer make would pass on, and what keeps Python from keeping its byte code.
_DROPPED = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PYTHONDONTWRITEBYTECODE")


class Failed(Exception):
    """A command did not do what it was run for; the text has its last lines."""


@dataclass(frozen=True)
class Timing:
    """Seconds on the clock, and on the processors (the command's and its children's)."""

    wall: float
    cpu: float

    def __add__(self, other: Timing) -> Timing:
        return Timing(self.wall + other.wall, self.cpu + other.cpu)


def run(
    command: Sequence[str], cwd: Path, variables: Mapping[str, str] | None = None
) -> tuple[Timing, bytes]:
    """Run a command; how long it took, and what it printed. Raises Failed where it ends with an error.

    What earlier commands wrote is brought to the disk first, so that nobody pays for another's writes. Python
    has its compiled code at hand from the second start on, as after an installation.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    environment |= {
        "LC_ALL": "C",
        "PYTHONPATH": str(ROOT),
        "PYTHONPYCACHEPREFIX": _byte_code(),
        **(variables or {}),
    }
    with tempfile.TemporaryFile() as output:
        os.sync()
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        printed = output.read()
    if process.returncode:
        tail = "\n".join(printed.decode("utf-8", "replace").splitlines()[-_TAIL:])
        raise Failed(f"{' '.join(command)} ended with {process.returncode}:\n{tail}")
    return Timing(wall, usage.ru_utime + usage.ru_stime), printed


@cache
def _byte_code() -> str:
    """A directory for compiled Python, so that a run leaves none in the checkout; removed at the end."""
    directory = tempfile.mkdtemp(prefix="nsfix-bench-pyc-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory


def nsfix(kernel: Kernel, directory: Path, *words: str) -> Timing:
    """`nsfix apply` on an external module directory."""
    command = [*NSFIX, "apply", *words, f"M={directory}", f"KDIR={kernel.kdir}"]
    return run(command, ROOT)[0]


def build(kernel: Kernel, directory: Path, *words: str) -> tuple[Timing, bytes]:
    """The kernel's make over an external module directory, on all processors."""
    jobs = len(os.sched_getaffinity(0))
    command = ["make", "-C", str(kernel.kdir), f"M={directory}", f"-j{jobs}", *words, "modules"]
    return run(command, directory)


def build_for_nsdeps(kernel: Kernel, directory: Path) -> Timing:
    """The build that has modpost write modules.nsdeps."""
    return build(kernel, directory, "KBUILD_NSDEPS=1")[0]


def builds_silently(kernel: Kernel, directory: Path) -> bool:
    """Whether the kernel's build finds nothing to complain of."""
    return _FAULT.search(build(kernel, directory)[1]) is None


def nsdeps(kernel: Kernel, directory: Path) -> Timing:
    """scripts/nsdeps over a built directory, with the environment that the kernel's Makefile gives it.

    It is called directly since Debian's headers do not have it, so that their `make nsdeps` ends in an error.
    """
    variables = {
        "srctree": str(kernel.source),
        "objtree": str(kernel.kdir),
        "srcroot": str(directory),
        "KBUILD_EXTMOD": str(directory),
        "MODULES_NSDEPS": str(directory / "modules.nsdeps"),
    }
    return run(["sh", str(kernel.source / NSDEPS)], directory, variables)[0]
