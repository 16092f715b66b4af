"""External module directories: what `make M=DIR` would build, and from what."""

from __future__ import annotations

from pathlib import Path

import pytest

from nsfix.errors import InputError
from nsfix.kernel.kbuild import KbuildFacts, read_external
from nsfix.kernel.tree import KernelBuild
from nsfix.model import SourceKind
from tests.kbuild.conftest import Read
from tests.kbuild.kernel_files import make_kernel, write


def names(facts: KbuildFacts) -> list[str]:
    return [module.path for module in facts.modules]


def sources(facts: KbuildFacts, tmp_path: Path) -> dict[str, list[str]]:
    """Each module's sources, relative to its M=."""
    return {m.path: [_relative(s.path, tmp_path / "mod") for s in m.sources] for m in facts.modules}


def _relative(path: str, top: Path) -> str:
    return path.removeprefix(f"{top}/")


def flags(facts: KbuildFacts, name: str) -> tuple[str, ...]:
    """The flags of the source file of this name."""
    return next(s.flags for m in facts.modules for s in m.sources if Path(s.path).name == name)


def messages(facts: KbuildFacts) -> list[str]:
    return [remark.message for remark in facts.remarks]


def test_plain_modules(read: Read, tmp_path: Path) -> None:
    facts = read({"Makefile": "obj-m := a.o\nobj-m += b.o a.o\n", "a.c": "", "b.c": ""})
    assert names(facts) == ["a", "b"]
    a, b = facts.modules
    assert (a.name, a.line, b.line) == ("a", 1, 2)
    assert a.file == f"{tmp_path}/mod/Makefile"
    assert a.sources[0].path == f"{tmp_path}/mod/a.c"
    assert a.sources[0].kind is SourceKind.C
    assert facts.remarks == ()
    assert facts.files == (f"{tmp_path}/mod/Makefile",)


def test_kbuild_goes_before_makefile(read: Read) -> None:
    assert names(read({"Kbuild": "obj-m := k.o\n", "Makefile": "obj-m := m.o\n", "k.c": ""})) == ["k"]


def test_the_usual_wrapper(read: Read, tmp_path: Path) -> None:
    text = """ifneq ($(KERNELRELEASE),)
obj-m := drv.o
drv-objs := x.o y.o
else
KDIR ?= /lib/modules/$(shell uname -r)/build
all:
\t$(MAKE) -C $(KDIR) M=$(PWD) modules
endif
"""
    facts = read({"Makefile": text, "x.c": "", "y.c": "", "drv.c": ""})
    assert sources(facts, tmp_path) == {"drv": ["x.c", "y.c"]}


def test_configuration(read: Read) -> None:
    text = (
        "obj-$(CONFIG_USB) += m.o\nobj-$(CONFIG_MODULES) += y.o\nobj-$(CONFIG_OFF) += n.o\n"
        "obj-$(CONFIG_USB)$(CONFIG_OFF) += two.o\nobj-$(CONFIG_WORD) += w.o\n"
        "obj-$(CONFIG_LATE) += late.o\nCONFIG_LATE ?= m\nCONFIG_SOON = m\nobj-$(CONFIG_SOON) += soon.o\n"
    )
    files = {f"{name}.c": "" for name in ("m", "y", "n", "two", "w", "late", "soon")}
    assert names(read({"Makefile": text} | files, CONFIG_WORD="m")) == ["m", "two", "w", "soon"]


def test_composite_objects(read: Read, tmp_path: Path) -> None:
    text = (
        "obj-m := c.o alone.o\nc-y := y.o\nc-objs := o.o y.o\nc-m := m.o\nc-$(CONFIG_OFF) += off.o\n"
        "alone-common-y := z.o\no-objs := deep.o\n"
    )
    facts = read({"Makefile": text} | {f"{name}.c": "" for name in ("y", "o", "m", "off", "alone", "z", "c")})
    # -objs, -y, -m in this order, each object once; parts are not taken apart again.
    assert sources(facts, tmp_path) == {"c": ["o.c", "y.c", "m.c"], "alone": ["alone.c"]}


def test_a_composite_object_without_parts(read: Read) -> None:
    facts = read({"Makefile": "obj-m := c.o\nc-$(CONFIG_OFF) := a.o\n", "c.c": "", "a.c": ""})
    assert [module.sources for module in facts.modules] == [()]
    assert messages(facts) == ["c.o is made of several objects, and all of them are switched off"]


def test_a_composite_object_that_lists_itself(read: Read) -> None:
    facts = read({"Makefile": "obj-m := c.o\nc-y := c.o d.o\n", "c.c": "", "d.c": ""})
    assert messages(facts) == ["c.o is listed as a part of itself; the link would fail"]


