"""A kernel's Rust sources in small, written for the tests, and modules for it."""

from __future__ import annotations

from pathlib import Path

KERNEL = {
    "rust/macros/module.rs": """
struct Keys;
fn keys(input: Stream) {
    parse_ordered_fields!(
        from input;
        type as type_ [required] => input.parse()?,
        name [required] => input.parse()?,
        license [required] => input.parse()?,
        firmware => { let list; bracketed!(list in input); list },
        imports_ns => { let list; bracketed!(list in input); list },
        params => { let list; braced!(list in input); list },
    );
}
""",
    "rust/kernel/lib.rs": """
//! The crate. `bindings::pwm_get` in a comment is no call.
pub use bindings;
pub mod driver;
#[cfg(CONFIG_PWM)]
pub mod pwm;
pub mod param;
pub mod prelude;
pub mod time;
""",
    "rust/kernel/param.rs": "use bindings;\npub fn set<T>() { unsafe { bindings::pwm_put(T::NULL) } }\n",
    "rust/kernel/prelude.rs": "pub use crate::time::Delta;\n",
    "rust/kernel/time.rs": "pub struct Delta(u64);\nimpl Delta { pub fn new() -> Self { Delta(0) } }\n",
    "rust/kernel/driver.rs": """
#[macro_export]
macro_rules! module_driver {
    (<$gen:ident>, $ops:ty, { type: $type:ty, $($f:tt)* }) => {
        type Ops<$gen> = $ops;
        $crate::prelude::module! {
            type: DriverModule,
            $($f)*
        }
    }
}
#[macro_export]
macro_rules! module_demo_driver {
    ($($f:tt)*) => { $crate::module_driver!(<T>, $crate::demo::Adapter<T>, { $($f)* }); };
}
/// Not one of them.
#[macro_export]
macro_rules! module_device_table {
    ($table_type:literal, $name:ident) => { static $name: u8 = 0; };
}
""",
    "rust/kernel/pwm.rs": """
use crate::{bindings, prelude::*};

pub struct Chip<T>(*mut bindings::pwm_get, T);

impl<T: Ops> Chip<T> {
    /// Calls `bindings::pwm_put` nowhere.
    pub fn new(data: T) -> Self {
        let raw = unsafe { bindings::pwm_get(core::ptr::null_mut()) };
        Chip(raw, data)
    }
    pub fn apply(&self) {
        unsafe { bindings::pwm_apply_might_sleep(self.0, core::ptr::null()) };
    }
}

impl<T> Drop for Chip<T> {
    fn drop(&mut self) { unsafe { bindings::pwm_put(self.0) } }
}

pub struct Device;

impl<'a> Device {
    /// Compiled once, into the kernel.
    pub fn get<'b>(&'b self) -> u32 { unsafe { bindings::pwm_get(core::ptr::null_mut()); } 0 }
    #[inline]
    pub fn quick() { crate::pwm::deeper(|| ()) }
}

pub fn plain() { unsafe { bindings::pwm_put(core::ptr::null_mut()) } }

pub fn deeper(f: impl Fn()) { f(); unsafe { bindings::pwm_put(core::ptr::null_mut()) } }

#[macro_export]
macro_rules! module_pwm_demo_driver {
    ($($user:tt)*) => {
        $crate::module_demo_driver! {
            $($user)*
            imports_ns: ["PWM"],
        }
    };
}

#[macro_export]
macro_rules! pwm_touch {
    ($x:expr) => { $crate::pwm::Chip::new($x) };
}
""",
}
OLD_MACRO = """
impl ModuleInfo {
    fn parse() {
        const EXPECTED_KEYS: &[&str] = &["type", "name", "author", "license", "alias", "firmware"];
    }
}
"""
HEAD = "// SPDX-License-Identifier: GPL-2.0\nuse kernel::prelude::*;\nuse kernel::bindings;\n"
BLOCK = 'module! {\n    type: Demo,\n    name: "demo",\n    license: "GPL",\n}\n'
USING = "struct Demo;\nimpl Demo {\n    fn go() { unsafe { bindings::dma_buf_put(p) }; }\n}\n"


def add_rust(kernel: Path, imports: bool = True) -> Path:
    """Give the kernel at `kernel` its Rust sources; without `imports`, a `module!` that knows no imports_ns."""
    for name, text in KERNEL.items():
        path = kernel / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if not imports:
        (kernel / "rust/macros/module.rs").write_text(OLD_MACRO)
    return kernel


def write_module(directory: Path, files: dict[str, str], kbuild: str = "obj-m := demo.o\n") -> Path:
    """A module directory with these files."""
    for name, text in {"Kbuild": kbuild, **files}.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory
