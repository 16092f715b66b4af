"""Builds a package's modules as dkms would, and keeps what each call of make over them was given and left.

A package is built at HOME/tree/NAME/VERSION/build, from which every MODULE_IMPORT_NS statement was removed after
PRE_BUILD; where there was one, first as it is. /lib/modules is replaced for the build alone, in a mount namespace of
its own: wrappers take the kernel's directory from there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from nsfix.kernel.tree import read_kernel_build
from tests.dkms.calls import NO_BTF, Call, read_calls
from tests.kernel.building import Judgement, Kernel, judge

HERE = Path(__file__).parent
STEPS = HERE / "steps.sh"
NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")
TIMEOUT = 3600
# A statement at the start of a line; a #define of the macro or a test for it is none.
_IMPORT = re.compile(rb"^[ \t]*MODULE_IMPORT_NS[ \t]*\([^()]*\)[ \t]*;?", re.MULTILINE)
_FAULT = re.compile(r"error:|[Ee]rror: |ERROR:|undefined!|No rule to make|\*\*\* \S")


@dataclass(frozen=True)
class Package:
    """The sources of one package, and what dkms calls them."""

    source: Path
    name: str
    version: str


@dataclass(frozen=True)
class Built:
    """A package built for one kernel.

    `why_not` is the reason why it does not build as it is, or empty; `removed` counts the statements that were
    taken out; the judgement is that of the build without them.
    """

    package: Package
    kernel: Kernel
    tree: Path
    why_not: str
    removed: int
    calls: tuple[Call, ...]
    judgement: Judgement
    modules_dir: Path  # what stood for /lib/modules

    @property
    def prepared(self) -> Path:
        """The sources after PRE_BUILD, without imports, before anything is made."""
        return self.tree.parent / "prepared"


def read_package(source: Path) -> Package:
    """The package whose dkms.conf lies in `source`."""
    words = ["bash", str(STEPS), "name", str(source / "dkms.conf")]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True)
    name, version, _ = done.stdout.decode().split("\0")
    return Package(source, name, version)


def can_replace_lib_modules() -> bool:
    """Whether this machine lets one have a mount namespace."""
    return subprocess.run([*NAMESPACE, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0


class Workshop:
    """Where packages are built for one kernel, below `home`."""

    def __init__(self, kernel: Kernel, home: Path) -> None:
        self.kernel = kernel
        self._home = home
        facts = read_kernel_build(str(kernel.kdir), None, None)
        self._release = facts.release
        self._modules = home / "lib-modules"
        (self._modules / self._release).mkdir(parents=True)
        (self._modules / self._release / "build").symlink_to(kernel.kdir)
        (self._modules / self._release / "source").symlink_to(facts.source_dir)

    def build(self, package: Package) -> Built:
        """Builds `package` as it is, if it has imports, and without any."""
        tree = self._home / "tree" / package.name / package.version / "build"
        nothing = Judgement(frozenset(), (), "")
        status, log = self._prepare(package, tree)
        if status:
            why_not = f"PRE_BUILD: {_first_fault(log, status)}"
            return Built(package, self.kernel, tree, why_not, 0, (), nothing, self._modules)
        said = self._said(package)
        removed = sum(remove_imports(path) for path in sorted(tree.rglob("*.[ch]")) if path.is_file())
        shutil.copytree(tree, tree.parent / "prepared", symlinks=True)
        if said["excluded"]:
            return Built(package, self.kernel, tree, said["excluded"][0], removed, (), nothing, self._modules)
        why_not = ""
        if removed:
            shutil.move(tree, tree.parent / "without")
            self._prepare(package, tree)
            status, log = self._steps("build", package, self._record(package))
            why_not = self._why_not(status, log, tree, said["module"])
            shutil.move(tree, tree.parent / "as-it-is")
            shutil.move(tree.parent / "without", tree)
        record = self._record(package)
        status, log = self._steps("build", package, record)
        calls = read_calls(record, tree, self.kernel.kdir)
        modules = {module for call in calls for module in call.modules}
        if not removed:
            why_not = self._why_not(status, log, tree, said["module"])
        judgement = judge(log, modules, status=status)
        return Built(package, self.kernel, tree, why_not, removed, calls, judgement, self._modules)

    def _prepare(self, package: Package, tree: Path) -> tuple[int, str]:
        shutil.copytree(package.source, tree, symlinks=True)
        return self._steps("prepare", package)

    def _said(self, package: Package) -> dict[str, list[str]]:
        status, text = self._steps("say", package)
        assert status == 0, text
        said: dict[str, list[str]] = {"excluded": [], "module": []}
        for entry in text.split("\0")[:-1]:
            key, _, value = entry.partition("=")
            if value:
                said.setdefault(key, []).append(value)
        return said

    def _record(self, package: Package) -> Path:
        place = self._home / "tree" / package.name / package.version
        record = place / f"record-{len(list(place.glob('record-*')))}"
        record.mkdir()
        return record

    def _steps(self, step: str, package: Package, record: Path | None = None) -> tuple[int, str]:
        """Runs one of the steps; its status, and what it printed."""
        tree = self._home / "tree"
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment |= {
            "module": package.name,
            "module_version": package.version,
            "kernelver": self._release,
            "arch": "x86_64",
            "kernel_source_dir": f"/lib/modules/{self._release}/build",
            "dkms_tree": str(tree),
            "kernel_modules": str(self._modules),
            "bin": str(HERE / "bin"),
            # nothing here reads debug information, nor BTF, which is made of it and wants a tool more
            "KCFLAGS": "-g0",
            "MAKEFLAGS": NO_BTF,
            "RECORD": str(record or ""),
            "RECORD_TREE": str(tree / package.name / package.version / "build"),
        }
        done = subprocess.run(
            [*NAMESPACE, "bash", str(STEPS), step],
            env=environment,
            cwd=self._home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT,
            check=False,
        )
        return done.returncode, done.stdout.decode("utf-8", "replace")

    @staticmethod
    def _why_not(status: int, log: str, tree: Path, modules: list[str]) -> str:
        """What stood in the way of the build, in the build's own words; empty where nothing did."""
        absent = [module for module in modules if not (tree / f"{module}.ko").is_file()]
        if status == 0 and not absent:
            return ""
        told = _first_fault(log, status).replace(f"{tree}/", "")
        return told if status else f"no {absent[0]}.ko; {told}"


def _first_fault(log: str, status: int) -> str:
    """The line of a log that tells first of a fault, or the last one."""
    faults = [line.strip() for line in log.splitlines() if _FAULT.search(line)]
    return faults[0] if faults else (log.strip().splitlines() or [f"status {status}"])[-1]


def remove_imports(path: Path) -> int:
    """Removes every MODULE_IMPORT_NS statement from a source; how many there were."""
    text = path.read_bytes()
    rest, count = _IMPORT.subn(b"", text)
    if count:
        path.write_bytes(rest)
    return count
