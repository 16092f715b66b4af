"""Kconfig files: what is read of them, and which values are possible."""

from __future__ import annotations

from pathlib import Path

import pytest

from nsfix.condition import Clause, Condition, Literal
from nsfix.kernel.anyconfig import AnyConfig
from nsfix.kernel.bounds import Bounds
from nsfix.kernel.kconfig import parse_expression, read_kconfig
from nsfix.kernel.makestack import MakeStacks


def bounds(tmp_path: Path, text: str, **more: str) -> Bounds:
    (tmp_path / "Kconfig").write_text(text)
    for name, content in more.items():
        (tmp_path / f"Kconfig.{name}").write_text(content)
    return Bounds(read_kconfig(str(tmp_path), {"SRCARCH": "x86", "ARCH": "x86_64"}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A", ("sym", "A")),
        ("A && !B", ("&&", ("sym", "A"), ("!", ("sym", "B")))),
        ("A || B && C", ("||", ("sym", "A"), ("&&", ("sym", "B"), ("sym", "C")))),
        ("(A || B) && y", ("&&", ("||", ("sym", "A"), ("sym", "B")), ("str", "y"))),
        ("A!=m", ("!=", ("sym", "A"), ("str", "m"))),
        ('"a b" = "x"', ("=", ("str", "a b"), ("str", "x"))),
        ("?", ("?",)),
        ("A &&", ("?",)),
        ("", ("?",)),
    ],
)
def test_expressions(text: str, expected: object) -> None:
    assert parse_expression(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('config X\n\ttristate "x"\n', "nmy"),
        ('config X\n\tbool "x"\n', "ny"),
        ("config X\n\tbool\n", "n"),
        ("config X\n\tdef_bool y\n", "y"),
        ("config X\n\tdef_bool y\n\tdepends on Y\n", "n"),
        ('config X\n\tdef_bool y\n\tdepends on Y\nconfig Y\n\tbool "y"\n', "ny"),
        ("config X\n\tdef_bool y\n\tdepends on !Y\n", "y"),
        ('config X\n\ttristate "x"\n\tdepends on m\n', "nm"),
        ('config X\n\ttristate "x" if Y\n\tdefault m\n', "m"),
        ("config X\n\tbool\nconfig Y\n\tdef_bool y\n\tselect X\n", "y"),
        ('config X\n\tbool\nconfig Y\n\ttristate "y"\n\tselect X\tif Z\nconfig Z\n\tdef_bool y\n', "ny"),
        ('config X\n\tbool\nconfig Y\n\tbool "y"\n\timply X\n', "ny"),
        ('if Y\nconfig X\n\tbool "x"\nendif\n', "n"),
        ('menu "m"\n\tdepends on Y\nconfig X\n\tbool "x"\nendmenu\n', "n"),
        ('config X\n\tbool "x" if "$(ARCH)" = "x86"\n\tdefault "$(ARCH)" != "i386"\n', "y"),
        ("config X\n\tdef_bool $(success,test -e (a))\n", "ny"),
        ('config X\n\tbool "x # no comment" # comment\n\tdepends on \\\n\t  Y\n', "n"),
        ('config Y\n\tbool "y"\n\thelp\n\t  config X\n\n\t  bool "x"\n', "n"),
        ('config X\n\tint "x"\n\tdefault 3\n', ""),
        ('source "arch/$(SRCARCH)/Kconfig"\nsource "Kconfig.more"\n', "ny"),
        ('choice\n\tprompt "c"\n\tdepends on Y\nconfig X\n\tbool "x"\nendchoice\n', "n"),
        ('comment "c"\n\tdepends on Y\nconfig X\n\tbool "x"\n', "ny"),
    ],
)
def test_the_values_that_are_possible(tmp_path: Path, text: str, expected: str) -> None:
    assert bounds(tmp_path, text, more='config X\n\tbool "x"\n').values("X") == expected


def test_the_base_has_on_what_can_be(tmp_path: Path) -> None:
    text = (
        'config MODULES\n\tbool "m"\nconfig T\n\ttristate "t"\nconfig B\n\tbool "b"\nconfig N\n\tbool\n'
        'config I\n\tint "i"\n\tdefault 7\nconfig S\n\tstring "s"\n\tdefault "text"\nconfig CC_IS_CLANG\n\tbool "c"\n'
    )
    assert bounds(tmp_path, text).base() == {
        "CONFIG_MODULES": "y",
        "CONFIG_T": "m",
        "CONFIG_B": "y",
        "CONFIG_I": "7",
        "CONFIG_S": '"text"',
    }


