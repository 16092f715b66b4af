"""A source made right on every kernel at hand: imports respelled, guards extended, new imports put where they belong.

The text that comes of it is looked at again on each kernel, and counts only if each then imports what it lacked, in
effect, and everything that it imported before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from nsfix.csource.directives import Directive
from nsfix.csource.look import IMPORT_MACRO, Look
from nsfix.csource.statements import Layout, Statement, read_layout
from nsfix.edits import Edit, apply, between
from nsfix.model import Guard, Spelling, Target
from nsfix.plan.choice import Anchor, SourceView
from nsfix.plan.extend import extend
from nsfix.plan.guards import Guards, NoGuard, block
from nsfix.plan.imports import Fix, Refusal, note_on
from nsfix.plan.place import (
    find_home,
    find_place_below,
    find_place_for_block,
    find_places,
    indent_at,
    lines_at,
    place_after,
)
from nsfix.plan.respell import Looks, respell
from nsfix.plan.spelling import namespace_fault, spell

LookAgain = Callable[[bytes], Looks]
Wanted = Mapping[str, "frozenset[int]"]
_VERSION_USED = re.compile(rb"\bLINUX_VERSION_CODE\b")
_VERSION_HEADER = b"<linux/version.h>"
_WRAPPER = re.compile(rb"([A-Za-z_]\w*)\s*\(\s*(\"?)([^()\"]*?)\2\s*\)\s*;?")


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done to one source. `anchor` is where imports belong, None where there is no such place.

    `wanted` are the namespaces that it lacks, each with the indices of the targets that need it; `wrong` the starts of
    the imports that some target does not take.
    """

    view: SourceView
    anchor: Anchor | None
    wanted: Wanted
    wrong: frozenset[int] = frozenset()


def rewrite(
    task: Task, targets: Sequence[Target], form: Guard, looks: Looks, look_again: LookAgain
) -> Fix | Refusal:
    """The edits of the source that `task` speaks of. `looks` are what it says on the targets that compile it;
    `look_again` gives that for another text of it."""
    layout = task.view.layout
    free = {i for i, look in looks.items() if targets[i].spelling is Spelling.NONE and look.has_macro}
    guards = Guards(targets, form, free)
    reason = ""
    for ways in ((_extended, _wrapped, _added), (_wrapped, _added), (_added,)):
        try:
            text = _rewritten(task, guards, looks, look_again, ways)
        except NoGuard as error:
            reason = reason or str(error)
            continue
        if text is not None:
            names = {*task.wanted, *_namespaces(looks, task.wrong)}
            return Fix(layout.path, between(layout.text, text), tuple(sorted(names)), note_on(task.view))
    line = task.anchor.statement.line if task.anchor is not None else None
    return Refusal(reason or "no safe place was found; add the imports by hand", layout.path, line)


def _namespaces(looks: Looks, starts: Collection[int]) -> set[str]:
    return {e.namespace for look in looks.values() for e in look.imports if e.start in starts}


@dataclass(frozen=True, slots=True)
class _State:
    """A text on the way: what it says on each target, and where its imports belong."""

    anchor: Anchor
    looks: Looks
    guards: Guards


Way = Callable[[_State, Wanted], "list[Edit]"]


def _rewritten(
    task: Task, guards: Guards, looks: Looks, look_again: LookAgain, ways: Sequence[Way]
) -> bytes | None:
    """The new text; None where it does not say what it should."""
    before = task.view.layout
    text = before.text
    if task.wrong:
        text = apply(text, respell(before, looks, task.wrong, guards))
    for way in ways:
        now = looks if text == before.text else look_again(text)
        wanted = _left(task.wanted, now)
        if not wanted:
            break
        anchor = _again(task, read_layout(before.path, text), now)
        text = apply(text, way(_State(anchor, now, guards), wanted))
    text = _with_version_header(before, text, looks)
    return text if _is_right(task, looks, look_again(text)) else None


def _left(wanted: Wanted, looks: Looks) -> dict[str, frozenset[int]]:
    """What of `wanted` is not imported in effect."""
    there = {i: {entry.namespace for entry in look.imports if entry.right} for i, look in looks.items()}
    left = {
        name: frozenset(i for i in on if i in there and name not in there[i]) for name, on in wanted.items()
    }
    return {name: on for name, on in left.items() if on}


def _again(task: Task, layout: Layout, looks: Looks) -> Anchor:
    """The anchor of `task` in a text that has grown around it."""
    if task.anchor is None:
        raise NoGuard("there is no place here for a further import")
    view = view_of(task.view, layout, looks)
    old = task.anchor.statement
    same = [s for s in task.view.layout.statements if _alike(s, old)]
    return Anchor(view, [s for s in layout.statements if _alike(s, old)][same.index(old)])


def _alike(one: Statement, other: Statement) -> bool:
    return (one.macro, one.argument, one.in_function) == (other.macro, other.argument, other.in_function)


def view_of(view: SourceView, layout: Layout, looks: Looks) -> SourceView:
    """`view` of a source with the text of `layout`: what counts is compiled on every target that compiles any of it."""
    everywhere = set.intersection(*(set(look.compiled) for look in looks.values())) if looks else set()
    licensed = [s for s in layout.statements if s.start in everywhere and view.is_licence(s)]
    if not licensed:  # it stands in arms of its own for each kernel
        everywhere = set().union(*(look.compiled for look in looks.values()))
    compiled = {
        start: next(look.compiled[start] for look in looks.values() if start in look.compiled)
        for start in everywhere
    }
    return replace(view, layout=layout, compiled=compiled, certain=True)


