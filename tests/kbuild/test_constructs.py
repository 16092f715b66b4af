"""What Makefiles of external modules do, read for an old and a new kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from nsfix.kernel.kbuild import KbuildFacts
from tests.kbuild.conftest import Read
from tests.kbuild.constructs import CONSTRUCTS, Construct


def built(facts: KbuildFacts, top: Path) -> dict[str, tuple[str, ...]]:
    """Each module's sources, relative to `top`."""
    return {m.path: tuple(str(Path(s.path).relative_to(top)) for s in m.sources) for m in facts.modules}


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=lambda c: c.name)
def test_construct(read: Read, tmp_path: Path, construct: Construct) -> None:
    facts = read(construct.all_files(), **construct.words)
    assert built(facts, tmp_path / "mod") == construct.modules
    assert list(built(facts, tmp_path / "mod")) == list(construct.modules)
    assert facts.remarks == ()


def test_files_beside_the_sources_change_nothing(read: Read, tmp_path: Path) -> None:
    files = {"Makefile": "obj-m := a.o\na-y := main.o\n", "main.c": ""}
    beside = {
        "fix.patch": "",
        "tests/feature.c": "",
        "main.c.orig": "",
        "a.mod.c": "",
        "gen.c": "",
        "old/main.c": "",
    }
    assert (
        built(read(files), tmp_path / "mod")
        == built(read(files | beside), tmp_path / "mod")
        == {"a": ("main.c",)}
    )


def test_a_file_of_the_wrong_case_is_not_included(read: Read) -> None:
    facts = read(
        {"Makefile": "obj-m := a.o\ninclude $(src)/KBuild.mk\n", "Kbuild.mk": "obj-m += b.o\n", "a.c": ""}
    )
    assert [module.path for module in facts.modules] == ["a"]
    (remark,) = facts.remarks
    assert remark.message.startswith("make stops here: there is no ")
    assert remark.message.endswith("KBuild.mk to include; the file is called Kbuild.mk")


def test_directories_before_the_kernels(read: Read, tmp_path: Path) -> None:
    construct = next(c for c in CONSTRUCTS if c.name == "directories_before_those_of_the_kernel")
    top = tmp_path / "mod"
    facts = read(construct.all_files())
    assert facts.modules[0].sources[0].flags == (
        *(f"-I{top}/compat", "-DFIRST", "-include", f"{top}/compat/all.h", f"-I{top}/over"),
        *("-I-", f"-I{top}/late", f"-I{top}/own"),
    )


def test_flags_of_all_modules_go_down(read: Read, tmp_path: Path) -> None:
    construct = next(c for c in CONSTRUCTS if c.name == "flags_that_go_down")
    found = {m.path: m.sources[0].flags for m in read(construct.all_files()).modules}
    assert found["a"] == ("-DDOWN", "-DALL", f"-I{tmp_path}/mod/inc")
    assert found["s/b"] == ("-DDOWN", "-DB", "-DALL", f"-I{tmp_path}/mod/inc")
