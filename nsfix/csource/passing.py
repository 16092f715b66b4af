"""Macros that a file defines for itself only and undefines again, as templates do that are included repeatedly."""

from __future__ import annotations

from collections.abc import Mapping

from nsfix.csource.macros import Macro
from nsfix.csource.program import Choice, Define, SourceText, Undefine, steps_of

# For a name, what it stands for from each byte offset of the file on, in order.
History = dict[bytes, list[tuple[int, Macro | None]]]


def passing_macros(source: SourceText, taken: Mapping[tuple[str, int], frozenset[int]]) -> History:
    """What `source` makes of the names that it undefines again. `taken` are the arms that are compiled: for each
    conditional, (file, byte offset), their indices."""
    names = source.undefined_again
    found: History = {}
    if not names:
        return found

    def arms(choice: Choice) -> frozenset[int]:
        return taken.get((source.path, choice.conditional.start), frozenset())

    for step in steps_of(source.program, arms):
        if isinstance(step, Undefine):
            if step.name in names:
                found.setdefault(step.name, []).append((step.start, None))
        elif isinstance(step, Define):
            for name in names & step.macros.keys():
                made = step.macros[name]
                macro = made if isinstance(made, Macro) else made.macro(name)
                found.setdefault(name, []).append((step.start if macro is None else macro.start, macro))
    return found
