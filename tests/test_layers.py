"""One direction: which room may import which, held against the imports as they are written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "nsfix"
FACTS = {"model", "errors", "condition"}
READERS = FACTS | {"edits", "evidence", "kernel", "csource", "rust"}
DECISIONS = {"scan", "resolve", "plan", "mend", "settings", "project", "unseen", "several", "in_tree"}
MAY_IMPORT = {
    "errors": set(),
    "condition": set(),
    "model": {"errors", "condition"},
    "edits": {"errors"},
    "evidence": FACTS,
    "kernel": FACTS,
    "csource": FACTS,
    "rust": FACTS,
    "build": FACTS | {"kernel"},
    "scan": READERS,
    "resolve": {"model", "condition"},
    "plan": {"model", "csource", "rust", "edits"},
    "mend": {"model", "csource", "rust", "edits", "plan"},
    "settings": {"model", "errors"},
    "project": READERS | {"build", "scan", "resolve", "mend", "settings"},
    "unseen": READERS | {"scan", "resolve", "mend", "project"},
    "several": READERS | {"scan", "mend", "project", "unseen"},
    "in_tree": READERS | {"scan", "project", "settings", "__init__"},
    "linked": READERS | {"project"},
    "replay": READERS | {"linked", "build", "scan", "resolve", "mend", "project", "several"},
    "views": {"model", "edits"},
    "files": {"errors"},
    "progress": set(),
    "live": READERS | DECISIONS | {"settings", "__init__"},
    "lsp": FACTS | {"edits", "live", "settings", "__init__"},
    "cli": READERS
    | DECISIONS
    | {"build", "replay", "views", "files", "progress", "lsp", "filter", "__init__"},
    "filter": FACTS | {"edits", "live", "project", "scan", "settings"},
    "entry": {"live", "lsp", "filter", "cli"},
    "__main__": {"entry"},
    "__init__": set(),
}
ONLY_IN = {
    "tree_sitter": {"csource"},
    "tree_sitter_c": {"csource"},
    "subprocess": {"build", "live"},
    "pygls": {"lsp"},
    "lsprotocol": {"lsp"},
    "click": {"cli"},
}
SOURCES = sorted(PACKAGE.rglob("*.py"))


def room_of(source: Path) -> str:
    """The room that a source file belongs to: the first part of its name below the package."""
    return source.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(source: Path) -> Iterator[tuple[str, ...]]:
    """The dotted names that a source imports, wherever in it, as parts."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}:{node.lineno}: a relative import"
            module = tuple((node.module or "").split("."))
            if module == ("nsfix",):  # a room of the package, or one of its own names, such as the version
                names = (alias.name for alias in node.names)
                yield from (("nsfix", "__init__" if name.startswith("__") else name) for name in names)
            else:
                yield module


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: str(s.relative_to(PACKAGE)))
def test_imports_point_one_way(source: Path) -> None:
    room = room_of(source)
    assert room in MAY_IMPORT, f"{room} is no room of the table"
    rooms = {name[1] for name in imported(source) if name[0] == "nsfix" and len(name) > 1}
    further = rooms - MAY_IMPORT[room] - {room}
    assert not further, f"{room} must not import {sorted(further)}"


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: str(s.relative_to(PACKAGE)))
def test_what_lives_in_one_room_only(source: Path) -> None:
    for name in imported(source):
        assert room_of(source) in ONLY_IN.get(name[0], {room_of(source)}), f"{name[0]} in {source}"


def test_the_table_has_no_way_round() -> None:
    seen: set[str] = set()
    left = dict(MAY_IMPORT)
    while left:
        ready = {room for room, below in left.items() if below <= seen}
        assert ready, f"a circle among {sorted(left)}"
        seen |= ready
        left = {room: below for room, below in left.items() if room not in ready}
