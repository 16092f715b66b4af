"""Small trees in the shapes of out-of-tree projects: each one's own way of make, and its own way of importing.

A tree is a directory here. Its files are the project as its author has it; the comments at the top of its Makefile
and of its sources say what is odd. Only `tree.toml` is ours, and not copied:

    odd = "what is odd, in a line"
    imports = ["BOX_IMPORT"]        further words that begin an import statement (default: MODULE_IMPORT_NS alone)
    words = ["CONFIG_BOX=m"]        for make and for nsfix, and what a wrapper gives to the kernel's make
    at = "driver"                   the directory of M=, where it is not the tree's top
    paths = ["src"]                 what nsfix may write to besides M=, from the top of an `alone` tree
    broken = ["7.x"]                the kernels on which the tree does not compile as it is
    alone = true                    needs an M= of its own: it cannot be a directory among others
    wrapper = true                  its own Makefile calls the kernel's: make KDIR=… in the tree's top
    since = "5.4"                   from which kernel on the tree, as it is and when mended, is right (default 5.4)
    rhel = ["10.1"]                 releases of RHEL, with a 6.12 that takes strings, on which it is right as well
    [modules."sub/box"]             each module, its path as in modules.order
    sources = ["main.c"]            its sources, by path from the tree's top
    needs = ["DMA_BUF"]
    wrong."7.x" = ["DMA_BUF"]       what is missing in the tree as it is, by kernel
    [made.string]                   files that a configure step would have left, by spelling of the kernel
    "config.h" = "#define …"

A tree with its imports removed is what `stripped` makes of it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from tests.bounds import Version
from tests.cases import SERIES, SPELLING, Pairs

TREES = Path(__file__).parent
KEYS = {
    "odd",
    "imports",
    "words",
    "at",
    "paths",
    "broken",
    "alone",
    "wrapper",
    "since",
    "rhel",
    "modules",
    "made",
}
MODULE_KEYS = {"sources", "needs", "wrong"}
Files = dict[str, bytes]

_LINE = re.compile(rb"(?:[^\n]*\\\r?\n)*[^\n]*\n|[^\n]+")  # with those that a backslash continues it by
_IF = re.compile(rb"[ \t]*#[ \t]*if")
_BRANCH = re.compile(rb"[ \t]*#[ \t]*(?:elif|else)\b")
_ENDIF = re.compile(rb"[ \t]*#[ \t]*endif\b")
_MAY_COME = re.compile(rb"#[ \t]*(?:if|ifdef|ifndef|elif|else|endif)\b|#include <linux/version\.h>\r?\n")
_SILENT = re.compile(rb"[ \t]*(?:/\*(?:(?!\*/).)*\*/|//.*)?[ \t]*\r?\n?", re.DOTALL)


@dataclass(frozen=True)
class TreeModule:
    """A module of a tree: path as in modules.order, sources by path from the top, what it needs and has wrong."""

    path: str
    sources: tuple[str, ...]
    needs: frozenset[str]
    wrong: Mapping[str, frozenset[str]]  # series -> namespaces missing in the tree as it is


@dataclass(frozen=True)
class Tree:
    """One tree as its directory has it."""

    name: str
    odd: str
    files: Files
    modules: tuple[TreeModule, ...]
    words: tuple[str, ...]
    imports: tuple[str, ...]
    at: str
    paths: tuple[str, ...]
    broken: tuple[str, ...]
    alone: bool
    wrapper: bool
    since: Version
    rhel: tuple[tuple[int, int], ...]
    made: Mapping[str, Files]  # spelling -> files

    def on(self, series: str) -> Files:
        """All files for the kernel of a series, those of the configure step included."""
        return self.files | self.made.get(SPELLING[series], {})

    def stripped(self, series: str) -> Files:
        """The same without its imports, as if nobody had thought of them yet."""
        return {path: without_imports(text, self.imports) for path, text in self.on(series).items()}

    def words_in(self, top: Path) -> list[str]:
        """The words for nsfix that tell of the tree, where its top is this directory."""
        return [f"M={top / self.at}", *self.words, *(str(top / path) for path in self.paths)]

    def needed(self) -> Pairs:
        """The pairs of module and namespace that a tree without imports lacks."""
        return frozenset((module.path, ns) for module in self.modules for ns in module.needs)

    def wrong(self, series: str) -> Pairs:
        """The pairs that the tree as it is lacks on the kernel of a series."""
        return frozenset((m.path, ns) for m in self.modules for ns in m.wrong.get(series, frozenset()))


def write(files: Files, directory: Path) -> Path:
    """Writes files below a directory, and returns it."""
    for path, content in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(content)
    return directory


def import_line(words: tuple[str, ...]) -> re.Pattern[bytes]:
    """Matches at a line that is an import statement, which begins with one of these words."""
    alike = b"|".join(re.escape(word.encode()) for word in words)
    return re.compile(rb"[ \t]*(?:" + alike + rb")[ \t]*\(")


def without_imports(text: bytes, words: tuple[str, ...]) -> bytes:
    """A source without the lines that are import statements, and without conditionals that held nothing else."""
    kept, _ = _strip(iter(_LINE.findall(text)), import_line(words))
    return b"".join(kept)


def beyond_imports(before: bytes, after: bytes, words: tuple[str, ...]) -> list[bytes]:
    """The lines in which two sources differ though nothing of the kind is called for.

    An edit may respell an import, and add imports, conditionals round them, and the header of the version.
    """
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    imported, further = import_line(words), []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            further += [line for line in old[a:b] if not imported.match(line)]
            further += [line for line in new[c:d] if not imported.match(line) and not _MAY_COME.match(line)]
    return further


def _strip(lines: Iterator[bytes], begin: re.Pattern[bytes]) -> tuple[list[bytes], bool]:
    """The lines up to an #endif, less imports; and whether imports were all there was, and were there."""
    kept: list[bytes] = []
    imported = other = False
    for line in lines:
        if _IF.match(line):
            inner, nothing_else = _strip(lines, begin)
            imported |= nothing_else
            other |= not nothing_else
            kept += [] if nothing_else else [line, *inner]
        elif begin.match(line):
            imported = True
        else:
            kept.append(line)
            if _ENDIF.match(line):
                break
            other |= not _BRANCH.match(line) and not _SILENT.fullmatch(line)
    return kept, imported and not other


