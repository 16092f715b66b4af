"""read_symvers and merge."""

from __future__ import annotations

from pathlib import Path

import pytest

from nsfix.errors import InputError
from nsfix.evidence.symvers import Symvers, merge, read_symvers
from nsfix.model import Export

NEWER = (
    b"0x00000000\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n"
    b"0x1a2b3c4d\tdma_buf_get\tvmlinux\tEXPORT_SYMBOL_GPL\tDMA_BUF\n"
    b"0xdeadbeef\tcxl_bus_rescan\tdrivers/cxl/core/cxl_core\tEXPORT_SYMBOL\tCXL\n"
    b"0x00000000\tkvm_x\tarch/x86/kvm/kvm\tEXPORT_SYMBOL_GPL\tmodule:kvm-amd,kvm-*\n"
    b"0x00000000\tlast\tvmlinux\tEXPORT_SYMBOL_GPL\t\n"
)
OLDER = (
    b"0x00000000\tprintk\t\tvmlinux\tEXPORT_SYMBOL\n"
    b"0x1a2b3c4d\tdma_buf_get\tDMA_BUF\tvmlinux\tEXPORT_SYMBOL_GPL\n"
    b"0x00000001\tunused\t\tdrivers/x\tEXPORT_UNUSED_SYMBOL_GPL\n"
    b"0x00000001\tfuture\t\tdrivers/x\tEXPORT_SYMBOL_GPL_FUTURE\n"
)


def read(tmp_path: Path, data: bytes) -> Symvers:
    path = tmp_path / "Module.symvers"
    path.write_bytes(data)
    return read_symvers(str(path))


def padded(data: bytes) -> bytes:
    """The same exports in a file as long as a kernel's own."""
    return data + b"".join(b"0x%08x\tpad_%d\tvmlinux\tEXPORT_SYMBOL\t\n" % (n, n) for n in range(9000))


@pytest.mark.parametrize("long", [False, True])
def test_newer_order(tmp_path: Path, long: bool) -> None:
    symvers = read(tmp_path, padded(NEWER) if long else NEWER)
    assert symvers.namespaced == {
        b"dma_buf_get": Export("dma_buf_get", "DMA_BUF", True, "vmlinux"),
        b"cxl_bus_rescan": Export("cxl_bus_rescan", "CXL", False, "drivers/cxl/core/cxl_core"),
        b"kvm_x": Export("kvm_x", "module:kvm-amd,kvm-*", True, "arch/x86/kvm/kvm"),
    }
    assert len(symvers.all) == (9005 if long else 5)
    assert symvers.all[b"printk"] == Export("printk", "", False, "vmlinux")
    assert {symbol: e for symbol, e in symvers.all.items() if e.namespace} == symvers.namespaced


def test_older_order(tmp_path: Path) -> None:
    symvers = read(tmp_path, OLDER)
    assert symvers.namespaced == {b"dma_buf_get": Export("dma_buf_get", "DMA_BUF", True, "vmlinux")}
    assert symvers.all[b"printk"] == Export("printk", "", False, "vmlinux")
    assert symvers.all[b"unused"].gpl
    assert not symvers.all[b"future"].gpl


def test_unused_symbols_of_5_7_to_5_11(tmp_path: Path) -> None:
    symvers = read(tmp_path, b"0x00000001\tunused\tdrivers/x\tEXPORT_UNUSED_SYMBOL\tOLD\n")
    assert symvers.namespaced == {b"unused": Export("unused", "OLD", False, "drivers/x")}


def test_empty_file(tmp_path: Path) -> None:
    symvers = read(tmp_path, b"")
    assert (symvers.namespaced, symvers.all) == ({}, {})


def test_the_last_of_two_lines_for_a_symbol_counts(tmp_path: Path) -> None:
    symvers = read(tmp_path, b"0x0\tf\ta\tEXPORT_SYMBOL\tNS\n0x0\tf\tb\tEXPORT_SYMBOL\t\n")
    assert symvers.namespaced == {}
    assert symvers.all[b"f"].exporter == "b"


