"""The sources that both sides work on: drivers of the kernel as external modules, without their imports."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from pathlib import Path

from tests.bench.prerequisites import IWLWIFI, PMBUS, Kernel

Inserted = frozenset[tuple[str, str]]

_IMPORT = re.compile(rb'^MODULE_IMPORT_NS\(\s*"?([\w:,.-]+)"?\s*\);.*\n', re.MULTILINE)
_OBJECT = re.compile(r"^obj-\$\(CONFIG_\w+\)", re.MULTILINE)


class Tree:
    """A directory of external modules, and how it was: `directory` is what M= names.

    `area` (the directory with the files that it needs beside it) is made anew from `pristine` on demand.
    """

    def __init__(self, name: str, title: str, home: Path, inside: str = "") -> None:
        self.name = name
        self.title = title
        self.pristine = home / name / "pristine"
        self.area = home / name / "work"
        self.directory = self.area / inside
        self._pristine_directory = self.pristine / inside

    def fresh(self) -> None:
        """Sources as they were, and nothing that a build left."""
        shutil.rmtree(self.area, ignore_errors=True)
        shutil.copytree(self.pristine, self.area)

    def restore(self) -> None:
        """Sources as they were, beside what a build left."""
        for source, text in self._sources(self._pristine_directory):
            path = self.directory / source
            if path.read_bytes() != text:
                path.write_bytes(text)

    def inserted(self) -> Inserted:
        """The (file, namespace) of each import that was not there."""
        before = Counter(self._imports(self._pristine_directory))
        return frozenset(Counter(self._imports(self.directory)) - before)

    def strip(self) -> None:
        """Take the imports out of the pristine sources."""
        for source, text in self._sources(self._pristine_directory):
            (self._pristine_directory / source).write_bytes(_IMPORT.sub(b"", text))

    def digest(self) -> str:
        """What tells one state of the sources from another."""
        hashed = hashlib.sha256()
        for source, text in self._sources(self.directory):
            hashed.update(f"{source}\0{len(text)}\0".encode() + text)
        return hashed.hexdigest()

    def built_modules(self) -> int:
        """How many modules the last build made."""
        return len((self.directory / "modules.order").read_text().splitlines())

    @staticmethod
    def _sources(directory: Path) -> list[tuple[str, bytes]]:
        """Each source below a directory, and its text; not what a build generates."""
        paths = sorted(path for path in directory.rglob("*.[ch]") if not path.name.endswith(".mod.c"))
        return [(str(path.relative_to(directory)), path.read_bytes()) for path in paths]

    @classmethod
    def _imports(cls, directory: Path) -> list[tuple[str, str]]:
        sources = cls._sources(directory)
        return [(source, found.decode()) for source, text in sources for found in _IMPORT.findall(text)]


def make_pmbus(kernel: Kernel, home: Path, limit: int | None) -> Tree:
    """All of drivers/hwmon/pmbus, whatever the configuration says; only the first `limit` if given."""
    tree = Tree("pmbus", PMBUS, home)
    shutil.rmtree(tree.pristine, ignore_errors=True)
    shutil.copytree(kernel.source / PMBUS, tree.pristine)
    makefile = tree.pristine / "Makefile"
    lines = _OBJECT.sub("obj-m", makefile.read_text()).splitlines(keepends=True)
    makefile.write_text("".join(lines if limit is None else _first_objects(lines, limit)))
    tree.strip()
    return tree


def _first_objects(lines: list[str], limit: int) -> list[str]:
    objects = [line for line in lines if line.startswith("obj-m")]
    return [*objects[:limit], *(line for line in lines if not line.startswith("obj-m"))]


def make_iwlmvm(kernel: Kernel, home: Path) -> Tree:
    """One large module, and beside it the headers of iwlwifi that it includes."""
    tree = Tree("iwlmvm", f"{IWLWIFI}/mvm", home, inside="mvm")
    shutil.rmtree(tree.pristine, ignore_errors=True)
    shutil.copytree(kernel.source / IWLWIFI, tree.pristine)
    tree.strip()
    return tree


def make_single(sample: Path, home: Path) -> Tree:
    """The sample with one module of one file."""
    tree = Tree("single", "samples/single", home)
    shutil.rmtree(tree.pristine, ignore_errors=True)
    shutil.copytree(sample, tree.pristine)
    return tree