def load() -> list[Tree]:
    """Every tree, by name."""
    return [parse(file.parent) for file in sorted(TREES.glob("*/tree.toml"))]


def parse(directory: Path) -> Tree:
    """Reads a tree; raises ValueError for a key that means nothing, KeyError for one that is not there."""
    table = tomllib.loads((directory / "tree.toml").read_text(encoding="utf-8"))
    _only(KEYS, table, directory.name)
    files = {
        str(file.relative_to(directory)): file.read_bytes()
        for file in sorted(directory.rglob("*"))
        if file.is_file() and file.name != "tree.toml"
    }
    return Tree(
        name=directory.name,
        odd=table["odd"],
        files=files,
        modules=tuple(_module(path, entry) for path, entry in table["modules"].items()),
        words=tuple(table.get("words", ())),
        imports=("MODULE_IMPORT_NS", *table.get("imports", ())),
        at=table.get("at", ""),
        paths=tuple(table.get("paths", ())),
        broken=tuple(table.get("broken", ())),
        alone=table.get("alone", False),
        wrapper=table.get("wrapper", False),
        since=(*_release(table.get("since", "5.4")), 0),
        rhel=tuple(_release(text) for text in table.get("rhel", ())),
        made={
            spelling: {path: text.encode() for path, text in texts.items()}
            for spelling, texts in table.get("made", {}).items()
        },
    )


def _module(path: str, table: dict[str, Any]) -> TreeModule:
    _only(MODULE_KEYS, table, path)
    wrong = {series: frozenset(names) for series, names in table.get("wrong", {}).items()}
    _only(set(SERIES), wrong, path)
    return TreeModule(path, tuple(table["sources"]), frozenset(table["needs"]), wrong)


def _release(text: str) -> tuple[int, int]:
    major, minor = text.split(".")
    return int(major), int(minor)


def _only(known: set[str], table: Mapping[str, object], where: str) -> None:
    unknown = set(table) - known
    if unknown:
        raise ValueError(f"{where}: unknown keys: {sorted(unknown)}")
