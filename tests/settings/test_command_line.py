"""What the command line takes from the nearest `.nsfix.toml`, and what of it counts where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fake_kernel import make_kernel
from tests.in_tree.test_cache import settle
from tests.in_tree.test_tree import tree
from tests.kbuild.kernel_files import write
from tests.support import Result, nsfix

__all__ = ["tree"]  # the fixture
SOURCE = """#include <linux/module.h>
int cxl_bus_rescan(void);
void *dma_buf_get(int fd);
int f(void)
{
	return cxl_bus_rescan() + !!dma_buf_get(1);
}
MODULE_LICENSE("GPL");
"""
LOG = """ERROR: modpost: module t uses symbol cxl_bus_rescan from namespace CXL, but does not import it.
ERROR: modpost: module t uses symbol dma_buf_get from namespace DMA_BUF, but does not import it.
"""
BARE = "MODULE_IMPORT_NS(CXL);\nMODULE_IMPORT_NS(DMA_BUF);\n"
QUOTED = 'MODULE_IMPORT_NS("CXL");\nMODULE_IMPORT_NS("DMA_BUF");\n'
EVERY = ("apply", "diff", "check")


@pytest.fixture
def project(tmp_path: Path, fake_kernels: dict[str, Path]) -> Path:
    """A project whose module, in m/, lacks CXL and DMA_BUF; two kernels lie beside it."""
    for series, kdir in fake_kernels.items():
        (tmp_path / series).symlink_to(kdir)
    write(tmp_path / "p", {"m/t.c": SOURCE, "m/Kbuild": "obj-m := t.o\n", "docs/readme": ""})
    return tmp_path / "p"


def say(directory: Path, text: str) -> None:
    (directory / ".nsfix.toml").write_text(text)


def imports_of(source: Path) -> str:
    return source.read_text().partition('MODULE_LICENSE("GPL");\n')[2]


def applied(directory: Path, *words: str | Path) -> Result:
    result = nsfix("apply", *words, cwd=directory)
    assert result.code == 0, result.said
    return result


def fails(directory: Path, *words: str | Path) -> str:
    result = nsfix(*words, cwd=directory)
    assert (result.code, result.out) == (2, b""), result.said
    (line,) = result.err.splitlines()
    return line


@pytest.mark.parametrize(
    ("here", "words"), [("m", []), ("m", ["t.c"]), (".", ["M=m"]), ("docs", ["M=../m"]), ("..", ["M=p/m"])]
)
def test_the_nearest_file_above_m_names_the_kernel(here: str, words: list[str], project: Path) -> None:
    say(project, 'kdir = "../6.12"\n')
    say(project.parent, 'kdir = "7.x"\n')
    applied(project / here, *words)
    assert imports_of(project / "m/t.c") == BARE


@pytest.mark.parametrize("word", ["KDIR={}", "--kdir={}", "-C{}"])
def test_a_kernel_that_is_named_by_word_wins(word: str, project: Path) -> None:
    say(project, 'kdir = "none"\nignore = ["CXL"]\n')  # a kernel that is not asked for need not be there
    applied(project / "m", word.format(project.parent / "7.x"))
    assert imports_of(project / "m/t.c") == 'MODULE_IMPORT_NS("DMA_BUF");\n'


def test_several_kernels_and_how_they_are_told_apart(project: Path) -> None:
    say(project, 'kdir = ["../6.12", "../7.x"]\nguard = "none"\n')
    refused = nsfix("apply", cwd=project / "m")
    assert refused.code == 1
    assert "not mended" in refused.err
    applied(project / "m", "--guard", "version")
    assert "#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)\n" + QUOTED + "#else\n" + BARE in imports_of(
        project / "m/t.c"
    )


def test_the_versions_that_it_is_to_be_right_since(project: Path) -> None:
    say(project, 'kdir = "../7.x"\nsince = "5.10"\n')
    assert b"LINUX_VERSION_CODE" in nsfix("diff", cwd=project / "m").out
    assert b"LINUX_VERSION_CODE" not in nsfix("diff", "--since", "6.13", cwd=project / "m").out


def test_a_log_and_the_versions_of_the_file(project: Path) -> None:
    say(project, 'kdir = "../7.x"\nsince = "5.10"\n')
    (project / "log").write_text(LOG)
    applied(project, "--log", "log", "M=m")
    assert "#else\n" + BARE in imports_of(project / "m/t.c")


def test_evidence_is_about_one_kernel(project: Path) -> None:
    say(project, 'kdir = ["../6.12", "../7.x"]\n')
    (project / "log").write_text(LOG)
    for words in (["--log", "log"], ["--nsdeps", "log"], ["--build"]):
        line = fails(project, "apply", "M=m", *words)
        assert line.startswith("nsfix: .nsfix.toml: ")
        assert "say which with KDIR=DIR" in line
    applied(project, "--log", "log", "M=m", "KDIR=../7.x")
    assert imports_of(project / "m/t.c") == QUOTED


def test_the_module_is_named_once_for_the_whole_project(project: Path) -> None:
    say(project, 'kdir = "../6.12"\nmodule = "m"\n')
    for here in (project, project / "docs"):
        result = nsfix("check", cwd=here)
        assert result.code == 1, result.said
        assert b"t.c:6: missing-import" in result.out
    write(project, {"other/o.c": SOURCE, "other/Kbuild": "obj-m := o.o\n"})
    assert b"o.c:6: missing-import" in nsfix("check", "M=other", cwd=project).out
    applied(project / "docs")
    assert imports_of(project / "m/t.c") == BARE


@pytest.mark.parametrize("command", EVERY)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kdri = 1\n", "nsfix: .nsfix.toml:1: unknown key 'kdri'"),
        ("\nkdir = {\n", "nsfix: .nsfix.toml:2: is no TOML"),
        ('kdir = "none"\n', "nsfix: .nsfix.toml: kdir names "),
        ('kdir = ["../7.x", "none"]\n', "nsfix: .nsfix.toml: kdir names "),
        ('kdir = "../7.x"\nsince = "soon"\n', "nsfix: .nsfix.toml: since: 'soon' is no version"),
    ],
)
def test_what_is_wrong_in_it_is_told(command: str, text: str, said: str, project: Path) -> None:
    say(project, text)
    assert fails(project, command, "M=m").startswith(said)
    assert imports_of(project / "m/t.c") == ""


def test_a_configuration_does_not_count_for_an_external_module(project: Path) -> None:
    say(project, 'kdir = "../6.12"\nconfig = "none"\n')
    assert nsfix("check", cwd=project / "m").code == 1
    assert "--config is for a kernel's own tree" in fails(project / "m", "check", "--config", "any")


@pytest.fixture
def ignoring(project: Path) -> Path:
    say(project, 'ignore = ["CXL", "NONE"]\nkdir = "../7.x"\n')
    return project


def test_of_an_ignored_namespace_nothing_is_said(ignoring: Path) -> None:
    report = json.loads(nsfix("check", "--format", "json", cwd=ignoring / "m").out)
    assert [finding["namespace"] for finding in report["findings"]] == ["DMA_BUF"]
    assert [need["namespace"] for need in report["modules"][0]["needs"]] == ["CXL", "DMA_BUF"]
    applied(ignoring / "m")
    assert imports_of(ignoring / "m/t.c") == 'MODULE_IMPORT_NS("DMA_BUF");\n'
    checked = nsfix("check", cwd=ignoring / "m")
    assert (checked.code, checked.out) == (0, b"")
    assert nsfix("diff", cwd=ignoring / "m").code == 0


def test_nor_of_one_that_is_spelled_wrong(ignoring: Path) -> None:
    source = ignoring / "m/t.c"
    source.write_text(SOURCE + 'MODULE_IMPORT_NS(CXL);\nMODULE_IMPORT_NS("DMA_BUF");\n')
    assert nsfix("check", cwd=ignoring / "m").code == 0
    say(ignoring, 'kdir = "../7.x"\n')
    assert nsfix("check", cwd=ignoring / "m").code == 1


@pytest.mark.parametrize(
    "words", [("--log", "log"), ("--nsdeps", "deps"), ("--log", "log", "--since", "5.10")]
)
def test_nor_from_evidence(words: tuple[str, ...], ignoring: Path) -> None:
    (ignoring / "log").write_text(LOG)
    (ignoring / "deps").write_text("t.ko: CXL DMA_BUF\n")
    report = json.loads(nsfix("check", "--format", "json", *words, "M=m", cwd=ignoring).out)
    assert {finding["namespace"] for finding in report["findings"]} == {"DMA_BUF"}
    applied(ignoring, *words, "M=m")
    written = imports_of(ignoring / "m/t.c")
    assert '"DMA_BUF"' in written
    assert "CXL" not in written
    assert nsfix("check", "M=m", cwd=ignoring).code == 0


@pytest.mark.parametrize("words", [("--kdir=../../6.12", "--kdir=../../7.x"), ("--since", "5.10")])
def test_nor_for_several_kernels(words: tuple[str, ...], ignoring: Path) -> None:
    applied(ignoring / "m", *words)
    written = imports_of(ignoring / "m/t.c")
    assert '"DMA_BUF"' in written
    assert "CXL" not in written
    assert nsfix("check", *words, cwd=ignoring / "m").code == 0


def found(tree: Path, *words: str, cwd: Path | None = None) -> Any:
    result = nsfix("check", "--format", "json", *words, cwd=cwd or tree)
    assert result.code in (0, 1), result.said
    report = json.loads(result.out)
    return {(finding["module"], finding["namespace"]) for finding in report["findings"]}


def test_what_is_kept_of_a_tree_is_not_taken_for_other_settings(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nsfix.in_tree._TOO_FRESH", 0)
    (tree / ".config").write_text("CONFIG_X86=y\nCONFIG_USB_STORAGE=m\n")
    settle(tree)
    whole = found(tree)
    assert {namespace for _, namespace in whole} >= {"CORE", "STOR"}
    say(tree.parent, 'ignore = ["STOR"]\n')  # beside the tree, whose files stay as they are
    assert found(tree) == {pair for pair in whole if pair[1] != "STOR"}
    say(tree.parent, 'ignore = ["STOR", "CORE"]\n')
    assert found(tree) == {pair for pair in whole if pair[1] not in ("STOR", "CORE")}
    say(tree.parent, "")
    assert found(tree) == whole


def test_the_configuration_of_a_tree(tree: Path) -> None:
    (tree / ".config").write_text("CONFIG_X86=y\n")
    (tree.parent / "with-storage").write_text("CONFIG_X86=y\nCONFIG_USB_STORAGE=m\n")
    without = found(tree)
    say(tree.parent, 'config = "with-storage"\nmodule = "nowhere"\nsince = "5.10"\n')
    assert found(tree) > without
    assert found(tree, "--config", ".config") == without
    say(tree.parent, 'config = "none"\n')
    assert (
        fails(tree, "check")
        == f"nsfix: {tree.parent}/.nsfix.toml: config names {tree.parent}/none, which is no file"
    )
    assert found(tree, "--config", ".config") == without
    say(tree.parent, 'config = "any"\narch = "arm64"\n')
    assert "this tree has no arch/arm64" in fails(tree, "check")
    assert found(tree, "ARCH=x86_64") >= without


def test_a_kernel_above_a_tree_is_not_for_the_tree(tree: Path, tmp_path: Path) -> None:
    (tree / ".config").write_text("CONFIG_X86=y\nCONFIG_USB_STORAGE=m\n")
    whole = found(tree, "drivers/stor")
    make_kernel(tmp_path / "headers", "6.12")
    write(tmp_path, {"mine/t.c": SOURCE, "mine/Kbuild": "obj-m := t.o\n"})
    say(tmp_path, 'kdir = "headers"\nmodule = "mine"\n')
    assert found(tree, "drivers/stor") == whole
    assert found(tree, cwd=tree / "drivers/stor") == whole
    assert found(tree, "M=linux/drivers/stor", cwd=tmp_path) == whole
    assert found(tree, cwd=tmp_path) == {("t", "CXL"), ("t", "DMA_BUF")}


def test_a_kernel_that_a_part_of_a_tree_names_is_for_that_part(tree: Path, tmp_path: Path) -> None:
    write(tree, {"drivers/mine/t.c": SOURCE, "drivers/mine/Kbuild": "obj-m := t.o\n"})
    make_kernel(tmp_path / "headers", "6.12")
    alone = {("t", "CXL"), ("t", "DMA_BUF")}
    (tmp_path / "other").write_text("CONFIG_X86=y\n")
    say(tree / "drivers/mine", 'kdir = "../../../headers"\nconfig = "../../../other"\n')
    assert found(tree, cwd=tree / "drivers/mine") == alone
    assert found(tree, "M=drivers/mine") == alone
    line = fails(tree, "check", "KDIR=", "M=drivers/mine")  # that is, for no kernel but the tree
    assert line == f"nsfix: {tmp_path}/other: no module is built from drivers/mine under this configuration"
    (tree / "drivers/mine/.nsfix.toml").unlink()
    say(tmp_path, 'kdir = "headers"\nmodule = "linux/drivers/mine"\n')
    assert found(tree, cwd=tmp_path) == alone
    assert found(tree, cwd=tree / "drivers/mine") == alone


def test_a_module_that_lies_in_a_tree(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "with-storage").write_text("CONFIG_X86=y\nCONFIG_USB_STORAGE=m\n")
    whole = found(tree, "--config", "../with-storage", "drivers/stor")
    say(tmp_path, 'module = "linux/drivers/stor"\nconfig = "with-storage"\nsince = "5.10"\n')
    assert found(tree, cwd=tmp_path) == whole
