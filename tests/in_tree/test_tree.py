"""A kernel tree of a few files, made by hand: what `nsfix` says and writes inside it, with nothing built."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from nsfix.kernel.intree import read_tree
from nsfix.kernel.sourcetree import read_source_tree
from nsfix.scan import TreeScanner
from tests.fake_kernel import make_kernel
from tests.support import Result, nsfix

LICENCE = 'MODULE_LICENSE("GPL");\n'
EXPORTING = "#include <linux/module.h>\nint {0}(void);\nint {0}(void) {{ return 0; }}\n"
USING = (
    "#include <linux/module.h>\nint {0}(void);\nint use(void);\nint use(void) {{ return {0}(); }}\n" + LICENCE
)
FILES = {
    "Kbuild": "obj-y += drivers/ kernel/\nobj-y += $(ARCH_LIB)\n",
    "Kconfig": "",
    "init/main.c": "",
    "arch/x86/Makefile": "libs-y += arch/x86/lib/\n",
    "arch/x86/lib/Makefile": "lib-y := flush.o\n",
    "arch/x86/lib/flush.S": '#include <linux/export.h>\nflush_all:\n\tret\nEXPORT_SYMBOL_NS_GPL(flush_all, "FLUSH")\n',
    "include/asm-generic/Kbuild": "mandatory-y += wrapped.h\n",
    "include/asm-generic/wrapped.h": "#define WRAPPED 1\n",
    "lib/Makefile": "",
    "kernel/Makefile": "obj-y := core.o whole.o\nobj-$(CONFIG_OFF) += off.o\nccflags-y += -DFROM_MAKEFILE\n",
    "kernel/core.c": EXPORTING.format("core_one")
    + 'EXPORT_SYMBOL_NS_GPL(core_one, "CORE");\nint core_two(void) { return 0; }\nEXPORT_SYMBOL(core_two);\n',
    "kernel/whole.c": '#include <linux/module.h>\n#include "part.c"\n',
    "kernel/part.c": "int part(void) { return 0; }\nEXPORT_SYMBOL(part);\n",
    "drivers/Makefile": "obj-$(CONFIG_USB_STORAGE) += stor/\nobj-y += late/\n",
    "drivers/stor/Makefile": "ccflags-y += -DDEFAULT_SYMBOL_NAMESPACE='\"STOR\"'\n"
    "obj-m := stor.o user.o\nstor-y := one.o two.o\n",
    "drivers/stor/one.c": EXPORTING.format("stor_one") + "EXPORT_SYMBOL_GPL(stor_one);\n" + LICENCE,
    "drivers/stor/two.c": EXPORTING.format("stor_two")
    + "int core_one(void);\nint both(void);\nint both(void) { return core_one() + stor_one(); }\n"
    + "int stor_one(void);\nEXPORT_SYMBOL(stor_two);\n",
    "drivers/stor/user.c": USING.format("stor_two"),
    "drivers/late/Makefile": "obj-m := late.o early.o plain.o asm.o\n",
    "drivers/late/late.c": "#include <linux/module.h>\n#undef DEFAULT_SYMBOL_NAMESPACE\n"
    '#define DEFAULT_SYMBOL_NAMESPACE "LATE"\nint late(void) { return 0; }\nEXPORT_SYMBOL(late);\n' + LICENCE,
    "drivers/late/early.c": '#define DEFAULT_SYMBOL_NAMESPACE "EARLY"\n#include <linux/module.h>\n'
    "int early(void) { return 0; }\nEXPORT_SYMBOL_GPL(early);\n" + LICENCE,
    "drivers/late/plain.c": "#include <linux/module.h>\n#include <asm/wrapped.h>\nint late(void);\n"
    "int early(void);\n#if WRAPPED\nint use(void) { return late() + early(); }\n#endif\n" + LICENCE,
    "drivers/late/asm.c": USING.format("flush_all"),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of 7.x with eight modules; none imports anything."""
    top = make_kernel(tmp_path / "linux", "7.x")
    for built in ("Module.symvers", "include/config/auto.conf", "include/generated/autoconf.h"):
        (top / built).unlink()
    for name, text in FILES.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    return top


def check(tree: Path, *words: str) -> Any:
    result = nsfix("check", "--format", "json", *words, cwd=tree)
    assert result.code in (0, 1), result.said
    return json.loads(result.out)


def missing(report: Any) -> set[tuple[str, str]]:
    return {(f["module"], f["namespace"]) for f in report["findings"] if f["rule"] == "missing-import"}


def test_the_whole_tree_is_read_without_a_build(tree: Path) -> None:
    assert missing(check(tree)) == {
        ("drivers/stor/stor", "CORE"),
        ("drivers/stor/user", "STOR"),
        ("drivers/late/plain", "EARLY"),
        ("drivers/late/asm", "FLUSH"),
    }