def test_objects_in_other_directories(read: Read, tmp_path: Path) -> None:
    write(tmp_path / "shared", {"far.c": ""})
    text = "obj-m := sub/s.o t.o\nt-objs := src/a.o ../shared/far.o\nsub/s-y := src/b.o\n"
    facts = read({"Makefile": text, "src/a.c": "", "src/b.c": "", "sub/s.c": ""})
    assert sources(facts, tmp_path) == {"sub/s": ["src/b.c"], "t": ["src/a.c", f"{tmp_path}/shared/far.c"]}
    assert [module.name for module in facts.modules] == ["s", "t"]


def test_descending(read: Read) -> None:
    files = {
        "Makefile": "obj-m := b/ t.o c/deep/\nobj-y := a/\nexport CONFIG_SUB = m\nHIDDEN = m\n",
        "t.c": "",
        "a/Makefile": "obj-m := a1.o\nobj-$(CONFIG_SUB) += a2.o\nobj-$(HIDDEN) += no.o\n",
        "a/a1.c": "",
        "a/a2.c": "",
        "b/Kbuild": "obj-m := q/ b1.o\n",
        "b/b1.c": "",
        "b/q/Makefile": "obj-m := q1.o\n",
        "b/q/q1.c": "",
        "c/deep/Makefile": "obj-m := d.o\n",
        "c/deep/d.c": "",
    }
    assert names(read(files)) == ["a/a1", "a/a2", "b/q/q1", "b/b1", "t", "c/deep/d"]


def test_what_is_built_in_is_no_module(read: Read) -> None:
    files = {"Makefile": "obj-y := a.o\nobj-m := a.o b.o\nlib-m := l.o\n", "a.c": "", "b.c": ""}
    assert names(read(files)) == ["b"]


def test_subdir_y_leads_to_no_modules(read: Read) -> None:
    files = {
        "Makefile": "obj-m := a.o\nsubdir-m := s\n",
        "a.c": "",
        "s/Makefile": "obj-m := x.o\n",
        "s/x.c": "",
    }
    facts = read(files)
    assert names(facts) == ["a"]
    assert messages(facts) == [
        "x.o is not built: subdir-y and subdir-m do not lead to modules, obj-m += DIR/ does"
    ]


def test_a_directory_without_kbuild_file(read: Read, tmp_path: Path) -> None:
    facts = read({"Makefile": "obj-m := a.o\n\nobj-m += gone/ ./\n", "a.c": ""})
    assert [(remark.message, remark.file, remark.line) for remark in facts.remarks] == [
        ("gone/ has neither a Kbuild file nor a Makefile", f"{tmp_path}/mod/Makefile", 3),
        ("./ leads back to a directory above", f"{tmp_path}/mod/Makefile", 3),
    ]


def test_flags(read: Read, tmp_path: Path) -> None:
    text = """obj-m := f.o g.o as.o
as-y := as1.o
ccflags-y := -I$(src)/include -DSTR=\\"a\\" -DNS='"MYNS"' -DGONE -include $(src)/f.h
ccflags-$(CONFIG_USB) += -DNOT_YES
ccflags-remove-y += -DGONE
CFLAGS_f.o = -DF -DOBJ=$(basetarget)
CFLAGS_REMOVE_g.o = -I$(src)/include
asflags-y := -DASM
AFLAGS_as1.o := -DAS1
KBUILD_CFLAGS += -DKB
"""
    facts = read({"Makefile": text, "f.c": "", "g.c": "", "as1.S": "", "f.h": ""}, KCFLAGS="-DK=1 -DL")
    top = f"{tmp_path}/mod"
    common = ('-DSTR="a"', '-DNS="MYNS"', "-include", f"{top}/f.h")
    assert flags(facts, "f.c") == ("-DK=1", "-DL", "-DKB", f"-I{top}/include", *common, "-DF", "-DOBJ=f")
    assert flags(facts, "g.c") == ("-DK=1", "-DL", "-DKB", *common)
    assert flags(facts, "as1.S") == ("-DASM", "-DAS1")
    assert facts.modules[2].sources[0].kind is SourceKind.ASSEMBLER


def test_flags_for_directories_below(read: Read, tmp_path: Path) -> None:
    files = {
        "Makefile": "subdir-ccflags-y := -DTOP\nccflags-y := -DHERE\nobj-m := t.o s/\n",
        "t.c": "",
        "s/Makefile": (
            "obj-m := s.o x/s.o\nsubdir-ccflags-y += -DS\nCFLAGS_x/s.o = -DX\nCFLAGS_s.o = -DPLAIN\n"
        ),
        "s/s.c": "",
        "s/x/s.c": "",
    }
    facts = read(files)
    assert [s.flags for m in facts.modules for s in m.sources] == [
        ("-DTOP", "-DHERE"),
        ("-DTOP", "-DS", "-DPLAIN"),
        ("-DTOP", "-DS", "-DX"),
    ]


