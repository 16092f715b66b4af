"""What changes beside the open files: Kbuild files, the kernel, other sources; trees and modules side by side."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from lsprotocol import types

from tests.fake_kernel import make_kernel
from tests.in_tree.test_tree import FILES as TREE
from tests.lsp.client import Editor
from tests.lsp.modules import ANCHOR, FILES, HEAD, LICENCE, PLAIN, write_files, write_module

CONFIGURED = HEAD + "#ifdef CONFIG_EXTRA\nint use(void) { return cxl_bus_rescan(); }\n#endif\n" + LICENCE
OTHER = {
    "Kbuild": FILES["Kbuild"] + "obj-m += configured.o giving.o taking.o\nobj-$(CONFIG_EXTRA) += extra.o\n",
    "configured.c": "int cxl_bus_rescan(void);\n" + CONFIGURED,
    "extra.c": PLAIN,
    "giving.c": "#include <linux/module.h>\nint given(void);\nint given(void) { return 0; }\n"
    "EXPORT_SYMBOL_GPL(given);\n" + LICENCE,
    "taking.c": "#include <linux/module.h>\nint given(void);\nint use(void) { return given(); }\n" + LICENCE,
}


@pytest.fixture(scope="module")
def kernel(editor: Editor, fake_kernels: dict[str, Path]) -> Path:
    """A kernel that may be changed."""
    return shutil.copytree(fake_kernels["6.12"], editor.root / "kernel")


@pytest.fixture(scope="module")
def shared(editor: Editor, kernel: Path) -> Path:
    """A module directory on that kernel, one file of it open all the time."""
    home = write_module(editor.root / "m", FILES | OTHER, kernel)
    editor.open(home / ANCHOR)
    return home


@pytest.fixture
def own(editor: Editor, shared: Path) -> Iterator[Path]:
    """That directory; what a test does to it is undone."""
    yield shared
    editor.close_all(*(path for path in editor.opened if path.name in (ANCHOR, "asm.c")))
    restore(shared, FILES | OTHER)


@pytest.fixture
def kdir(kernel: Path) -> Iterator[Path]:
    """That kernel; what a test does to it is undone."""
    before = {str(path.relative_to(kernel)): path.read_text() for path in kernel.rglob("*") if path.is_file()}
    yield kernel
    restore(kernel, before)


def restore(directory: Path, files: dict[str, str]) -> None:
    write_files(directory, {n: t for n, t in files.items() if (directory / n).read_text() != t})


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


class TestModule:
    """One external module directory. The kernel's headers are looked at once in a second, so there is some waiting."""

    def test_a_source_comes_to_a_module_and_goes(self, editor: Editor, own: Path) -> None:
        first, second = own / "first.c", own / "second.c"
        editor.open(first)
        editor.open(second)
        assert editor.lacking(second, of=first) == {"DMA_BUF"}
        replace(own / "Kbuild", "first.o second.o", "first.o")
        assert editor.fix_all(first) is None
        assert editor.fix_all(second) is None and editor.shown(second) == []
        replace(own / "Kbuild", "first.o", "first.o second.o")
        assert editor.lacking(second) == {"DMA_BUF"}

    def test_a_kbuild_file_counts_when_it_is_saved(self, editor: Editor, own: Path) -> None:
        first, kbuild = own / "first.c", own / "Kbuild"
        editor.open(first)
        editor.open(kbuild)
        assert editor.fix_all(first) is not None
        editor.substitute(kbuild, "first.o second.o", "first.o")
        assert editor.fix_all(first) is not None
        editor.save(kbuild)
        assert editor.fix_all(first) is None
        editor.substitute(kbuild, "first.o", "first.o second.o")
        editor.save(kbuild)
        assert editor.fix_all(first) is not None

    def test_a_symbol_comes_into_a_namespace(self, editor: Editor, own: Path, kdir: Path) -> None:
        path = own / "plain.c"
        editor.open(path)
        assert editor.lacking(path) == {"DMA_BUF"}
        replace(kdir / "Module.symvers", "\tDMA_BUF\n", "\tSHARED\n")
        assert editor.lacking(path) == {"SHARED"}
        action = editor.fix_all(path)
        assert action is not None and "SHARED" in editor.edited(action.edit)[path]

    def test_a_header_of_the_kernel(self, editor: Editor, own: Path, kdir: Path) -> None:
        path = own / "plain.c"
        editor.open(path)
        editor.wait(lambda: editor.lacking(path) == {"DMA_BUF"}, 10)
        replace(
            kdir / "include/linux/dma-buf.h",
            "struct dma_buf *dma_buf_get(int fd);\nvoid dma_buf_put(struct dma_buf *);\n",
            "#define dma_buf_get(x) ((void *)(long)(x))\n#define dma_buf_put(x) (void)(x)\n",
        )
        editor.wait(lambda: editor.lacking(path) == set(), 10)

    def test_the_spelling_of_the_kernel(self, editor: Editor, own: Path, kdir: Path) -> None:
        path = own / "plain.c"
        editor.open(path)
        editor.wait(lambda: editor.lacking(path) == {"DMA_BUF"}, 10)
        replace(kdir / "include/linux/module.h", "__stringify(ns)", "ns")

        def quoted() -> bool:
            action = editor.fix_all(path)
            return action is not None and '("DMA_BUF")' in editor.edited(action.edit)[path]

        editor.wait(quoted, 10)

    def test_the_configuration(self, editor: Editor, own: Path, kdir: Path) -> None:
        path, extra = own / "configured.c", own / "extra.c"
        editor.open(path)
        editor.open(extra)
        editor.wait(lambda: editor.findings(path) == [], 10)
        assert editor.findings(extra) == []
        replace(
            kdir / "include/generated/autoconf.h",
            "#define CONFIG_PM 1",
            "#define CONFIG_PM 1\n#define CONFIG_EXTRA 1",
        )
        for name in (".config", "include/config/auto.conf"):
            replace(kdir / name, "CONFIG_PM=y\n", "CONFIG_PM=y\nCONFIG_EXTRA=y\n")
        editor.wait(lambda: editor.lacking(path) == {"CXL"}, 10)

    def test_a_sibling_that_is_saved(self, editor: Editor, own: Path) -> None:
        giving, taking = own / "giving.c", own / "taking.c"
        editor.open(taking)
        editor.open(giving)
        assert editor.lacking(taking) == set()
        editor.substitute(giving, "EXPORT_SYMBOL_GPL(given)", "EXPORT_SYMBOL_NS_GPL(given, OWN)")
        assert editor.lacking(taking) == {"OWN"}
        editor.save(giving)
        assert editor.lacking(taking) == {"OWN"}

    def test_a_sibling_that_is_changed_on_disk(self, editor: Editor, own: Path) -> None:
        taking = own / "taking.c"
        editor.open(taking)
        assert editor.lacking(taking) == set()
        replace(own / "giving.c", "EXPORT_SYMBOL_GPL(given)", "EXPORT_SYMBOL_NS_GPL(given, OWN)")
        editor.notify(
            types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
            types.DidChangeWatchedFilesParams([]),
        )
        editor.wait(lambda: editor.shown(taking), 10)
        assert editor.lacking(taking) == {"OWN"}