def test_every_module_is_listed_with_its_licence(tree: Path) -> None:
    modules = {m["path"]: m for m in check(tree)["modules"]}
    assert modules.keys() == {
        *("drivers/stor/stor", "drivers/stor/user"),
        *(f"drivers/late/{name}" for name in ("late", "early", "plain", "asm")),
    }
    assert all(m["gpl_compatible"] for m in modules.values())
    assert modules["drivers/stor/stor"]["sources"] == ["drivers/stor/one.c", "drivers/stor/two.c"]


def test_statements_in_an_included_source_count(tree: Path) -> None:
    (tree / "drivers/late/common.c").write_text('MODULE_IMPORT_NS("EARLY");\nMODULE_LICENSE("GPL v2");\n')
    for name in ("plain.c", "late.c"):
        source = tree / f"drivers/late/{name}"
        source.write_text(source.read_text().removesuffix(LICENCE) + '#include "common.c"\n')
    report = check(tree)
    licences = {m["name"]: [entry["value"] for entry in m["licenses"]] for m in report["modules"]}
    assert (licences["plain"], licences["late"]) == (["GPL v2"], ["GPL v2"])
    assert ("drivers/late/plain", "EARLY") not in missing(report)


def test_an_included_source_that_imports_is_read_beside_one_that_needs(tree: Path) -> None:
    (tree / "drivers/late/Makefile").write_text("obj-m := late.o early.o asm.o plain.o\nplain-y := p.o q.o\n")
    (tree / "drivers/late/plain.c").rename(tree / "drivers/late/p.c")
    (tree / "drivers/late/common.c").write_text('MODULE_IMPORT_NS("EARLY");\n')
    (tree / "drivers/late/q.c").write_text('#include <linux/module.h>\n#include "common.c"\n')
    assert ("drivers/late/plain", "EARLY") not in missing(check(tree))


def test_exports_are_as_modpost_would_list_them(tree: Path) -> None:
    kernel = read_source_tree(str(tree))
    scanner = TreeScanner(kernel, read_tree(kernel, {}))
    exports = {(e.symbol, e.namespace, "GPL" if e.gpl else "", e.exporter) for e in scanner.every_export()}
    assert exports == {
        ("core_one", "CORE", "GPL", "vmlinux"),
        ("core_two", "", "", "vmlinux"),
        ("part", "", "", "vmlinux"),
        ("flush_all", "FLUSH", "GPL", "vmlinux"),
        ("stor_one", "STOR", "GPL", "drivers/stor/stor"),
        ("stor_two", "STOR", "", "drivers/stor/stor"),
        ("late", "", "", "drivers/late/late"),
        ("early", "EARLY", "GPL", "drivers/late/early"),
    }
    assert {(os.fsdecode(s), e.namespace) for s, e in scanner.exports().items()} == {
        (symbol, namespace) for symbol, namespace, _, _ in exports if namespace
    }


def test_exports_have_the_place_where_they_stand(tree: Path) -> None:
    kernel = read_source_tree(str(tree))
    found = TreeScanner(kernel, read_tree(kernel, {})).every_export()
    for export in found:
        line = Path(export.file).read_text().split("\n")[export.line - 1]
        assert export.symbol in line, export
        assert "EXPORT_SYMBOL" in line or export.file.endswith(".S"), export
    assert {Path(export.file).name for export in found} >= {"core.c", "one.c", "flush.S"}


def test_an_export_that_two_modules_make_is_told_twice(tree: Path) -> None:
    (tree / "drivers/late/plain.c").write_text((tree / "drivers/late/late.c").read_text())
    kernel = read_source_tree(str(tree))
    found = TreeScanner(kernel, read_tree(kernel, {})).every_export()
    assert sorted(e.exporter for e in found if e.symbol == "late") == [
        "drivers/late/late",
        "drivers/late/plain",
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("M=drivers/stor",), {"drivers/stor/stor", "drivers/stor/user"}),
        (("drivers/late/asm.c",), {"drivers/late/asm"}),
        (
            ("drivers/stor/two.c", "drivers/late"),
            {"drivers/stor/stor", "drivers/late/plain", "drivers/late/asm"},
        ),
    ],
)
def test_a_directory_or_files_narrow_the_work(tree: Path, words: tuple[str, ...], expected: set[str]) -> None:
    assert {module for module, _ in missing(check(tree, *words))} == expected


def test_the_tree_is_found_from_below(tree: Path) -> None:
    assert missing(check(tree / "drivers/stor")) == {
        ("drivers/stor/stor", "CORE"),
        ("drivers/stor/user", "STOR"),
    }


def test_apply_imports_everything_and_a_second_run_nothing(tree: Path) -> None:
    first = nsfix("apply", cwd=tree)
    assert first.code == 0, first.said
    source = (tree / "drivers/stor/one.c").read_text()
    assert 'MODULE_IMPORT_NS("CORE");' in source
    assert 'MODULE_IMPORT_NS("STOR");' not in source, "what a module exports it need not import"
    before = {path: path.read_bytes() for path in tree.rglob("*.c")}
    second = nsfix("apply", cwd=tree)
    assert (second.code, second.out) == (0, b""), second.said
    assert {path: path.read_bytes() for path in tree.rglob("*.c")} == before
    assert missing(check(tree)) == set()


