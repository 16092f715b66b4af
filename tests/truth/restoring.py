"""A kernel's source tree without any import, some modules of it built, and the real modpost over them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.kernel.building import Judgement, judge
from tests.kernel.building import Kernel as Built
from tests.kernel.provision import prepare
from tests.truth.provision import Kernel

TIMEOUT = 1200
_IMPORT = re.compile(rb'^[ \t]*MODULE_IMPORT_NS\([\w"]+\);[ \t]*\r?\n', re.MULTILINE)


@dataclass(frozen=True)
class Tree:
    """A copy of a kernel's tree without imports."""

    kernel: Kernel
    home: Path

    @property
    def source(self) -> Path:
        """The top of the copy."""
        return self.home / "src"

    @property
    def build(self) -> Path:
        """Where the kernel is configured as its distribution did, and modules are built."""
        return self.home / "build"


def without_imports(kernel: Kernel, home: Path) -> Tree:
    """Copy the tree of `kernel` below `home`, remove every import in it and prepare it for building modules.

    No file is shared with the original: nsfix writes a file with several names in place, so that a hard link would
    carry its edits there.
    """
    tree = Tree(kernel, home)
    copy = ["cp", "-a", "--reflink=auto", str(kernel.source.resolve()), str(tree.source)]
    subprocess.run(copy, check=True, timeout=TIMEOUT)
    (home / "root").symlink_to(kernel.home.resolve() / "root")
    words = ["grep", "-rlE", "--include=*.[chS]", r"^[[:space:]]*MODULE_IMPORT_NS\(", "."]
    found = subprocess.run(words, cwd=tree.source, stdout=subprocess.PIPE, text=True, check=True)
    for name in found.stdout.splitlines():
        path = tree.source / name
        path.write_bytes(_IMPORT.sub(b"", path.read_bytes()))
    prepare(home)
    return tree


def compile_modules(tree: Tree, modules: Collection[str]) -> Judgement:
    """Build `modules`, paths without suffix, up to their objects; and what the kernel's own modpost says of them.

    It is given the Module.symvers of the whole kernel, as its distribution compiled it.
    """
    objects = [f"{module}.o" for module in modules]
    lists = [f"{module}.mod" for module in modules]  # of their parts; modpost reads them
    tools = ["CC=gcc-12", "HOSTCC=gcc-12", "KCFLAGS=-g0"]
    make = ["make", f"-j{len(os.sched_getaffinity(0))}", "-C", str(tree.source), f"O={tree.build}", *tools]
    status, log = _run([*make, *objects, *lists], tree.build)
    if status:
        return judge(log, (), status=status)
    (tree.build / "modules.list").write_text("".join(f"{name}\n" for name in objects))
    kernel = Built("6.12", tree.build)
    options = ["-M", *(["-m"] if kernel.config("MODVERSIONS") else []), "-o", "sample.symvers", "-e"]
    words = ["scripts/mod/modpost", *options, "-i", "Module.symvers", "-T", "modules.list"]
    status, log = _run(words, tree.build)
    return judge(log, [name.removesuffix(".o") for name in objects], status=status)


def checkpatch(tree: Tree, patch: bytes) -> tuple[int, str]:
    """What the kernel's own checkpatch says of `patch`, sent as a mail: (exit code, its words)."""
    mail = tree.home / "restore.patch"
    mail.write_bytes(
        b"From: A Tester <tester@example.org>\n"
        b"Subject: [PATCH] treewide: Import the symbol namespaces that modules use\n\n"
        b"modpost refuses modules that use a symbol of a namespace without importing\nit.\n\n"
        b"Signed-off-by: A Tester <tester@example.org>\n---\n" + patch
    )
    return _run(["perl", "scripts/checkpatch.pl", "--no-color", str(mail)], tree.source)


def contents(tree: Tree, places: Iterable[str]) -> Mapping[str, bytes]:
    """The sources below `places`, by their paths in the tree."""
    found = [tree.source / place for place in places]
    paths = [p for place in found for p in (sorted(place.glob("*.[ch]")) if place.is_dir() else [place])]
    return {str(path.relative_to(tree.source)): path.read_bytes() for path in paths}


def _run(command: list[str], cwd: Path) -> tuple[int, str]:
    done = subprocess.run(
        command,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace")
