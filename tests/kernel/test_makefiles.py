"""What nsfix reads of an external module's Makefiles, held against GNU make with the Makefile.build of real kernels;
and `--make`, which asks it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from nsfix.kernel.made import steering
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule
from nsfix.project import Request, load_kernel, load_modules
from tests.cases import SERIES
from tests.kbuild.constructs import CONSTRUCTS, Construct
from tests.kbuild.kernel_files import write
from tests.kernel.building import Kernel
from tests.kernel.conftest import kernel_of
from tests.support import missing_by_nsfix, nsfix, snapshot

pytestmark = pytest.mark.kernel
BARE = Construct("bare", {"Kbuild": "obj-m := bare.o\n"}, {"bare": ("bare.c",)})  # asks for no flags
SOURCE = """#include <linux/module.h>
#include <linux/dma-buf.h>
void *f(void)
{
	return dma_buf_get(0);
}
MODULE_LICENSE("GPL");
"""


def load(
    kernel: Kernel, directory: Path, make: bool, **words: str
) -> tuple[KernelBuild, tuple[BuiltModule, ...]]:
    request = Request(str(directory), str(kernel.kdir), variables=words, make=make)
    build = load_kernel(request)
    return build, load_modules(request, build).modules


def told(modules: Sequence[BuiltModule], but: set[str]) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """The modules with their sources and the words that matter, without those of the kernel."""
    return [
        (m.path, [(s.path, [word for word in steering(s.flags) if word not in but]) for s in m.sources])
        for m in modules
    ]


def sources(modules: Sequence[BuiltModule], top: Path) -> dict[str, tuple[str, ...]]:
    return {m.path: tuple(str(Path(s.path).relative_to(top)) for s in m.sources) for m in modules}


@pytest.mark.parametrize("series", SERIES)
def test_make_says_the_same(series: str, tmp_path: Path) -> None:
    """All constructs below one directory: to start make for each of them takes minutes."""
    kernel = kernel_of(series)
    top = tmp_path / "mod"
    together = [each for each in CONSTRUCTS if not each.words]
    for construct in together:
        write(top / construct.name, construct.all_files())
    write(top, {"Kbuild": "obj-m := " + " ".join(f"{each.name}/" for each in (*together, BARE)) + "\n"})
    write(top / BARE.name, BARE.all_files())
    before = snapshot(top)
    _, made = load(kernel, top, True)
    assert snapshot(top) == before
    expected = {
        f"{each.name}/{path}": tuple(f"{each.name}/{source}" for source in sources)
        for each in (*together, BARE)
        for path, sources in each.modules.items()
    }
    assert sources(made, top) == expected
    common = {word for m in made if m.path == "bare/bare" for word in m.sources[0].flags}
    _, read = load(kernel, top, False)
    assert told(read, common) == told(made, common)


@pytest.mark.parametrize("series", SERIES)
def test_make_says_the_same_with_words(series: str, tmp_path: Path) -> None:
    kernel = kernel_of(series)
    (construct,) = (each for each in CONSTRUCTS if each.words)
    write(tmp_path / "mod", construct.all_files())
    _, made = load(kernel, tmp_path / "mod", True, **construct.words)
    assert sources(made, tmp_path / "mod") == construct.modules


@pytest.mark.parametrize("series", SERIES)
def test_make_answers_what_only_a_shell_knows(series: str, tmp_path: Path) -> None:
    kernel = kernel_of(series)
    files = {
        "Makefile": "obj-m := $(shell sed s/x/o/ list)\nccflags-y := -DFROM=$(shell cat list | wc -l)\n"
        "ifeq ($(shell ls $(src) | grep -c more.c),1)\nobj-m += more.o\nendif\n",
        "list": "u.x\n",
        "u.c": SOURCE,
        "more.c": SOURCE,
    }
    files["Makefile"] = (
        files["Makefile"].replace("list)", "$(src)/list)").replace("cat list", "cat $(src)/list")
    )
    write(tmp_path / "mod", files)
    words = [f"M={tmp_path / 'mod'}", f"KDIR={kernel.kdir}"]
    alone = nsfix("check", *words, cwd=tmp_path)
    assert alone.code == 2, alone.said
    assert "depends on $(shell sed" in alone.said
    asked = nsfix("check", "--make", "--format", "json", *words, cwd=tmp_path)
    assert asked.code == 1, asked.said
    assert "$(shell" not in asked.said
    assert missing_by_nsfix(json.loads(asked.out)) == {("u", "DMA_BUF"), ("more", "DMA_BUF")}
    applied = nsfix("apply", "--make", *words, cwd=tmp_path)
    assert applied.code == 0, applied.said
    assert nsfix("diff", "--make", *words, cwd=tmp_path).out == b""


@pytest.mark.parametrize("series", SERIES)
def test_what_make_stops_at_is_told_in_its_own_words(series: str, tmp_path: Path) -> None:
    kernel = kernel_of(series)
    write(tmp_path / "mod", {"Makefile": "$(error give me WORD)\nobj-m := a.o\n", "a.c": SOURCE})
    said = nsfix("check", "--make", f"M={tmp_path / 'mod'}", f"KDIR={kernel.kdir}", cwd=tmp_path)
    assert said.code == 2
    assert "make stops before it says what is built" in said.said
    assert "give me WORD" in said.said


@pytest.mark.parametrize("series", SERIES)
def test_make_is_asked_for_what_a_wrapper_calls(series: str, tmp_path: Path) -> None:
    kernel = kernel_of(series)
    files = {
        "Makefile": "all:\n\t$(MAKE) -C /nowhere M=$(CURDIR)/src CONFIG_W=$(shell printf m | cat) modules\n",
        "src/Kbuild": "obj-$(CONFIG_W) := w.o\nobj-m += v.o\n",
        "src/w.c": SOURCE,
        "src/v.c": SOURCE,
    }
    write(tmp_path, files)
    asked = nsfix("check", "--make", "--format", "json", f"KDIR={kernel.kdir}", cwd=tmp_path)
    assert {m["path"] for m in json.loads(asked.out)["modules"]} == {"v"}
    assert "a variable of this make command depends on $(shell printf m | cat)" in asked.said


def test_the_make_of_each_kernel_is_asked(tmp_path: Path) -> None:
    old, new = kernel_of("6.12"), kernel_of("7.x")
    text = "ifeq ($(shell expr $(VERSION) / 7),1)\nobj-m += new.o\nelse\nobj-m += old.o\nendif\n"
    write(tmp_path / "mod", {"Kbuild": text, "old.c": SOURCE, "new.c": SOURCE})
    words = [f"M={tmp_path / 'mod'}", "--kdir", str(old.kdir), "--kdir", str(new.kdir)]
    checked = nsfix("check", "--make", "--format", "json", *words, cwd=tmp_path)
    assert checked.code == 1, checked.said
    assert missing_by_nsfix(json.loads(checked.out)) == {("old", "DMA_BUF"), ("new", "DMA_BUF")}
