"""What a source says, after an edit in which nothing of it matters (csource/retouch.py)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nsfix.csource.reading import SymbolUse
from nsfix.csource.retouch import Shift
from nsfix.model import Remark, Via
from nsfix.scan.scanner import NOWHERE, SourceFacts


def shifted(facts: SourceFacts, shift: Shift) -> SourceFacts:
    """`facts` with all places in the source where they are now."""
    path = facts.path

    def via(one: Via) -> Via:
        return replace(one, line=shift.moved_line(one.line)) if one.file == path else one

    def use(one: SymbolUse) -> SymbolUse:
        chain = tuple(map(via, one.via))
        if one.file != path:
            return replace(one, via=chain)
        return replace(one, offset=shift.moved(one.offset), line=shift.moved_line(one.line), via=chain)

    return replace(
        facts,
        uses=tuple(map(use, facts.uses)),
        entries=tuple(
            replace(e, start=shift.moved(e.start), line=shift.moved_line(e.line)) if e.file == path else e
            for e in facts.entries
        ),
        exports=tuple(
            replace(e, line=shift.moved_line(e.line)) if e.file == path else e for e in facts.exports
        ),
        statements=tuple(map(shift.moved, facts.statements)),
        hidden={name: at if at == NOWHERE else shift.moved(at) for name, at in facts.hidden.items()},
    )


def shifted_remarks(remarks: Iterable[Remark], path: str, shift: Shift) -> tuple[Remark, ...]:
    """`remarks` with all lines of the file `path` where they are now."""
    return tuple(
        replace(r, line=shift.moved_line(r.line)) if r.file == path and r.line is not None else r
        for r in remarks
    )
