"""The command line: exit codes, which stream says what, and one clear line for each error."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.fake_kernel import make_kernel
from tests.support import Result, nsfix

SOURCE = """#include <linux/module.h>
int cxl_bus_rescan(void);
int f(void)
{
	return cxl_bus_rescan();
}
MODULE_LICENSE("GPL");
"""
LOG = "ERROR: modpost: module t uses symbol cxl_bus_rescan from namespace CXL, but does not import it.\n"
NOBODY = 65534
EVERY = ("apply", "diff", "check")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A module that lacks CXL."""
    root = tmp_path / "m"
    root.mkdir()
    (root / "t.c").write_text(SOURCE)
    (root / "Kbuild").write_text("obj-m := t.o\n")
    return root


@pytest.fixture
def kdir(fake_kernels: dict[str, Path]) -> Path:
    return fake_kernels["7.x"]


def content(directory: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in directory.iterdir() if p.is_file()}


def run(directory: Path, *words: str | Path, stdin: bytes = b"") -> Result:
    return nsfix(*words, cwd=directory, stdin=stdin)


def fails(directory: Path, *words: str | Path, stdin: bytes = b"") -> str:
    """The one line on stderr of a run that must fail and write nothing."""
    before = content(directory)
    result = run(directory, *words, stdin=stdin)
    assert (result.code, result.out) == (2, b""), result.said
    assert content(directory) == before
    lines = result.err.splitlines()
    assert len(lines) == 1, result.err
    return lines[0]


def test_check_leaves_1_with_a_finding_and_0_without(directory: Path, kdir: Path) -> None:
    result = run(directory, "check", f"KDIR={kdir}")
    assert result.code == 1
    assert b"t.c:5" in result.out
    assert b"CXL" in result.out
    (directory / "t.c").write_text(SOURCE + 'MODULE_IMPORT_NS("CXL");\n')
    assert run(directory, "check", f"KDIR={kdir}").code == 0


def test_diff_leaves_1_with_a_patch_and_0_without(directory: Path, kdir: Path) -> None:
    before = content(directory)
    result = run(directory, "diff", f"KDIR={kdir}")
    assert (result.code, content(directory)) == (1, before)
    assert b'+MODULE_IMPORT_NS("CXL");' in result.out
    (directory / "t.c").write_text(SOURCE + 'MODULE_IMPORT_NS("CXL");\n')
    again = run(directory, "diff", f"KDIR={kdir}")
    assert (again.code, again.out) == (0, b"")


def test_apply_leaves_0_and_twice_changes_nothing(directory: Path, kdir: Path) -> None:
    result = run(directory, "apply", f"KDIR={kdir}")
    assert result.code == 0, result.said
    once = content(directory)
    assert once["t.c"].decode() == SOURCE + 'MODULE_IMPORT_NS("CXL");\n'
    again = run(directory, "apply", f"KDIR={kdir}")
    assert (again.code, content(directory)) == (0, once)
    assert "nothing to do" in again.err


def test_apply_leaves_1_where_something_cannot_be_mended(directory: Path, kdir: Path) -> None:
    (directory / "t.c").write_text(SOURCE.replace('MODULE_LICENSE("GPL");', ""))
    result = run(directory, "apply", f"KDIR={kdir}")
    assert result.code == 1
    assert "not mended" in result.err
    assert run(directory, "diff", f"KDIR={kdir}").code == 1


def test_a_dry_run_is_a_diff(directory: Path, kdir: Path) -> None:
    before = content(directory)
    dry, diff = run(directory, "apply", "--dry-run", f"KDIR={kdir}"), run(directory, "diff", f"KDIR={kdir}")
    assert (dry.code, dry.out) == (diff.code, diff.out)
    assert content(directory) == before


def test_the_directory_may_be_named_from_elsewhere(directory: Path, kdir: Path) -> None:
    result = run(directory.parent, "check", f"M={directory}", "-C", kdir)
    assert result.code == 1
    assert b"t.c:5" in result.out


def test_json_stands_on_stdout_alone_or_in_a_file(directory: Path, kdir: Path, tmp_path: Path) -> None:
    result = run(directory, "check", "--format", "json", f"KDIR={kdir}")
    report = json.loads(result.out)
    assert (report["schema"], len(report["findings"])) == (1, 1)
    out = tmp_path / "out.json"
    told = run(directory, "check", "--format", "json", "-o", out, f"KDIR={kdir}")
    assert (told.code, told.out) == (1, b"")
    assert json.loads(out.read_text()) == report


def test_a_report_that_cannot_be_written_is_an_error(directory: Path, kdir: Path) -> None:
    line = fails(directory, "check", "-o", directory / "none" / "out", f"KDIR={kdir}")
    assert "cannot be written" in line


@pytest.mark.parametrize(
    "words", [("check", "--format", "xml"), ("check", "--none"), ("none",), ("apply", "--log")]
)
def test_words_that_mean_nothing_are_a_usage_error(words: tuple[str, ...], directory: Path) -> None:
    result = run(directory, *words)
    assert (result.code, result.out) == (2, b"")
    assert "Error" in result.err


