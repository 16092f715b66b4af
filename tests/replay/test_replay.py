"""From logs, modules.nsdeps and .mod files to edits: names, precedence, and what is refused."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from nsfix.errors import InputError
from nsfix.linked import Linked
from nsfix.model import BuiltModule, Level, Spelling
from nsfix.project import Answer, Request
from nsfix.replay import check_log, check_nsdeps

SOURCE = '#include <linux/module.h>\nint f(void) { return 1; }\nMODULE_LICENSE("GPL");\n'
OLD = "ERROR: modpost: module %s uses symbol cxl_bus_rescan from namespace CXL, but does not import it.\n"
NEW = "ERROR: modpost: %s.ko: module uses symbol 'cxl_bus_rescan' from namespace 'CXL', but does not import it.\n"
LOADED = "[    1.5] %s: module uses symbol (cxl_bus_rescan) from namespace CXL, but does not import it.\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A module `t-x` below sub/, and `u` beside it."""
    (tmp_path / "m" / "sub").mkdir(parents=True)
    for name in ("sub/t-x.c", "u.c"):
        (tmp_path / "m" / name).write_text(SOURCE)
    (tmp_path / "m" / "Kbuild").write_text("obj-m := u.o sub/\n")
    (tmp_path / "m" / "sub" / "Kbuild").write_text("obj-m := t-x.o\n")
    return tmp_path / "m"


def replay(root: Path, log: str, kdir: Path | None, **further: object) -> Answer:
    (root.parent / "log").write_text(log)
    request = Request(str(root), kdir=str(kdir) if kdir else None, **further)  # type: ignore[arg-type]
    return check_log(request, str(root.parent / "log"))


def mended(answer: Answer, root: Path) -> set[str]:
    return {str(Path(path).relative_to(root)) for path in answer.mending.texts}


def added(answer: Answer) -> set[str]:
    lines = set()
    for before, after in answer.mending.texts.values():
        lines |= set(after.decode().splitlines()) - set(before.decode().splitlines())
    return lines


@pytest.mark.parametrize(
    "line",
    [
        OLD % "t-x",
        NEW % "sub/t-x",
        NEW % "{root}/sub/t-x",
        NEW % "some/where/sub/t-x",
        NEW % "./sub/t-x",
        LOADED % "t_x",
        (OLD % "t-x").replace("ERROR", "WARNING"),
        "> " + OLD % "t-x",
    ],
)
def test_a_module_is_found_however_it_is_named(line: str, root: Path, fake_kernels: dict[str, Path]) -> None:
    if "some/where" in line:
        line = line.replace("some/where", str(root))
    answer = replay(root, line.replace("{root}", str(root)), fake_kernels["7.x"])
    assert mended(answer, root) == {"sub/t-x.c"}
    assert added(answer) == {'MODULE_IMPORT_NS("CXL");'}


def linked(*paths: str) -> Linked:
    return Linked(tuple(BuiltModule(p.rpartition("/")[2], p, (), "/m/Kbuild", 1) for p in paths), (), "/m")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("t-x", ["sub/t-x"]),
        ("t_x", ["sub/t-x"]),
        ("sub/t-x", ["sub/t-x"]),
        ("./sub/t-x", ["sub/t-x"]),
        ("/m/sub/t-x", ["sub/t-x"]),
        ("drivers/sub/t-x", ["sub/t-x"]),
        ("u", ["u"]),
        ("v", ["one/v", "two/v"]),
        ("two/v", ["two/v"]),
        ("a_b", ["a_b"]),
        ("a-b", ["a-b"]),
        ("sub/t_x", []),
        ("none", []),
        ("ub/t-x", []),
    ],
)
def test_names_of_modules_and_what_they_mean(name: str, found: list[str]) -> None:
    modules = linked("sub/t-x", "u", "one/v", "two/v", "a_b", "a-b")
    assert [m.path for m in modules.modules_of(name)] == found


@pytest.mark.xfail(strict=True, reason="the bare name of an old log is taken for a path")
def test_a_name_that_may_be_two_modules_changes_neither(root: Path, fake_kernels: dict[str, Path]) -> None:
    (root / "one").mkdir()
    (root / "one" / "u.c").write_text(SOURCE)
    (root / "one" / "Kbuild").write_text("obj-m := u.o\n")
    (root / "Kbuild").write_text("obj-m := u.o one/\n")
    assert replay(root, LOADED % "u", fake_kernels["7.x"]).mending.texts == {}


