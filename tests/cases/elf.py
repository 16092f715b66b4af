"""A minimal x86-64 object file, for the prebuilt objects of cases: symbols and an empty .text, no
compiler needed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

_SHF_ALLOC_EXECINSTR = 6
_STB_GLOBAL_NOTYPE, _STB_GLOBAL_FUNC = 0x10, 0x12


def elf_object(lines: Iterable[str]) -> bytes:
    """An object with the symbols of `lines`, each `defined: NAME` or `undefined: NAME`."""
    wanted = [line.partition(": ") for line in lines if line.strip()]
    users = sum(kind == "undefined" for kind, _, _ in wanted)
    # it calls each undefined symbol, jumps to the last, and ends in a trap, so that objtool is content
    code = b"\xe8\0\0\0\0" * (users - 1) + (b"\xe9\0\0\0\0" if users else b"") + b"\xcc"
    names, symbols, undefined = b"\0", bytes(24), []
    for index, (kind, _, name) in enumerate(wanted, start=1):
        if kind not in ("defined", "undefined"):
            raise ValueError(f"not understood: {kind}")
        here = kind == "defined"
        info = _STB_GLOBAL_FUNC if here else _STB_GLOBAL_NOTYPE
        symbols += struct.pack("<IBBHQQ", len(names), info, 0, 1 if here else 0, 0, len(code) if here else 0)
        names += name.encode() + b"\0"
        if not here:
            undefined.append(index)
    relocations = b"".join(
        struct.pack("<QQq", 1 + 5 * slot, (index << 32) | 4, -4) for slot, index in enumerate(undefined)
    )
    titles = [b"", b".text", b".symtab", b".strtab", b".shstrtab", b".rela.text", b".note.GNU-stack"]
    strings = b"\0".join(titles) + b"\0"
    where = {title: len(b"\0".join(titles[:i])) + (1 if i else 0) for i, title in enumerate(titles)}
    where[b""] = 0
    body, headers = b"", []
    sections = (  # title, type, flags, content, link, info, alignment, entry size
        (b"", 0, 0, b"", 0, 0, 0, 0),
        (b".text", 1, _SHF_ALLOC_EXECINSTR, code, 0, 0, 16, 0),
        (b".symtab", 2, 0, symbols, 3, 1, 8, 24),
        (b".strtab", 3, 0, names, 0, 0, 1, 0),
        (b".shstrtab", 3, 0, strings, 0, 0, 1, 0),
        (b".rela.text", 4, 0x40, relocations, 2, 1, 8, 24),
        (b".note.GNU-stack", 1, 0, b"", 0, 0, 1, 0),
    )
    for title, kind, flags, content, link, info, alignment, entry in sections:
        body += bytes(-len(body) % 16)
        offset = 64 + len(body) if kind else 0
        headers.append(
            struct.pack(
                "<IIQQQQIIQQ",
                where[title],
                kind,
                flags,
                0,
                offset,
                len(content),
                link,
                info,
                alignment,
                entry,
            )
        )
        body += content
    body += bytes(-len(body) % 16)
    start = 64 + len(body)
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = ident + struct.pack("<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, start, 0, 64, 0, 0, 64, len(sections), 4)
    return header + body + b"".join(headers)
