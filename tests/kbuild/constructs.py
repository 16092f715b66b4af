"""What Makefiles of external modules do, one construct each: the files of a directory, and what is built from them.

Read in the quick tier, and held against GNU make with the Makefile.build of real kernels in the tier `kernel`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Construct:
    """A directory; `modules` has the sources of each module, relative to it. Sources that are named need not be
    listed among `files`. `words` are given on the command line."""

    name: str
    files: Mapping[str, str]
    modules: Mapping[str, tuple[str, ...]]
    words: Mapping[str, str] = field(default_factory=dict)

    def all_files(self) -> dict[str, str]:
        """The files with the sources, which are empty."""
        return {path: "" for sources in self.modules.values() for path in sources} | dict(self.files)


def _one(name: str, text: str, further: Mapping[str, str] | None = None, /, **modules: str) -> Construct:
    """A construct in one Makefile; each keyword is a module, and its value the names of its sources."""
    sources = {module: tuple(value.split()) for module, value in modules.items()}
    return Construct(name, {"Makefile": text, **(further or {})}, sources)


CONSTRUCTS = (
    _one(
        "wildcard",
        "obj-m := w.o\nw-y := $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/parts/*.c))\n",
        w="parts/a.c parts/b.c",
    ),
    _one(
        "wildcard_by_place_of_the_makefile",
        "here := $(dir $(lastword $(MAKEFILE_LIST)))\nobj-m := w.o\n"
        "w-objs := $(sort $(subst $(here),,$(wildcard $(here)src/*.c)))\nw-objs := $(w-objs:.c=.o)\n",
        w="src/a.c src/b.c",
    ),
    _one("addprefix", "obj-m := p.o\np-objs := $(addprefix sub/,x.o y.o)\n", p="sub/x.c sub/y.c"),
    _one(
        "foreach",
        "LIST := one two\nobj-m := $(foreach n,$(LIST),drv_$(n).o)\n"
        "$(foreach n,$(LIST),$(eval drv_$(n)-y := $(n)_core.o common_$(n).o))\n",
        drv_one="one_core.c common_one.c",
        drv_two="two_core.c common_two.c",
    ),
    _one(
        "call_of_a_define",
        "define module\nobj-m += $(1).o\n$(1)-y := $(2)\nendef\n"
        "$(eval $(call module,a,a1.o a2.o))\n$(eval $(call module,b,b1.o))\n",
        a="a1.c a2.c",
        b="b1.c",
    ),
    _one(
        "if_or_and",
        "obj-$(if $(CONFIG_MODULES),m,n) += i.o\nobj-$(if $(or $(NOPE),$(CONFIG_MODULES)),m) += o.o\n"
        "obj-$(and $(CONFIG_MODULES),m) += a.o\nobj-$(if $(and $(CONFIG_MODULES),$(NOPE)),m,n) += not.o\n",
        i="i.c",
        o="o.c",
        a="a.c",
    ),
    _one(
        "filter_and_filter_out",
        "ALL := x.o y.o test_x.o z.c\nobj-m := f.o\nf-y := $(filter-out test_%,$(filter %.o,$(ALL)))\n",
        f="x.c y.c",
    ),
    _one(
        "notdir_basename_and_their_kin",
        "FILE := some/where/thing.c\nobj-m := $(basename $(notdir $(FILE))).o $(firstword one two).o "
        "$(lastword a/b last).o\n",
        thing="thing.c",
        one="one.c",
        last="last.c",
    ),
    _one(
        "substitution_references",
        "SRCS := a.c b.c\nobj-m := s.o t.o\ns-y := $(SRCS:.c=.o)\nt-y := $(SRCS:%.c=sub/%.o)\n",
        s="a.c b.c",
        t="sub/a.c sub/b.c",
    ),
    _one(
        "conditionals",
        "ifeq ($(CONFIG_MODULES),y)\nifdef NOPE\nobj-m += no.o\nelse ifneq ($(KERNELRELEASE),)\nobj-m += yes.o\n"
        "else\nobj-m += neither.o\nendif\nendif\nifneq (,$(filter y m,$(CONFIG_MODULES)))\nobj-m += f.o\nendif\n",
        yes="yes.c",
        f="f.c",
    ),
    _one(
        "versions",
        "ifeq ($(shell [ $(VERSION) -ge 4 -o \\( $(VERSION) -eq 3 -a $(PATCHLEVEL) -ge 10 \\) ] && echo y),y)\n"
        "obj-m += new.o\nendif\n"
        "obj-m += $(shell if [ $(VERSION) -lt 4 ]; then echo old.o; else echo newer.o; fi)\n",
        new="new.c",
        newer="newer.c",
    ),
    _one(
        "a_bracket_that_is_not_opened",
        "obj-m := a.o\nifneq ($CONFIG_X),)\nobj-m += b.o\nendif\nifeq ((x) , (x))\nobj-m += c.o\nendif\n",
        a="a.c",
        b="b.c",
        c="c.c",
    ),
    _one(
        "include_optional_relative_and_computed",
        "WHICH := more\n-include $(src)/gone.mk\nsinclude $(src)/gone.mk\ninclude $(src)/mk/$(WHICH).mk\n"
        "include $(dir $(lastword $(MAKEFILE_LIST)))last.mk\n",
        {"mk/more.mk": "obj-m += more.o\n", "mk/last.mk": "obj-m += last.o\n"},
        more="more.c",
        last="last.c",
    ),
    _one(
        "the_wrapper_for_both",
        "ifeq ($(KERNELRELEASE),)\nall:\n\t$(MAKE) -C $(KDIR) M=$(PWD) modules\nelse\nobj-m := k.o\nendif\n",
        k="k.c",
    ),
    _one(
        "configuration_in_the_file",
        "CONFIG_MINE = m\nCONFIG_LATE := m\nobj-$(CONFIG_MINE) += mine.o\nobj-$(CONFIG_LATE) += late.o\n"
        "obj-$(CONFIG_BELOW) += below.o\nCONFIG_BELOW ?= m\n",
        mine="mine.c",
        late="late.c",
    ),
    Construct(
        "exported_to_directories_below",
        {
            "Makefile": "export CONFIG_SUB = m\nexport EXTRA := e.o\nobj-m += sub/\nobj-y += other/\nPLAIN = m\n",
            "sub/Makefile": "obj-$(CONFIG_SUB) += s.o\nobj-m += $(EXTRA)\nobj-$(PLAIN) += no.o\n",
            "other/Kbuild": "obj-m := o.o\no-y := ../sub/far.o here.o\n",
        },
        {"other/o": ("sub/far.c", "other/here.c"), "sub/s": ("sub/s.c",), "sub/e": ("sub/e.c",)},
    ),
    Construct(
        "objects_of_another_directory",
        {"Makefile": "obj-m := drv/\n", "drv/Makefile": "obj-m := d.o\nd-y := main.o ../lib/help.o\n"},
        {"drv/d": ("drv/main.c", "lib/help.c")},
    ),
    _one(
        "a_name_that_is_computed",
        "Driver := foo\nSUFFIX ?= _drv\nNAME = $(Driver)$(SUFFIX)\nobj-m := ${NAME}.o\n"
        "$(NAME)-objs := main.o\n${Driver}_drv-y += more.o\n",
        foo_drv="main.c more.c",
    ),
    _one(
        "a_list_that_is_no_module",
        "drv_common-y := c1.o c2.o\nobj-m := a.o b.o\na-y := a_main.o $(drv_common-y)\nb-y := b_main.o "
        "$(drv_common-y)\n",
        a="a_main.c c1.c c2.c",
        b="b_main.c c1.c c2.c",
    ),
    _one(
        "two_references_in_a_list",
        "A := m\nB :=\nobj-$(A)$(B) += ab.o\nobj-$(A)$(A) += twice.o\n",
        ab="ab.c",
    ),
    _one(
        "flags",
        "obj-m := f.o g.o\nEXTRA_CFLAGS += -DEXTRA\nccflags-y += -DC -I$(src)/inc -I$(M)/m -I$(PWD)/p\n"
        "ccflags-$(CONFIG_MODULES) += -DYES\nsubdir-ccflags-y := -DSUB\nCFLAGS_f.o := -DF -DNAME=$(basetarget)\n"
        'CFLAGS_REMOVE_g.o := -DC\nKBUILD_CFLAGS += -DK\nccflags-y += -DSTRING=\\"$(KERNELRELEASE)\\"\n',
        f="f.c",
        g="g.c",
    ),
    _one(
        "directories_before_those_of_the_kernel",
        "obj-m := n.o\nNOSTDINC_FLAGS += -I$(src)/compat -DFIRST -include $(src)/compat/all.h\n"
        "LINUXINCLUDE := -I$(src)/over $(LINUXINCLUDE) -I$(src)/late\nccflags-y := -I$(src)/own\n",
        {"compat/all.h": ""},
        n="n.c",
    ),
    Construct(
        "flags_that_go_down",
        {
            "Makefile": "obj-m := a.o s/\nCFLAGS_MODULE += -DALL -I$(src)/inc\nsubdir-ccflags-y += -DDOWN\n",
            "s/Makefile": "obj-m := b.o\nccflags-y := -DB\n",
        },
        {"a": ("a.c",), "s/b": ("s/b.c",)},
    ),
    _one(
        "rules_of_an_eval",
        "obj-m := r.o\n$(foreach t,x y,$(eval $(t): ; @echo $(t)))\nr-y := r1.o\n",
        r="r1.c",
    ),
    Construct(
        "words_of_the_command_line",
        {"Makefile": "obj-$(CONFIG_OUT) += out.o\nMORE := no.o\nobj-m += $(MORE)\n"},
        {"out": ("out.c",), "more": ("more.c",)},
        {"CONFIG_OUT": "m", "MORE": "more.o"},
    ),
)
