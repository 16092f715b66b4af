"""The modules that the editors edit: texts before and after, and what the real build says of them."""

from __future__ import annotations

from pathlib import Path

from tests.editors.sandbox import SAMPLES, Sandbox
from tests.kernel.building import Kernel, build_alone

IMPORT = b"MODULE_IMPORT_NS(DMA_BUF);"
LACKING = (SAMPLES / "single/single.c").read_bytes()
_LICENSE = b'MODULE_LICENSE("GPL");'

# The body of a function that uses the namespace, and the same function without it.
USE = b"""\
	struct dma_buf *buf = dma_buf_get(fd);

	if (IS_ERR(buf))
		return PTR_ERR(buf);
	pr_info("%zu bytes\\n", buf->size);
	dma_buf_put(buf);
"""
UNUSED = LACKING.replace(USE, b"")


def mended(text: bytes, newline: bytes = b"\n") -> bytes:
    """The text with its import, where nsfix puts it: below the licence."""
    assert text.count(_LICENSE + newline) == 1
    return text.replace(_LICENSE + newline, _LICENSE + newline + IMPORT + newline)


def misspelled(text: bytes) -> bytes:
    """The text with its import as only newer kernels take it."""
    return mended(text).replace(IMPORT, b'MODULE_IMPORT_NS("DMA_BUF");')


def crlf(text: bytes) -> bytes:
    """The text with the line ends of DOS."""
    return text.replace(b"\n", b"\r\n")


def latin1(text: bytes) -> bytes:
    """The text with a comment that is no UTF-8."""
    return text.replace(b"/* Takes", "/* Prüft; für Österreich, §1. Takes".encode("latin-1"))


def single(sandbox: Sandbox, text: bytes) -> Path:
    """The source of a module of one file with that text."""
    return sandbox.module("single", {"Kbuild": b"obj-m := single.o\n", "single.c": text}) / "single.c"


def assert_builds(kernel: Kernel, directory: Path) -> None:
    """The real make builds the module, and modpost has nothing to say."""
    judgement = build_alone(kernel, directory)
    assert not judgement.missing and not judgement.faults and judgement.status == 0, judgement.log


def assert_missing(kernel: Kernel, directory: Path) -> None:
    """The real modpost misses the import: what the editors mend is really broken before."""
    assert build_alone(kernel, directory).missing == {("single", "DMA_BUF")}
