"""Small modules for an editor, and their `.nsfix.toml`."""

from __future__ import annotations

from pathlib import Path

HEAD = "#include <linux/module.h>\n#include <linux/dma-buf.h>\n"
USING = "int use(void);\nint use(void)\n{\n\tdma_buf_put(dma_buf_get(1));\n\treturn 0;\n}\n"
LICENCE = 'MODULE_LICENSE("GPL");\n'
LAST = 'MODULE_DESCRIPTION("a module");\n'
IMPORT = "MODULE_IMPORT_NS(DMA_BUF);\n"
PLAIN = HEAD + USING + LICENCE + LAST
MENDED = HEAD + USING + LICENCE + IMPORT + LAST
ANCHOR = "anchor.c"
FILES = {
    "Kbuild": "obj-m := plain.o parted.o headed.o anchor.o\nparted-y := first.o second.o\n",
    ANCHOR: "#include <linux/module.h>\n" + LICENCE,
    # One source that lacks an import.
    "plain.c": PLAIN,
    # The use stands in one source, the licence in another.
    "first.c": "#include <linux/module.h>\n" + LICENCE + LAST,
    "second.c": HEAD + USING,
    # The use stands in a header.
    "headed.c": '#include <linux/module.h>\n#include "own.h"\nint use(void) { own(); return 0; }\n' + LICENCE,
    "own.h": "#include <linux/dma-buf.h>\nstatic inline void own(void) { dma_buf_put(0); }\n",
}
ONE = {"Kbuild": "obj-m := plain.o\n", "plain.c": PLAIN}


def write_files(directory: Path, files: dict[str, str]) -> Path:
    """Write files below a directory, byte for byte."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return directory


def write_module(directory: Path, files: dict[str, str], kdir: Path, settings: str = "") -> Path:
    """Write a module directory that is built for the kernel `kdir`."""
    return write_files(directory, {".nsfix.toml": f'kdir = "{kdir}"\n{settings}', **files})