TREE = """
config A
	tristate "a"
	select E
	select NOWHERE
	depends on B && (C || D) && !F && G!=y
config B
	bool "b"
	depends on H
config C
	bool "c"
config D
	bool "d"
config E
	bool
config F
	tristate "f"
config G
	tristate "g"
config H
	bool "h"
"""


def test_what_one_being_on_says_of_others(tmp_path: Path) -> None:
    found = bounds(tmp_path, TREE).implied("A")
    assert found == {"B": "my", "H": "my", "E": "my", "F": "nm", "G": "nm"}


def test_what_nobody_asks_for_has_those_who_select_it(tmp_path: Path) -> None:
    text = (
        'config X\n\ttristate\nconfig A\n\ttristate "a"\n\tselect X if C\n\tselect D\nconfig B\n\tbool "b"\n'
        '\tselect X\n\tdepends on D\nconfig C\n\tbool "c"\nconfig D\n\tbool "d"\n'
        "config Y\n\ttristate\n\tdefault A\n"
    )
    found = bounds(tmp_path, text)
    assert found.implied("X") == {"D": "my"}
    assert found.implied("Y") == {"A": "my", "D": "my"}


def test_conditions_leave_out_what_kconfig_says_anyway(tmp_path: Path) -> None:
    config = AnyConfig(bounds(tmp_path, TREE))

    def said(*clauses: Clause) -> str:
        return str(config.condition(clauses))

    a, b, c, h = ((Literal(f"CONFIG_{name}"),) for name in "ABCH")
    assert said(h, b, a, c) == "CONFIG_A && CONFIG_C"
    assert said(h, c) == "CONFIG_H && CONFIG_C"
    assert config.condition([a]).implies(Condition((h,)))
    assert config.possible([a, c])
    assert not config.possible([a, (Literal("CONFIG_H", "n"),)])
    assert config.literal("CONFIG_A", "y") == (Literal("CONFIG_A", "y"),)
    assert config.literal("CONFIG_B", "y") == (Literal("CONFIG_B"),)
    assert config.literal("CONFIG_A", "nmy") is None


MAKEFILE = """obj-y += a.o
ifdef CONFIG_A
obj-y += b.o
else ifeq ($(CONFIG_B),y)
obj-y += c.o
else
obj-y += d.o
endif
ifneq ($(CONFIG_A)$(CONFIG_B),)
obj-y += e.o
endif
ifeq ($(CONFIG_A)$(CONFIG_B),ym)
obj-y += f.o
endif
ifneq ($(filter m y,$(CONFIG_A) $(CONFIG_B)),)
obj-y += g.o
ifndef CONFIG_C
obj-y += h.o
endif
endif
ifeq ($(shell uname),Linux)
obj-y += i.o
endif
ifeq ("$(CONFIG_B)", "y")
obj-y += j.o
endif
"""


def test_conditionals_of_a_makefile(tmp_path: Path) -> None:
    config = AnyConfig(
        bounds(tmp_path, 'config A\n\ttristate "a"\nconfig B\n\ttristate "b"\nconfig C\n\tbool "c"\n')
    )
    path = tmp_path / "Makefile"
    path.write_text(MAKEFILE)
    stacks = MakeStacks(config.literal)
    lines = {
        line[-3]: str(Condition(tuple(stacks.at(str(path), number))))
        for number, line in enumerate(MAKEFILE.splitlines(), 1)
        if line.startswith("obj")
    }
    assert lines == {
        "a": "",
        "b": "CONFIG_A",
        "c": "!CONFIG_A && CONFIG_B=y",
        "d": "!CONFIG_A && CONFIG_B!=y",
        "e": "CONFIG_A || CONFIG_B",
        "f": "CONFIG_A=y && CONFIG_B=m",
        "g": "CONFIG_A || CONFIG_B",
        "h": "(CONFIG_A || CONFIG_B) && !CONFIG_C",
        "i": "",
        "j": "CONFIG_B=y",
    }
