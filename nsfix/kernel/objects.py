"""From an object to the source that Kbuild would compile it from (scripts/Makefile.build, pattern rules)."""

from __future__ import annotations

import os

from nsfix.model import SourceKind

# In the order of the pattern rules; the first source that is there wins.
_SOURCES = (
    (".c", SourceKind.C),
    (".rs", SourceKind.RUST),
    (".S", SourceKind.ASSEMBLER),
    (".c_shipped", SourceKind.C),
    (".S_shipped", SourceKind.ASSEMBLER),
    (".o_shipped", SourceKind.SHIPPED),
)


def find_source(stem: str, directory: str, rust: bool = True) -> tuple[str, SourceKind]:
    """Return the source of `stem`.o, a path without suffix below `directory`, and its kind.

    `rust` tells whether this kernel compiles Rust at all (6.1 on). An .o without a source is itself what is linked
    (SHIPPED). Where there is nothing, the .c that Kbuild would ask for is given, as MISSING.
    """
    base = os.path.normpath(os.path.join(directory, stem))
    for suffix, kind in _SOURCES:
        if kind is SourceKind.RUST and not rust:
            continue
        if os.path.exists(base + suffix):
            return base + suffix, kind
    if os.path.exists(base + ".o"):
        return base + ".o", SourceKind.SHIPPED
    return base + ".c", SourceKind.MISSING
