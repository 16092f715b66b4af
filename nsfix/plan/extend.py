"""New imports into a guard that stands: a conditional that the source has for kernels of different spellings.

Each of its arms that imports something gets the new import too, spelled as the kernels that compile that arm want it,
or as it spells its own where none at hand does. For kernels that come to its end an `#else` is added. All that stands
stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nsfix.csource.directives import Conditional
from nsfix.csource.look import IMPORT_MACRO, Look, spelled_namespace
from nsfix.csource.statements import Arms, Layout, Statement, conditionals
from nsfix.edits import Edit
from nsfix.model import Spelling
from nsfix.plan.choice import SourceView
from nsfix.plan.guards import Guards, NoGuard
from nsfix.plan.place import Home, Place, find_place_below, indent_at, lines_at, places_among
from nsfix.plan.spelling import argument, namespace_fault, spell

Looks = Mapping[int, Look]
Wanted = Mapping[str, "frozenset[int]"]
_LEAD = re.compile(rb"[ \t]*#[ \t]*")


@dataclass(slots=True)
class _Guard:
    """A conditional of imports: the statements in each arm, and which targets compile which."""

    conditional: Conditional
    around: Arms
    arms: list[list[Statement]]
    compiled: list[set[int]]  # by arm, the targets that compile it
    end: set[int] = field(default_factory=set)  # the targets that compile none of them


def extend(view: SourceView, home: Home, looks: Looks, wanted: Wanted, guards: Guards) -> list[Edit]:
    """The edits for those of `wanted` that a guard can take."""
    found = sorted(_guards(view.layout, home, looks), key=lambda g: abs(g.conditional.start - home.end))
    taken: dict[int, list[str]] = {}
    for name in sorted(wanted):
        for guard in sorted(found, key=lambda g: not _imports(g, name)):
            if _takes(guard, name, wanted[name], guards):
                taken.setdefault(guard.conditional.start, []).append(name)
                break
    edits: list[Edit] = []
    for guard in found:
        names = taken.get(guard.conditional.start, [])
        if names:
            edits += _extended(view, guard, names, wanted, guards)
    return edits


def _guards(layout: Layout, home: Home, looks: Looks) -> Iterator[_Guard]:
    """The conditionals with nothing but imports in them that ask for the kernel."""
    about = {start for look in looks.values() for start in look.about_kernels}
    # What stands there would be right for some configurations alone.
    configured = {start for look in looks.values() for start in look.about_configurations}
    for conditional in conditionals(layout.skeleton.block):
        inside = [s for s in layout.statements if conditional.start <= s.start < conditional.end]
        depth = next((d for s in inside for d, (at, _) in enumerate(s.arms) if at == conditional.start), None)
        if depth is None or any(s.macro != IMPORT_MACRO or s.in_function for s in inside):
            continue
        direct = [s for s in inside if len(s.arms) == depth + 1]
        around = inside[0].arms[:depth]
        kinds = {(s.arms[-1][1], s.argument[:1] == b'"') for s in direct}
        told_apart = len({quoted for _, quoted in kinds}) == 2
        expected = all(arm in home.arms or arm[0] in about for arm in around)
        asks = conditional.start in about or told_apart
        if direct and expected and asks and conditional.start not in configured:
            yield _guard(conditional, around, direct, looks)


def _guard(conditional: Conditional, around: Arms, direct: Sequence[Statement], looks: Looks) -> _Guard:
    number = len(conditional.arms)
    arms = [[s for s in direct if s.arms[-1][1] == index] for index in range(number)]
    guard = _Guard(conditional, around, arms, [set() for _ in range(number)])
    for i, look in looks.items():
        if any(index not in look.taken.get(start, ()) for start, index in around):
            continue
        taken = look.taken.get(conditional.start, frozenset())
        for index in taken:
            guard.compiled[index].add(i)
        if not taken:
            guard.end.add(i)
    return guard


def _imports(guard: _Guard, name: str) -> bool:
    return any(spelled_namespace(s) == name for arm in guard.arms for s in arm)


def _takes(guard: _Guard, name: str, wanted: frozenset[int], guards: Guards) -> bool:
    """Whether the targets that want `name` can be given it by extending `guard`."""
    reached = set(guard.end).union(*guard.compiled)
    if not wanted <= reached:
        return False
    for index, compiled in enumerate(guard.compiled):
        spelling = _spelling(guard, index, guards)
        if compiled & wanted and (
            spelling is None or namespace_fault(name, spelling) or not guards.all_take(compiled)
        ):
            return False
    if not guard.end & wanted:
        return True
    if guard.conditional.arms[-1].opener.keyword == b"else":
        return False
    try:
        spelling = guards.last_arm(guard.end).spelling
    except NoGuard:
        return False
    # Where an arm has the very same line, one without any condition is simpler.
    same = any(s.argument == argument(name, spelling) for arm in guard.arms for s in arm)
    return namespace_fault(name, spelling) is None and not same


def _spelling(guard: _Guard, index: int, guards: Guards) -> Spelling | None:
    """How imports are spelled in an arm: as the targets that compile it want it, else as it has it; None where there
    is no telling."""
    kinds = {s for s in (Spelling.STRING, Spelling.IDENTIFIER) if guards.spelled(guard.compiled[index], s)}
    if len(kinds) == 1:
        return kinds.pop()
    if kinds or not guard.arms[index]:
        return None
    quoted = guard.arms[index][0].argument[:1] == b'"'
    return Spelling.STRING if quoted else Spelling.IDENTIFIER


def _extended(
    view: SourceView, guard: _Guard, names: Sequence[str], wanted: Wanted, guards: Guards
) -> list[Edit]:
    edits: list[Edit] = []
    for index, arm in enumerate(guard.conditional.arms):
        spelling = _spelling(guard, index, guards)
        standing = guard.arms[index]
        there = {spelled_namespace(s) for s in standing}
        new = [n for n in names if n not in there and (standing or guard.compiled[index] & wanted[n])]
        if spelling is None or not new:
            continue
        if standing:
            places = places_among(view, standing, new)
        else:
            places = [_below(view.layout, guard, arm.opener.start)] * len(new)
        for name, place in zip(new, places, strict=True):
            edits.append(_inserted(place, spell(name, spelling)))
    at_end = [name for name in names if guard.end & wanted[name]]
    if at_end:
        edits.append(_last_arm(view.layout, guard, at_end, guards))
    return edits


def _below(layout: Layout, guard: _Guard, opener: int) -> Place:
    place = find_place_below(layout, opener)
    first = next(s for arm in guard.arms for s in arm)
    return Place(place.offset, indent_at(layout.text, first.start), place.after)


def _inserted(place: Place, line: bytes) -> Edit:
    return Edit(place.offset, place.offset, place.before + line + place.after)


def _last_arm(layout: Layout, guard: _Guard, names: Sequence[str], guards: Guards) -> Edit:
    """The edit that puts an arm before the `#endif`."""
    arm = guards.last_arm(guard.end)
    text, end = layout.text, guard.conditional.arms[-1].end
    lead = _LEAD.match(text, guard.conditional.start)
    first = next(s for statements in guard.arms for s in statements)
    lines = [spell(name, arm.spelling) for name in names]
    place = Place(end, indent_at(text, first.start), b"\n")
    directive = (lead.group() if lead else b"#") + arm.directive.encode()
    new = lines_at(place, [b"#", *lines], text)
    return Edit(end, end, directive + new[1:])
