"""What a run over a kernel tree keeps for the next one: the answers stay those of a run without a cache."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nsfix.kernel.walk import Walk
from nsfix.scan.cache import Cache
from nsfix.scan.memory import Entry, Memory
from tests.in_tree.test_tree import EXPORTING, LICENCE, USING, tree
from tests.support import nsfix

__all__ = ["tree"]  # the fixture
LATER = 10**12  # nanoseconds; what a run finds changed just now it does not trust


def report(tree: Path, *words: str) -> Any:
    result = nsfix("check", "--format", "json", *words, cwd=tree)
    assert result.code in (0, 1), result.said
    return json.loads(result.out)


def settle(tree: Path) -> None:
    """Let all files look as if they had been there for long."""
    for path in tree.rglob("*"):
        if path.is_file():
            found = path.stat()
            os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns - LATER))


SEEKING = (
    "#include <linux/module.h>\n{0}#ifdef LOST\nint early(void);\nint use(void) {{ return early(); }}\n#endif\n"
    + LICENCE
)
# Modules that need EARLY if some header is there, or is another one.
SEEKERS = {
    "drivers/seek/Makefile": "ccflags-y += -I$(src)/far\nobj-m := vain.o named.o near.o far.o asked.o new.o word.o\n"
    "obj-m += $(patsubst $(src)/%.c,%.o,$(wildcard $(src)/extra*.c))\n",
    "drivers/seek/vain.c": SEEKING.format('#include "lost.h"\n'),
    "drivers/seek/named.c": SEEKING.format('#define WHICH "named.h"\n#include WHICH\n'),
    "drivers/seek/near.c": SEEKING.format('#include "nearer.h"\n'),
    "drivers/seek/nearer.h": "#define LOST\n",
    "drivers/seek/far/nearer.h": "",
    "drivers/seek/far.c": SEEKING.format('#include "farther.h"\n'),
    "drivers/seek/far/farther.h": "int early(void);\n",
    "drivers/seek/asked.c": SEEKING.format('#if __has_include("asked.h")\n#define LOST\n#endif\n'),
    "drivers/seek/word.c": '#include <linux/module.h>\n#include "word.h"\n#ifndef WORD\n#define WORD() 0\n#endif\n'
    "int use(void) { return WORD(); }\n" + LICENCE,
    "drivers/seek/new.c": SEEKING.format('#include "in/there.h"\n'),
}


@pytest.fixture
def warm(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tree, read once."""
    monkeypatch.setattr("nsfix.in_tree._TOO_FRESH", 0)
    for name, text in SEEKERS.items():
        added(name, text)(tree)
    append("drivers/Makefile", "obj-y += seek/\n")(tree)
    settle(tree)
    report(tree)
    return tree


def append(name: str, text: str) -> Callable[[Path], None]:
    def change(tree: Path) -> None:
        path = tree / name
        path.write_text(path.read_text() + text)

    return change


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(tree: Path) -> None:
        path = tree / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    return change


def removed(name: str) -> Callable[[Path], None]:
    return lambda tree: (tree / name).unlink()


def added(name: str, text: str) -> Callable[[Path], None]:
    def change(tree: Path) -> None:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)

    return change


def all_of(*changes: Callable[[Path], None]) -> Callable[[Path], None]:
    def change(tree: Path) -> None:
        for one in changes:
            one(tree)

    return change


CHANGES = {
    "nothing": lambda tree: None,
    "an import": append("drivers/stor/user.c", 'MODULE_IMPORT_NS("STOR");\n'),
    "a use less": replaced("drivers/late/plain.c", "late() + early()", "early()"),
    "another namespace": replaced("kernel/core.c", '"CORE"', '"KERNEL"'),
    "an export more": append("kernel/core.c", 'EXPORT_SYMBOL_NS_GPL(core_two, "CORE");\n'),
    "another default": replaced("drivers/stor/Makefile", "STOR", "OTHER"),
    "a module less": replaced("drivers/stor/Makefile", "stor.o user.o", "stor.o"),
    "a condition in a kernel header": replaced("include/asm-generic/wrapped.h", "WRAPPED 1", "WRAPPED 0"),
    "an inline in a kernel header": append(
        "include/linux/module.h", "static inline int via_core(void) { return core_one(); }\n"
    ),
    "the configuration": append(".config", "CONFIG_OFF=y\n"),
    "a file more": added("drivers/late/new.c", EXPORTING.format("fresh") + LICENCE),
    "a header that is found first": added("include/asm-generic/extra.h", ""),
    "a source less": removed("drivers/late/late.c"),
    "a module more": all_of(
        added("drivers/late/new.c", USING.format("core_one")),
        replaced("drivers/late/Makefile", "asm.o", "asm.o new.o"),
    ),
    "a header that was looked for in vain": added("drivers/seek/lost.h", "#define LOST\n"),
    "a header that has a word": added("drivers/seek/word.h", "int early(void);\n#define WORD() early()\n"),
    "a source that a pattern finds": added("drivers/seek/extra.c", USING.format("early")),
    "a header that a macro names": added("drivers/seek/named.h", "#define LOST\n"),
    "a header that is found nearer": added("drivers/seek/farther.h", "#define LOST\n"),
    "a header that is found farther": removed("drivers/seek/nearer.h"),
    "a header that was asked for": added("drivers/seek/asked.h", ""),
    "a header in a new directory": added("drivers/seek/far/in/there.h", "#define LOST\n"),
}
WITHOUT_EFFECT = (
    "nothing",
    "an export more",
    "an inline in a kernel header",
    "the configuration",
    "a file more",
    "a header that is found first",
)


