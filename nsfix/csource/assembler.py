"""Which symbols an assembler source (.S) leaves to others.

Read after the preprocessor's conditions. A symbol counts where it stands as an operand: not as a label that is
defined there, and not in a directive that only declares it.
"""

from __future__ import annotations

import re

from nsfix.csource.lexer import LineIndex, blank_literals
from nsfix.csource.reading import SymbolUse
from nsfix.csource.session import Session
from nsfix.csource.unit import Unit

_LABEL = re.compile(rb"\s*:")
_DECLARING = re.compile(
    rb"(?:\.(?:globl|global|type|size|weak|hidden|local|extern)\b|\bSYM_\w+\s*\()[^\n;]*\Z"
)


def assembler_uses(unit: Unit, session: Session) -> list[SymbolUse]:
    """The uses of the session's symbols in the assembler source of `unit`."""
    active = blank_literals(unit.active(unit.main))
    hits = session.finder.find(active)
    defined = {name for name, offset in hits if _LABEL.match(active, offset + len(name))}
    line_of = LineIndex(active).line
    uses: list[SymbolUse] = []
    for name, offset in hits:
        line_start = active.rfind(b"\n", 0, offset) + 1
        if name not in defined and not _DECLARING.search(active, line_start, offset):
            uses.append(SymbolUse(name, unit.path, offset, line_of(offset), ()))
    return uses