def test_relative_paths_lead_from_where_the_compiler_runs(
    tmp_path: Path, old_kernel: KernelBuild, new_kernel: KernelBuild
) -> None:
    write(tmp_path / "mod", {"Makefile": "obj-m := a.o\nccflags-y := -I../x -I y -isystemz\n", "a.c": ""})
    for kernel, base in ((old_kernel, old_kernel.build_dir), (new_kernel, f"{tmp_path}/mod")):
        facts = read_external(str(tmp_path / "mod"), kernel, {})
        assert flags(facts, "a.c") == (f"-I{Path(base).parent}/x", "-I", f"{base}/y", f"-isystem{base}/z")


def test_extra_cflags_went_away(tmp_path: Path, old_kernel: KernelBuild, new_kernel: KernelBuild) -> None:
    write(tmp_path / "mod", {"Makefile": "obj-m := a.o\nEXTRA_CFLAGS += -DE\n", "a.c": ""})
    assert flags(read_external(str(tmp_path / "mod"), old_kernel, {}), "a.c") == ("-DE",)
    assert flags(read_external(str(tmp_path / "mod"), new_kernel, {}), "a.c") == ()


def test_flags_by_name_before_5_4(tmp_path: Path) -> None:
    kernel = make_kernel(tmp_path / "linux-5.3", (5, 3, 0))
    write(tmp_path / "mod", {"Makefile": "obj-m := s/a.o\nCFLAGS_a.o := -DA\n", "s/a.c": ""})
    assert flags(read_external(str(tmp_path / "mod"), kernel, {}), "a.c") == ("-DA",)


def test_predefined_variables(read: Read, tmp_path: Path, kernel: KernelBuild) -> None:
    text = (
        "obj-m := a.o\n"
        "ccflags-y := -DV=$(VERSION).$(PATCHLEVEL) -D$(SRCARCH) -DR=$(KERNELRELEASE) -I$(PWD)/p "
        "-I$(M)/m -I$(KBUILD_EXTMOD)/e -I$(srctree)/s -I$(objtree)/o -I$(obj) -DK=$(KERNELVERSION) "
        "-I$(dir $(lastword $(MAKEFILE_LIST)))d $(call cc-option,-Wx,-Wy) $(call cc-disable-warning,z) "
        "-DY$(call cc-option-yn,-Wx)$(call gcc-min-version,120000)$(call gcc-min-version,130000) "
        "-DC=a$(comma)b\n"
    )
    facts = read({"Makefile": text, "a.c": ""})
    top, version = f"{tmp_path}/mod", ".".join(str(number) for number in kernel.version[:2])
    full = ".".join(str(number) for number in kernel.version)
    assert flags(facts, "a.c") == (
        *(f"-DV={version}", "-Dx86", f"-DR={full}-test", f"-I{top}/p", f"-I{top}/m", f"-I{top}/e"),
        *(f"-I{kernel.source_dir}/s", f"-I{kernel.build_dir}/o", f"-I{top}", f"-DK={full}", f"-I{top}/d"),
        *("-Wx", "-Wno-z", "-DYyy", "-DC=a,b"),
    )


