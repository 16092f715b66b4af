"""Makefiles that call the kernel's make: what nsfix follows, held against what the real make calls."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from nsfix.errors import InputError
from nsfix.kernel.external import read_modules
from nsfix.kernel.kbuild import KbuildFacts, NothingBuilt
from nsfix.kernel.tree import KernelBuild
from nsfix.kernel.wrapper import follow
from tests.kbuild.kernel_files import write

needs_make = pytest.mark.skipif(
    shutil.which("make") is None, reason="there is no make; get it with: apt install make"
)
# In the place of a kernel's directory: tells what it is called with, and does nothing.
TELLS = (
    "modules all:\n\t@:\nMAKEFLAGS += --no-print-directory\n"
    "$(info CALL|$(M)|$(CONFIG_A)|$(CONFIG_B)|$(EXPORTED)|$(PWD)|)\n"
)

# `@call DIR` stands for CALL with that directory.
CALL = "$(MAKE) -C $(KDIR) M="
WRAPPERS: dict[str, dict[str, str]] = {
    "plain": {"Makefile": "all:\n\t@call $(CURDIR) CONFIG_A=m modules\n"},
    "pwd_of_make": {"Makefile": "default: build\nbuild:\n\t@@call $(PWD)/src CONFIG_A=m\n"},
    "pwd_of_shell": {"Makefile": "all:\n\tmake -C $(KDIR) M=`pwd` CONFIG_A=m CONFIG_B='y' modules\n"},
    "pwd_in_dollars": {"Makefile": 'all:\n\t$(MAKE) -C "$(KDIR)" M="$$PWD/src" CONFIG_A=m modules\n'},
    "pwd_by_shell_function": {"Makefile": "D := $(shell pwd)\nall:\n\t@call $(D) modules\n"},
    "subshell": {"Makefile": "all:\n\t(cd src && @call $$(pwd) modules)\n"},
    "exports": {"Makefile": "export EXPORTED := x\nCONFIG_A := m\nexport CONFIG_A\nall:\n\t@call $(PWD) $@\n"},
    "through_another": {
        "Makefile": "DIRS := src\n.PHONY: all $(DIRS)\nall: $(DIRS)\n$(DIRS):\n\t$(MAKE) -C $@ CONFIG_B=m\n",
        "src/Makefile": "ifeq ($(KERNELRELEASE),)\nall:\n\t@call $(CURDIR) modules\nendif\n",
    },
    "pwd_is_not_that_of_a_make_below": {
        "Makefile": "all:\n\t$(MAKE) -C src\n",
        "src/Makefile": "all:\n\t@call $(PWD) modules\n",
    },
    "pwd_is_that_of_a_shell_below": {
        "Makefile": "all:\n\tcd src && $(MAKE)\n",
        "src/Makefile": "all:\n\t@call $(PWD) modules\n",
    },
    "loop": {"Makefile": "all:\n\t@for d in src lib; do \\\n\t  @call $(CURDIR)/$$d modules || exit 1; \\\n\tdone\n"},
    "foreach": {"Makefile": "all:\n\t$(foreach d,src lib,@call $(CURDIR)/$(d) $@;)\n"},
    "pattern_rule": {"Makefile": "all: mod_src mod_lib\nmod_%:\n\t@call $(CURDIR)/$* modules\n"},
    "condition": {"Makefile": 'all:\n\tif [ -d "$(KDIR)" ]; then @call $(PWD) modules; else echo no; fi\n'},
    "variable_for_a_target": {"Makefile": "all: CONFIG_A = m\nall:\n\t@call $(PWD) CONFIG_A=$(CONFIG_A)\n"},
    "canned_recipe": {"Makefile": "define run\n@echo on\n@call $(PWD) $(1)\nendef\nall:\n\t$(call run,CONFIG_A=m)\n"},
    "default_goal": {"Makefile": "none:\n\t@:\n.DEFAULT_GOAL := two\ntwo: ; @call $(PWD) CONFIG_B=m\n"},
    "goal_of_the_same_file": {"Makefile": "all:\n\t$(MAKE) modules CONFIG_A=m\nmodules:\n\t@call $(CURDIR) $@\n"},
    "before_the_command": {"Makefile": "all:\n\tEXPORTED=1 CONFIG_A=m @call $(PWD) modules\n"},
    "gnumakefile_first": {"GNUmakefile": "all:\n\t@call $(PWD)/src\n", "Makefile": "all:\n\tfalse\n"},
    "words_of_the_command_line": {"Makefile": "CONFIG_A = n\nall:\n\t@call $(PWD) CONFIG_B=$(GIVEN) modules\n"},
    "one_shell": {"Makefile": ".ONESHELL:\nall:\n\tcd src\n\t@call $$PWD modules\n"},
    "file_named": {"Makefile": "all:\n\t$(MAKE) -f build.mk go\n", "build.mk": "go:\n\t@call $(PWD)/src\n"},
}  # fmt: skip
GIVEN = {"GIVEN": "given", "EMPTY": ""}


def called_by_make(directory: Path, kdir: Path) -> list[list[str]]:
    """What the kernel's make is called with, in the order of the calls."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "CONFIG_"))}
    done = subprocess.run(
        ["make", "-s", f"KDIR={kdir}", *(f"{k}={v}" for k, v in GIVEN.items())],
        cwd=directory,
        env={**environment, "PWD": str(directory)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return [line.split("|")[1:-1] for line in done.stdout.splitlines() if line.startswith("CALL|")]


@needs_make
@pytest.mark.parametrize("name", WRAPPERS)
def test_what_a_wrapper_calls(name: str, tmp_path: Path, new_kernel: KernelBuild) -> None:
    top = tmp_path / "mod"
    files = {path: text.replace("@call ", CALL) for path, text in WRAPPERS[name].items()}
    write(top, {"src/x.c": "", "lib/y.c": "", **files})
    write(tmp_path / "kdir", {"Makefile": TELLS})
    told = []
    for call in follow(str(top), new_kernel, GIVEN).calls:
        given = {**call.environment, **call.variables}
        named = [given.get(each, "") for each in ("CONFIG_A", "CONFIG_B", "EXPORTED")]
        told.append([call.directory, *named, call.environment.get("PWD", call.directory)])
    assert told == called_by_make(top, tmp_path / "kdir")
    assert told


def read(top: Path, files: dict[str, str], kernel: KernelBuild, **words: str) -> KbuildFacts:
    write(top, files)
    return read_modules(str(top), kernel, words)


def said(facts: KbuildFacts) -> list[tuple[str, int | None, bool]]:
    return [(remark.message, remark.line, remark.doubt) for remark in facts.remarks]


def test_what_was_followed_is_told(tmp_path: Path, kernel: KernelBuild) -> None:
    files = {
        "Makefile": "export SIDE := y\nall:\n\t$(MAKE) -C $(KDIR) M=$(PWD)/src CONFIG_W=m modules\n",
        "src/Kbuild": "obj-$(CONFIG_W) := w.o\nobj-$(SIDE) += no.o\n",
        "src/w.c": "",
    }
    facts = read(tmp_path, files, kernel)
    assert [module.path for module in facts.modules] == ["w"]
    assert said(facts) == [
        ("read as this make command says: M=src CONFIG_W=m, with SIDE=y in the environment", 3, False)
    ]
    assert facts.files == (str(tmp_path / "Makefile"), str(tmp_path / "src/Kbuild"))


def test_a_directory_that_builds_something_is_not_left(tmp_path: Path, kernel: KernelBuild) -> None:
    text = (
        "obj-m := a.o\nobj-$(CONFIG_MORE) += b.o\nall:\n\t$(MAKE) -C $(KDIR) M=$(PWD) CONFIG_MORE=m modules\n"
    )
    facts = read(tmp_path, {"Makefile": text, "a.c": "", "b.c": ""}, kernel)
    assert [module.path for module in facts.modules] == ["a"]
    assert facts.remarks == ()


def test_variables_of_its_own_call(tmp_path: Path, kernel: KernelBuild) -> None:
    text = "obj-$(CONFIG_ME) += a.o\nall:\n\t$(MAKE) -C $(KDIR) M=$(PWD) CONFIG_ME=m modules\n"
    facts = read(tmp_path, {"Makefile": text, "a.c": ""}, kernel)
    assert [module.path for module in facts.modules] == ["a"]
    assert said(facts) == [("read as this make command says: M=. CONFIG_ME=m", 3, False)]


def test_several_directories(tmp_path: Path, kernel: KernelBuild) -> None:
    call = "\t$(MAKE) -C $(KDIR) M=$(PWD)/{0} modules\n"
    files = {
        "Makefile": "all:\n" + call.format("one") + call.format("two"),
        "one/Kbuild": "obj-m := m.o\n",
        "two/Kbuild": "obj-m := m.o\nKBUILD_EXTRA_SYMBOLS := $(M)/../one/Module.symvers\n",
        "one/m.c": "",
        "two/m.c": "",
    }
    facts = read(tmp_path, files, kernel)
    assert [module.path for module in facts.modules] == ["one/m", "two/m"]
    assert facts.extra_symbols == ()  # what `one` exports is read from its sources


REASONS = {
    "while": ("all:\n\twhile :; do @call $(PWD); done\n", "Makefile:2: this make command cannot be followed: "),
    "shell": ("all:\n\t@call $$(readlink ..)\n", "Makefile:2: M= depends on $(readlink ..)"),
    "subdirs": ("all:\n\n\t$(MAKE) -C $(KDIR) SUBDIRS=$(PWD) modules\n", "Makefile:3: SUBDIRS= means nothing to"),
    "branches": (
        "all:\n\tif x; then $(MAKE) -C a M=a; else $(MAKE) -C a M=b; fi\n",
        "Makefile:2: this make command cannot be followed: which branch",
    ),
    "no_makefile": ("all:\n\t$(MAKE) -C gone\n", "where there is no Makefile"),
    "other_command": ("all:\n\tscan-build make -C x M=.\n", "`scan-build` may run make"),
    "no_rule": ("all:\n\t$(MAKE) nothing\n", "there is no rule for the target 'nothing'"),
}  # fmt: skip


@pytest.mark.parametrize("name", REASONS)
def test_what_cannot_be_followed_is_named(name: str, tmp_path: Path, kernel: KernelBuild) -> None:
    text, reason = REASONS[name]
    with pytest.raises(NothingBuilt) as caught:
        read(tmp_path, {"Makefile": text.replace("@call ", CALL)}, kernel)
    assert caught.value.message.startswith("nothing is built: no obj-m names an object; ")
    assert reason in caught.value.message


def test_a_call_that_builds_nothing(tmp_path: Path, kernel: KernelBuild) -> None:
    text = "obj-$(CONFIG_X) += a.o\nall:\n\t$(MAKE) -C $(KDIR) M=$(PWD) CONFIG_Y=m modules\n"
    with pytest.raises(InputError, match=r"obj-\$\(CONFIG_X\) at Makefile:1 has no value; pass CONFIG_X=m"):
        read(tmp_path, {"Makefile": text, "a.c": ""}, kernel)


def test_a_makefile_that_calls_itself(tmp_path: Path, kernel: KernelBuild) -> None:
    with pytest.raises(NothingBuilt):
        read(tmp_path, {"Makefile": "all:\n\t$(MAKE) all\n\t$(MAKE) N=x$(N) all\n"}, kernel)


def test_no_other_goal_is_taken_for_modules(tmp_path: Path, kernel: KernelBuild) -> None:
    text = "all:\n\t$(MAKE) -C $(KDIR) M=$(PWD)/s clean\n"
    with pytest.raises(NothingBuilt):
        read(tmp_path, {"Makefile": text, "s/Kbuild": "obj-m := a.o\n", "s/a.c": ""}, kernel)


def test_only_a_condition_that_matters_is_doubted(tmp_path: Path, kernel: KernelBuild) -> None:
    text = (
        "ifeq ($(shell whoami),x)\nKDIR := /x\nendif\nifeq ($(shell whoami),x)\nADD := CONFIG_Z=m\nendif\n"
        "all:\n\t$(MAKE) -C $(KDIR) M=$(PWD)/s $(ADD) modules\n"
    )
    facts = read(tmp_path, {"Makefile": text, "s/Kbuild": "obj-m := a.o\n", "s/a.c": ""}, kernel)
    assert [(remark.line, remark.doubt) for remark in facts.remarks] == [(8, False), (4, True)]
