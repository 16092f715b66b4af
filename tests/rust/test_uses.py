"""Which C symbols Rust leaves undefined: by bindings in its own text, and through the kernel's crate."""

from __future__ import annotations

import pytest

from nsfix.rust.conditions import Conditions
from nsfix.rust.crate import Crate
from nsfix.rust.uses import Found, UseFinder
from tests.rust.test_modinfo import CONFIG, kernel

SYMBOLS = frozenset((b"dma_buf_put", b"dma_buf_get", b"pwm_get", b"pwm_put", b"pwm_apply_might_sleep"))


def find(text: str, with_kernel: bool = True, **files: str) -> Found:
    texts = {"/m/demo.rs": text, **{f"/m/{name.replace('__', '/')}.rs": more for name, more in files.items()}}
    crate = Crate(
        b"crate", "/m/demo.rs", lambda p: texts[p].encode() if p in texts else None, Conditions(CONFIG)
    )
    crate.load_all()
    return UseFinder(crate, kernel() if with_kernel else None, SYMBOLS).find()


def used(text: str, with_kernel: bool = True, **files: str) -> set[str]:
    return {use.symbol.decode() for use in find(text, with_kernel, **files).uses}


@pytest.mark.parametrize("with_kernel", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "use kernel::bindings;\npub fn f() { unsafe { bindings::dma_buf_put(p) } }",
        "pub fn f() { unsafe { kernel::bindings::dma_buf_put(p) } }",
        "pub fn f() { unsafe { ::kernel::bindings::dma_buf_put(p) } }",
        "use kernel::bindings as c;\npub fn f() { unsafe { c::dma_buf_put(p) } }",
        "use kernel::{prelude::*, bindings};\npub fn f() { unsafe { bindings::dma_buf_put(p) } }",
        "use kernel::{self, x};\npub fn f() { unsafe { kernel::bindings::dma_buf_put(p) } }",
        "use kernel::bindings::dma_buf_put;\npub fn f() { unsafe { dma_buf_put(p) } }",
        "use kernel::bindings::{dma_buf_get, dma_buf_put as put};\npub fn f() { unsafe { put(p) } }",
        "use kernel::bindings::*;\npub fn f() { unsafe { dma_buf_put(p) } }",
        "pub fn f() { use kernel::bindings; unsafe { bindings::dma_buf_put(p) } }",
        "use kernel::bindings;\npub static F: Ops = Ops { put: Some(bindings::dma_buf_put) };",
        "use kernel::bindings;\npub static F: Ops = Ops { put: bindings::dma_buf_put };",
        "use kernel::bindings;\npub fn f() { let a: u8 = g(&raw const bindings::dma_buf_put); }",
        "use kernel::bindings;\npub fn f() { g(&bindings::dma_buf_put); }",
        "use kernel::bindings;\npub fn f() -> [u8; 2] { addr_of!(bindings::dma_buf_put) }",
        "use kernel::bindings;\nimpl D { const V: Ops = Ops { a: 1, put: Some(bindings::dma_buf_put), ..X }; }",
        "use kernel::bindings;\nimpl D { fn f() { let a = bindings::dma_buf_put; } }",
        "use kernel::bindings;\nmod inner { use super::*; pub fn f() { unsafe { bindings::dma_buf_put(p) } } }",
        "use kernel::bindings;\nmod inner { pub fn f() { unsafe { super::bindings::dma_buf_put(p) } } }",
        "use kernel::bindings;\nmod inner { use crate::bindings; pub fn f() { unsafe { bindings::dma_buf_put(p) } } }",
        'extern "C" { fn dma_buf_put(p: *mut u8); }\npub fn f() { unsafe { dma_buf_put(p) } }',
        'unsafe extern "C" { #[link_name = "dma_buf_put"] fn put(p: *mut u8); }\npub fn f() { unsafe { put(p) } }',
        "use kernel::bindings;\nmacro_rules! m { () => { bindings::dma_buf_put(p) } }\npub fn f() { m!() }",
        "use kernel::bindings;\nfn used() { unsafe { bindings::dma_buf_put(p) } }\npub fn f() { used() }",
        "use kernel::bindings;\n#[no_mangle] extern \"C\" fn f() { unsafe { bindings::dma_buf_put(p) } }",
        "use kernel::bindings;\npub fn f() { for i in 0..bindings::dma_buf_put(p) {} }",
    ],
)  # fmt: skip
def test_what_its_own_text_calls(text: str, with_kernel: bool) -> None:
    assert used(text, with_kernel) == {"dma_buf_put"}


