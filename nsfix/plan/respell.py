"""Imports that stand in a spelling which a kernel at hand does not take: spelled anew, or put under a guard.

Where one spelling is right on all kernels that compile the import, its argument is replaced. Else the import stays as
it is in the arm for the kernels that take it, with one for the others beside it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from nsfix.csource.look import IMPORT_MACRO, FoundImport, Look
from nsfix.csource.statements import Layout, Statement
from nsfix.edits import Edit
from nsfix.model import Spelling
from nsfix.plan.guards import Arm, Guards, NoGuard
from nsfix.plan.place import indent_at, line_ending
from nsfix.plan.spelling import argument, namespace_fault, spell

Looks = Mapping[int, Look]
_BLANKS = b" \t\f\v"
_REST_OF_LINE = re.compile(rb"(?:[ \t\f\v\r]|/\*[^\n]*?\*/)*(?://[^\n]*)?(?=\n|\Z)")


@dataclass(frozen=True, slots=True)
class Standing:
    """An import that stands, what it means to import, and the targets that compile it."""

    statement: Statement
    namespace: str
    compiled: frozenset[int]
    spelling: Spelling


def standing_imports(layout: Layout, looks: Looks, guards: Guards) -> dict[int, Standing]:
    """The MODULE_IMPORT_NS statements that some target compiles, by their start."""
    found: dict[int, Standing] = {}
    for statement in layout.statements:
        if statement.macro != IMPORT_MACRO:
            continue
        entries = {
            i: entry for i, look in looks.items() for entry in look.imports if entry.start == statement.start
        }
        if entries:
            spelling = _spelling(statement, entries, guards)
            namespace = next(iter(entries.values())).namespace
            found[statement.start] = Standing(statement, namespace, frozenset(entries), spelling)
    return found


def _spelling(statement: Statement, entries: Mapping[int, FoundImport], guards: Guards) -> Spelling:
    """How a statement is spelled, be its argument a macro: as the kernels want it on which it is right, and not as
    those want it on which it is wrong."""
    for spelling, other in (
        (Spelling.STRING, Spelling.IDENTIFIER),
        (Spelling.IDENTIFIER, Spelling.STRING),
    ):
        if any(
            entries[i].right == (kind is spelling)
            for kind in (spelling, other)
            for i in guards.spelled(entries, kind)
        ):
            return spelling
    return Spelling.STRING if statement.argument[:1] == b'"' else Spelling.IDENTIFIER


def respell(layout: Layout, looks: Looks, starts: Collection[int], guards: Guards) -> list[Edit]:
    """The edits that make the imports which begin at the bytes `starts` right on every target. Raises NoGuard."""
    known = standing_imports(layout, looks, guards)
    unknown = [start for start in starts if start not in known]
    if unknown:
        line = layout.text.count(b"\n", 0, min(unknown)) + 1
        raise NoGuard(f"the import at line {line} is made by a macro; respell it where that is defined")
    edits: list[Edit] = []
    for group in _groups(layout, [known[start] for start in sorted(starts)]):
        edits += _mended(layout, group, guards)
    return edits


def _groups(layout: Layout, wrong: Sequence[Standing]) -> list[list[Standing]]:
    """`wrong` with those together that one guard can hold: neighbours of one spelling on the same targets."""
    groups: list[list[Standing]] = []
    for entry in wrong:
        last = groups[-1][-1] if groups else None
        if (
            last is not None
            and (last.compiled, last.spelling) == (entry.compiled, entry.spelling)
            and not layout.text[last.statement.end : entry.statement.start].strip()
            and b"\n" in layout.text[last.statement.end : entry.statement.start]
        ):
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return groups


def _mended(layout: Layout, group: Sequence[Standing], guards: Guards) -> list[Edit]:
    compiled = group[0].compiled
    wanted = guards.spelled(compiled, Spelling.STRING) | guards.spelled(compiled, Spelling.IDENTIFIER)
    arms = guards.arms(wanted or compiled, compiled) if wanted else guards.nowhere(compiled)
    for entry in group:
        for arm in (arm for arm in arms if arm.spelling is not Spelling.NONE):
            fault = namespace_fault(entry.namespace, arm.spelling)
            if fault is not None:
                raise NoGuard(fault)
    as_it_is = (group[0].spelling, Spelling.NONE)
    kept = next((arm for arm in arms if arm.spelling in as_it_is), arms[0])
    edits = [] if kept.spelling in as_it_is else [_renamed(layout, e, kept.spelling) for e in group]
    return edits if not kept.directive else [*edits, *_wrapped(layout, group, arms, kept)]


def _renamed(layout: Layout, entry: Standing, spelling: Spelling) -> Edit:
    """The edit of the argument alone."""
    statement, plain = entry.statement, layout.plain
    opening = plain.index(b"(", statement.start + len(statement.macro)) + 1
    start = plain.index(statement.argument, opening, statement.end)
    return Edit(start, start + len(statement.argument), argument(entry.namespace, spelling))


def _wrapped(layout: Layout, group: Sequence[Standing], arms: Sequence[Arm], kept: Arm) -> list[Edit]:
    """The lines before and after what stands that put it into the arm `kept`."""
    text = layout.text
    start, end = group[0].statement.start, group[-1].statement.end
    ending = line_ending(text, text.find(b"\n", end))
    indent = indent_at(text, start)
    above: list[bytes] = []
    below: list[bytes] = []
    for arm in arms:
        into = below if arms.index(arm) > arms.index(kept) else above
        into.append(b"#" + arm.directive.encode())
        if arm is not kept:
            into += [indent + spell(entry.namespace, arm.spelling) for entry in group]
    below.append(b"#endif")
    line = text.rfind(b"\n", 0, start) + 1
    alone = not text[line:start].strip(_BLANKS)
    rest = _REST_OF_LINE.match(text, end)
    head = b"".join(item + ending for item in above)
    if rest is not None:
        end = rest.end() - text[: rest.end()].endswith(b"\r")
        tail = ending + ending.join(below)
    else:
        tail = ending + ending.join(below) + ending
    return [Edit(line, line, head) if alone else Edit(start, start, ending + head), Edit(end, end, tail)]
