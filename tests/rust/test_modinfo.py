"""`module!` and its wrappers: the fields that make .modinfo, and the texts that only look like them."""

from __future__ import annotations

import pytest

from nsfix.rust.conditions import Conditions
from nsfix.rust.crate import Crate
from nsfix.rust.kernelcrate import KernelCrate
from nsfix.rust.modinfo import ModuleBlock, blocks_of, known_fields
from nsfix.rust.source import RustFile
from tests.rust.fixtures import KERNEL, OLD_MACRO

CONFIG = {"CONFIG_ON": "y", "CONFIG_PWM": "y"}


def kernel() -> KernelCrate:
    texts = {f"/k/{name}": text.encode() for name, text in KERNEL.items() if name.startswith("rust/kernel")}
    return KernelCrate("/k/rust/kernel", texts, texts.get, Conditions(CONFIG, (), False))


def blocks(text: str, known: bool = True, **files: str) -> list[ModuleBlock]:
    texts = {"/m/demo.rs": text, **{f"/m/{name}.rs": more for name, more in files.items()}}
    crate = Crate(
        b"crate", "/m/demo.rs", lambda p: texts[p].encode() if p in texts else None, Conditions(CONFIG)
    )
    crate.load_all()
    return blocks_of(crate, kernel() if known else None)


def imports(text: str) -> list[tuple[str, int]]:
    return [(i.value, i.line) for block in blocks(text) if block.compiled for i in block.imports]


FIELDS = 'type: Demo,\nname: "demo",\nlicense: "GPL",\n'


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ('imports_ns: ["PWM"],', [("PWM", 5)]),
        ('imports_ns: ["PWM", "CXL"],', [("PWM", 5), ("CXL", 5)]),
        ('imports_ns: [\n    "PWM",\n    "CXL", //\n],', [("PWM", 6), ("CXL", 7)]),
        ('imports_ns: [/* "NO", */ "PWM", // "NO"\n],', [("PWM", 5)]),
        ('imports_ns: [r"PWM", r#"CXL"#],', [("PWM", 5), ("CXL", 5)]),
        ("imports_ns: [],", []),
        ("", []),
        ('// imports_ns: ["NO"],', []),
        ('/* imports_ns: ["NO"], */', []),
        ('params: { imports_ns: u8 { default: 1, description: "imports_ns: [\\"NO\\"]", }, },', []),
        ('params: { a: u8 { default: 1, description: "b", }, }, imports_ns: ["PWM"],', [("PWM", 5)]),
        ('description: "imports_ns: [\\"NO\\"],",', []),
        ('authors: ["imports_ns", "NO"],', []),
    ],
)
def test_imports(field: str, expected: list[tuple[str, int]]) -> None:
    assert imports("module! {\n" + FIELDS + field + "\n}\n") == expected


@pytest.mark.parametrize(
    "text",
    [
        "// module! { %s }",
        "/* module! { %s } */",
        "/// module! { %s }\nfn f() {}",
        "//! ```\n//! module! { %s }\n//! ```",
        'const T: &str = r#"module! { %s }"#;',
        "macro_rules! own { () => { module! { %s } } }",
        "fn module() { if !module {} }",
        'module_device_table!("usb", %s);',
        '#[doc = r#"module! { %s }"#] fn f() {}',
    ],
)
def test_what_is_no_block(text: str) -> None:
    assert blocks(text.replace("%s", FIELDS.replace("\n", " ") + 'imports_ns: ["NO"],')) == []


@pytest.mark.parametrize(
    ("start", "compiled", "condition"),
    [
        ("", True, None),
        ("#[cfg(CONFIG_ON)]\n", True, "cfg(CONFIG_ON)"),
        ("#[cfg(CONFIG_OFF)]\n", False, "cfg(CONFIG_OFF)"),
        ("#[cfg(unix)]\n", True, "cfg(unix)"),
        ("#![cfg(CONFIG_OFF)]\n", False, "cfg(CONFIG_OFF)"),
        ("#[cfg(CONFIG_OFF)] #[allow(unused)]\n", False, "cfg(CONFIG_OFF)"),
        ("#[cfg(CONFIG_OFF)]\nfn f() {}\n", True, None),
    ],
)
def test_conditions(start: str, compiled: bool, condition: str | None) -> None:
    (block,) = blocks(start + "module! {\n" + FIELDS + "}\n")
    assert (block.compiled, block.condition) == (compiled, condition)