@pytest.mark.parametrize("name", CHANGES)
def test_after_a_change_the_answer_is_that_of_a_run_without_a_cache(warm: Path, name: str) -> None:
    before = report(warm)
    CHANGES[name](warm)
    expected = report(warm, "--no-cache")
    assert report(warm) == expected
    assert report(warm) == expected
    assert (expected == before) is (name in WITHOUT_EFFECT)


@pytest.mark.parametrize("most_since", [0, 3, 1500])
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("order", [1, -1])
def test_changes_add_up_from_run_to_run(
    warm: Path, most_since: int, order: int, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nsfix.scan.state._MOST_SINCE", most_since)
    for number, name in enumerate(list(CHANGES)[::order], first):
        if name == "the configuration":  # would begin anew
            continue
        CHANGES[name](warm)
        expected = report(warm, "--no-cache")
        if number % 2:
            report(warm, "M=drivers/stor")
        assert report(warm) == expected, name


LISTS = {
    "a text": ("drivers/late/list.txt", "obj-m := $(shell cat $(srctree)/drivers/late/list.txt)\n", "{}\n"),
    "searched": (
        "drivers/late/list.h",
        "obj-m := late.o plain.o\nifeq ($(shell grep -q asm $(src)/list.h && echo y),y)\nobj-m += asm.o\nendif\n",
        "{}\n",
    ),
    "included": ("drivers/late/objects.mk", "include $(srctree)/drivers/late/objects.mk\n", "obj-m := {}\n"),
    "computed": ("drivers/late/objects", "obj-m := $(shell cat $(srctree)/drivers/late/objects)\n", "{}\n"),
    "read": ("drivers/late/objects", "obj-m := $(file < $(srctree)/drivers/late/objects)\n", "{}\n"),
    "handed down": ("drivers/Makefile", "obj-m := $(LATE)\n", "obj-y += late/\nexport LATE := {}\n"),
    "broken": (
        "drivers/late/objects.mk",
        "obj-m := late.o\ninclude $(srctree)/drivers/late/objects.mk\n",
        "{}\n",
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_stands_elsewhere_is_read_again_when_it_changes(warm: Path, name: str) -> None:
    file, makefile, form = LISTS[name]
    (warm / "drivers/late/Makefile").write_text(makefile)
    first = "endif" if name == "broken" else "late.o plain.o"
    (warm / file).write_text(form.format(first))
    before = report(warm)
    append("kernel/Makefile", "\n")(warm)  # now the tree is walked again, but for what has not changed
    assert report(warm) == before == report(warm, "--no-cache")
    (warm / file).write_text(form.format("obj-m += plain.o" if name == "broken" else "late.o plain.o asm.o"))
    assert report(warm) == report(warm, "--no-cache") != before


def test_directories_whose_kbuild_files_have_not_changed_are_not_walked_again(
    warm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked = warm.parent / "walked"
    visit = Walk.visit

    def noting(self: Walk, path: str, *more: Any) -> Any:
        with walked.open("a") as file:
            print(path, file=file)
        return visit(self, path, *more)

    monkeypatch.setattr(Walk, "visit", noting)
    append("drivers/stor/Makefile", "\n")(warm)
    report(warm)
    paths = walked.read_text().split()
    assert "drivers/stor" in paths
    assert "drivers/late" not in paths


def test_a_header_that_came_with_a_change_counts_from_then_on(warm: Path) -> None:
    source = warm / "drivers/late/plain.c"
    (warm / "drivers/late/unused.h").write_text("/* nothing yet */\n")
    settle(warm)
    report(warm)
    source.write_text('#include "unused.h"\n' + source.read_text())
    assert report(warm) == report(warm, "--no-cache")
    before = report(warm)
    (warm / "drivers/late/unused.h").write_text("#define late() early()\n")
    assert report(warm) == report(warm, "--no-cache") != before


def test_the_great_entry_stays_while_little_changes(warm: Path) -> None:
    before = {path: path.read_bytes() for path in entries(warm)}
    for _ in range(3):
        CHANGES["a use less"](warm)
        settle(warm)
        append("drivers/late/plain.c", "\n/* late() + early() */\n")(warm)
        report(warm)
    assert all(path.read_bytes() == content for path, content in before.items())
    assert any("-since" in path.name for path in entries(warm))


@pytest.mark.parametrize("name", CHANGES)
def test_apply_after_a_change_writes_what_it_would_without_a_cache(warm: Path, name: str) -> None:
    CHANGES[name](warm)
    fresh = nsfix("diff", "--no-cache", cwd=warm)
    assert nsfix("diff", cwd=warm).out == fresh.out


def test_a_run_that_finds_nothing_changed_reads_no_source(
    warm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("something was read")

    monkeypatch.setattr("nsfix.in_tree._check", fail)
    assert report(warm)["findings"]
    with pytest.raises(AssertionError, match="something was read"):
        nsfix("check", "--format", "json", "--no-cache", cwd=warm)


def test_the_same_words_in_another_directory_are_another_question(warm: Path) -> None:
    def modules(directory: Path, *words: str) -> list[str]:
        result = nsfix("check", "--format", "json", *words, cwd=directory)
        return [module["path"] for module in json.loads(result.out)["modules"]]

    for name in ("drivers/stor", "drivers/late", "."):
        expected = modules(warm / name, "--no-cache")
        assert modules(warm / name) == expected
    assert modules(warm / "drivers/stor") != modules(warm / "drivers/late")


def entries(tree: Path) -> list[Path]:
    return sorted((tree.parent / "xdg-cache" / "nsfix").glob("*.nsfix"))


def test_no_cache_leaves_nothing_behind(tree: Path) -> None:
    nsfix("check", "--no-cache", cwd=tree)
    assert entries(tree) == []


def test_cache_clear_removes_all_entries(warm: Path) -> None:
    assert entries(warm)
    result = nsfix("cache", "clear", cwd=warm)
    assert result.code == 0
    assert f"{2} entries removed" in result.said
    assert entries(warm) == []


@pytest.mark.parametrize("damage", [b"", b"no pickle", b"\x80" * 5000])
def test_a_damaged_entry_counts_as_none(warm: Path, damage: bytes) -> None:
    expected = report(warm, "--no-cache")
    for path in entries(warm):
        path.write_bytes(damage)
    assert report(warm) == expected


def test_an_entry_that_others_may_write_is_not_trusted(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.keep("name", [1])
    assert cache.load("name") == [1]
    (tmp_path / "name.nsfix").chmod(0o666)
    assert cache.load("name") is None


def test_a_cache_that_cannot_be_written_does_no_harm(tree: Path) -> None:
    (tree.parent / "xdg-cache").write_text("a file in its place")
    assert report(tree) == report(tree, "--no-cache")


def test_the_oldest_entries_go(tmp_path: Path) -> None:
    cache = Cache(tmp_path, 2)
    for number in range(4):
        cache.keep(str(number), number)
        os.utime(tmp_path / f"{number}.nsfix", ns=(number, number))
    cache.keep("last", 9)
    assert cache.load("last") == 9
    assert len(list(tmp_path.iterdir())) == 2


def test_results_hold_while_inputs_and_files_do() -> None:
    seen: list[str] = []

    def each(memory: Memory, inputs: int) -> list[str]:
        def work(portions: Any) -> list[tuple[str, tuple[str, ...]]]:
            items = [item for portion in portions for item in portion]
            seen.extend(items)
            return [(item.upper(), (f"{item}.h",)) for item in items]

        return memory.each("step", lambda item: inputs, [["a", "b"]], lambda item: item, work)

    first = Memory()
    assert each(first, 1) == each(first, 1) == ["A", "B"]
    assert seen == ["a", "b"]
    known = {"step": {name: Entry(kept.inputs, kept.value) for name, kept in first.fresh["step"].items()}}
    assert each(Memory(known, {"step": {"b"}}, frozenset({"b.h"})), 1) == ["A", "B"]
    assert seen == ["a", "b", "b"]
    assert each(Memory(known), 2) == ["A", "B"]
    assert seen == ["a", "b", "b", "a", "b"]
