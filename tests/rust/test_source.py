"""Which tokens a `#[cfg(…)]` takes away."""

from __future__ import annotations

import pytest

from nsfix.rust.conditions import Conditions
from nsfix.rust.source import RustFile

CONFIG = {"CONFIG_ON": "y", "CONFIG_MOD": "m", "CONFIG_TEXT": '"y"', "CONFIG_NUMBER": "4"}


def holds(predicate: str, module: bool = True, flags: tuple[str, ...] = ()) -> bool | None:
    file = RustFile("x.rs", f"#[cfg({predicate})] fn f() {{}}".encode(), Conditions(CONFIG, flags, module))
    return file.arms[0].holds


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ("CONFIG_ON", True),
        ("CONFIG_MOD", True),
        ("CONFIG_OFF", False),
        ("CONFIG_TEXT", False),
        ('CONFIG_TEXT = "y"', True),
        ('CONFIG_ON = "y"', True),
        ('CONFIG_MOD = "y"', False),
        ('CONFIG_NUMBER = "4"', True),
        ("not(CONFIG_OFF)", True),
        ("all(CONFIG_ON, not(CONFIG_OFF))", True),
        ("all()", True),
        ("any()", False),
        ("any(CONFIG_OFF, CONFIG_MOD,)", True),
        ("any(CONFIG_OFF, unix)", None),
        ("all(CONFIG_OFF, unix)", False),
        ("not(unix)", None),
        ("MODULE", True),
        ("test", False),
        ('target_arch = "x86_64"', None),
        ("true", True),
    ],
)
def test_predicates(predicate: str, expected: bool | None) -> None:
    assert holds(predicate) is expected


def test_what_is_built_in_is_no_module() -> None:
    assert holds("MODULE", module=False) is False


def test_flags_set_conditions() -> None:
    assert holds("own", flags=("--cfg", "own")) is True
    assert holds('own = "x"', flags=('--cfg=own="x"',)) is True
    assert holds("own") is None


def test_without_a_kernel_no_option_is_known() -> None:
    file = RustFile("x.rs", b"#[cfg(CONFIG_ON)] fn f() {}", Conditions(None))
    assert file.arms[0].holds is None


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("#[cfg(CONFIG_OFF)] #[inline] pub(crate) unsafe fn gone<A, B>(x: A) where A: C { a; b } fn kept() {}", "kept"),
        ("#[cfg(CONFIG_OFF)] use gone::{a, b}; use kept;", "kept"),
        ("#[cfg(CONFIG_OFF)] const GONE: T = T { a: 1 }; const KEPT: u8 = 1;", "KEPT"),
        ("#[cfg(CONFIG_OFF)] gone! { a, b } kept! {}", "kept"),
        ("#[cfg(CONFIG_OFF)] gone!(a; b); kept!();", "kept"),
        ("#[cfg(CONFIG_OFF)] struct Gone(u8); struct Kept(u8);", "Kept"),
        ("#[cfg(CONFIG_OFF)] impl<T> A<T> for Gone where T: B { fn a() {} } fn kept() {}", "kept"),
        ("#[cfg(CONFIG_OFF)] mod gone; mod kept;", "kept"),
        ("fn f() { #[cfg(CONFIG_OFF)] let gone = if a { 1 } else { 2 }; kept() }", "kept"),
        ("fn f() { #[cfg(CONFIG_OFF)] { gone(); } kept() }", "kept"),
        ("fn f() { #[cfg(CONFIG_OFF)] if a { 1 } else { gone() } kept() }", "kept"),
        ("fn f() { match x { #[cfg(CONFIG_OFF)] A => gone(), B => kept() } }", "kept"),
        ("fn f() { match x { #[cfg(CONFIG_OFF)] A => { gone() }, B => kept() } }", "kept"),
        ("fn f() { S { #[cfg(CONFIG_OFF)] a: gone, b: kept } }", "kept"),
        ("fn f() { #[cfg(CONFIG_OFF)] g(S { a }).gone(); kept() }", "kept"),
        ("mod outer { #![cfg(CONFIG_OFF)] fn gone() {} } fn kept() {}", "kept"),
    ],
)  # fmt: skip
def test_what_is_cut_out(text: str, left: str) -> None:
    file = RustFile("x.rs", text.encode(), Conditions(CONFIG))
    alive = [t.text.decode() for at, t in enumerate(file.tokens) if file.alive(at)]
    assert left in alive
    assert "gone" not in [word.lower() for word in alive]


def test_an_inner_cfg_takes_the_whole_file() -> None:
    file = RustFile("x.rs", b"#![cfg(CONFIG_OFF)] fn f() {}", Conditions(CONFIG))
    assert not any(file.alive(at) for at in range(len(file.tokens)))


def test_a_bracket_of_the_wrong_kind_ends_what_is_open() -> None:
    file = RustFile("x.rs", b"fn f() { a(b } fn g() {}", Conditions(CONFIG))
    assert [file.tokens[end].text for _, end in sorted(file.close.items())] == [b")", b"}", b"}", b")", b"}"]
