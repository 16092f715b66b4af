"""The buffers that sessions are played on, with what clangd has to know of them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nsfix.kernel.sourcetree import read_source_tree
from nsfix.kernel.tree import KernelBuild, read_kernel_build
from nsfix.model import Spelling

IN_TREE = "drivers/usb/storage/karma.c"
LARGE = "drivers/net/ethernet/intel/ice/ice_main.c"
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Case:
    """A file to be edited. `options` are for nsfix, `database` is the directory of clangd's compile_commands.json."""

    name: str
    file: Path
    root: Path
    database: Path
    options: Mapping[str, object] = field(default_factory=dict)


def external(kdir: Path, home: Path) -> Case:
    """A copy of the sample module that consists of one file, with its import."""
    directory = home / "single"
    shutil.copytree(ROOT / "samples" / "single", directory)
    file = directory / "single.c"
    kernel = read_kernel_build(str(kdir))
    namespace = '"DMA_BUF"' if kernel.spelling is Spelling.STRING else "DMA_BUF"
    file.write_text(f"{file.read_text()}MODULE_IMPORT_NS({namespace});\n")
    _write_database(directory, kernel, file, kernel.include_path)
    return Case("samples/single", file, directory, directory, {"kdir": str(kdir)})


def in_tree(source: Path, config: Path, path: str, home: Path) -> Case:
    """A file of a kernel's tree. What a build would have written for its headers is written beside it, for clangd."""
    kernel = read_source_tree(str(source), str(config))
    made = home / "made"
    for name, text in kernel.made.items():
        target = made / Path(name).relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text)
    lines = [b"#define %s %s\n" % pair for pair in kernel.config_macros.items()]
    (made / "include/generated/autoconf.h").write_bytes(b"".join(lines))
    below = [str(made / Path(place).relative_to(source)) for place in kernel.include_path]
    database = home / Path(path).stem
    database.mkdir()
    _write_database(database, kernel, source / path, (*kernel.include_path, *below))
    return Case(path, source / path, source, database, {"config": str(config)})


def _write_database(directory: Path, kernel: KernelBuild, file: Path, include: tuple[str, ...]) -> None:
    words = ["clang", "-std=gnu11", "-nostdinc", "-fshort-wchar", "-D__KERNEL__", "-DMODULE"]
    words += [f'-DKBUILD_MODNAME="{file.stem}"', f'-DKBUILD_BASENAME="{file.stem}"']
    words += [f"-I{place}" for place in include]
    words += [word for forced in kernel.forced_includes for word in ("-include", forced)]
    command = {"directory": str(directory), "file": str(file), "arguments": [*words, "-c", str(file)]}
    (directory / "compile_commands.json").write_text(json.dumps([command]))
