"""Rust modules inside a kernel tree with nothing built."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fake_kernel import make_kernel
from tests.rust.fixtures import BLOCK, HEAD, add_rust
from tests.support import nsfix

USING = "pub fn go() { unsafe { bindings::core_one() }; }\n"
C_PART = '#include <linux/module.h>\nvoid part(void);\nvoid part(void) {}\nMODULE_LICENSE("GPL");\n'
FILES = {
    "Kbuild": "obj-y += drivers/ kernel/\n",
    "Kconfig": "",
    "init/main.c": "",
    "arch/x86/Makefile": "",
    "include/asm-generic/Kbuild": "",
    "include/linux/core.h": '#include <linux/module.h>\nMODULE_IMPORT_NS("CORE");\n',
    "lib/Makefile": "",
    "kernel/Makefile": "obj-y := core.o\n",
    "kernel/core.c": "#include <linux/module.h>\nint core_one(void) { return 0; }\n"
    'EXPORT_SYMBOL_NS_GPL(core_one, "CORE");\n',
    "drivers/Makefile": "obj-$(CONFIG_USB_STORAGE) += alone.o\nobj-$(CONFIG_OFF) += off.o\n"
    "obj-m += beside.o header.o both.o\n"
    "beside-y := beside_main.o beside_part.o\nheader-y := header_main.o header_part.o\n",
    "drivers/alone.rs": HEAD + BLOCK + "mod inner;\n",
    "drivers/inner.rs": "use super::bindings;\n" + USING,
    "drivers/off.rs": HEAD + BLOCK + USING,
    "drivers/beside_main.rs": HEAD + USING,
    "drivers/beside_part.c": C_PART,
    "drivers/header_main.rs": HEAD + BLOCK + USING,
    "drivers/header_part.c": "#include <linux/core.h>\nvoid part(void);\nvoid part(void) {}\n",
    # Makefile.build: the rule for .c goes before the one for .rs.
    "drivers/both.c": C_PART,
    "drivers/both.rs": HEAD + BLOCK + USING,
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    top = add_rust(make_kernel(tmp_path / "linux", "7.x"))
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


def test_rust_modules_are_found_with_all_their_sources(tree: Path) -> None:
    modules = {m["path"]: m["sources"] for m in check(tree)["modules"]}
    assert modules == {
        "drivers/alone": ["drivers/alone.rs", "drivers/inner.rs"],
        "drivers/beside": ["drivers/beside_main.rs", "drivers/beside_part.c"],
        "drivers/header": ["drivers/header_main.rs", "drivers/header_part.c"],
        "drivers/both": ["drivers/both.c"],
    }


def test_needs_are_found_and_an_import_in_a_header_beside_counts(tree: Path) -> None:
    report = check(tree)
    needs = {m["path"]: [n["namespace"] for n in m["needs"]] for m in report["modules"]}
    assert needs == {
        "drivers/alone": ["CORE"],
        "drivers/beside": ["CORE"],
        "drivers/header": ["CORE"],
        "drivers/both": [],
    }
    findings = {f["module"]: f for f in report["findings"]}
    assert findings.keys() == {"drivers/alone", "drivers/beside"}
    assert findings["drivers/alone"]["file"] == "drivers/inner.rs"
    assert findings["drivers/alone"]["fix"] is None
    assert 'add the line `imports_ns: ["CORE"],` after line 7' in findings["drivers/alone"]["refusal"]
    assert findings["drivers/beside"]["fix"]["file"] == "drivers/beside_part.c"


def test_apply_writes_c_only_and_once(tree: Path) -> None:
    before = {path: path.read_bytes() for path in tree.rglob("*.rs")}
    first = nsfix("apply", cwd=tree)
    assert (first.code, first.out) == (1, b"drivers/beside_part.c: imports CORE\n"), first.said
    assert "Rust is not edited" in first.err
    assert {path: path.read_bytes() for path in tree.rglob("*.rs")} == before
    second = nsfix("apply", cwd=tree)
    assert (second.code, second.out) == (1, b""), second.said


@pytest.mark.parametrize("word", ["drivers/alone.rs", "drivers/inner.rs"])
def test_a_rust_file_narrows_the_work(tree: Path, word: str) -> None:
    assert {m["path"] for m in check(tree, word)["modules"]} == {"drivers/alone"}
