"""Reads the symbols of a compiled object: what it leaves undefined and what it defines.

Accepted format: a relocatable ELF object (.o, .o_shipped, .ko) as the kernel links it into a module. An archive
(.a) is none: what of it is linked is up to the linker.
"""

from __future__ import annotations

import io
from pathlib import Path

from nsfix.errors import InputError


def undefined_symbols(path: str) -> tuple[set[bytes], set[bytes]]:
    """(undefined, globally defined) symbols of the object at `path`. Raises InputError where it is none."""
    # Imported here: few modules have a prebuilt object, and every run would pay for it.
    from elftools.common.exceptions import ELFError
    from elftools.elf.elffile import ELFFile
    from elftools.elf.sections import SymbolTableSection

    try:
        image = ELFFile(io.BytesIO(Path(path).read_bytes()))
        table = image.get_section_by_name(".symtab")
    except OSError as error:
        raise InputError(f"this object cannot be read: {error.strerror}", path) from error
    except ELFError as error:
        raise InputError(f"this is no ELF object: {error}", path) from error
    wanted: set[bytes] = set()
    provided: set[bytes] = set()
    if isinstance(table, SymbolTableSection):
        for symbol in table.iter_symbols():
            name = symbol.name.encode("utf-8", "surrogateescape")
            if symbol["st_shndx"] == "SHN_UNDEF":
                wanted.add(name)
            elif symbol["st_info"]["bind"] != "STB_LOCAL":
                provided.add(name)
    wanted.discard(b"")
    return wanted, provided