@pytest.fixture(scope="module")
def tree(editor: Editor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kernel's own tree, one file of it open all the time."""
    top = make_kernel(tmp_path_factory.mktemp("tree") / "linux", "7.x")
    for built in ("Module.symvers", "include/config/auto.conf", "include/generated/autoconf.h"):
        (top / built).unlink()
    write_files(top, TREE)
    editor.open(top / "drivers/late/asm.c")
    return top


class TestTree:
    """A kernel's own tree."""

    def test_findings_and_their_mending(self, editor: Editor, tree: Path) -> None:
        path = tree / "drivers/stor/user.c"
        editor.open(path)
        assert editor.lacking(path) == {"STOR"}
        action = editor.fix_all(path)
        assert action is not None
        editor.apply(action.edit)
        assert editor.fix_all(path) is None
        editor.close(path)

    def test_the_export_is_shown_where_it_stands(self, editor: Editor, tree: Path) -> None:
        path = tree / "drivers/stor/two.c"
        editor.open(path)
        (found,) = editor.findings(path)
        places = [
            (r.location.uri.rpartition("/")[2], r.location.range.start.line)
            for r in found.related_information or ()
        ]
        assert ("core.c", 3) in places
        editor.close(path)

    def test_an_export_that_changes_elsewhere(self, editor: Editor, tree: Path) -> None:
        path = tree / "drivers/stor/two.c"
        editor.open(path)
        assert editor.lacking(path) == {"CORE"}
        replace(tree / "kernel/core.c", '"CORE"', '"KERN"')
        editor.notify(
            types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
            types.DidChangeWatchedFilesParams([]),
        )
        editor.wait(lambda: {d.data["namespace"] for d in editor.shown(path)} == {"KERN"}, 30)
        replace(tree / "kernel/core.c", '"KERN"', '"CORE"')
        editor.close(path)

    def test_a_file_that_is_not_built(self, editor: Editor, tree: Path) -> None:
        before = len(editor.lines())
        path = write_files(tree, {"drivers/late/unbuilt.c": PLAIN}) / "drivers/late/unbuilt.c"
        editor.open(path)
        assert editor.actions(path) == [] and editor.shown(path) == []
        assert len(editor.lines()) - before == 1, editor.lines()[before:]
        editor.close(path)

    def test_a_module_beside_it(self, editor: Editor, tree: Path, own: Path) -> None:
        inside, outside = tree / "drivers/stor/user.c", own / "plain.c"
        editor.open(inside)
        editor.open(outside)
        for _ in range(2):
            assert editor.lacking(inside) == {"STOR"}
            assert editor.lacking(outside) == {"DMA_BUF"}
            editor.replace(outside, 0, 0, "\n")
        editor.close(outside)
        assert editor.lacking(inside) == {"STOR"}
        editor.close(inside)
