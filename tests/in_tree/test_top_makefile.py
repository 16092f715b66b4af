"""The top Makefile of a kernel's tree: which directories are built, and what Kbuild files are given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from nsfix.errors import InputError
from nsfix.kernel.intree import TreeFacts, read_tree
from nsfix.kernel.sourcetree import read_source_tree
from nsfix.model import BuiltModule, SourceKind
from tests.fake_kernel import make_kernel

VERSION = "VERSION = {}\nPATCHLEVEL = {}\nSUBLEVEL = 3\nEXTRAVERSION =\n"
# Its last make: the one that does the work, after it has started itself once.
BEGINNING = """
ifneq ($(sub_make_done),1)
$(error this is the first make)
endif
ifeq ($(filter --no-print-directory,$(MAKEFLAGS)),)
need-sub-make := 1
endif
ifeq ($(need-sub-make),)
ifeq ($(abs_objtree),$(CURDIR))
srctree := .
endif
include scripts/Kbuild.include
include include/config/auto.conf
KBUILD_CPPFLAGS := -D__KERNEL__ -Wundef
export srctree KBUILD_CPPFLAGS KBUILD_CFLAGS KBUILD_AFLAGS
"""
UP_TO_6_0 = (
    VERSION.format(5, 10)
    + BEGINNING
    + """
core-y := init/
drivers-y := drivers/
libs-y := lib/
include arch/$(SRCARCH)/Makefile
core-y += kernel/
build-dirs := $(patsubst %/,%,$(filter %/,$(core-y) $(drivers-y) $(drivers-m) $(libs-y)))
KBUILD_VMLINUX_OBJS := $(patsubst %/,%/built-in.a,$(core-y) $(drivers-y))
KBUILD_VMLINUX_LIBS := $(patsubst %/,%/lib.a,$(libs-y))
endif
"""
)
FROM_6_1 = (
    VERSION.format(6, 12)
    + BEGINNING
    + """