def test_one_piece_of_evidence_at_a_time(directory: Path) -> None:
    assert "each is evidence of its own" in fails(directory, "check", "--log", "a", "--nsdeps", "b")


def test_help_and_version_leave_0(directory: Path) -> None:
    assert run(directory, "--help").code == 0
    assert run(directory, "--version").code == 0
    assert b"KDIR" in run(directory, "apply", "-h").out


@pytest.mark.parametrize("command", EVERY)
def test_a_kernel_that_is_not_there(command: str, directory: Path) -> None:
    line = fails(directory, command, "KDIR=/none/such")
    assert line.startswith("nsfix: /none/such: ")
    assert "KDIR" in line


@pytest.mark.parametrize("command", EVERY)
def test_a_directory_that_is_no_kernel(command: str, directory: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    line = fails(directory, command, f"KDIR={tmp_path / 'empty'}")
    assert str(tmp_path / "empty") in line


def copy_of(kdir: Path, to: Path) -> Path:
    return Path(shutil.copytree(kdir, to))


@pytest.mark.parametrize("command", EVERY)
def test_a_kernel_without_symvers(command: str, directory: Path, kdir: Path, tmp_path: Path) -> None:
    kernel = copy_of(kdir, tmp_path / "k")
    (kernel / "Module.symvers").unlink()
    line = fails(directory, command, f"KDIR={kernel}")
    assert line.startswith(f"nsfix: {kernel}/Module.symvers: ")


def test_a_kernel_that_is_not_configured(directory: Path, kdir: Path, tmp_path: Path) -> None:
    kernel = copy_of(kdir, tmp_path / "k")
    (kernel / "include" / "config" / "auto.conf").unlink()
    assert "not configured" in fails(directory, "check", f"KDIR={kernel}")


def test_symvers_with_too_few_columns_are_named_with_the_line(
    directory: Path, kdir: Path, tmp_path: Path
) -> None:
    kernel = copy_of(kdir, tmp_path / "k")
    symvers = kernel / "Module.symvers"
    symvers.write_text("0x0\ta\tvmlinux\tEXPORT_SYMBOL\t\n0x0\tb\tvmlinux\tEXPORT_SYMBOL\n")
    assert fails(directory, "apply", f"KDIR={kernel}").startswith(f"nsfix: {symvers}:2: 4 columns")


def test_a_further_symvers_that_is_not_there(directory: Path, kdir: Path) -> None:
    assert "none.symvers" in fails(directory, "check", f"KDIR={kdir}", "--symvers", "none.symvers")


@pytest.mark.parametrize("command", EVERY)
def test_no_kbuild_file(command: str, directory: Path, kdir: Path) -> None:
    (directory / "Kbuild").unlink()
    line = fails(directory, command, f"KDIR={kdir}")
    assert "neither a Kbuild file nor a Makefile" in line


@pytest.mark.parametrize("command", EVERY)
def test_no_module_is_an_error_that_names_the_line(command: str, directory: Path, kdir: Path) -> None:
    (directory / "Kbuild").write_text("# none\nobj-$(CONFIG_T) += t.o\n")
    line = fails(directory, command, f"KDIR={kdir}")
    assert "Kbuild:2" in line
    assert "CONFIG_T=m" in line


def test_a_module_directory_that_is_not_there(directory: Path, kdir: Path) -> None:
    assert "none" in fails(directory, "check", "M=none", f"KDIR={kdir}")


def test_a_path_that_is_not_there(directory: Path, kdir: Path) -> None:
    assert "none.c" in fails(directory, "check", f"KDIR={kdir}", "none.c")


def test_a_path_that_no_module_is_built_from(directory: Path, kdir: Path) -> None:
    (directory / "other.c").touch()
    assert "other.c" in fails(directory, "check", f"KDIR={kdir}", "other.c")


def test_a_source_that_cannot_be_read() -> None:
    with TemporaryDirectory() as name:  # another user cannot reach those of tmp_path
        shared = Path(name)
        shared.chmod(0o755)
        (shared / "m").mkdir()
        (shared / "m" / "t.c").write_text(SOURCE)
        (shared / "m" / "t.c").chmod(0)
        (shared / "m" / "Kbuild").write_text("obj-m := t.o\n")
        kernel = make_kernel(shared / "k", "7.x")
        user = NOBODY if os.geteuid() == 0 else None
        result = nsfix("check", f"KDIR={kernel}", cwd=shared / "m", user=user)
    assert (result.code, result.out) == (2, b"")
    assert result.err.startswith("nsfix: t.c: ")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize("command", EVERY)
def test_a_source_that_is_a_directory(command: str, directory: Path, kdir: Path) -> None:
    (directory / "t.c").unlink()
    (directory / "t.c").mkdir()
    assert "t.c: " in fails(directory, command, f"KDIR={kdir}")


@pytest.mark.parametrize("log", [b"", b"CC [M] t.o\nall is well\n"])
def test_a_log_without_a_word_of_it(log: bytes, directory: Path, kdir: Path) -> None:
    (directory / "build.log").write_bytes(log)
    assert fails(directory, "apply", f"KDIR={kdir}", "--log", "build.log").startswith(
        "nsfix: build.log: no missing"
    )
    assert fails(directory, "apply", f"KDIR={kdir}", "--log", "-", stdin=log).startswith(
        "nsfix: <stdin>: no missing"
    )


def test_a_log_that_is_not_there(directory: Path, kdir: Path) -> None:
    assert fails(directory, "check", f"KDIR={kdir}", "--log", "none.log").startswith("nsfix: none.log: ")


def test_a_log_from_stdin_is_evidence(directory: Path, kdir: Path) -> None:
    result = run(directory, "apply", f"KDIR={kdir}", "--log", "-", stdin=LOG.encode())
    assert result.code == 0, result.said
    assert (directory / "t.c").read_text() == SOURCE + 'MODULE_IMPORT_NS("CXL");\n'


@pytest.mark.parametrize(
    ("text", "where"),
    [("garbage\n", ":1: "), ("t.ko: CXL\n\nt.ko CXL\n", ":3: "), ("t.ko: 1A\n", ":1: "), ("", ": ")],
)
def test_nsdeps_that_are_none(text: str, where: str, directory: Path, kdir: Path) -> None:
    (directory / "modules.nsdeps").write_text(text)
    line = fails(directory, "apply", f"KDIR={kdir}", "--nsdeps", "modules.nsdeps")
    assert line.startswith(f"nsfix: modules.nsdeps{where}")


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {}])
def test_the_patch_has_colours_on_a_terminal_alone(
    variable: dict[str, str], directory: Path, kdir: Path
) -> None:
    main, terminal = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    environment |= {"TERM": "xterm", "PYTHONPATH": str(Path(__file__).parents[1])} | variable
    words = [sys.executable, "-m", "nsfix", "diff", f"KDIR={kdir}"]
    done = subprocess.run(
        words,
        cwd=directory,
        env=environment,
        stdout=terminal,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    os.close(terminal)
    out = os.read(main, 65536)
    os.close(main)
    assert done.returncode == 1
    assert b"MODULE_IMPORT_NS" in out
    assert (b"\x1b[" in out) is (not variable)
    assert b"\x1b" not in run(directory, "diff", f"KDIR={kdir}").out


@pytest.mark.parametrize("words", [("diff",), ("check", "--format", "json"), ("check",)])
def test_a_reader_that_goes_away_is_no_traceback(words: tuple[str, ...], directory: Path, kdir: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "nsfix", *words, f"KDIR={kdir}"],
        cwd=directory,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    os.close(writing)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    assert done.returncode in (1, 2, 128 + signal.SIGPIPE, -signal.SIGPIPE)


def test_a_source_whose_name_is_no_utf_8(directory: Path, kdir: Path) -> None:
    source = directory / os.fsdecode(b"\xff.c")
    (directory / "t.c").rename(source)
    (directory / "Kbuild").write_bytes(b"obj-m := t.o\nt-y := \xff.o\n")
    assert run(directory, "apply", f"KDIR={kdir}").code == 0
    assert 'MODULE_IMPORT_NS("CXL");' in source.read_text()


def test_a_wrapper_is_followed_and_told(tmp_path: Path, kdir: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/t.c").write_text(SOURCE)
    (tmp_path / "src/Kbuild").write_text("obj-$(CONFIG_T) := t.o\n")
    (tmp_path / "Makefile").write_text("all:\n\t$(MAKE) -C $(KDIR) M=$(PWD)/src CONFIG_T=m modules\n")
    (tmp_path / "add-import.patch").write_text('+MODULE_IMPORT_NS("CXL");\n')
    said = "nsfix: Makefile:2: read as this make command says: M=src CONFIG_T=m\n"
    checked = run(tmp_path, "check", f"KDIR={kdir}")
    assert (checked.code, checked.err) == (1, said)
    applied = run(tmp_path, "apply", f"KDIR={kdir}")
    assert (applied.code, applied.out) == (0, b"src/t.c: imports CXL\n")
    again = run(tmp_path, "apply", f"KDIR={kdir}")
    assert again.err == said + "nsfix: nothing to do: no import is missing\n"


def test_a_wrapper_with_evidence(tmp_path: Path, kdir: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/t.c").write_text(SOURCE)
    (tmp_path / "src/Kbuild").write_text("obj-m := t.o\n")
    (tmp_path / "Makefile").write_text("all:\n\t$(MAKE) -C $(KDIR) M=$(PWD)/src modules\n")
    applied = run(tmp_path, "apply", "--log", "-", f"KDIR={kdir}", stdin=LOG.encode())
    assert (applied.code, applied.out) == (0, b"src/t.c: imports CXL\n")


@pytest.mark.parametrize("evidence", [("--log", "-"), ("--nsdeps", "x"), ("--build",)])
def test_make_is_not_asked_beside_evidence(directory: Path, kdir: Path, evidence: tuple[str, ...]) -> None:
    assert "leave out --make" in fails(directory, "check", "--make", *evidence, f"KDIR={kdir}")


def test_make_has_to_be_there(directory: Path, kdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(directory))
    assert "make is not installed, so --make cannot run it" in fails(
        directory, "check", "--make", f"KDIR={kdir}"
    )
