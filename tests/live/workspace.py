"""A directory of modules that is edited at random, and the two projects that have to agree about it: one that is kept
from the first question on, and one that has read nothing before."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import strategies as st

from nsfix.edits import apply
from nsfix.errors import NsfixError
from nsfix.live.project import Project
from nsfix.live.reply import Reply
from nsfix.live.texts import Texts
from nsfix.project import Request
from nsfix.scan import Cache

# What is put into a source: whatever decides what is used, exported, imported, or seen at all.
SNIPPETS = (
    'MODULE_IMPORT_NS("DMA_BUF");',
    "MODULE_IMPORT_NS(CXL);",
    "MODULE_IMPORT_NS(",
    'MODULE_LICENSE("GPL");',
    '#include "own.h"',
    '#include "deep.h"',
    '#include "late.h"',
    "#include <linux/dma-buf.h>",
    "#if 0",
    "#ifdef CONFIG_PWM",
    "#ifndef OWN_H",
    "#else",
    "#endif",
    "/*",
    "*/",
    '"',
    "}",
    "#define own_release(x) (void)(x)",
    "#define SECOND",
    "#define deep_rescan cxl_bus_drain",
    "static int cxl_bus_rescan(void) { return 0; }",
    "int more(void) { return cxl_bus_drain(); }",
    "int taken(void) { dma_buf_put(dma_buf_get(1)); return 0; }",
    "int called(void) { own_release(0); return deep_rescan(); }",
    "int twice(void) { return two_do() + two_more(); }",
    'EXPORT_SYMBOL_NS_GPL(two_do, "TWO");',
    'EXPORT_SYMBOL_NS_GPL(two_more, "MORE");',
    '#define DEFAULT_SYMBOL_NAMESPACE "TWO"',
    "EXPORT_SYMBOL_GPL(two_do);",
    "\\",
)


@dataclass(frozen=True)
class Change:
    """Something that happens to the file of that index: see Workspace.make."""

    what: str
    file: int
    line: int
    snippet: int


def changes(*what: str) -> st.SearchStrategy[Change]:
    """Changes of these kinds."""
    return st.builds(
        Change,
        st.sampled_from(what),
        st.integers(0, 99),
        st.integers(0, 40),
        st.integers(0, len(SNIPPETS) - 1),
    )


def edited(text: str, change: Change) -> str:
    """`text` with a line taken away, doubled, half typed, moved, or one more."""
    lines = text.split("\n")
    at = change.line % len(lines)
    line = lines[at]
    if change.what == "remove":
        del lines[at]
    elif change.what == "double":
        lines.insert(at, line)
    elif change.what == "half":
        lines[at] = line[: len(line) // 2]
    elif change.what == "add":
        lines.insert(at, SNIPPETS[change.snippet])
    elif change.what == "type":
        place = change.snippet % (len(line) + 1)
        lines[at] = line[:place] + TYPED[change.snippet % len(TYPED)] + line[place:]
    elif change.what == "rub":
        place = change.snippet % (len(line) + 1)
        lines[at] = line[:place] + line[place + 1 :]
    elif change.what == "move":
        lines.insert(change.snippet % len(lines), lines.pop(at))
    return "\n".join(lines)


EDITS = ("remove", "double", "half", "add", "add", "move", "type", "type", "rub")
TYPED = (
    "x",
    ";",
    " x = 1;",
    "\n",
    "{",
    "}",
    "(",
    "/",
    "*",
    "#",
    "\\",
    '"',
    " own_release(0);",
    " two_do();",
    ",",
)


class Workspace:
    """Files below `top`, some of them open with other texts; `sources` are asked about."""

    def __init__(
        self,
        top: Path,
        files: dict[str, str],
        sources: tuple[str, ...],
        request: Request,
        variants: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        """`variants` are the texts that some files are edited to, instead of any. With them remarks may differ: of a
        source that visibly needs nothing, a tree's first reading remarks nothing."""
        self.top = top
        self._variants = variants or {}
        self.sources = sources
        self._request = request
        self._first = files
        self._names = tuple(files)
        self._open: dict[str, str] = {}
        self._clock = 10**18
        for name, text in files.items():
            self._write(name, text)
        self._texts = Texts()
        self._kept = Project(request, self._texts, Cache(top.parent / "kept"))

    def _write(self, name: str, text: str | None) -> None:
        path = self.top / name
        if text is None:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="")
        self._clock += 10**9  # what happens here at once would not have one time in an editor
        os.utime(path, ns=(self._clock, self._clock))

    def _on_disk(self, name: str) -> str:
        path = self.top / name
        return path.read_text("utf-8") if path.exists() else self._first[name]

    def _edited(self, name: str, text: str, change: Change) -> str:
        variants = self._variants.get(name)
        return edited(text, change) if variants is None else variants[change.line % len(variants)]

    def make(self, change: Change) -> None:
        """Open, save, close or edit a file, or have it come and go on disk."""
        name = self._names[change.file % len(self._names)]
        path = str(self.top / name)
        if change.what == "open":
            self._open.setdefault(name, self._on_disk(name))
        elif change.what == "save" and name in self._open:
            self._write(name, self._open[name])
        elif change.what == "close":
            self._open.pop(name, None)
        elif change.what == "revert":
            self._write(name, self._first[name])
            if name in self._open:
                self._open[name] = self._first[name]
        elif change.what == "delete":
            self._write(name, None)
        elif change.what == "rest":
            self._kept.warm([str(self.top / opened) for opened in self._open])
        elif change.what in EDITS:
            if name in self._open:
                self._open[name] = self._edited(name, self._open[name], change)
            else:
                self._write(name, self._edited(name, self._on_disk(name), change))
        text = self._open.get(name)
        self._texts.open(path, None if text is None else text.encode())

    def kept(self, source: str) -> Reply | str:
        """What the kept project says of a source now."""
        return self._said(self._kept, source)

    def fresh(self, source: str) -> Reply | str:
        """What a project says that reads it all now."""
        texts = Texts()
        for name, text in self._open.items():
            texts.open(str(self.top / name), text.encode())
        return self._said(Project(self._request, texts, Cache(self.top.parent / "fresh")), source)

    def _said(self, project: Project, source: str) -> Reply | str:
        try:
            reply = project.reply((str(self.top / source),))
        except NsfixError as error:
            return f"{error.file}:{error.line}: {error.message}"
        return replace(reply, remarks=()) if self._variants else reply

    def assert_agreement(self, *sources: str) -> list[str]:
        """The two projects say the same of some sources, and would edit nothing wrongly. What it came to, in a word."""
        came_to = []
        for source in sources or self.sources:
            kept, fresh = self.kept(source), self.fresh(source)
            assert kept == fresh, source
            assert_only_imports(kept)
            came_to.append("refused" if isinstance(kept, str) else "mended" if kept.mendings else "nothing")
        return came_to

    def source(self, number: int) -> str:
        """One of the sources."""
        return self.sources[number % len(self.sources)]

    def look_through(self) -> None:
        """What an editor has done now and then."""
        stamps = self._kept.stamps()
        if stamps is not None:
            self._kept.compare(stamps)


_IMPORT = re.compile(rb"[ \t]*MODULE_IMPORT_NS[ \t]*\([^()\n]*\);?\n?")
_GUARD = re.compile(rb"#(if LINUX_VERSION_CODE .*|else|endif|include <linux/version\.h>)\r?")


def assert_only_imports(reply: Reply | str) -> None:
    """What `reply` would edit are imports that come, with guards round them, or are respelled: all else stays."""
    for mending in reply.mendings.values() if isinstance(reply, Reply) else ():
        assert_only_imports_come(mending.before, apply(mending.before, mending.edits))


def assert_only_imports_come(before: bytes, after: bytes) -> None:
    """`after` is `before` with imports that came, guards round them included, or were respelled."""
    left = iter(_IMPORT.sub(b"", after).rstrip(b"\r\n").split(b"\n"))
    for line in _IMPORT.sub(b"", before).rstrip(b"\r\n").split(b"\n"):
        for found in left:
            if found == line:
                break
            assert _GUARD.fullmatch(found), found
        else:
            raise AssertionError(f"lost: {line!r}")
    assert all(map(_GUARD.fullmatch, left))
