"""`--config any`: what the modules of a hand-made tree need under some configuration, and under which."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fake_kernel import make_kernel
from tests.support import nsfix

LICENCE = 'MODULE_LICENSE("GPL");\n'
HEAD = "#include <linux/module.h>\n#include <linux/kconfig.h>\n#include <linux/pwmish.h>\n"
KCONFIG = """
config MODULES
	bool "Modules"
	modules
config X86
	def_bool y
menuconfig BUS
	bool "Bus"
if BUS
config CORE
	tristate "Core"
config USER
	tristate "User"
	depends on CORE
	help
		config NOT_ONE
endif
config PWMISH
	bool "Pulses"
config FOO
	bool "Foo"
config BAR
	tristate "Bar"
config PART
	bool "A part of the driver"
	depends on DRIVER
config DRIVER
	tristate "Driver"
config ONLY_BUILT_IN
	bool "Never a module"
config AGAINST
	tristate "Not beside the other"
	depends on !FOO
config ELSEWHERE
	tristate "Only on a machine that this is not"
	depends on OTHER_ARCH
"""
FILES = {
    "Kbuild": "obj-y += drivers/ kernel/\n",
    "Kconfig": KCONFIG,
    "init/main.c": "",
    "arch/x86/Makefile": "",
    "lib/Makefile": "",
    "include/asm-generic/Kbuild": "",
    "include/linux/pwmish.h": "#ifdef CONFIG_PWMISH\nint pulse(void);\n#else\n"
    "static inline int pulse(void) { return -1; }\n#endif\nint core(void);\nint plain(void);\n",
    "kernel/Makefile": "obj-$(CONFIG_PWMISH) += pulse.o\nobj-y += plain.o\n",
    "kernel/pulse.c": HEAD + 'int pulse(void) { return 0; }\nEXPORT_SYMBOL_NS_GPL(pulse, "PULSE");\n',
    "kernel/plain.c": HEAD + 'int plain(void) { return 0; }\nEXPORT_SYMBOL_NS_GPL(plain, "PLAIN");\n',
    "drivers/Makefile": "obj-$(CONFIG_BUS) += bus/\nobj-$(CONFIG_DRIVER) += driver/\n",
    "drivers/bus/Makefile": "obj-$(CONFIG_CORE) += core.o\nobj-$(CONFIG_USER) += user.o\n"
    "obj-$(CONFIG_ONLY_BUILT_IN) += built.o\nobj-$(CONFIG_ELSEWHERE) += elsewhere.o\n",
    "drivers/bus/core.c": HEAD
    + 'int core(void) { return 0; }\nEXPORT_SYMBOL_NS_GPL(core, "CORE");\n'
    + LICENCE,
    "drivers/bus/user.c": HEAD + "int use(void);\nint use(void) { return core(); }\n" + LICENCE,
    "drivers/bus/built.c": HEAD + "int use(void);\nint use(void) { return core(); }\n" + LICENCE,
    "drivers/bus/elsewhere.c": HEAD + "int use(void);\nint use(void) { return core(); }\n" + LICENCE,
    "drivers/driver/Makefile": "obj-$(CONFIG_DRIVER) += driver.o\ndriver-y := main.o\n"
    "driver-$(CONFIG_PART) += part.o\n",
    "drivers/driver/main.c": HEAD + LICENCE,
    "drivers/driver/part.c": HEAD,
}
TRIMMED = """
#ifdef CONFIG_TRIM
#define EXPORT_SYMBOL(sym)
#define EXPORT_SYMBOL_GPL(sym)
#define EXPORT_SYMBOL_NS(sym, ns)
#define EXPORT_SYMBOL_NS_GPL(sym, ns)
#else
{}
#endif
"""
CODE = "int use(void);\nint use(void) {{ return {}(); }}\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree of 7.x that was never configured."""
    top = make_kernel(tmp_path / "linux", "7.x")
    built = ("Module.symvers", ".config", "include/config/auto.conf", "include/generated/autoconf.h")
    for name in built:
        (top / name).unlink()
    for name, text in FILES.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    return top


def check(tree: Path, *words: str) -> Any:
    result = nsfix("check", "--format", "json", "--config", "any", "ARCH=x86_64", *words, cwd=tree)
    assert result.code in (0, 1), result.said
    return json.loads(result.out)


