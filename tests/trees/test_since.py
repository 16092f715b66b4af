"""What `apply --since` makes of the trees, on every kernel on each side of each version that its guards name."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from tests.bounds import FIRST, QUOTED, Version, bounds_in, imports_on, needs_gcc, versions_round
from tests.cases import Pairs
from tests.trees import Files, Tree, load, write
from tests.trees.test_trees import apply_twice

TREES = {tree.name: tree for tree in load()}
BEFORE_THE_MACRO = (4, 19, 0)
RHEL: Version = (6, 12, 0)
in_every_tree = pytest.mark.parametrize("name", TREES)
as_they_are = pytest.mark.parametrize("name", [name for name, tree in TREES.items() if not tree.made])


@needs_gcc
@in_every_tree
def test_a_tree_without_imports_gets_them_for_every_kernel(
    name: str, tmp_path: Path, fake_kernels: dict[str, Path]
) -> None:
    tree = TREES[name]
    top = write(tree.stripped("6.12"), tmp_path / "m")
    apply_twice(tree, top, f"KDIR={fake_kernels['6.12']}", "--since", "4.19")
    assert_right(tree, top, BEFORE_THE_MACRO)


@needs_gcc
@as_they_are
def test_a_tree_as_it_is_is_mended_for_every_kernel(
    name: str, tmp_path: Path, fake_kernels: dict[str, Path]
) -> None:
    tree = TREES[name]
    top = write(tree.files, tmp_path / "m")
    since = ".".join(map(str, tree.since[:2]))
    apply_twice(tree, top, f"KDIR={fake_kernels['7.x']}", "--since", since)
    files = assert_right(tree, top, tree.since)
    assert (files == tree.files) == (not any(module.wrong for module in tree.modules))
    for release in tree.rhel:
        assert imported(tree, files, RHEL, rhel=release, quoted=True) == tree.needed(), release


@needs_gcc
@as_they_are
def test_a_tree_says_where_it_is_right(name: str) -> None:
    """The trees themselves judged: right from their first kernel on, but for where they say that they are wrong."""
    tree = TREES[name]
    for version in versions(tree.files, tree.since):
        wrong = tree.wrong("7.x" if version >= QUOTED else "6.12")
        found = imported(tree, tree.files, version) & tree.needed()
        assert found == (tree.needed() - wrong if version >= FIRST else frozenset()), version


def assert_right(tree: Tree, top: Path, since: Version) -> Files:
    """On every kernel from `since` on each module imports just what it needs, rightly spelled; the files."""
    files = {path: (top / path).read_bytes() for path in tree.files}
    for version in versions(files, since):
        needed = tree.needed() if version >= FIRST else frozenset()
        assert imported(tree, files, version) == needed, version
    return files


def versions(files: Files, since: Version) -> list[Version]:
    """The kernels to try: both sides of every version that a source or a header of the tree names."""
    return list(versions_round(bounds_in(*texts(files).values()), since))


def texts(files: Files) -> dict[str, str]:
    """The sources and headers of a tree as texts."""
    return {path: text.decode() for path, text in files.items() if path.endswith((".c", ".h"))}


def imported(
    tree: Tree,
    files: Files,
    version: Version,
    *,
    rhel: tuple[int, int] | None = None,
    quoted: bool | None = None,
) -> Pairs:
    """The pairs of module and what it imports on a kernel; what the kernel does not take says so."""
    named = texts(files)
    headers = {path: text for path, text in named.items() if path.endswith(".h")}
    places = {str(place) for path in headers for place in PurePath(path).parents}
    pairs = set()
    for module in tree.modules:
        for source in module.sources:
            if any(word in named[source] for word in tree.imports):
                found = imports_on(
                    named[source], version, rhel=rhel, quoted=quoted, files=headers, path=places
                )
                pairs |= {(module.path, text if right else f"wrong: {text}") for text, right in found}
    return frozenset(pairs)