def test_a_module_that_is_not_built_here_is_a_note(root: Path, fake_kernels: dict[str, Path]) -> None:
    answer = replay(root, OLD % "other", fake_kernels["6.12"])
    assert [f.level for f in answer.findings] == [Level.NOTE]
    assert "no module other is built here" in answer.findings[0].message
    assert answer.mending.texts == {}


@pytest.mark.parametrize("name", ["../other/t", "/etc/t", "sub/../../t"])
def test_a_module_outside_is_refused_with_the_line(
    name: str, root: Path, fake_kernels: dict[str, Path]
) -> None:
    with pytest.raises(InputError, match="outside") as caught:
        replay(root, "CC x\n" + NEW % name, fake_kernels["7.x"])
    assert (caught.value.file, caught.value.line) == (str(root.parent / "log"), 2)


def test_a_module_behind_a_link_that_leads_outside_is_refused(
    root: Path, fake_kernels: dict[str, Path]
) -> None:
    (root.parent / "away").mkdir()
    (root / "link").symlink_to(root.parent / "away")
    with pytest.raises(InputError, match="outside"):
        replay(root, NEW % "link/t", fake_kernels["7.x"])


def test_a_source_behind_a_link_that_leads_outside_is_not_edited(
    root: Path, fake_kernels: dict[str, Path]
) -> None:
    (root.parent / "away.c").write_text(SOURCE)
    (root / "u.c").unlink()
    (root / "u.c").symlink_to(root.parent / "away.c")
    answer = replay(root, NEW % "u", fake_kernels["7.x"])
    assert answer.mending.texts == {}
    assert "outside" in str(answer.mending.remedies[0].refusal)


def test_what_the_build_linked_comes_before_kbuild(root: Path, fake_kernels: dict[str, Path]) -> None:
    (root / "v.c").write_text(SOURCE)
    (root / "u.mod").write_text("v.o\n")
    assert mended(replay(root, OLD % "u", fake_kernels["7.x"]), root) == {"v.c"}


def test_mod_files_tell_of_modules_that_kbuild_does_not(root: Path, fake_kernels: dict[str, Path]) -> None:
    (root / "Kbuild").write_text("obj-$(CONFIG_NONE) += u.o\n")
    (root / "u.mod").write_text("u.o\n")
    answer = replay(root, OLD % "u", fake_kernels["7.x"])
    assert mended(answer, root) == {"u.c"}
    assert any(".mod files tell" in remark.message for remark in answer.remarks)


def test_a_source_that_the_build_recorded_is_taken(root: Path, fake_kernels: dict[str, Path]) -> None:
    (root / "real.c").write_text(SOURCE)
    (root / "u.mod").write_text("u.o\n")
    (root / ".u.o.cmd").write_text(f"source_{root}/u.o := {root}/real.c\n")
    assert mended(replay(root, OLD % "u", fake_kernels["7.x"]), root) == {"real.c"}


def test_a_mod_file_that_leads_outside_is_refused(root: Path, fake_kernels: dict[str, Path]) -> None:
    (root / "u.mod").write_text("u.o\n../away.o\n")
    with pytest.raises(InputError, match="outside") as caught:
        replay(root, OLD % "u", fake_kernels["7.x"])
    assert (caught.value.file, caught.value.line) == (str(root / "u.mod"), 2)


def test_a_recorded_source_outside_is_refused(root: Path, fake_kernels: dict[str, Path]) -> None:
    (root.parent / "away.c").write_text(SOURCE)
    (root / "u.mod").write_text("u.o\n")
    (root / ".u.o.cmd").write_text(f"source_{root}/u.o := {root.parent}/away.c\n")
    with pytest.raises(InputError, match="outside"):
        replay(root, OLD % "u", fake_kernels["7.x"])


def test_evidence_of_what_is_mended_by_now_is_a_note(root: Path, fake_kernels: dict[str, Path]) -> None:
    (root / "u.c").write_text(SOURCE + 'MODULE_IMPORT_NS("CXL");\n')
    answer = replay(root, NEW % "u", fake_kernels["7.x"])
    assert [(f.rule, f.level) for f in answer.findings] == [("stale-evidence", Level.NOTE)]
    assert "at line 4" in answer.findings[0].message
    assert answer.mending.texts == {}


def test_an_import_under_a_false_condition_is_none(root: Path, fake_kernels: dict[str, Path]) -> None:
    (root / "u.c").write_text(SOURCE + '#if 0\nMODULE_IMPORT_NS("CXL");\n#endif\n')
    assert [f.rule for f in replay(root, NEW % "u", fake_kernels["7.x"]).findings] == ["missing-import"]