libs-y := lib/
include arch/$(SRCARCH)/Makefile
build-dir := .
export ARCH_DRIVERS := $(drivers-y) $(drivers-m)
endif
"""
)
FILES = {
    "init/Makefile": "obj-y := main.o\n",
    "init/main.c": "",
    "kernel/Makefile": "obj-m := late.o\n",
    "kernel/late.c": "",
    "drivers/Makefile": "obj-m := plain.o\n",
    "drivers/plain.c": "",
    "lib/Makefile": "lib-y := string.o\nobj-m := crc.o\n",
    "lib/string.c": "",
    "lib/crc.c": "",
    "arch/x86/Makefile": "drivers-$(CONFIG_USB_STORAGE) += arch/x86/profile/\n"
    "KBUILD_CPPFLAGS += -DFROM_ARCH -I arch/x86/own\n"
    "FPU_FLAGS := -DFPU\nexport FPU_FLAGS\n",
    "arch/x86/profile/Makefile": "obj-y := beside.o\nobj-m := profile.o\nCFLAGS_profile.o := $(FPU_FLAGS)\n",
    "arch/x86/profile/beside.c": "",
    "arch/x86/profile/profile.c": "",
}


def read(top: Path, files: Mapping[str, str]) -> TreeFacts:
    """A tree of the fake kernel with `files` in it, read."""
    tree = make_kernel(top / "linux", "6.12")
    for name, text in (FILES | dict(files)).items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    return read_tree(read_source_tree(str(tree)), {})


def paths(units: tuple[BuiltModule, ...]) -> list[str]:
    return [unit.path for unit in units]


def test_up_to_6_0_it_names_the_directories_in_its_order(tmp_path: Path) -> None:
    facts = read(tmp_path, {"Makefile": UP_TO_6_0})
    assert paths(facts.modules) == ["kernel/late", "drivers/plain", "arch/x86/profile/profile", "lib/crc"]


def test_only_what_is_linked_goes_into_vmlinux(tmp_path: Path) -> None:
    facts = read(tmp_path, {"Makefile": UP_TO_6_0})
    assert paths(facts.built_in) == ["init/main", "lib/string"], "arch/x86/profile is in drivers-m"


def test_an_object_that_it_links_by_itself_goes_into_vmlinux(tmp_path: Path) -> None:
    """`head-y` of an arch/*/Makefile, which the Kbuild file of that directory has in extra-y."""
    objects = "KBUILD_VMLINUX_OBJS := arch/x86/kernel/head_64.o init/main.o "
    files = {
        "Makefile": UP_TO_6_0.replace("KBUILD_VMLINUX_OBJS := ", objects).replace(
            "init/\n", "init/ arch/x86/kernel/\n"
        ),
        "arch/x86/kernel/Makefile": "extra-y := head_64.o\nextra-y += other.o\nobj-y := setup.o\n",
        **{f"arch/x86/kernel/{name}": "" for name in ("head_64.S", "other.c", "setup.c")},
    }
    facts = read(tmp_path, files)
    assert paths(facts.built_in) == [
        "init/main",
        "arch/x86/kernel/setup",
        "arch/x86/kernel/head_64",
        "lib/string",
    ]
    assert [unit.sources[0].kind for unit in facts.built_in][2] is SourceKind.ASSEMBLER


def test_before_5_3_the_list_has_another_name(tmp_path: Path) -> None:
    facts = read(tmp_path, {"Makefile": UP_TO_6_0.replace("build-dirs", "vmlinux-dirs")})
    assert "kernel/late" in paths(facts.modules)


def test_from_6_1_on_the_top_kbuild_file_names_them(tmp_path: Path) -> None:
    kbuild = "obj-y += init/ kernel/ drivers/\nobj-y += $(ARCH_DRIVERS)\n"
    facts = read(tmp_path, {"Makefile": FROM_6_1, "Kbuild": kbuild})
    assert paths(facts.modules) == ["kernel/late", "drivers/plain", "arch/x86/profile/profile"]


@pytest.mark.parametrize("makefile", [UP_TO_6_0, FROM_6_1])
def test_its_flags_and_exports_reach_every_directory(tmp_path: Path, makefile: str) -> None:
    facts = read(tmp_path, {"Makefile": makefile, "Kbuild": "obj-y += $(ARCH_DRIVERS)\n"})
    profile = next(module for module in facts.modules if module.name == "profile")
    tree = tmp_path / "linux"
    assert profile.sources[0].flags == ("-DFROM_ARCH", "-I", f"{tree}/arch/x86/own", "-DFPU")


def test_the_configuration_of_an_earlier_build_does_not_count(tmp_path: Path) -> None:
    files = {"Makefile": UP_TO_6_0, "include/config/auto.conf": "CONFIG_USB_STORAGE=\n"}
    assert "arch/x86/profile/profile" in paths(read(tmp_path, files).modules)


def test_a_makefile_that_names_no_directories_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="names no directories to build") as caught:
        read(tmp_path, {"Makefile": VERSION.format(6, 12)})
    assert caught.value.file == str(tmp_path / "linux/Makefile")


def built_in(tmp_path: Path, makefile: str, *sources: str) -> dict[str, list[str]]:
    """The names of the sources of each object of vmlinux, for init/Makefile as given."""
    files = {f"init/{name}": "" for name in sources}
    facts = read(tmp_path, {"Makefile": UP_TO_6_0, "init/Makefile": makefile, **files})
    assert all(s.kind is SourceKind.C for unit in facts.built_in for s in unit.sources)
    return {
        unit.name: [Path(source.path).name for source in unit.sources]
        for unit in facts.built_in
        if unit.path.startswith("init/")
    }


def test_a_modular_part_is_not_linked_into_vmlinux(tmp_path: Path) -> None:
    makefile = "obj-y := mounts.o\nmounts-y := one.o\nmounts-$(CONFIG_USB_STORAGE) += two.o\n"
    assert built_in(tmp_path, makefile, "one.c", "two.c") == {"mounts": ["one.c"]}


def test_an_object_with_modular_parts_only_is_its_own_source(tmp_path: Path) -> None:
    assert built_in(tmp_path, "obj-y := mounts.o\nmounts-m := two.o\n", "mounts.c", "two.c") == {
        "mounts": ["mounts.c"]
    }


def test_a_library_has_no_composite_objects(tmp_path: Path) -> None:
    assert built_in(tmp_path, "lib-y := memory.o\nmemory-y := one.o\n", "memory.c", "one.c") == {
        "memory": ["memory.c"]
    }


def test_a_library_takes_the_modular_list_too(tmp_path: Path) -> None:
    makefile = "obj-y := both.o\nlib-y := one.o both.o\nlib-$(CONFIG_USB_STORAGE) += two.o\n"
    assert built_in(tmp_path, makefile, "one.c", "two.c", "both.c") == {
        name: [f"{name}.c"] for name in ("both", "one", "two")
    }
    facts = read_tree(read_source_tree(str(tmp_path / "linux")), {})
    assert paths(facts.built_in).count("init/both") == 1


def test_an_object_of_vmlinux_may_be_a_part_of_itself(tmp_path: Path) -> None:
    files = {"Makefile": UP_TO_6_0, "init/Makefile": "obj-y := main.o\nmain-y := main.o\n"}
    assert not read(tmp_path, files).remarks