def test_the_fields_have_their_last_lines() -> None:
    (block,) = blocks(
        'kernel::module! {\n    type: Demo<A, B>,\n    name: "demo",\n    license: "GPL",\n'
        '    firmware: [\n        "a",\n    ],\n}\n'
    )
    assert block.fields == (("type", 2), ("name", 3), ("license", 4), ("firmware", 7))
    assert [(licence.value, licence.line) for licence in block.licences] == [("GPL", 4)]


@pytest.mark.parametrize(
    ("macro", "given"),
    [
        ("module", ()),
        ("module_demo_driver", ()),
        ("kernel::module_demo_driver", ()),
        ("kernel::module_pwm_demo_driver", ("PWM",)),
    ],
)
def test_wrappers_are_read_from_the_kernels_own_macros(macro: str, given: tuple[str, ...]) -> None:
    (block,) = blocks(f"{macro}! {{\n{FIELDS}}}\n")
    assert block.given is not None
    assert block.given.imports == given
    assert block.macro == macro.split("::")[-1]


def test_a_wrapper_says_where_it_gives_its_import() -> None:
    (block,) = blocks(f"kernel::module_pwm_demo_driver! {{ {FIELDS} }}")
    assert block.given is not None
    assert block.given.file == "/k/rust/kernel/pwm.rs"
    text = KERNEL["rust/kernel/pwm.rs"].splitlines()
    assert block.given.line is not None
    assert "imports_ns" in text[block.given.line - 1]


def test_a_wrapper_of_the_module_itself() -> None:
    own = 'macro_rules! mine { ($($f:tt)*) => { module! { $($f)* license: "GPL v2", imports_ns: ["CXL"], } } }\n'
    (block,) = blocks(own + 'mine! { type: D, name: "x", }\n')
    assert block.given is not None
    assert (block.given.imports, block.given.licences) == (("CXL",), ("GPL v2",))


def test_a_wrapper_of_a_wrapper_gives_what_both_give() -> None:
    own = "macro_rules! mine { ($($f:tt)*) => { kernel::module_pwm_demo_driver! { $($f)* } } }\n"
    (block,) = blocks(own + f"mine! {{ {FIELDS} }}")
    assert block.given is not None
    assert block.given.imports == ("PWM",)


def test_of_several_arms_only_what_all_give_counts() -> None:
    own = (
        'macro_rules! mine { (a $($f:tt)*) => { module! { $($f)* imports_ns: ["CXL", "PWM"], } };\n'
        '(b $($f:tt)*) => { module! { $($f)* imports_ns: ["CXL"], } } }\n'
    )
    (block,) = blocks(own + f"mine! {{ a {FIELDS} }}")
    assert block.given is not None
    assert block.given.imports == ("CXL",)


def test_an_unknown_macro_with_those_fields_is_one_and_says_that_it_is_unknown() -> None:
    (block,) = blocks(f"kernel::module_far_driver! {{\n{FIELDS}}}\n", known=False)
    assert block.given is None


def test_a_macro_of_another_use_is_none() -> None:
    assert blocks('other! { name: x, license: "GPL", }') == []
    assert blocks('macro_rules! other { ($($f:tt)*) => {} }\nother! { name: "x", license: "GPL", }') == []


def test_files_of_the_crate_are_read_too() -> None:
    found = blocks("mod inner;", inner="module! {\n" + FIELDS + 'imports_ns: ["PWM"],\n}\n')
    assert [(block.file, [i.value for i in block.imports]) for block in found] == [("/m/inner.rs", ["PWM"])]


def test_fields_of_both_forms_of_the_macro() -> None:
    def fields(text: str) -> tuple[str, ...] | None:
        return known_fields(RustFile("m.rs", text.encode(), Conditions({})))

    assert fields(KERNEL["rust/macros/module.rs"]) == (
        *("type", "name", "license", "firmware", "imports_ns", "params"),
    )
    assert fields(OLD_MACRO) == ("type", "name", "author", "license", "alias", "firmware")
    assert fields("fn f() {}") is None