def test_another_configuration_decides(tree: Path, tmp_path: Path) -> None:
    config = tmp_path / "config-7.2.0-amd64"
    config.write_text("CONFIG_X86=y\nCONFIG_64BIT=y\nCONFIG_MODULES=y\n# CONFIG_USB_STORAGE is not set\n")
    report = check(tree, "--config", str(config))
    assert report["kernel"]["config"] == str(config)
    assert {m["path"].split("/")[1] for m in report["modules"]} == {"late"}


def refused(tree: Path, *words: str) -> str:
    result: Result = nsfix("check", *words, cwd=tree)
    assert (result.code, result.out) == (2, b""), result.said
    return result.err


def test_a_tree_without_configuration_says_what_to_give(tree: Path) -> None:
    (tree / ".config").unlink()
    assert "give a configuration with --config FILE" in refused(tree)


def test_a_configuration_for_another_architecture_is_refused(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("CONFIG_ARM64=y\n")
    said = refused(tree, "--config", str(tmp_path / "config"), "ARCH=x86_64")
    assert "this configuration is for arm64" in said


def test_a_broken_configuration_is_named_with_its_line(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("CONFIG_X86=y\n<<<<<<< HEAD\n")
    assert "config:2: no line of a kernel configuration" in refused(
        tree, "--config", str(tmp_path / "config")
    )


def test_a_file_that_is_no_configuration_is_refused(tree: Path) -> None:
    assert "sets no CONFIG_ symbol" in refused(tree, "--config", "lib/Makefile")


def test_nothing_that_is_built_is_an_error(tree: Path) -> None:
    assert "no module is built from kernel" in refused(tree, "M=kernel")


def test_config_is_refused_outside_a_tree(tmp_path: Path) -> None:
    assert "--config is for a kernel's own tree" in refused(tmp_path, "--config", "x", f"KDIR={tmp_path}")


def test_a_header_that_includes_itself_ends(tree: Path) -> None:
    (tree / "drivers/late/self.h").write_text('#include "self.h"\nint late(void);\n')
    source = tree / "drivers/late/plain.c"
    source.write_text('#include "self.h"\n' + source.read_text())
    assert ("drivers/late/plain", "EARLY") in missing(check(tree))


def test_conflict_markers_do_not_stop_the_rest(tree: Path) -> None:
    source = tree / "drivers/late/plain.c"
    source.write_text("<<<<<<< HEAD\n=======\n>>>>>>> other\n" + source.read_text())
    assert ("drivers/stor/user", "STOR") in missing(check(tree))


def test_an_inline_of_a_local_header_leads_to_the_symbol(tree: Path) -> None:
    (tree / "drivers/late/own.h").write_text(
        "int early(void);\nstatic inline int inner(void) { return early(); }\n#define OUTER() inner()\n"
    )
    (tree / "drivers/late/asm.c").write_text(
        '#include <linux/module.h>\n#include "own.h"\nint use(void) { return OUTER(); }\n' + LICENCE
    )
    assert ("drivers/late/asm", "EARLY") in missing(check(tree))


def test_a_name_pasted_in_the_source_is_found(tree: Path) -> None:
    (tree / "drivers/late/asm.c").write_text(
        "#include <linux/module.h>\n#define CALL(x) ear##x()\nint early(void);\nint use(void) { return CALL(ly); }\n"
        + LICENCE
    )
    assert ("drivers/late/asm", "EARLY") in missing(check(tree))


def test_an_import_of_before_the_change_is_respelled(tree: Path) -> None:
    """As after a rebase over the change of spelling; the header that the tree would generate is not there."""
    source = tree / "drivers/stor/user.c"
    old = USING.format("stor_two").replace("module.h>\n", "module.h>\n#include <linux/version.h>\n")
    source.write_text(old + "MODULE_IMPORT_NS(STOR);\n")
    report = check(tree)
    assert {f["rule"] for f in report["findings"] if f["file"].endswith("user.c")} == {
        "missing-import",
        "wrong-spelling",
    }
    result = nsfix("apply", cwd=tree)
    assert result.code == 0, result.said
    assert source.read_text() == old + 'MODULE_IMPORT_NS("STOR");\n'
    again = nsfix("apply", cwd=tree)
    assert (again.code, again.out) == (0, b""), again.said


def test_a_guard_in_a_tree_is_evaluated_for_it(tree: Path) -> None:
    source = tree / "drivers/late/plain.c"
    guard = "#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)\n{}#else\n{}#endif\n"
    text = source.read_text().replace("module.h>\n", "module.h>\n#include <linux/version.h>\n")
    source.write_text(text + guard.format('MODULE_IMPORT_NS("LATE");\n', "MODULE_IMPORT_NS(LATE);\n"))
    assert nsfix("apply", cwd=tree).code == 0
    early = guard.format(
        'MODULE_IMPORT_NS("EARLY");\nMODULE_IMPORT_NS("LATE");\n',
        "MODULE_IMPORT_NS(EARLY);\nMODULE_IMPORT_NS(LATE);\n",
    )
    assert source.read_text() == text + early