@pytest.mark.parametrize(
    "text",
    [
        "use kernel::bindings;\n// bindings::dma_buf_put(p)\npub fn f() {}",
        'use kernel::bindings;\npub fn f() { g("bindings::dma_buf_put(p)") }',
        "use kernel::bindings;\n/// bindings::dma_buf_put(p)\npub fn f() {}",
        '#[doc = "x"]\nuse kernel::bindings::dma_buf_put;',
        "use kernel::bindings;\n#[cfg(CONFIG_OFF)]\npub fn f() { unsafe { bindings::dma_buf_put(p) } }",
        "#[cfg(CONFIG_OFF)]\nmod off { pub fn f() { unsafe { kernel::bindings::dma_buf_put(p) } } }",
        "use kernel::bindings;\nfn unused() { unsafe { bindings::dma_buf_put(p) } }",
        "use kernel::bindings;\nmacro_rules! m { () => { bindings::dma_buf_put(p) } }",
        "use kernel::bindings;\npub fn f(p: *mut bindings::dma_buf_put) {}",
        "use kernel::bindings;\npub fn f(p: bindings::dma_buf_put) -> bindings::dma_buf_put { g(p) }",
        "use kernel::bindings;\npub fn f() { let a = p as bindings::dma_buf_put; }",
        "use kernel::bindings;\npub fn f() { let a = bindings::dma_buf_put { x: 1 }; }",
        "use kernel::bindings;\npub struct S { a: Opaque<bindings::dma_buf_put> }",
        "use kernel::bindings;\npub struct S { a: bindings::dma_buf_put }",
        "use kernel::bindings;\npub struct S(bindings::dma_buf_put, pub bindings::dma_buf_put);",
        "use kernel::bindings;\ntype T = bindings::dma_buf_put;\ntype U = [bindings::dma_buf_put; 2];",
        "use kernel::bindings;\npub fn f(a: &bindings::dma_buf_put, b: &'static mut bindings::dma_buf_put) {}",
        "use kernel::bindings;\nstatic A: bindings::dma_buf_put = g();",
        "use kernel::bindings;\npub fn f() { let a: &bindings::dma_buf_put = g; }",
        "use kernel::bindings;\npub fn f() { let b = p as *mut bindings::dma_buf_put; }",
        "use kernel::bindings;\npub fn f() { let b: fn(*mut bindings::dma_buf_put) = g; }",
        "use kernel::bindings;\nimpl From<bindings::dma_buf_put> for S {}\nimpl bindings::dma_buf_put {}",
        "use kernel::bindings;\npub fn f() { size_of::<bindings::dma_buf_put>(); }",
        "pub fn dma_buf_put(p: u8) {}\npub fn f() { dma_buf_put(1) }",
        "mod bindings { pub fn dma_buf_put(p: u8) {} }\npub fn f() { bindings::dma_buf_put(1) }",
        "pub fn f(x: X) { x.dma_buf_put() }",
        "use other::bindings;\npub fn f() { bindings::dma_buf_put(p) }",
        "mod kernel { pub mod bindings { pub fn dma_buf_put() {} } }\npub fn f() { kernel::bindings::dma_buf_put() }",
        'extern "C" { fn dma_buf_put(p: *mut u8); }',
        "use kernel::bindings::*;\npub fn f(x: X) { x.dma_buf_put() }",
        "use kernel::bindings::*;\npub fn f(dma_buf_put: u8) { g(dma_buf_put) }",
    ],
)  # fmt: skip
def test_what_is_no_use(text: str) -> None:
    assert used(text) == set()


