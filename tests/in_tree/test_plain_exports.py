"""Exports that are taken at their word: they are those of an exact reading, whatever the source does beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from nsfix.kernel.intree import read_tree
from nsfix.kernel.sourcetree import read_source_tree
from nsfix.scan import TreeScanner
from nsfix.scan.plainexports import PlainExports
from tests.in_tree.test_tree import tree

__all__ = ["tree"]  # the fixture
MODULE = "#include <linux/module.h>\n"
# A source, and whether it needs an exact reading.
CASES = {
    "in plain sight": (MODULE + 'EXPORT_SYMBOL_NS_GPL(one, "CORE");\n', False),
    "several": (
        MODULE + 'EXPORT_SYMBOL_NS(one, "CORE");\nEXPORT_SYMBOL(two);\nEXPORT_SYMBOL_GPL(three);\n',
        False,
    ),
    "in two lines": (MODULE + 'EXPORT_SYMBOL_NS_GPL(one,\n\t\t     "CORE");\n', False),
    "a comment after it": (MODULE + 'EXPORT_SYMBOL_NS_GPL(one, "CORE"); /* why */\n', False),
    "a comment inside": (MODULE + 'EXPORT_SYMBOL_NS_GPL(one /* why */, "CORE");\n', True),
    "under a condition": (MODULE + '#ifdef CONFIG_OFF\nEXPORT_SYMBOL_NS_GPL(one, "CORE");\n#endif\n', True),
    "in a comment": (
        MODULE + '/*\nEXPORT_SYMBOL_NS_GPL(one, "CORE");\n*/\nEXPORT_SYMBOL_NS(two, "B");\n',
        True,
    ),
    "indented": (MODULE + '\tEXPORT_SYMBOL_NS_GPL(one, "CORE");\n', True),
    "a macro of the source": (MODULE + '#define one two\nEXPORT_SYMBOL_NS_GPL(one, "CORE");\n', True),
    "a macro of its header": (MODULE + '#include "local.h"\nEXPORT_SYMBOL_NS_GPL(renamed, "CORE");\n', True),
    "a macro of the kernel": (MODULE + 'EXPORT_SYMBOL_NS_GPL(kernel_name, "CORE");\n', True),
    "a macro from a flag": (MODULE + 'EXPORT_SYMBOL_NS_GPL(flagged, "CORE");\n', True),
    "a namespace that is a macro": (MODULE + '#define NS "CORE"\nEXPORT_SYMBOL_NS_GPL(one, NS);\n', True),
    "a macro around it": (MODULE + '#define E(x) EXPORT_SYMBOL_NS_GPL(x, "CORE")\nE(one);\n', True),
    "a macro of its header around it": (MODULE + '#include "local.h"\nEXPORT_LOCAL(one);\n', True),
    "another meaning": (
        MODULE + '#undef EXPORT_SYMBOL_NS\n#define EXPORT_SYMBOL_NS(x, y)\nEXPORT_SYMBOL_NS(one, "CORE");\n',
        True,
    ),
    "another meaning in its header": (
        MODULE + '#include "other.h"\nEXPORT_SYMBOL_NS(one, "CORE");\n',
        True,
    ),
    "a default": (
        '#define DEFAULT_SYMBOL_NAMESPACE "D"\n'
        + MODULE
        + 'EXPORT_SYMBOL_NS(one, "A");\nEXPORT_SYMBOL(two);\n',
        True,
    ),
    "exports switched off": (
        "#define __DISABLE_EXPORTS\n" + MODULE + 'EXPORT_SYMBOL_NS(one, "CORE");\n',
        True,
    ),
}
FILES = {
    "drivers/late/local.h": '#define renamed other\n#define EXPORT_LOCAL(x) EXPORT_SYMBOL_NS(x, "LOCAL")\n',
    "drivers/late/other.h": "#undef EXPORT_SYMBOL_NS\n#define EXPORT_SYMBOL_NS(x, y) EXPORT_SYMBOL_GPL(x)\n",
    "include/linux/names.h": "#define kernel_name kernel_other\n",
}


def exports(tree: Path) -> set[tuple[str, str, bool, str]]:
    kernel = read_source_tree(str(tree))
    found = TreeScanner(kernel, read_tree(kernel, {}), workers=1).exports().values()
    return {(e.symbol, e.namespace, e.gpl, e.exporter) for e in found}


@pytest.fixture
def with_source(tree: Path) -> Path:
    for name, text in FILES.items():
        (tree / name).write_text(text)
    late = tree / "drivers/late/Makefile"
    late.write_text(late.read_text() + "obj-m += exporting.o\nCFLAGS_exporting.o := -Dflagged=unflagged\n")
    module = tree / "include/linux/module.h"
    module.write_text(module.read_text() + "#include <linux/names.h>\n")
    return tree


@pytest.mark.parametrize("name", CASES)
def test_they_are_those_of_an_exact_reading(
    with_source: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, exact = CASES[name]
    (with_source / "drivers/late/exporting.c").write_text(text)
    taken: list[object] = []
    statements = PlainExports.statements

    def noted(self: PlainExports, *words: object) -> object:
        said = statements(self, *words)  # type: ignore[arg-type]
        taken.append(said)
        return said

    monkeypatch.setattr(PlainExports, "statements", noted)
    found = exports(with_source)
    monkeypatch.setattr(PlainExports, "statements", lambda *_: None)
    assert found == exports(with_source)
    if not exact:
        assert any(said and b"one" in said[0] for said in taken)  # type: ignore[index]


def test_a_symbol_that_two_sources_export_is_read_exactly(with_source: Path) -> None:
    late = with_source / "drivers/late"
    (late / "Makefile").write_text("obj-m := one.o two.o\n")
    for name, namespace in (("one", "A"), ("two", "B")):
        (late / f"{name}.c").write_text(MODULE + f'EXPORT_SYMBOL_NS_GPL(same, "{namespace}");\n')
    kernel = read_source_tree(str(with_source))
    found = TreeScanner(kernel, read_tree(kernel, {}), workers=1).every_export()
    same = {(e.namespace, e.exporter) for e in found if e.symbol == "same"}
    assert same == {("A", "drivers/late/one"), ("B", "drivers/late/two")}
