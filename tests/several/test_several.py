"""Every case: what apply writes, that it does so once, and that the outcome is right on each kernel.

Right is what two others say: nsfix itself, asked for one kernel alone, and gcc's preprocessor (tests/bounds.py), for
the version of each kernel named, and with --since for versions on each side of every bound in the source.
"""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from tests.bounds import bounds_in, imports_on, needs_gcc, versions_round
from tests.fake_kernel import RELEASE, RHEL, STRING, make_kernel
from tests.several import Case, load
from tests.support import Result, nsfix, snapshot

ROOT = Path(__file__).parents[2]
CASES = load()
every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="session")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every made-up kernel."""
    home = tmp_path_factory.mktemp("kernels")
    return {series: make_kernel(home / series, series) for series in RELEASE}


def write(case: Case, directory: Path) -> Path:
    """Writes a case as it is before."""
    for path, text in case.before.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(text)
    return directory


def words(case: Case, directory: Path, kernels: dict[str, Path]) -> list[str]:
    """The words of a case."""
    found = [word for series in case.kernels for word in ("--kdir", str(kernels[series]))]
    found += ["--since", case.value("since")] if case.value("since") else []
    return [f"M={directory}", *found, *case.value("words").split()]


@every_case
def test_apply_writes_that_once_and_right_for_each_kernel(
    case: Case, tmp_path: Path, kernels: dict[str, Path]
) -> None:
    directory = write(case, tmp_path / "m")
    given = words(case, directory, kernels)
    said = nsfix("apply", *given, cwd=directory).said
    for path, text in case.after.items():
        assert (directory / path).read_bytes().decode() == text.decode(), said
    now = snapshot(directory)
    again = nsfix("apply", *given, cwd=directory)
    assert snapshot(directory) == now, again.said
    assert again.code == int(case.value("exit", "0")), again.said
    for expression in case.values("says"):
        assert expression in said
    for series in case.kernels if again.code == 0 else ():
        alone = nsfix("check", f"M={directory}", f"KDIR={kernels[series]}", cwd=directory)
        assert alone.code == 0, f"{series}: {alone.said}"


@needs_gcc
@every_case
def test_the_preprocessor_says_so_too(case: Case, tmp_path: Path) -> None:
    if case.value("exit"):
        pytest.skip("something stays unmended")
    if case.value("gcc"):
        pytest.skip("it takes more headers than are made here")
    source = case.after["t.c"].decode()
    files = {path: text.decode() for path, text in case.after.items() if path.endswith(".h")}
    needed = {(name, True) for name in case.value("needs", "DMA_BUF").split()}
    for series in case.kernels:
        version, rhel = RELEASE[series], RHEL.get(series)
        there = imports_on(source, version, quoted=series in STRING, rhel=rhel, files=files)
        if version < (5, 4, 0):
            assert there == set(), series
        else:
            assert not {entry for entry in there if not entry[1]}, f"{series}: {there}"
            assert there >= {entry for entry in needed if case.kernels == [series] or entry[0] != "PWM"}, (
                series
            )
    if not case.value("since"):
        return
    major, _, minor = case.value("since").partition(".")
    since = (int(major), int(minor), 0)
    for version in versions_round(bounds_in(source), since):
        there = imports_on(source, version, files=files)
        if version < (5, 4, 0):
            assert there == set(), version
        else:
            assert not {entry for entry in there if not entry[1]}, f"{version}: {there}"
            lowest = min(bounds_in(*map(bytes.decode, case.before.values())), default=(0, 0, 0))
            assert there >= needed or version < lowest, f"{version}: {there}"


@every_case
def test_check_tells_and_writes_nothing(case: Case, tmp_path: Path, kernels: dict[str, Path]) -> None:
    directory = write(case, tmp_path / "m")
    before = snapshot(directory)
    given = words(case, directory, kernels)
    result = nsfix("check", "--format", "json", *given, cwd=directory)
    assert snapshot(directory) == before
    report = json.loads(result.out)
    jsonschema.validate(report, json.loads((ROOT / "docs/check.schema.json").read_text()))
    wrong = case.before != case.after or bool(case.value("exit"))
    assert bool(report["findings"]) == wrong, result.said
    assert result.code == int(wrong)
    labels = {kernel["label"] for kernel in report.get("kernels", ())}
    assert all(set(finding.get("kernels", ())) <= labels for finding in report["findings"])
    texts = dict(case.before)
    for path in {f["fix"]["file"] for f in report["findings"] if f["fix"]}:
        edits = {
            (edit["start"], edit["end"], edit["new"])
            for f in report["findings"]
            if f["fix"] and f["fix"]["file"] == path
            for edit in f["fix"]["edits"]
        }
        for start, end, new in sorted(edits, reverse=True):
            texts[path] = texts[path][:start] + new.encode() + texts[path][end:]
    assert texts == case.after


def refused(result: Result, directory: Path, before: object) -> None:
    """Whether a run ended in a failure that wrote nothing."""
    assert result.code == 2, result.said
    assert snapshot(directory) == before


PLAIN = next(case for case in CASES if case.name == "two_spellings")


def test_a_symbol_that_moved_to_another_namespace(tmp_path: Path, kernels: dict[str, Path]) -> None:
    other = make_kernel(tmp_path / "other", "7.x")
    symvers = other / "Module.symvers"
    symvers.write_text(symvers.read_text().replace("\tDMA_BUF\n", "\tBUFFERS\n"))
    directory = write(PLAIN, tmp_path / "m")
    before = snapshot(directory)
    for command in ("apply", "check", "diff"):
        result = nsfix(command, f"M={directory}", "--kdir", kernels["6.12"], "--kdir", other, cwd=directory)
        refused(result, directory, before)
        assert "6.12.117 has dma_buf_get in namespace DMA_BUF, 7.2.12 in BUFFERS" in result.err


def test_once_both_names_are_imported_by_hand_nothing_contradicts(
    tmp_path: Path, kernels: dict[str, Path]
) -> None:
    other = make_kernel(tmp_path / "other", "7.x")
    symvers = other / "Module.symvers"
    symvers.write_text(symvers.read_text().replace("\tDMA_BUF\n", "\tBUFFERS\n"))
    directory = write(PLAIN, tmp_path / "m")
    text = (directory / "t.c").read_text() + "#include <linux/version.h>\n"
    text += '#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)\nMODULE_IMPORT_NS("BUFFERS");\n#else\n'
    (directory / "t.c").write_text(text + "MODULE_IMPORT_NS(DMA_BUF);\n#endif\n")
    result = nsfix("check", f"M={directory}", "--kdir", kernels["6.12"], "--kdir", other, cwd=directory)
    assert result.code == 0, result.said


@pytest.mark.parametrize("word", ["soon", "6", "6.x", "v", "6.1000", "-5.10", ""])
def test_an_unknown_version(word: str, tmp_path: Path, kernels: dict[str, Path]) -> None:
    directory = write(PLAIN, tmp_path / "m")
    before = snapshot(directory)
    result = nsfix("apply", f"M={directory}", f"KDIR={kernels['6.12']}", f"--since={word}", cwd=directory)
    refused(result, directory, before)
    assert "is no version of a kernel; give one such as 5.10" in result.err


def test_a_directory_without_headers(tmp_path: Path, kernels: dict[str, Path]) -> None:
    directory = write(PLAIN, tmp_path / "m")
    (tmp_path / "empty").mkdir()
    before = snapshot(directory)
    given = ["--kdir", kernels["6.12"], "--kdir", tmp_path / "empty"]
    result = nsfix("apply", f"M={directory}", *given, cwd=directory)
    refused(result, directory, before)
    assert "no kernel headers here" in result.err


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--log", "make.log", "--kdir", "a", "--kdir", "b"], "--log is about one kernel"),
        (["--build", "--kdir", "a", "--kdir", "b"], "--build is about one kernel"),
        (["--kdir", "a", "--kdir", "b", "O=out"], ""),
        (["--guard", "perhaps"], "perhaps"),
    ],
)
def test_words_that_do_not_go_together(given: list[str], message: str, tmp_path: Path) -> None:
    directory = write(PLAIN, tmp_path / "m")
    before = snapshot(directory)
    result = nsfix("apply", f"M={directory}", *given, cwd=directory)
    refused(result, directory, before)
    assert message in result.err


def test_in_a_kernel_tree_there_is_one_kernel(tmp_path: Path) -> None:
    tree = make_kernel(tmp_path / "tree", "6.12")
    for mark in ("Kbuild", "Kconfig", "init/main.c"):
        (tree / mark).parent.mkdir(parents=True, exist_ok=True)
        (tree / mark).touch()
    result = nsfix("check", "--since", "5.10", cwd=tree)
    assert result.code == 2
    assert "--since is for external modules" in result.err


def test_two_kernels_of_one_release_are_told_apart(tmp_path: Path, kernels: dict[str, Path]) -> None:
    twin = make_kernel(tmp_path / "twin", "6.12")
    directory = write(PLAIN, tmp_path / "m")
    given = ["--kdir", kernels["6.12"], "--kdir", twin]
    result = nsfix("check", "--format", "json", f"M={directory}", *given, cwd=directory)
    labels = [kernel["label"] for kernel in json.loads(result.out)["kernels"]]
    assert labels == [f"6.12.117 ({kernels['6.12']})", f"6.12.117 ({twin})"]


NEW_LOG = "ERROR: modpost: t.ko: module uses symbol 'dma_buf_get' from namespace 'DMA_BUF', but does not import it.\n"
OLD_LOG = "make[1]: Entering directory '/usr/src/linux-headers-6.1.0-9-amd64'\n" + (
    "ERROR: modpost: module t uses symbol dma_buf_get from namespace DMA_BUF, but does not import it.\n"
)


@pytest.mark.parametrize("text", [NEW_LOG, OLD_LOG])
def test_a_log_and_upstream(text: str, tmp_path: Path) -> None:
    directory = write(PLAIN, tmp_path / "m")
    log = tmp_path / "make.log"
    log.write_text(text)
    given = ["--log", log, "--since", "5.10", f"M={directory}"]
    result = nsfix("apply", *given, cwd=directory)
    assert result.code == 0, result.said
    assert (directory / "t.c").read_bytes() == PLAIN.after["t.c"]
    again = nsfix("apply", *given, cwd=directory)
    assert again.code == 0, again.said
    assert (directory / "t.c").read_bytes() == PLAIN.after["t.c"]
    assert "t imports DMA_BUF by now" in again.err, again.said


@pytest.mark.parametrize("text", [NEW_LOG, OLD_LOG])
def test_a_log_alone_and_a_guard_that_stands(text: str, tmp_path: Path) -> None:
    case = next(case for case in CASES if case.name == "three_way_extended")
    directory = write(case, tmp_path / "m")
    log = tmp_path / "make.log"
    log.write_text(text)
    result = nsfix("apply", "--log", log, f"M={directory}", cwd=directory)
    assert result.code == 0, result.said
    assert (directory / "t.c").read_bytes() == case.after["t.c"], result.said


def test_one_of_the_kernels_builds_nothing(tmp_path: Path, kernels: dict[str, Path]) -> None:
    directory = write(PLAIN, tmp_path / "m")
    (directory / "Kbuild").write_text("ifeq ($(VERSION),7)\nobj-m := t.o\nendif\n")
    before = snapshot(directory)
    given = ["--kdir", kernels["7.x"], "--kdir", kernels["6.12"]]
    result = nsfix("apply", f"M={directory}", *given, cwd=directory)
    refused(result, directory, before)
    assert "nothing is built: no obj-m names an object (for 6.12.117)" in result.err


def test_a_vendor_has_namespaces_of_its_own(tmp_path: Path) -> None:
    """Nothing is built in: what a kernel's own Module.symvers says is what counts there."""
    vendor = make_kernel(tmp_path / "vendor", "5.10")
    with (vendor / "Module.symvers").open("a") as symvers:
        symvers.write("0x00000000\tacme_clock_get\tvmlinux\tEXPORT_SYMBOL_GPL\tACME_PRIVATE\n")
    plain = make_kernel(tmp_path / "plain", "7.x")
    with (plain / "Module.symvers").open("a") as symvers:
        symvers.write("0x00000000\tacme_clock_get\tvmlinux\tEXPORT_SYMBOL_GPL\t\n")
    directory = tmp_path / "m"
    directory.mkdir()
    (directory / "Kbuild").write_text("obj-m := t.o\n")
    source = "#include <linux/module.h>\nint acme_clock_get(void);\nint t(void);\n"
    source += 'int t(void) { return acme_clock_get(); }\nMODULE_LICENSE("GPL");\n'
    (directory / "t.c").write_text(source)
    result = nsfix("apply", f"M={directory}", "--kdir", vendor, "--kdir", plain, cwd=directory)
    assert result.code == 0, result.said
    guard = "#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)\nMODULE_IMPORT_NS(ACME_PRIVATE);\n#endif\n"
    text = source.replace(">\n", ">\n#include <linux/version.h>\n", 1) + guard
    assert (directory / "t.c").read_text() == text