def missing(report: Any) -> dict[tuple[str, str], str | None]:
    """For each missing pair the condition in the message."""
    found = {}
    for finding in report["findings"]:
        assert finding["rule"] == "missing-import"
        _, comma, condition = finding["message"].rpartition(", if ")
        name = finding["module"].rpartition("/")[2]
        found[name, finding["namespace"]] = condition if comma else None
    return found


def driver(tree: Path, text: str, part: str = "") -> dict[tuple[str, str], str | None]:
    """What is missing where the driver's source goes on with `text`, and that of its part with `part`."""
    (tree / "drivers/driver/main.c").write_text(HEAD + text + LICENCE)
    (tree / "drivers/driver/part.c").write_text(HEAD + part)
    return missing(check(tree, "M=drivers/driver"))


def test_modules_of_all_configurations_are_read(tree: Path) -> None:
    report = check(tree)
    assert report["kernel"]["config"] == "any"
    assert [m["path"] for m in report["modules"]] == [
        "drivers/bus/core",
        "drivers/bus/user",
        "drivers/driver/driver",
    ]
    assert missing(report) == {("user", "CORE"): "CONFIG_USER"}


def test_a_use_under_a_condition_tells_it(tree: Path) -> None:
    guarded = "#ifdef CONFIG_FOO\n" + CODE.format("plain") + "#endif\n"
    assert driver(tree, guarded) == {("driver", "PLAIN"): "CONFIG_DRIVER && CONFIG_FOO"}


def test_exports_are_found_though_a_symbol_that_can_be_on_leaves_them_out(tree: Path) -> None:
    """As CONFIG_TRIM_UNUSED_KSYMS does before 6.4."""
    header = tree / "include/linux/export.h"
    header.write_text(TRIMMED.format(header.read_text()))
    (tree / "Kconfig").write_text('config TRIM\n\tbool "Trim"\n' + KCONFIG)
    assert missing(check(tree)) == {("user", "CORE"): "CONFIG_USER"}


def test_a_use_in_the_other_arm_is_found(tree: Path) -> None:
    for text in ("#ifndef CONFIG_FOO\n{}#endif\n", "#ifdef CONFIG_FOO\n#else\n{}#endif\n"):
        found = driver(tree, text.format(CODE.format("plain")))
        assert found == {("driver", "PLAIN"): "CONFIG_DRIVER && !CONFIG_FOO"}


def test_a_tristate_may_have_to_be_built_in(tree: Path) -> None:
    found = driver(tree, "#ifdef CONFIG_BAR\n" + CODE.format("plain") + "#endif\n")
    assert found == {("driver", "PLAIN"): "CONFIG_DRIVER && CONFIG_BAR=y"}


def test_a_branch_that_takes_two_symbols_is_found(tree: Path) -> None:
    text = "#if IS_ENABLED(CONFIG_BAR) && !defined(CONFIG_FOO)\n" + CODE.format("plain") + "#endif\n"
    assert driver(tree, text) == {("driver", "PLAIN"): "CONFIG_DRIVER && CONFIG_BAR && !CONFIG_FOO"}


def test_either_of_two_symbols_is_told_as_such(tree: Path) -> None:
    text = "#if defined(CONFIG_FOO) || defined(CONFIG_PWMISH)\n" + CODE.format("plain") + "#endif\n"
    assert driver(tree, text) == {("driver", "PLAIN"): "CONFIG_DRIVER && (CONFIG_FOO || CONFIG_PWMISH)"}


def test_a_condition_in_the_code_counts(tree: Path) -> None:
    text = "int use(void);\nint use(void) { if (!IS_ENABLED(CONFIG_FOO)) return plain(); return 0; }\n"
    assert driver(tree, text) == {("driver", "PLAIN"): "CONFIG_DRIVER && !CONFIG_FOO"}


def test_a_stub_in_a_header_is_a_condition(tree: Path) -> None:
    assert driver(tree, CODE.format("pulse")) == {("driver", "PULSE"): "CONFIG_DRIVER && CONFIG_PWMISH"}


def test_a_condition_inside_an_inline_of_a_header(tree: Path) -> None:
    header = tree / "include/linux/pwmish.h"
    header.write_text(
        header.read_text() + "static inline int outer(void)\n{\n#ifndef CONFIG_FOO\n"
        "\treturn plain();\n#endif\n\treturn 0;\n}\n"
    )
    assert driver(tree, CODE.format("outer")) == {("driver", "PLAIN"): "CONFIG_DRIVER && !CONFIG_FOO"}