def _extended(state: _State, wanted: Wanted) -> list[Edit]:
    return extend(state.anchor.view, find_home(state.anchor), state.looks, wanted, state.guards)


def _wrapped(state: _State, wanted: Wanted) -> list[Edit]:
    """New imports through the source's own macro, where it has one that its imports go through on every target."""
    layout, written = state.anchor.view.layout, None
    direct = {s.start for s in layout.statements if s.macro == IMPORT_MACRO}
    for start in sorted({e.start for look in state.looks.values() for e in look.imports if e.right} - direct):
        match = _WRAPPER.match(layout.text, start)
        entries = [e for look in state.looks.values() for e in look.imports if e.start == start]
        if match is not None and all(e.right and e.namespace.encode() == match[3] for e in entries):
            written = match
    if written is None:
        return []
    names = sorted(wanted)
    place = place_after(layout, written.end(), indent_at(layout.text, written.start()))
    lines = [b"%b(%b%b%b);" % (written[1], written[2], name.encode(), written[2]) for name in names]
    return [Edit(place.offset, place.offset, lines_at(place, lines, layout.text))]


def _added(state: _State, wanted: Wanted) -> list[Edit]:
    """New imports beside the anchor: plain lines where one spelling serves all targets, else a guard of their own."""
    anchor, layout = state.anchor, state.anchor.view.layout
    home = find_home(anchor)
    anywhere = frozenset().union(*wanted.values())
    reached = [i for i, look in state.looks.items() if anchor.statement.start in look.compiled] or [
        *state.looks
    ]
    if home.arms != anchor.statement.arms:
        reached = [*state.looks]
    arms = state.guards.arms(anywhere, reached)
    for name in wanted:
        fault = next((f for arm in arms if (f := namespace_fault(name, arm.spelling))), None)
        if fault is not None:
            raise NoGuard(fault)
    above = {n: find_place_below(layout, at) for n, at in anchor.view.above.items() if n in wanted}
    beside = [name for name in sorted(wanted) if name not in above]
    if not arms[0].directive:
        spelling = arms[0].spelling
        places = above | dict(zip(beside, find_places(anchor, home, beside), strict=True))
        edits = [
            Edit(p.offset, p.offset, p.before + spell(name, spelling) + p.after)
            for name, p in sorted(places.items())
        ]
        return edits
    edits = []
    for names, place in ((beside, find_place_for_block(anchor, home)), *(([n], p) for n, p in above.items())):
        if names:
            lines = {
                arm.spelling: [
                    spell(name, arm.spelling)
                    for name in names
                    if state.guards.spelled(wanted[name], arm.spelling)
                ]
                for arm in arms
            }
            edits.append(Edit(place.offset, place.offset, lines_at(place, block(arms, lines), layout.text)))
    return edits


def _with_version_header(before: Layout, text: bytes, looks: Looks) -> bytes:
    """`text` with the header for LINUX_VERSION_CODE, where it has come to ask for that and has not got it."""
    used = len(_VERSION_USED.findall(text)) > len(_VERSION_USED.findall(before.text))
    if not used or all(look.has_version for look in looks.values()):
        return text
    layout = read_layout(before.path, text)
    first = min((edit.start for edit in between(before.text, text)), default=len(text))
    includes = [
        item
        for item in layout.skeleton.block
        if isinstance(item, Directive) and item.keyword == b"include" and item.end <= first
    ]
    kernel = [item for item in includes if item.argument.startswith(b"<linux/")]
    place = _place_of_include(layout, kernel or includes, first)
    line = b"#include " + _VERSION_HEADER
    return text[:place] + _line(line, text, place) + text[place:]


def _place_of_include(layout: Layout, includes: Sequence[Directive], first: int) -> int:
    """The byte offset of the line to put the include at: in order where they are in order, else after the last."""
    if not includes:
        return layout.text.rfind(b"\n", 0, first) + 1
    names = [item.argument for item in includes]
    later = [item for item in includes if item.argument > _VERSION_HEADER]
    if names == sorted(names) and later and later[0] is not includes[0]:
        return later[0].start
    end = layout.text.find(b"\n", includes[-1].end)
    return len(layout.text) if end < 0 else end + 1


def _line(line: bytes, text: bytes, place: int) -> bytes:
    return line + (b"\r\n" if text[:place].endswith(b"\r\n") else b"\n")


def _is_right(task: Task, before: Looks, after: Looks) -> bool:
    """Whether each target imports in effect what it did and what it lacked, and has no further wrong import."""
    for i, look in after.items():
        there = {entry.namespace for entry in look.imports if entry.right}
        needed = {entry.namespace for entry in before[i].imports if entry.right}
        needed |= {name for name, on in task.wanted.items() if i in on}
        if look.has_macro:
            needed |= {e.namespace for e in before[i].imports if e.start in task.wrong}
        wrong = Counter(entry.namespace for entry in look.imports if not entry.right)
        allowed = Counter(e.namespace for e in before[i].imports if not e.right and e.start not in task.wrong)
        kept = _others(look) == _others(before[i])
        if not needed <= there or wrong - allowed or not kept:
            return False
    return True


def _others(look: Look) -> Counter[tuple[str, str]]:
    """What it compiles to besides imports."""
    return Counter(
        (tag, value) for found in look.compiled.values() for tag, value in found.items() if tag != "import_ns"
    )
