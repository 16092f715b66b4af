"""An edit in which nothing matters: what is said then without reading is what a reading says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nsfix.kernel.tree import read_kernel_build
from nsfix.live.kept import KeptFacts
from nsfix.live.texts import Texts
from nsfix.model import BuiltModule, Export, SourceFile, SourceKind
from nsfix.scan import Scanner

SOURCE = """\
// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/dma-buf.h>

#define FETCH(n) dma_buf_ ## n
#define LIST(f) f(one) f(two)

static int flag;
static int level = 3;

static int plain(int a)
{
	int b = a + 1;

	/* nothing of it matters */
	while (b > 3)
		b--;
	return b;
}

static int user(void)
{
	if (flag)
		return dma_buf_get(3) ? 1 : 0;
	return plain(2) + level;
}

static int fetched(void)
{
	return dma_buf_get(5) ? 1 : 0;
}

#ifdef CONFIG_NOTHING_LIKE_IT
static int never(void)
{
	return dma_buf_get(4) ? 1 : 0;
}
#endif

static int __init demo_init(void)
{
	int a = 0;

	a += plain(a);
	return user() + fetched() + a;
}
module_init(demo_init);

int behind(void)
{
	FETCH(put)(0);
	return 0;
}

EXPORT_SYMBOL_NS_GPL(behind, DEMO);
MODULE_LICENSE("GPL");
"""
SYMBOLS = {
    name: Export(name.decode(), "DMA_BUF", True, "vmlinux") for name in (b"dma_buf_get", b"dma_buf_put")
}
# What is put into the source, or taken out of it with its line.
SNIPPETS = (
    "\tb = 2;\n", "\tx(a, b);\n", "\n", "/* said */\n", "// said\n", '\tpr_debug("at %s\\n", __func__);\n',
    "\treturn 0;\n", "\tflag = 1;\n", "\tuse(&flag);\n", "\tdma_buf_put(0);\n", "\tFETCH(get)(1);\n", "\tplain(1);\n",
    "\tuser();\n", "\tfetched();\n", "{", "}", "(", ")", ";", '"', "'", "/*", "*/", "\\\n", "#if 0\n", "#endif\n",
    "#define user other\n", "dma_", "get", '\tasm("call dma_buf_get");\n', 'MODULE_IMPORT_NS("DMA_BUF");\n',
    "}\nint more(void)\n{\n", "\tint dma_buf_get;\n", "<<<<<<< ours\n", " ", "\r",
)  # fmt: skip


class Bench:
    """The source, kept while it is edited, and read from the start beside that."""

    def __init__(self, home: Path, kdir: Path) -> None:
        self.path = str(home / "demo.c")
        Path(self.path).write_text(SOURCE)
        self.source = SourceFile(self.path, SourceKind.C)
        self.module = BuiltModule("demo", "demo", (self.source,), str(home / "Kbuild"), 1)
        self.kernel = read_kernel_build(str(kdir))
        self.texts = Texts()
        self.kept = KeptFacts(self._scanner(self.texts), self.texts)

    def _scanner(self, texts: Texts) -> Scanner:
        scanner = Scanner(self.kernel, SYMBOLS, texts.read, workers=1)
        scanner.use_exports({})
        return scanner

    def set(self, text: str) -> bool:
        """Have `text` in the buffer; whether that was not read."""
        self.texts.open(self.path, text.encode())
        self.texts.look_again()
        before = self.kept.reads
        self.kept.update([self.module])
        return self.kept.reads == before

    def agree(self, text: str) -> None:
        """Hold what is kept against a reading of `text` from the start."""
        texts = Texts()
        texts.open(self.path, text.encode())
        facts, remarks = self._scanner(texts).facts_of(self.module, self.source)
        assert self.kept.facts(self.module).sources == (facts,)
        assert self.kept.remarks([self.module]) == tuple(dict.fromkeys(remarks))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, fake_kernels: dict[str, Path]) -> Bench:
    return Bench(tmp_path_factory.mktemp("retouch"), fake_kernels["6.12"])


Edited = Callable[[str], str]


def _in(function: str, line: str) -> Edited:
    """Puts a line at the beginning of the body of a function."""

    def edited(text: str) -> str:
        at = text.index("{\n", text.index(f" {function}(")) + 2
        return text[:at] + line + text[at:]

    return edited


@pytest.mark.parametrize(
    ("edited", "read"),
    [
        (_in("plain", "\ta = 7;\n"), False),
        (_in("plain", '\tprintk("%d {", a);\n'), False),
        (_in("plain", "\t/* { \" */\n"), False),
        (_in("demo_init", "\ta = 7;\n"), True),  # it calls what leads to a symbol
        (_in("plain", "\tdma_buf_put(0);\n"), True),
        (_in("plain", "\tFETCH(get)(1);\n"), True),
        (_in("plain", "\tflag = 1;\n"), True),  # then the use is no dead code any more
        (_in("plain", "\tlevel++;\n"), False),
        (_in("plain", '\tasm("call dma_buf_put");\n'), True),
        (_in("plain", "\tfetched();\n"), True),
        (_in("plain", "\tuser();\n"), False),  # its use is dead code, so that nobody asks who calls it
        (_in("plain", "#undef FETCH\n"), True),
        (_in("plain", "\ta = 1; \\\n"), True),
        (_in("plain", "\t/*\n"), True),
        (_in("plain", "}\n"), True),
        (_in("plain", "{\n"), True),
        (_in("plain", "\tMODULE_INFO(import_ns, \"DMA_BUF\");\n"), True),
        (_in("never", "\tint a = 7;\n"), True),
        (_in("user", "\tint a = 7;\n"), True),
        (lambda text: text.replace("/* nothing of it matters */", "/* nothing */"), False),
        (lambda text: text.replace("\n\n#define", "\n\n/* some\n * words */\n#define", 1), True),
        (lambda text: text.replace("static int user", "\n// some words\n\nstatic int user"), True),
        (lambda text: text.replace("\nint behind", "\n\n\nint behind"), True),
        (lambda text: text.replace("\tint b = a + 1;\n", ""), False),
        (lambda text: text.replace("(b > 3)", "(b > 3"), False),
    ],
)  # fmt: skip
def test_what_is_read_again(bench: Bench, edited: Edited, read: bool) -> None:
    bench.set("int nothing;\n")
    bench.set(SOURCE)
    text = edited(SOURCE)
    assert text != SOURCE
    assert bench.set(text) is not read
    bench.agree(text)


@pytest.mark.parametrize(
    "line",
    ["\tdma_buf_put(0);\n", "\tFETCH(get)(1);\n", "\tflag = 1;\n", "\tfetched();\n", "\tuse(&flag);\n"],
)
def test_what_mattered_is_read_again_when_it_goes(bench: Bench, line: str) -> None:
    text = _in("plain", line)(SOURCE)
    bench.set("int nothing;\n")
    bench.set(text)
    assert not bench.set(SOURCE)
    bench.agree(SOURCE)


def test_a_place_behind_the_edit_moves_and_one_before_it_does_not(bench: Bench) -> None:
    bench.set("int nothing;\n")
    bench.set(SOURCE)
    (before,) = bench.kept.facts(bench.module).sources
    text = _in("plain", "\ta = 7;\n\ta = 8;\n")(SOURCE)
    assert bench.set(text)
    (after,) = bench.kept.facts(bench.module).sources
    assert [use.line for use in after.uses] == [use.line + 2 for use in before.uses]
    assert after.exports[0].line == before.exports[0].line + 2


STEP = st.tuples(st.integers(0, 60), st.sampled_from(SNIPPETS), st.sampled_from(("put", "line", "word")))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEP, min_size=1, max_size=8))
def test_random_edits(bench: Bench, steps: list[tuple[int, str, str]]) -> None:
    bench.set(SOURCE)
    text = SOURCE
    for number, snippet, how in steps:
        lines = text.splitlines(keepends=True) or [""]
        at = number % len(lines)
        if how == "put":
            lines.insert(at, snippet)
        elif how == "line":
            del lines[at]
        else:
            middle = len(lines[at]) // 2
            lines[at] = lines[at][:middle] + snippet + lines[at][middle:]
        text = "".join(lines)
        bench.set(text)
        bench.agree(text)