def test_a_macro_of_a_header_that_asks_for_a_symbol(tree: Path) -> None:
    header = tree / "include/linux/pwmish.h"
    header.write_text(header.read_text() + "#define foo_ptr(x) (IS_ENABLED(CONFIG_FOO) ? (x) : 0)\n")
    text = "int (*table)(void) = foo_ptr(plain);\n"
    assert driver(tree, text) == {("driver", "PLAIN"): "CONFIG_DRIVER && CONFIG_FOO"}


def test_a_function_that_is_called_under_a_condition(tree: Path) -> None:
    text = (
        "static int inner(void) { return plain(); }\n#ifdef CONFIG_FOO\n" + CODE.format("inner") + "#endif\n"
    )
    assert driver(tree, text) == {("driver", "PLAIN"): "CONFIG_DRIVER && CONFIG_FOO"}


def test_an_export_that_only_a_built_in_has(tree: Path) -> None:
    (tree / "kernel/plain.c").write_text(
        HEAD + "int plain(void) { return 0; }\n#ifdef CONFIG_BAR\n"
        'EXPORT_SYMBOL_NS_GPL(plain, "PLAIN");\n#endif\n#ifndef CONFIG_FOO\nint other(void) { return 0; }\n'
        'EXPORT_SYMBOL_NS_GPL(other, "OTHER");\n#endif\n'
    )
    found = driver(tree, "int other(void);\nint use(void);\nint use(void) { return plain() + other(); }\n")
    assert found.keys() == {("driver", "PLAIN"), ("driver", "OTHER")}


def test_a_branch_that_no_configuration_compiles_needs_nothing(tree: Path) -> None:
    for test in ("#ifdef CONFIG_ELSEWHERE", "#ifndef CONFIG_X86", "#ifdef CONFIG_NOT_ONE"):
        assert driver(tree, f"{test}\n{CODE.format('plain')}#endif\n") == {}


def test_what_the_module_depends_on_is_neither_said_nor_off(tree: Path) -> None:
    source = tree / "drivers/bus/user.c"
    source.write_text(HEAD + "#ifndef CONFIG_BUS\n" + CODE.format("plain") + "#endif\n" + LICENCE)
    assert missing(check(tree, "M=drivers/bus")) == {}
    source.write_text(HEAD + "#ifdef CONFIG_BUS\n" + CODE.format("core") + "#endif\n" + LICENCE)
    assert missing(check(tree, "M=drivers/bus")) == {("user", "CORE"): "CONFIG_USER"}


def test_what_the_module_excludes_is_off(tree: Path) -> None:
    (tree / "drivers/bus/Makefile").write_text("obj-$(CONFIG_AGAINST) += user.o\n")
    source = tree / "drivers/bus/user.c"
    source.write_text(HEAD + "#ifdef CONFIG_FOO\n" + CODE.format("plain") + "#endif\n" + LICENCE)
    assert missing(check(tree, "M=drivers/bus")) == {}
    source.write_text(HEAD + "#ifndef CONFIG_FOO\n" + CODE.format("plain") + "#endif\n" + LICENCE)
    assert missing(check(tree, "M=drivers/bus")) == {("user", "PLAIN"): "CONFIG_BUS && CONFIG_AGAINST"}


def test_a_part_of_a_module_has_its_condition(tree: Path) -> None:
    found = driver(tree, "", CODE.format("plain"))
    assert found == {("driver", "PLAIN"): "CONFIG_PART"}


def test_an_import_covers_the_configurations_that_it_stands_in(tree: Path) -> None:
    guard = '#ifdef CONFIG_FOO\n{}MODULE_IMPORT_NS("PLAIN");\n#endif\n'
    inside = CODE.format("plain")
    assert driver(tree, guard.format(inside)) == {}
    outside = driver(tree, inside + guard.format(""))
    assert outside == {("driver", "PLAIN"): "CONFIG_DRIVER && !CONFIG_FOO"}
    assert driver(tree, 'MODULE_IMPORT_NS("PLAIN");\n' + inside) == {}


