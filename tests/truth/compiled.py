"""What compiled modules need, read from the modules themselves: the truth that sources are held against."""

from __future__ import annotations

import io
import lzma
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from nsfix.evidence.symvers import read_symvers

Needs = dict[str, set[str]]


def key_of(path: str) -> str:
    """A module's path as both sides can write it: Kbuild and depmod disagree on `-` and `_`."""
    return path.replace("-", "_")


def needs_of(path: Path, namespaces: Mapping[str, str]) -> tuple[str, Needs]:
    """(module, symbols it leaves undefined by namespace) of the compiled module at `path`."""
    data = path.read_bytes()
    if path.suffix == ".xz":
        data = lzma.decompress(data)
    table = ELFFile(io.BytesIO(data)).get_section_by_name(".symtab")
    needs: Needs = {}
    assert isinstance(table, SymbolTableSection)
    for symbol in table.iter_symbols():
        if symbol["st_shndx"] == "SHN_UNDEF" and symbol.name in namespaces:
            needs.setdefault(namespaces[symbol.name], set()).add(symbol.name)
    return key_of(str(path).partition("/kernel/")[2].partition(".ko")[0]), needs


def all_needs(modules: list[Path], symvers: Path) -> dict[str, Needs]:
    """What each of `modules` needs, by module; namespaces come from `symvers`."""
    exports = read_symvers(str(symvers)).namespaced
    namespaces = {name.decode(): export.namespace for name, export in exports.items()}
    with ProcessPoolExecutor() as pool:
        return dict(pool.map(partial(needs_of, namespaces=namespaces), modules, chunksize=50))