BAD = {
    "four columns": b"0x00000000\tf\tvmlinux\tEXPORT_SYMBOL\n",
    "six columns": b"0x00000000\tf\tvmlinux\tEXPORT_SYMBOL\tNS\tx\n",
    "two lines run together": b"0x00000000\tf\ta\tEXPORT_SYMBOL\tN0x00000000\tg\ta\tEXPORT_SYMBOL\t\n",
    "broken in two": b"0x00000000\tf\n_g\tvmlinux\tEXPORT_SYMBOL\t\n",
    "broken at a tab": b"0x00000000\tf\n\tvmlinux\tEXPORT_SYMBOL\t\n",
    "no CRC": b"f\tvmlinux\tEXPORT_SYMBOL\tNS\t\n",
    "bad CRC": b"0x0000000g\tf\tvmlinux\tEXPORT_SYMBOL\t\n",
    "long CRC": b"0x000000000\tf\tvmlinux\tEXPORT_SYMBOL\t\n",
    "no symbol": b"0x00000000\t\tvmlinux\tEXPORT_SYMBOL\t\n",
    "no module": b"0x00000000\tf\t\tEXPORT_SYMBOL\t\n",
    "torn kind": b"0x00000000\tf\tvmlinux\tEXPORT_SYM\t\n",
    "strange kind": b"0x00000000\tf\tvmlinux\t(unknown)\t\n",
    "carriage return": b"0x00000000\tf\tvmlinux\tEXPORT_SYMBOL\tNS\r\n",
    "zero byte": b"0x00000000\tf\0\tvmlinux\tEXPORT_SYMBOL\t\n",
    "empty line": b"\n",
    "torn end": b"0x00000000\tf\tvmlinux\tEXPORT_SYMBOL\tUSB_ST",
    "other order": b"0x00000000\tf\tNS\tvmlinux\tEXPORT_SYMBOL\n",
}


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("fault", sorted(BAD))
def test_a_bad_line_is_named(tmp_path: Path, fault: str, long: bool) -> None:
    before = padded(NEWER) if long else NEWER
    line = before.count(b"\n") + 1
    with pytest.raises(InputError, match="regenerate it by a build") as caught:
        read(tmp_path, before + BAD[fault] + (b"" if fault == "torn end" else NEWER))
    assert caught.value.line == line
    assert caught.value.file == str(tmp_path / "Module.symvers")


def test_a_bad_line_in_the_older_order_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, OLDER + NEWER)
    assert caught.value.line == OLDER.count(b"\n") + 1


def test_missing_file(tmp_path: Path) -> None:
    path = str(tmp_path / "none" / "Module.symvers")
    with pytest.raises(InputError, match="make modules") as caught:
        read_symvers(path)
    assert caught.value.file == path


def test_merge_lets_the_later_file_win(tmp_path: Path) -> None:
    kernel = read(tmp_path, padded(NEWER))
    extra = read(
        tmp_path,
        b"0x00000000\tdma_buf_get\t/home/dev/backport\tEXPORT_SYMBOL\t\n"
        b"0x00000000\tcxl_bus_rescan\t/home/dev/backport\tEXPORT_SYMBOL\tCXL2\n"
        b"0x00000000\tmine\t/home/dev/mine\tEXPORT_SYMBOL_GPL\tMINE\n",
    )
    both = merge([kernel, extra])
    assert set(both.namespaced) == {b"cxl_bus_rescan", b"kvm_x", b"mine"}
    assert both.namespaced[b"cxl_bus_rescan"].namespace == "CXL2"
    assert both.all[b"dma_buf_get"].exporter == "/home/dev/backport"
    assert {symbol: e for symbol, e in both.all.items() if e.namespace} == both.namespaced
    assert merge([extra, kernel]).namespaced[b"dma_buf_get"].namespace == "DMA_BUF"
    assert b"dma_buf_get" in kernel.namespaced


def test_merge_of_none() -> None:
    assert (merge([]).namespaced, merge([]).all) == ({}, {})
