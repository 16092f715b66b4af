"""Builds modules against a real kernel and reads what its modpost says.

Many cases are compiled by one make, each in a directory of its own; then the kernel's own modpost is run
once for each case over that case's modules only (0.1 s), with the options that the kernel's
Makefile.modpost gives it. So cases cannot see each other's exports, may all call their module t, and one
that does not compile spoils only itself.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.cases import Pairs

TIMEOUT = 1200
_OLD = re.compile(r"modpost: module (\S+) uses symbol (\S+) from namespace (\S+), but does not import it\.")
_NEW = re.compile(
    r"modpost: (\S+)\.ko: module uses symbol '(\S+)' from namespace '(\S+)', but does not import it\."
)
_FAULT = re.compile(r"error:|ERROR:|undefined!|No rule to make")


@dataclass(frozen=True)
class Kernel:
    """A kernel to build against."""

    series: str
    kdir: Path

    def config(self, option: str) -> bool:
        """Whether an option is y."""
        text = (self.kdir / "include/config/auto.conf").read_text()
        return re.search(rf"^CONFIG_{option}=y$", text, re.MULTILINE) is not None


@dataclass(frozen=True)
class Judgement:
    """What a build said: the missing pairs, the faults of any other kind, and all of it."""

    missing: Pairs
    faults: tuple[str, ...]
    log: str
    status: int = 0


def make(kernel: Kernel, directory: Path, *words: str) -> tuple[int, str]:
    """Runs the kernel's make over an external module directory; its status and its output."""
    return _make("-C", str(kernel.kdir), f"M={directory}", *words, "modules")


def make_own(kernel: Kernel, directory: Path, *words: str) -> tuple[int, str]:
    """Runs make in a project's own directory, as its author does: its Makefile is to call the kernel's."""
    return _make("-C", str(directory), f"KDIR={kernel.kdir}", *words)


def _make(*words: str) -> tuple[int, str]:
    # nothing here reads debug information, nor BTF, which is made of it
    spared = ["KCFLAGS=-g0", "CONFIG_DEBUG_INFO_BTF_MODULES="]
    done = subprocess.run(
        ["make", "-k", "-j2", "CC=gcc-12", *spared, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace")


def judge(log: str, modules: Iterable[str], below: str = "", status: int = 0) -> Judgement:
    """Reads a log of modpost; of `modules` (paths, no suffix) older kernels name the last part only."""
    by_name = {Path(module).name: module for module in modules}
    missing = {(by_name.get(m, m), ns) for m, _, ns in _OLD.findall(log)}
    missing |= {(m.removeprefix(below), ns) for m, _, ns in _NEW.findall(log)}
    faults = tuple(
        line
        for line in log.splitlines()
        if _FAULT.search(line) and not _OLD.search(line) and not _NEW.search(line)
    )
    return Judgement(frozenset(missing), faults, log, status)


def build_alone(kernel: Kernel, directory: Path, words: Iterable[str] = ()) -> Judgement:
    """A make of its own for one directory, to the end."""
    status, log = make(kernel, directory, *(word.replace("{dir}", str(directory)) for word in words))
    return judge(log, _modules_by_path(directory), status=status)


def build_own(kernel: Kernel, directory: Path, at: Path) -> Judgement:
    """As build_alone, by the Makefile of the project in `directory`, which names `at` to the kernel's."""
    status, log = make_own(kernel, directory)
    return judge(log, _modules_by_path(at), status=status)


def _modules_by_path(directory: Path) -> list[str]:
    order = directory / "modules.order"
    lines = order.read_text().split() if order.is_file() else []
    return [re.sub(r"\.k?o$", "", line.removeprefix(f"{directory}/").removeprefix("./")) for line in lines]


def build_many(
    kernel: Kernel, root: Path, names: list[str], words: Iterable[str] = ()
) -> dict[str, Judgement]:
    """Compiles the directories `names` below `root` in one make and lets modpost judge each by itself."""
    # two modules of one name make Kbuild stop before its own modpost, which is not wanted here
    for twin in ("0_a", "0_b"):
        (root / twin).mkdir()
        (root / twin / "Kbuild").write_text("obj-m := twin.o\n")
        (root / twin / "twin.c").write_text('#include <linux/module.h>\nMODULE_LICENSE("GPL");\n')
    (root / "Kbuild").write_text("obj-m := " + " ".join(f"{name}/" for name in ["0_a", "0_b", *names]) + "\n")
    _, log = make(kernel, root, "KBUILD_MODPOST_NOFINAL=1", *words)
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(names, pool.map(lambda name: _modpost(kernel, root, name, log), names), strict=True))


def _modpost(kernel: Kernel, root: Path, name: str, log: str) -> Judgement:
    compiled = "\n".join(line for line in log.splitlines() if f"{name}/" in line)
    order = root / name / "modules.order"
    if not order.is_file():
        return Judgement(frozenset(), (f"{name}: no modules.order",), compiled or log[-2000:], 2)
    objects = [re.sub(r"\.ko$", ".o", line) for line in order.read_text().split()]
    if not objects:
        return Judgement(frozenset(), (), compiled)
    (root / name / "modules.list").write_text("".join(f"{line}\n" for line in objects))
    options = ["-m"] if kernel.config("MODVERSIONS") else []
    options += ["-M"] if kernel.series != "6.1" else []
    command = [str(kernel.kdir / "scripts/mod/modpost"), *options, "-o", f"{name}/Module.symvers", "-e", "-i"]
    command += [str(kernel.kdir / "Module.symvers"), "-T", f"{name}/modules.list"]
    done = subprocess.run(
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT, check=False
    )
    said = done.stdout.decode("utf-8", "replace")
    modules = [re.sub(r"\.o$", "", line.split(f"{name}/", 1)[1]) for line in objects]
    if "an't open" in said:
        said += compiled
    return judge(said, modules, f"{name}/", done.returncode)
