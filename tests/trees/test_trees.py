"""The trees against made-up kernels: what is missing, what `apply` writes, and what that comes to on any kernel."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import Result, missing_by_nsfix, nsfix, snapshot
from tests.trees import Files, Tree, beyond_imports, load, parse, without_imports, write

FAKE = ("6.12", "7.x")
TREES = {tree.name: tree for tree in load()}
in_every_tree = pytest.mark.parametrize("name", TREES)
everywhere = pytest.mark.parametrize("series", FAKE)
in_both_states = pytest.mark.parametrize("state", ("stripped", "as_is"))


def state_of(tree: Tree, state: str, series: str) -> Files:
    """The files of a tree in a state."""
    return tree.stripped(series) if state == "stripped" else tree.on(series)


def apply_twice(tree: Tree, top: Path, *words: str | Path) -> Result:
    """`apply` with these words; once more, it must change nothing."""
    first = nsfix("apply", *words, *tree.words_in(top), cwd=top)
    now = snapshot(top)
    again = nsfix("apply", *words, *tree.words_in(top), cwd=top)
    assert snapshot(top) == now, again.said
    assert (first.code, again.code) == (0, 0), first.said + again.said
    return first


@everywhere
@in_both_states
@in_every_tree
def test_check_finds_the_modules_and_what_they_lack(
    name: str, state: str, series: str, tmp_path: Path, fake_kernels: dict[str, Path]
) -> None:
    tree = TREES[name]
    top = write(state_of(tree, state, series), tmp_path / "m")
    result = nsfix("check", "--format", "json", f"KDIR={fake_kernels[series]}", *tree.words_in(top), cwd=top)
    assert result.code in (0, 1), result.said
    report = json.loads(result.out)
    assert missing_by_nsfix(report) == (tree.needed() if state == "stripped" else tree.wrong(series))
    sources = {module["path"]: set(module["sources"]) for module in report["modules"]}
    assert sources == {module.path: set(module.sources) for module in tree.modules}, result.err


@in_both_states
@in_every_tree
def test_apply_for_both_kernels(name: str, state: str, tmp_path: Path, fake_kernels: dict[str, Path]) -> None:
    if state == "as_is" and TREES[name].made:
        pytest.skip("as it is, it was configured for one kernel")
    assert_mended(TREES[name], state, tmp_path / "m", {series: fake_kernels[series] for series in FAKE})


def assert_mended(tree: Tree, state: str, top: Path, kernels: dict[str, Path]) -> None:
    """After an `apply` for these kernels nothing is missing on any of them, and nothing but imports has changed."""
    before = state_of(tree, state, next(iter(kernels)))
    write(before, top)
    said = apply_twice(tree, top, *(word for kdir in kernels.values() for word in ("--kdir", kdir))).said
    for path, text in before.items():
        assert beyond_imports(text, (top / path).read_bytes(), tree.imports) == [], path
    if state == "as_is" and not any(tree.wrong(series) for series in kernels):
        assert {path: (top / path).read_bytes() for path in before} == before, said
    for kdir in kernels.values():
        result = nsfix("check", "--format", "json", f"KDIR={kdir}", *tree.words_in(top), cwd=top)
        assert result.code == 0, said + result.said


@in_every_tree
def test_a_tree_tells_what_is_odd(name: str) -> None:
    tree = TREES[name]
    assert tree.odd
    texts = [text for path, text in tree.files.items() if path.endswith(("file", "build"))]
    assert any(text.startswith(b"#") for text in texts), "no Kbuild file says at its top what is odd"
    imported = [text for text in tree.files.values() if without_imports(text, tree.imports) != text]
    assert any(text.startswith(b"/*") for text in imported), "no importing source says at its top what is odd"
    assert tree.stripped("6.12") != tree.on("6.12")


def test_imports_go_with_the_conditionals_that_held_nothing_else() -> None:
    text = b"""#ifdef A
#  if B \\
	>= 3
MODULE_IMPORT_NS(X);
#  else /* MODULE_IMPORT_NS(Y); */
	BOX_IMPORT( X );
#  endif
#endif
#ifndef MODULE_IMPORT_NS
#define MODULE_IMPORT_NS(ns)
#endif
#if C
MODULE_IMPORT_NS(Z);
int c;
#endif
#if D
#endif
"""
    assert without_imports(text, ("MODULE_IMPORT_NS", "BOX_IMPORT")) == b"".join(
        text.splitlines(keepends=True)[8:12] + text.splitlines(keepends=True)[13:]
    )


def test_an_edit_that_does_more_is_seen() -> None:
    before = b"MODULE_LICENSE(l);\nMODULE_IMPORT_NS(X);\nint x;\n"
    respelled = b'MODULE_LICENSE(l);\n#if V\nMODULE_IMPORT_NS("X");\n#endif\nint x;\n'
    assert beyond_imports(before, respelled, ("MODULE_IMPORT_NS",)) == []
    assert beyond_imports(before, before.replace(b"int x;", b"int y;"), ("MODULE_IMPORT_NS",)) == [
        b"int x;\n",
        b"int y;\n",
    ]
    assert beyond_imports(before, before + b"\n", ("MODULE_IMPORT_NS",)) == [b"\n"]


def test_a_tree_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tree.toml").write_text('odd = "x"\nwrapped = true\n[modules]\n')
    with pytest.raises(ValueError, match=r"unknown keys: \['wrapped'\]"):
        parse(tmp_path)
