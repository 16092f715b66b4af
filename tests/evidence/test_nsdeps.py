"""read_nsdeps: both generations of the file."""

from __future__ import annotations

import pytest

from nsfix.errors import InputError
from nsfix.evidence.nsdeps import NsdepsEntry, NsdepsFacts, read_nsdeps


def test_shared_file() -> None:
    lines = [
        b"/home/dev/comp.ko: DMA_BUF CXL\n",
        b"sub/single-dash.ko: USB_STORAGE\r\n",
        b"\n",
        b"t.ko: module:kvm,kvm-amd,kvm-* SPI_PXA2xx",
    ]
    assert read_nsdeps(lines, "modules.nsdeps") == NsdepsFacts(
        (
            NsdepsEntry("/home/dev/comp", ("DMA_BUF", "CXL"), 1),
            NsdepsEntry("sub/single-dash", ("USB_STORAGE",), 2),
            NsdepsEntry("t", ("module:kvm,kvm-amd,kvm-*", "SPI_PXA2xx"), 4),
        ),
        only_missing=True,
    )


def test_one_file_for_each_module() -> None:
    facts = read_nsdeps([b"USB_STORAGE\n", b"DMA_BUF\n"], "drivers/usb/storage/uas.ns_deps")
    entry = NsdepsEntry("drivers/usb/storage/uas", ("USB_STORAGE", "DMA_BUF"), 1)
    assert facts == NsdepsFacts((entry,), only_missing=False)


@pytest.mark.parametrize("name", ["modules.nsdeps", "t.ns_deps"])
def test_an_empty_file_names_nothing(name: str) -> None:
    assert read_nsdeps([], name).entries == ()


def test_a_path_that_is_not_utf8_stays_usable() -> None:
    (entry,) = read_nsdeps([b"/home/d\xe9v/t.ko: A\n"], "modules.nsdeps").entries
    assert entry.module.encode("utf-8", "surrogateescape") == b"/home/d\xe9v/t"


@pytest.mark.parametrize(
    "line",
    [
        b"t.ko:\n",
        b"t.ko: \n",
        b"t.ko DMA_BUF\n",
        b"t.o: DMA_BUF\n",
        b"t.ko: DMA_BUF  CXL\n",
        b"t.ko: $(deps)\n",
        b't.ko: "DMA_BUF"\n',
        b"t.ko: 9P\n",
        b"t.ko: module:\n",
        b"a b.ko: DMA_BUF\n",
        b".ko: DMA_BUF\n",
        b"DMA_BUF\n",
        b"\xff\n",
    ],
)
def test_a_malformed_line_is_an_error(line: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_nsdeps([b"good.ko: A\n", line], "modules.nsdeps")
    assert str(caught.value).startswith("modules.nsdeps:2: ")


def test_a_malformed_line_of_the_older_form_is_an_error() -> None:
    with pytest.raises(InputError) as caught:
        read_nsdeps([b"USB_STORAGE\n", b"t.ko: A\n"], "t.ns_deps")
    assert str(caught.value).startswith("t.ns_deps:2: ")
