"""The make reader against what GNU make 4.3 computes; each value was seen with make itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nsfix.errors import InputError
from nsfix.kernel.make.reader import MakeReader
from nsfix.kernel.make.scope import ENVIRONMENT, Scope
from nsfix.kernel.make.text import logical_lines, split_assignment, without_comment

Run = Callable[..., MakeReader]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def reading(text: str, **command_line: str) -> MakeReader:
        (tmp_path / "Makefile").write_text(text)
        scope = Scope([(ENVIRONMENT, {"HOME": "/home/me", "E": "env"})], command_line)
        reader = MakeReader(scope, str(tmp_path))
        reader.read("Makefile")
        return reader

    return reading


VALUES = [
    ("a := 1\nb = $(a)$(c)\nc = 2\nv = $(b)", "12"),
    ("a = 1\nb := $(a)\na = 2\nv = $(b)", "1"),
    ("v ?= x\nv ?= y", "x"),
    ("E ?= x\nv = $(E)", "env"),
    ("v ::= x", "x"),
    ("v = a\nv += b\nv+=c", "a b c"),
    ("x = 1\nv := $(x)\nv += $(x)\nx = 2", "1 1"),
    ("v += $(x)\nx = late", "late"),
    ("E += more\nv = $(E)", "env more"),
    ("v = a \\\n   b\\\n\tc", "a b c"),
    ("v = a # comment", "a "),
    ("v = a\\#b # c", "a#b "),
    ("v = $(subst #,x,a#b)", "axb"),
    ("v = $$x $$(y)", "$x $(y)"),
    ("n = v\n$(n) = computed", "computed"),
    ("a = b\nb = c\nv = $($(a))", "c"),
    ("x1 = one\nn = 1\nv = ${x$(n)}", "one"),
    ("x = a\nv = $x$(x)", "aa"),
    ("define v\none\n  two\nendef", "one\n  two"),
    ("define f =\n$(1)-$(2)\nendef\nv = $(call f,a,b)", "a-b"),
    ("define v :=\nx\nendef", "x"),
    ("export v := x", "x"),
    ("override v = x", "x"),
    ("private v = x", "x"),
    ("v = x\nundefine v", ""),
    ("v = $(origin v) $(origin HOME) $(origin nope)", "file environment undefined"),
    ("a := x\nb = x\nv = $(flavor a) $(flavor b) $(flavor c)", "simple recursive undefined"),
    ("b = $(c)\nv = $(value b)", "$(c)"),
    ("s = a.o b.o\nv = $(s:.o=.c) $(s:%.o=x%) $(s:a.o=z)", "a.c b.c xa xb z b.o"),
    ("v = $(subst ee,EE,feet)$(subst , ,x)", "fEEtx "),
    ("v = $(patsubst %.c,%.o,x.c.c y.h) $(patsubst x,y,x xx)", "x.c.o y.h y xx"),
    ("v = [$(strip  a   b  )]", "[a b]"),
    ("v = [$(findstring a,cab)][$(findstring x,cab)]", "[a][]"),
    ("v = $(filter %.c x,a.c b.h x) $(filter-out %.c x,a.c b.h x)", "a.c x b.h"),
    ("v = $(sort c a b a)", "a b c"),
    ("v = $(word 2,a b c) $(words a b c) $(wordlist 2,3,a b c d)", "b 3 b c"),
    ("v = $(firstword a b) $(lastword a b)", "a b"),
    ("v = $(dir a/b c d/) $(notdir a/b c) $(suffix a.b.c d) $(basename a.b.c d)", "a/ ./ d/ b c .c a.b d"),
    ("v = $(addsuffix .c,a b) $(addprefix x/,a b) $(join a b,1 2 3)", "a.c b.c x/a x/b a1 b2 3"),
    ("v = $(if x,yes,no) $(if ,yes,no) [$(if ,yes)]", "yes no []"),
    ("v = $(or ,,b,c) $(and a,b) [$(and a,)]", "b b []"),
    ("v = $(foreach x,a b,<$(x)>)", "<a> <b>"),
    ("f = $(2) $(1) [$(3)]\nv = $(call f,a,b)", "b a []"),
    ("g = $(1)!\nf = $(call g,$(1)$(1))\nv = $(call f,a)", "aa!"),
    ("v = $(call subst,a,b,aa)", "bb"),
    ("rev = $(if $(1),$(call rev,$(wordlist 2,9,$(1))) $(firstword $(1)))\nv := $(call rev,a b c)", " c b a"),
    ("$(eval v = x)", "x"),
    (
        "define t\n$(1)-y := $$(n)$(1)\nendef\nn = 1\n$(foreach x,v w,$(eval $(call t,$(x))))\nv = $(w-y)",
        "1w",
    ),
    ("define t\nifdef x\n$(1) = yes\nelse\n$(1) = no\nendif\nendef\n$(eval $(call t,v))", "no"),
    ("v = $(info hello)$(warning careful)x", "x"),
    ("v := $(shell echo a 'b  c' \"d\")", "a b  c d"),
    ("v != echo hi", "hi"),
    ("v := $(shell uname -s)", "Linux"),
    ("v := $(shell test -f Makefile && echo yes || echo no)", "yes"),
    ("v := $(shell [ -e nope ] && echo yes || echo no)", "no"),
    ("v := $(shell [ 12 -ge 9 -a 1 = 1 ] && echo ok)", "ok"),
    ("v := $(shell if [ 1 -lt 0409 ]; then echo a; else echo b; fi ;)", "a"),
    ("v := $(shell grep -q needle Makefile && echo -DN)", "-DN"),
    ("v := $(shell grep -q 'no such' none.mk 2>/dev/null || echo none)", "none"),
    ("v := $(shell basename /a/b) $(shell dirname /a/b)", "b /a"),
    ("v := $(wildcard M*file nope)", "Makefile"),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_value(run: Run, text: str, value: str) -> None:
    assert run(text + "\n").expander.value("v") == value


CONDITIONS = [
    ("ifeq (a,a)", True),
    ("ifeq (a, b)", False),
    ("ifneq ($(x),)", True),
    ("ifeq ($(filter 1,$(x)),1)", True),
    ("ifeq 'a' \"a\"", True),
    ('ifeq "a" "b"', False),
    ("ifdef x", True),
    ("ifdef e", False),
    ("ifdef deep", True),
    ("ifndef nope", True),
    ("ifdef $(n)  # comment", True),
    ("  ifeq (1,1)", True),
    ("ifneq\t(1, 2)", True),
]


@pytest.mark.parametrize(("condition", "holds"), CONDITIONS)
def test_condition(run: Run, condition: str, holds: bool) -> None:
    text = f"x = 1\ne =\nn = x\ndeep = $(e)\n{condition}\nv = yes\nelse\nv = no\nendif\n"
    assert run(text).expander.value("v") == ("yes" if holds else "no")


@pytest.mark.parametrize(("x", "value"), [("1", "one"), ("2", "two"), ("3", "other")])
def test_else_if(run: Run, x: str, value: str) -> None:
    text = "ifeq ($(x),1)\nv = one\nelse ifeq ($(x),2)\nv = two\nelse\nifdef x\nv = other\nendif\nendif\n"
    assert run(text, x=x).expander.value("v") == value


def test_the_command_line_wins(run: Run) -> None:
    reader = run("a = file\noverride b = file\nc := $(a)\na += more\n", a="$(d)", b="cl", d="cl")
    assert [reader.expander.value(name) for name in "abc"] == ["cl", "file", "cl"]


def test_recipes_are_passed_over(run: Run) -> None:
    text = "\tv = before any rule\nall: x\n\tv = recipe\nifdef v\n\tv = recipe\nendif\nw = 1\n\tu = after\n"
    reader = run(text)
    assert reader.expander.value("v") == "before any rule"
    assert reader.expander.value("u") == "after"
    assert [rule.targets for rule in reader.rules] == [("all",)]


def test_target_specific_variables_are_ignored(run: Run) -> None:
    assert run("v = 1\nx.o: v = 2\nx.o: v += 3\n").expander.value("v") == "1"


def test_include(run: Run, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a.mk").write_text("include b.mk\nv += a\n")
    (tmp_path / "sub/b.mk").write_text("v += $(notdir $(lastword $(MAKEFILE_LIST)))\n")
    reader = run("include sub/*.mk\n-include none.mk\nsinclude none.mk\ninclude gone.mk\nv += end\n")
    assert reader.expander.value("v") == "b.mk a b.mk end"
    assert [(remark.message, remark.line) for remark in reader.remarks] == [
        ("make stops here: there is no gone.mk to include", 4)
    ]


def test_where_a_word_comes_from(run: Run, tmp_path: Path) -> None:
    reader = run("X = p.o\nlist := a.o\n\nlist += b.o \\\n  c.o $(X)\n")
    assert reader.expander.find_word("list", "p.o") == (str(tmp_path / "Makefile"), 4)
    assert reader.expander.find_word("list", "a.o") == (str(tmp_path / "Makefile"), 2)
    assert reader.expander.find_word("list", "z.o") is None


@pytest.mark.parametrize(
    "text",
    [
        "a = $(a)\nv := $(a)\n",
        "a = $(b)\nb = x$(a)\nv := $(a)\n",
        "f = $(call f,$(1)x)\nv := $(call f,a)\n",
        "a0 = xx\n" + "".join(f"a{n} = {f'$(a{n - 1})' * 9}\n" for n in range(1, 12)) + "v := $(a11)\n",
        "include Makefile\n",
        "$(eval $(value x))\nx = $(eval $(value x))\n$(eval $(value x))\n",
    ],
)
def test_what_never_ends_is_an_error(run: Run, tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError) as caught:
        run(text)
    assert caught.value.file == str(tmp_path / "Makefile")
    assert caught.value.line


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a\nv = ok\n", "this is no line of a makefile: 'a'", 1),
        ("v = ok\nendif\n", "endif without its if", 2),
        ("v = ok\nelse\n", "else without its if", 2),
        ("v = ok\nifdef v\n", "an endif is missing", 2),
        ("ifeq(1,1)\nv = ok\n", "this is no line of a makefile: 'ifeq(1,1)'", 1),
        ("ifeq x\nendif\nv = ok\n", "cannot read the condition 'ifeq x'", 1),
        ("v = ok\ndefine x\n", "an endef is missing", 2),
        ("x := $(word\nv = ok\n", "unterminated reference '$(word'", 1),
        ("x := $(word z,a)\nv = ok\n", "$(word) wants a number", 1),
        ("x := $(subst a)\nv = ok\n", "$(subst) wants 3 arguments, 1 given", 1),
        ("$(error no luck)\nv = ok\n", "no luck", 1),
    ],
)
def test_a_broken_line_is_said_and_passed_over(run: Run, text: str, message: str, line: int) -> None:
    reader = run(text)
    assert [(remark.message, remark.line) for remark in reader.remarks] == [
        (f"make stops here: {message}", line)
    ]
    assert reader.expander.value("v") == "ok"


def test_an_unknown_value_passes_through(run: Run, tmp_path: Path) -> None:
    reader = run("x = $(shell git describe)\nv := a $(patsubst %,pre-%,$(x)) $(words $(x))\n")
    value = reader.expander.value("v")
    unknown = reader.expander.unknowns.first(value)
    assert unknown is not None
    assert (unknown.text, unknown.file, unknown.line) == (
        "$(shell git describe)",
        str(tmp_path / "Makefile"),
        1,
    )
    assert reader.expander.unknowns.readable(value) == "a pre-$(shell git describe) $(shell git describe)"


@pytest.mark.parametrize(
    "command", ["ls | wc -l", "echo $$HOME", "echo `id`", "echo *", "awk 1 x", "rm x; echo y"]
)
def test_no_command_is_run(run: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "x").write_text("")
    reader = run(f"v := $(shell {command})\n")
    assert reader.expander.unknowns.first(reader.expander.value("v")) is not None
    assert (tmp_path / "x").exists()


def test_a_condition_on_an_unknown_value_is_doubted(run: Run) -> None:
    reader = run("ifeq ($(shell x),1)\na = 1\nelse\nb = 2\nendif\nifneq ($(shell y),)\nc = 3\nendif\n")
    assert [reader.expander.value(name) for name in "abc"] == ["", "2", "3"]
    assert [remark.line for remark in reader.doubts_about({"a"})] == [1]
    assert [remark.line for remark in reader.doubts_about({"b", "c"})] == [1, 6]
    assert reader.doubts_about({"d"}) == []


def test_a_choice_on_an_unknown_value_is_said(run: Run) -> None:
    reader = run("v := $(if $(shell x),a,b)\nw := $(if $(shell x),a,a)\n")
    assert reader.expander.value("v") == "a"
    assert [(remark.message, remark.line) for remark in reader.remarks] == [
        ("a choice depends on $(shell x), which is not run; taken as yes", 1)
    ]


def test_a_stop_that_hangs_on_an_unknown_value(run: Run) -> None:
    reader = run("ifneq ($(shell x),y)\n$(error give x)\nendif\n$(error sure)\n")
    assert [(remark.message, remark.line) for remark in reader.remarks] == [
        ("make may stop here, if $(shell x) says so: give x", 2),
        ("make stops here: sure", 4),
    ]


def test_logical_lines() -> None:
    lines = logical_lines("a \\\n b\r\nc\\\\\nd \\")
    assert [(line.number, line.text) for line in lines] == [(1, "a \\\n b"), (3, "c\\\\"), (4, "d \\\n")]


@pytest.mark.parametrize(
    ("text", "left"),
    [("a # b", "a "), ("a\\#b", "a#b"), ("a\\\\# b", "a\\"), ("$(x #y) # z", "$(x #y) "), ("#", "")],
)
def test_comments(text: str, left: str) -> None:
    assert without_comment(text) == left


@pytest.mark.parametrize(
    ("text", "name", "operator", "value"),
    [
        ("a=b", "a", "=", "b"),
        ("obj-$(CONFIG_X) += y.o z", "obj-$(CONFIG_X)", "+=", "y.o z"),
        ("obj-$(if $(A:b=c),m) := y", "obj-$(if $(A:b=c),m)", ":=", "y"),
        ("a+=b", "a", "+=", "b"),
        ("CFLAGS_sub/x.o = -Da=b", "CFLAGS_sub/x.o", "=", "-Da=b"),
    ],
)
def test_assignments(text: str, name: str, operator: str, value: str) -> None:
    assignment = split_assignment(text)
    assert assignment is not None
    assert (assignment.name, assignment.operator, assignment.value) == (name, operator, value)


@pytest.mark.parametrize("text", ["all: a", "x.o: V = 1", "$(obj)/%.o: $(src)/%.c", "include a", "a b = c"])
def test_no_assignments(text: str) -> None:
    assert split_assignment(text) is None
