"""Runs the real make, and only when asked (`--build`, `--make`): the one place where code of the tree is executed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from nsfix.errors import InputError
from nsfix.kernel.made import ANSWER, MadeDirectory, question, read_answer
from nsfix.kernel.tree import KernelBuild
from nsfix.kernel.wrapper import KernelCall

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
    jobs = os.cpu_count() or 1
    words = [
        *_words(kdir, output, arch, variables),
        f"M={directory}",
        f"-j{jobs}",
        "KBUILD_NSDEPS=1",
        "modules",
    ]
    done = _run(words, {}, "--build")
    return BuildResult(done.stdout, done.returncode, os.path.join(directory, "modules.nsdeps"))


def ask_make(kernel: KernelBuild, given: Sequence[str], call: KernelCall) -> dict[str, MadeDirectory]:
    """Ask make what it would build for `call`: each directory's lists and flags, by path. Nothing is compiled, but
    the Makefiles are run as a build runs them, commands of `$(shell …)` included.

    `given` are the words that name the kernel (`-C DIR`, `O=DIR`, `ARCH=NAME`). Raises InputError, with make's own last
    words, where it stops, and where there is no make.
    """
    build, goal = question(kernel, call.directory)
    variables = [f"{name}={value}" for name, value in call.variables.items()]
    with TemporaryDirectory(prefix="nsfix-") as home:
        answer = os.path.join(home, "answer")
        environment = {"PWD": call.directory, **call.environment, ANSWER: answer}
        done = _run([*given, *variables, f"M={call.directory}", build, goal], environment, "--make")
        try:
            text = os.fsdecode(Path(answer).read_bytes())
        except FileNotFoundError:
            text = ""
    if done.returncode or not text:
        said = BuildResult(done.stdout, done.returncode, "").tail()
        raise InputError(f"make stops before it says what is built; its last words:\n{said}", call.directory)
    return read_answer(text)


def kernel_words(kdir: str, output: str | None, arch: str | None) -> list[str]:
    """The words of a make command line that name the kernel."""
    return ["-C", kdir, *([f"O={output}"] if output else []), *([f"ARCH={arch}"] if arch else [])]


def _words(kdir: str, output: str | None, arch: str | None, variables: Mapping[str, str]) -> list[str]:
    return [*kernel_words(kdir, output, arch), *(f"{name}={value}" for name, value in variables.items())]


def _run(
    words: Sequence[str], exported: Mapping[str, str], option: str
) -> subprocess.CompletedProcess[bytes]:  # fmt: skip
    """Run make to its end, both streams together. Raises InputError where there is none."""
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    environment |= {**exported, "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["make", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            env=environment,
        )
    except FileNotFoundError:
        raise InputError(
            f"make is not installed, so {option} cannot run it; leave it out or install make"
        ) from None