def test_the_spelling_is_the_named_kernel_s(root: Path, fake_kernels: dict[str, Path]) -> None:
    assert added(replay(root, OLD % "u", fake_kernels["6.12"])) == {"MODULE_IMPORT_NS(CXL);"}
    assert added(replay(root, OLD % "u", fake_kernels["7.x"])) == {'MODULE_IMPORT_NS("CXL");'}


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (NEW % "u", Spelling.STRING),
        ("make -C /usr/src/linux-headers-6.1.0-9-amd64 M=x\n" + OLD % "u", Spelling.IDENTIFIER),
        ("make -C /lib/modules/6.13.2/build M=x\n" + OLD % "u", Spelling.STRING),
        ("make -C /usr/src/linux-6.12 M=x\n" + OLD % "u", Spelling.IDENTIFIER),
        ("make -C /usr/src/linux-5.10.1 M=x\n" + OLD % "u", Spelling.IDENTIFIER),
    ],
)
def test_without_a_kernel_the_log_tells_the_spelling(
    log: str, expected: Spelling, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nsfix.replay.default_kdir", lambda: "/none/such")
    answer = replay(root, log, None)
    assert (answer.spelling, answer.kernel, answer.config) == (expected, None, "any")
    assert mended(answer, root) == {"u.c"}


def test_without_a_kernel_an_import_under_a_condition_counts_for_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nsfix.replay.default_kdir", lambda: "/none/such")
    (root / "u.c").write_text(SOURCE + '#ifdef MAYBE\nMODULE_IMPORT_NS("CXL");\n#endif\n')
    assert [f.rule for f in replay(root, NEW % "u", None).findings] == ["missing-import"]
    (root / "u.c").write_text(SOURCE + 'MODULE_IMPORT_NS("CXL");\n')
    assert [f.rule for f in replay(root, NEW % "u", None).findings] == ["stale-evidence"]


def test_the_kernel_that_make_entered_is_taken(root: Path, fake_kernels: dict[str, Path]) -> None:
    log = f"make: Entering directory '{fake_kernels['6.12']}'\n" + OLD % "u"
    answer = replay(root, log, None)
    assert answer.spelling is Spelling.IDENTIFIER
    assert answer.kernel is not None


def test_a_log_that_tells_no_kernel_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nsfix.replay.default_kdir", lambda: "/none/such")
    with pytest.raises(InputError, match="KDIR"):
        replay(root, OLD % "u", None)


def test_several_symbols_of_one_namespace_are_one_finding(root: Path, fake_kernels: dict[str, Path]) -> None:
    log = OLD % "u" + (OLD % "u").replace("rescan", "drain") + OLD % "u"
    (finding,) = replay(root, log, fake_kernels["6.12"]).findings
    assert "cxl_bus_rescan, cxl_bus_drain" in finding.message
    assert (finding.file, finding.line) == (str(root.parent / "log"), 1)


def test_a_log_may_come_through_stdin(
    root: Path, fake_kernels: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((OLD % "u").encode())))
    answer = check_log(Request(str(root), kdir=str(fake_kernels["6.12"])), "-")
    assert answer.findings[0].file == "<stdin>"
    assert mended(answer, root) == {"u.c"}


def test_nsdeps_name_modules_and_namespaces(root: Path, fake_kernels: dict[str, Path]) -> None:
    path = root / "modules.nsdeps"
    path.write_text(f"{root}/sub/t-x.ko: CXL PWM\nu.ko: DMA_BUF\n")
    answer = check_nsdeps(Request(str(root), kdir=str(fake_kernels["6.12"])), str(path))
    assert mended(answer, root) == {"sub/t-x.c", "u.c"}
    assert added(answer) == {"MODULE_IMPORT_NS(CXL);", "MODULE_IMPORT_NS(PWM);", "MODULE_IMPORT_NS(DMA_BUF);"}


def test_nsdeps_that_lead_outside_are_refused(root: Path, fake_kernels: dict[str, Path]) -> None:
    path = root / "modules.nsdeps"
    path.write_text("u.ko: CXL\n../x/t.ko: CXL\n")
    with pytest.raises(InputError, match="outside") as caught:
        check_nsdeps(Request(str(root), kdir=str(fake_kernels["6.12"])), str(path))
    assert caught.value.line == 2


def test_a_directory_without_modules_is_an_error(tmp_path: Path, fake_kernels: dict[str, Path]) -> None:
    (tmp_path / "m").mkdir()
    with pytest.raises(InputError):
        replay(tmp_path / "m", OLD % "u", fake_kernels["6.12"])