def test_the_environment_counts_least(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHICH", "env.o")
    monkeypatch.setenv("KERNELRELEASE", "not this")
    monkeypatch.setenv("obj-m", "not_this.o")
    assert names(read({"Makefile": "obj-m += $(WHICH)\n", "env.c": "", "cl.c": ""})) == ["env"]
    assert names(read({"Makefile": "obj-m += $(WHICH)\n"}, WHICH="cl.o")) == ["cl"]


def test_kinds_of_sources(read: Read, tmp_path: Path) -> None:
    text = (
        "obj-m := m.o\nm-y := c.o s.o r.o blob.o only.o lib.a gen.o none.o\n"
        "$(obj)/gen.c: $(src)/gen.in\n\tcp $< $@\n"
    )
    files = ["c.c", "c.S", "c.o", "s.S", "r.rs", "blob.o_shipped", "only.o", "gen.in"]
    facts = read({"Makefile": text} | dict.fromkeys(files, ""))
    found = [(_relative(s.path, tmp_path / "mod"), s.kind) for s in facts.modules[0].sources]
    assert found == [
        ("c.c", SourceKind.C),
        ("s.S", SourceKind.ASSEMBLER),
        ("r.rs", SourceKind.RUST),
        ("blob.o_shipped", SourceKind.SHIPPED),
        ("only.o", SourceKind.SHIPPED),
        ("lib.a", SourceKind.SHIPPED),
        ("gen.c", SourceKind.MISSING),
        ("none.c", SourceKind.MISSING),
    ]
    assert messages(facts) == [
        "no source for gen.o; generated by the rule at Makefile:3?",
        "no source for none.o",
    ]


@pytest.mark.parametrize(("version", "suffix"), [((5, 10, 1), ".S"), ((6, 1, 0), ".rs")])
def test_rust_is_compiled_from_6_1_on(tmp_path: Path, version: tuple[int, int, int], suffix: str) -> None:
    write(tmp_path / "mod", {"Makefile": "obj-m := a.o\n", "a.rs": "", "a.S": ""})
    facts = read_external(str(tmp_path / "mod"), make_kernel(tmp_path / "linux", version), {})
    assert sources(facts, tmp_path) == {"a": [f"a{suffix}"]}


def test_a_source_that_a_rule_names(read: Read, tmp_path: Path) -> None:
    write(tmp_path / "shared", {"x.c": "", "y.c": ""})
    text = (
        "obj-m := m.o\nm-y := lib/x.o y.o\n$(obj)/lib/%.o: $(src)/../shared/%.c FORCE\n\t$(CC) $<\n"
        "$(obj)/y.c: $(src)/../shared/y.c\n\tln -s $< $@\n"
    )
    facts = read({"Makefile": text})
    assert sources(facts, tmp_path) == {"m": [f"{tmp_path}/shared/x.c", f"{tmp_path}/shared/y.c"]}
    assert facts.remarks == ()


def test_extra_symbols(read: Read, tmp_path: Path) -> None:
    text = "obj-m := a.o\nKBUILD_EXTRA_SYMBOLS := $(src)/../x/Module.symvers /abs/Module.symvers\n"
    facts = read({"Makefile": text, "a.c": ""})
    assert facts.extra_symbols == (f"{tmp_path}/x/Module.symvers", "/abs/Module.symvers")


def test_unknown_values_are_said_where_they_matter(read: Read, tmp_path: Path) -> None:
    text = """V := $(shell git describe)
obj-m := a.o $(shell ./list)
ccflags-y := -DV=\\"$(V)\\" -DN=$(shell ./n) -I$(shell ./where)/include -DPLAIN
ifeq ($(shell ./has it),y)
obj-m += b.o
endif
ifeq ($(shell ./irrelevant),y)
OTHER := 1
endif
"""
    facts = read({"Makefile": text, "a.c": "", "b.c": ""})
    assert names(facts) == ["a"]
    assert flags(facts, "a.c") == ('-DV="unknown_to_nsfix"', "-DN=unknown_to_nsfix", "-DPLAIN")
    assert [(remark.message, remark.line) for remark in facts.remarks] == [
        ("what obj-m holds depends on $(shell ./list), which is not run", 2),
        ("compiler flag -DN=$(shell ./n): $(shell ./n) is not run, its value is unknown", 3),
        ("compiler flag -I$(shell ./where)/include: $(shell ./where) is not run, left out", 3),
        ("this condition depends on $(shell ./has it), which is not run; taken as different", 4),
    ]


def test_no_object(read: Read) -> None:
    assert messages(read({"Makefile": "obj-m := a.o b\n", "a.c": ""})) == ["b in obj-m is no object"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "\n\nobj-$(CONFIG_U_DMA_BUF) += u.o\nCONFIG_U_DMA_BUF ?= m\n",
            "nothing is built: obj-$(CONFIG_U_DMA_BUF) at Makefile:3 has no value; pass CONFIG_U_DMA_BUF=m",
        ),
        (
            "obj-$(CONFIG_MODULES) += u.o\n",
            "nothing is built: obj-$(CONFIG_MODULES) at Makefile:1 is built in; pass CONFIG_MODULES=m",
        ),
        (
            "obj-${WHAT} += u.o\n",
            "nothing is built: obj-${WHAT} at Makefile:1 has no value; pass WHAT=m",
        ),
        ("obj-y := u.o\n", "nothing is built: no obj-m names an object"),
        ("all:\n\tgcc x.c\n", "nothing is built: no obj-m names an object"),
    ],
)
def test_nothing_built_is_an_error(read: Read, tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read({"Makefile": text, "u.c": ""})
    assert caught.value.message == message
    assert caught.value.file == f"{tmp_path}/mod"


def test_no_kbuild_file(read: Read) -> None:
    with pytest.raises(InputError, match="neither a Kbuild file nor a Makefile"):
        read({"a.c": ""})


@pytest.mark.parametrize("template", ["Kbuild.in", "Makefile.in", "Makefile.am"])
def test_a_kbuild_file_that_is_still_to_be_configured(template: str, read: Read) -> None:
    with pytest.raises(InputError, match=f"Makefile here; {template} is to be configured first"):
        read({template: "obj-m := @module@.o\n", "m.c": ""})