def test_files_of_the_crate_are_read() -> None:
    inner = "use super::bindings;\npub fn f() { unsafe { bindings::dma_buf_put(p) } }"
    assert used("use kernel::bindings;\nmod inner;", inner=inner) == {"dma_buf_put"}
    assert used("use kernel::bindings;\nmod a;", a__mod="mod b;", a__b=inner.replace("super", "crate")) == {
        "dma_buf_put"
    }
    assert used('#[path = "odd/name.rs"]\nmod x;\nuse kernel::bindings;', odd__name=inner) == {"dma_buf_put"}
    assert used("#[cfg(CONFIG_OFF)]\nmod inner;\nuse kernel::bindings;", inner=inner) == set()


def test_a_use_has_its_place() -> None:
    text = "use kernel::bindings;\n\npub fn f() {\n    unsafe { bindings::dma_buf_put(p) }\n}\n"
    (use,) = find(text).uses
    assert (use.file, use.line, use.offset, use.via) == ("/m/demo.rs", 4, text.index("dma_buf_put"), ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("use kernel::pwm;\npub fn f() { pwm::Chip::new(1); }", {"pwm_get"}),
        ("use kernel::pwm::Chip;\npub fn f() { Chip::<u8>::new(1); }", {"pwm_get"}),
        ("use kernel::pwm::{self, Chip as C};\npub fn f() { C::new(1); }", {"pwm_get"}),
        ("pub fn f() { kernel::pwm::Chip::new(1); }", {"pwm_get"}),
        ("pub fn f() { kernel::pwm::Device::quick(); }", {"pwm_put"}),
        ("pub fn f() { kernel::pwm::deeper(|| ()); }", {"pwm_put"}),
        ("pub fn f() { kernel::pwm_touch!(1); }", {"pwm_get"}),
        ("use kernel::pwm;\npub fn f(d: &pwm::Device) { pwm::Device::get(d); }", set()),
        ("pub fn f() { kernel::param::set::<u8>(); }", {"pwm_put"}),
        ("pub fn f() { kernel::pwm::plain(); }", set()),
        ("use kernel::pwm;\npub fn f(c: &pwm::Chip<u8>) {}", set()),
        ("use kernel::prelude::*;\npub fn f() { Delta::new(); }", set()),
    ],
)
def test_what_the_kernels_crate_compiles_into_the_module(text: str, expected: set[str]) -> None:
    assert used(text) == expected


def test_the_way_through_the_crate_is_told() -> None:
    (use,) = find("use kernel::pwm;\npub fn f() {\n    pwm::Device::quick();\n}").uses
    assert [via.name for via in use.via] == ["kernel::pwm::Device::quick", "kernel::pwm::deeper"]
    assert (use.line, use.via[0].file) == (3, "/k/rust/kernel/pwm.rs")


@pytest.mark.parametrize(
    ("text", "suspected"),
    [
        (
            "use kernel::pwm::Chip;\npub fn f(c: &Chip<u8>) { c.apply(); }",
            {"pwm_apply_might_sleep", "pwm_put"},
        ),
        ("use kernel::pwm;\npub fn f(d: &pwm::Device) {}", set()),
        ("use kernel::pwm;\npub fn f(d: &pwm::Device) { d.get(); }", set()),
        ("pub fn f(x: &X) { x.apply(); }", set()),
    ],
)
def test_a_method_is_only_suspected(text: str, suspected: set[str]) -> None:
    found = find(text)
    assert found.uses == []
    assert {use.symbol.decode() for use in found.suspected} == suspected


def test_what_the_module_gives_to_the_linker() -> None:
    text = '#[no_mangle]\npub extern "C" fn dma_buf_put() {}\n#[export_name = "pwm_put"]\npub fn x() {}\n'
    assert find(text).defines == {b"dma_buf_put", b"pwm_put"}
