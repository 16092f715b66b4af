"""Symbols that are reserved for named modules: which export does that, where it stands, and who can change it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_kernel import make_kernel
from tests.support import nsfix

LIST = "module:kvm,kvm-amd,kvm-intel"
USER = """#include <linux/module.h>
struct perf_guest_switch_msr *perf_guest_get_msrs(int *nr, void *data);
void *t(void);
void *t(void) { return perf_guest_get_msrs(NULL, NULL); }
MODULE_LICENSE("GPL");
"""
EXPORT = """#include <linux/export.h>
/* EXPORT_SYMBOL_FOR_MODULES(perf_guest_get_msrs, "none") is what it is not */
EXPORT_SYMBOL_GPL(something_else);

EXPORT_SYMBOL_FOR_MODULES(perf_guest_get_msrs,
"kvm,kvm-amd,kvm-intel");
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A module that uses such a symbol."""
    place = tmp_path / "m"
    place.mkdir()
    (place / "Kbuild").write_text("obj-m := t.o\n")
    (place / "t.c").write_text(USER)
    return place


def test_only_headers_at_hand(directory: Path, fake_kernels: dict[str, Path]) -> None:
    result = nsfix("apply", f"M={directory}", f"KDIR={fake_kernels['7.x']}", cwd=directory)
    assert result.code == 1
    assert (
        "t uses perf_guest_get_msrs, reserved for the modules kvm, kvm-amd, kvm-intel by the export in vmlinux\n"
        in result.err
    )
    assert f"{LIST} cannot be imported: only whoever exports the symbol can add this module" in result.err
    assert (directory / "t.c").read_text() == USER


@pytest.mark.parametrize("place", ["arch/x86/events/core.c", "virt/guest.S"])
def test_the_sources_of_the_kernel_at_hand(place: str, directory: Path, tmp_path: Path) -> None:
    kernel = make_kernel(tmp_path / "kernel", "7.x")
    (kernel / place).parent.mkdir(parents=True)
    (kernel / place).write_text(EXPORT)
    result = nsfix("check", f"M={directory}", f"KDIR={kernel}", cwd=directory)
    assert f"by the export in vmlinux at {place}:5\n" in result.said


def test_an_exporter_beside_it(directory: Path, fake_kernels: dict[str, Path]) -> None:
    (directory / "Kbuild").write_text("obj-m := t.o e.o\n")
    (directory / "e.c").write_text(
        "#include <linux/module.h>\n"
        '#define FOR_MODULES(sym, list) __EXPORT_SYMBOL(sym, "GPL", "module:" list)\n'
        "int e_shared(void);\nint e_shared(void) { return 0; }\n"
        'FOR_MODULES(e_shared, "f,g-*");\nMODULE_LICENSE("GPL");\n'
    )
    (directory / "t.c").write_text(
        "#include <linux/module.h>\nint e_shared(void);\nint t(void);\nint t(void) { return e_shared(); }\n"
        'MODULE_LICENSE("GPL");\n'
    )
    result = nsfix("check", f"M={directory}", f"KDIR={fake_kernels['7.x']}", cwd=directory)
    assert "t uses e_shared, reserved for the modules f, g-* by the export in e at e.c:5\n" in result.said


def test_on_one_of_two_kernels(directory: Path, fake_kernels: dict[str, Path]) -> None:
    given = ["--kdir", fake_kernels["6.12"], "--kdir", fake_kernels["7.x"]]
    result = nsfix("apply", f"M={directory}", *given, cwd=directory)
    assert result.code == 1
    assert "by the export in vmlinux, on 7.2.12" in result.err