def test_an_import_in_a_part_covers_that_part(tree: Path) -> None:
    use, imported = CODE.format("plain"), 'MODULE_IMPORT_NS("PLAIN");\n'
    assert driver(tree, "", use + imported) == {}
    assert driver(tree, use, imported) == {("driver", "PLAIN"): "CONFIG_DRIVER && !CONFIG_PART"}


def test_an_import_under_what_the_module_depends_on_has_no_condition(tree: Path) -> None:
    source = tree / "drivers/bus/user.c"
    guarded = '#ifdef CONFIG_BUS\nMODULE_IMPORT_NS("CORE");\n#endif\n'
    source.write_text(HEAD + CODE.format("core") + guarded + LICENCE)
    (tree / "drivers/bus/Makefile").write_text(
        "obj-$(CONFIG_CORE) += core.o\nobj-$(CONFIG_USER) += user.o\nuser-$(CONFIG_BUS) := part.o\n"
    )
    source.rename(source.with_name("part.c"))
    report = check(tree, "M=drivers/bus")
    assert missing(report) == {}
    assert [entry["condition"] for m in report["modules"] for entry in m["imports"]] == [None]


def test_uses_and_imports_carry_their_conditions(tree: Path) -> None:
    text = "#ifdef CONFIG_FOO\n" + CODE.format("plain") + 'MODULE_IMPORT_NS("PLAIN");\n#endif\n'
    driver(tree, text)
    (module,) = check(tree, "M=drivers/driver")["modules"]
    (use,) = module["needs"][0]["uses"]
    assert use["condition"] == "CONFIG_DRIVER && CONFIG_FOO"
    (entry,) = module["imports"]
    assert (entry["effective"], entry["condition"]) == (True, "CONFIG_FOO")


def test_two_uses_are_told_together(tree: Path) -> None:
    text = (
        "#ifdef CONFIG_FOO\n" + CODE.format("plain") + "#endif\n#ifdef CONFIG_PWMISH\nint two(void);\n"
        "int two(void) { return plain(); }\n#endif\n"
    )
    found = driver(tree, text)
    assert found == {("driver", "PLAIN"): "CONFIG_DRIVER && (CONFIG_FOO || CONFIG_PWMISH)"}


def test_a_source_that_only_a_conditional_of_its_makefile_brings(tree: Path) -> None:
    makefile = tree / "drivers/driver/Makefile"
    makefile.write_text(
        "obj-$(CONFIG_DRIVER) += driver.o\ndriver-y := main.o\nifndef CONFIG_FOO\ndriver-y += part.o\nendif\n"
        "ifeq ($(CONFIG_BAR),y)\nobj-m += extra.o\nendif\n"
    )
    (tree / "drivers/driver/extra.c").write_text(HEAD + CODE.format("plain") + LICENCE)
    assert driver(tree, "", CODE.format("plain")) == {
        ("driver", "PLAIN"): "CONFIG_DRIVER && !CONFIG_FOO",
        ("extra", "PLAIN"): "CONFIG_DRIVER && CONFIG_BAR=y",
    }


def test_apply_imports_without_a_condition_and_only_once(tree: Path) -> None:
    driver(tree, "#ifndef CONFIG_FOO\n" + CODE.format("plain") + "#endif\n")
    words = ("--config", "any", "ARCH=x86_64", "M=drivers/driver")
    assert nsfix("diff", *words, cwd=tree).code == 1
    first = nsfix("apply", *words, cwd=tree)
    assert first.code == 0, first.said
    source = (tree / "drivers/driver/main.c").read_text()
    assert source.endswith(f'#endif\n{LICENCE}MODULE_IMPORT_NS("PLAIN");\n')
    second = nsfix("apply", *words, cwd=tree)
    assert (second.code, second.out) == (0, b""), second.said
    assert (tree / "drivers/driver/main.c").read_text() == source


def test_what_no_configuration_builds_is_an_error(tree: Path) -> None:
    result = nsfix("check", "--config", "any", "ARCH=x86_64", "M=kernel", cwd=tree)
    assert (result.code, result.out) == (2, b""), result.said
    assert "no module is built from kernel under any configuration for x86" in result.err


def test_an_external_module_has_no_any(tmp_path: Path) -> None:
    result = nsfix("check", "--config", "any", f"KDIR={tmp_path}", cwd=tmp_path)
    assert (result.code, result.out) == (2, b""), result.said
    assert "--config is for a kernel's own tree" in result.err
