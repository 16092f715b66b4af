"""Which line an import goes to, once its file and the statement next to it are chosen.

It goes after the imports that stand in the block of statements around the licence statement (at its sorted
place where those are sorted), else right after the licence statement. It never goes under an #if that the
licence statement is not under, and never between the parts of a statement, a comment or a line. Where the
namespace's name is a macro at the licence statement, it goes below the includes that stand above that macro.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nsfix.csource.statements import Arms, Layout, Statement
from nsfix.plan.choice import Anchor, SourceView

_BESIDE = re.compile(rb"(?:[ \t\f\v\r;]|\\\r?\n|/\*.*?\*/|//(?:[^\n\\]|\\\r?\n|\\.)*)+", re.S)
_COMMENTS = re.compile(rb"/\*.*?\*/|//(?:[^\n\\]|\\\r?\n|\\.)*|\n", re.S)
_ENDIF = re.compile(rb"[ \t\f\v]*#[ \t]*endif")
# With the backslash that a blanked comment leaves at the end of a line.
_BLANK = b" \t\r\n\f\v\\"
_INDENT = re.compile(rb"[ \t]*")


@dataclass(frozen=True, slots=True)
class Home:
    """Where new imports belong: after `end`, among statements under `arms`."""

    end: int  # byte offset after the licence statement, or after the #endif that closes its alternatives
    arms: Arms
    indent: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """One place to insert whole lines at: `before + line + after`, at the byte `offset`."""

    offset: int
    before: bytes
    after: bytes


def find_home(anchor: Anchor) -> Home:
    """Where the imports of a module with this anchor belong.

    Where other arms of a conditional around it have a licence statement too, that is after the whole
    conditional, so that the import holds whichever is compiled; but for a conditional that holds a
    whole module in the compiled arm, module_init and all.
    """
    layout, licence = anchor.view.layout, anchor.statement
    indent = indent_at(layout.text, licence.start)
    rivals = [s for s in layout.statements if anchor.view.is_licence(s)]
    for depth in range(len(licence.arms)):
        starts = _alternatives(anchor.view, licence, rivals, depth)
        if starts:
            last = layout.conditional(max(starts))
            inside = [s.end for s in layout.statements if last.start <= s.start < last.end]
            return Home(
                max(_after_endif(layout.text, last.arms[-1].end, last.end), *inside),
                licence.arms[:depth],
                indent,
            )
    return Home(licence.end, licence.arms, indent)


def _alternatives(view: SourceView, licence: Statement, rivals: Iterable[Statement], depth: int) -> list[int]:
    """The offsets of the conditionals, in the arms that are `depth` deep around `licence`, over which the
    licence statements are spread; empty where that of `licence` has just the one."""
    start, _ = licence.arms[depth]
    whole = view.certain and any(s.arms[: depth + 1] == licence.arms[: depth + 1] for s in view.inits())
    if whole:
        return []
    others = [
        s.arms[depth][0]
        for s in rivals
        if len(s.arms) > depth
        and s.arms[:depth] == licence.arms[:depth]
        and s.arms[depth] != licence.arms[depth]
        # With a kernel at hand, a second conditional says nothing about this one.
        and (s.arms[depth][0] == start or not view.certain)
    ]
    return [start, *others] if others else []


def _after_endif(text: bytes, line: int, end: int) -> int:
    """The offset after the word `endif` on the line at `line`; a comment of many lines may follow it."""
    match = _ENDIF.match(text, line)
    return match.end() if match else end


def find_places(anchor: Anchor, home: Home, namespaces: Sequence[str]) -> list[Place]:
    """For each of `namespaces`, which are sorted, the place to insert its import at."""
    layout = anchor.view.layout
    standing = _standing_imports(anchor, home)
    if not standing:
        return [place_after(layout, home.end, home.indent)] * len(namespaces)
    return places_among(anchor.view, standing, namespaces)


def places_among(view: SourceView, standing: Sequence[Statement], namespaces: Sequence[str]) -> list[Place]:
    """For each of `namespaces`, which are sorted, the place among the imports `standing`, of which there is one."""
    layout = view.layout
    known = [_namespace(view, s) for s in standing]
    names = [name for name in known if name is not None]
    if len(names) < len(known) or names != sorted(names):
        return [_after_statement(layout, standing[-1])] * len(namespaces)
    places: list[Place] = []
    for namespace in namespaces:
        index = bisect_right(names, namespace)
        before_all = None if index else _before(layout, standing[0])
        places.append(before_all or _after_statement(layout, standing[max(index, 1) - 1]))
    return places


def find_place_for_block(anchor: Anchor, home: Home) -> Place:
    """The place for lines that belong together: behind all imports that stand at `home`."""
    standing = _standing_imports(anchor, home)
    if standing:
        return _after_statement(anchor.view.layout, standing[-1])
    return place_after(anchor.view.layout, home.end, home.indent)


def lines_at(place: Place, lines: Sequence[bytes], text: bytes) -> bytes:
    """What to insert at `place` of `text` for `lines` to stand there, each on a line of its own.

    A line that begins with `#` is not indented.
    """
    ending = line_ending(text, text.find(b"\n", max(place.offset - 1, 0)))
    indent = place.before.lstrip(b"\r\n") if place.before.strip(b" ") or place.after else b""
    shown = [line if line[:1] == b"#" else indent + line for line in lines]
    if place.after:
        return b"".join(line + ending for line in shown)
    ending = b"\r\n" if place.before[:1] == b"\r" else ending
    joined = ending + ending.join(shown)
    return joined + (ending if place.offset < len(text) else b"")


def find_place_below(layout: Layout, start: int) -> Place:
    """The place below the directive that begins at the byte `start`."""
    end = next((d.end for d in layout.directives if d.start <= start < d.end), start)
    return place_after(layout, end, b"")


def _namespace(view: SourceView, statement: Statement) -> str | None:
    """The namespace that `statement` imports or means to; None for a macro that is not resolved."""
    compiled, argument = view.what(statement).get("import_ns"), statement.argument
    if compiled is not None:
        return compiled.strip('"')
    if any(directive.name == argument for directive in view.layout.directives):
        return None
    return argument.strip(b'"').decode("utf-8", "surrogateescape")


def _standing_imports(anchor: Anchor, home: Home) -> list[Statement]:
    """The imports in the block of statements around the anchor that stand under no #if but those of home."""
    layout, licence = anchor.view.layout, anchor.statement
    scope = [s for s in layout.statements if not s.in_function]
    middle = scope.index(licence)
    first = last = middle
    while first and _adjacent(layout, scope[first - 1], scope[first]):
        first -= 1
    while last + 1 < len(scope) and _adjacent(layout, scope[last], scope[last + 1]):
        last += 1
    return [
        s for s in scope[first : last + 1] if anchor.view.is_import(s) and s.arms == home.arms[: len(s.arms)]
    ]


def _adjacent(layout: Layout, one: Statement, next_one: Statement) -> bool:
    """Whether nothing but comments and directives stands between two statements."""
    return not layout.code[one.end : next_one.start].strip(_BLANK + b";")


def indent_at(text: bytes, offset: int) -> bytes:
    line = text.rfind(b"\n", 0, offset) + 1
    match = _INDENT.match(text, line, offset)
    return match.group() if match else b""


def line_ending(text: bytes, newline: int) -> bytes:
    return b"\r\n" if newline > 0 and text[newline - 1] == 0x0D else b"\n"


def _after_statement(layout: Layout, statement: Statement) -> Place:
    return place_after(layout, statement.end, indent_at(layout.text, statement.start))


def place_after(layout: Layout, end: int, indent: bytes) -> Place:
    """The place after the line that the code at `end` ends on, with all comments and statements on it.

    Where other code begins on that line, whose end is not known, the place is `end` itself.
    """
    text, position = layout.text, end
    starts = {s.start: s.end for s in layout.statements if s.start >= end}
    while True:
        match = _BESIDE.match(text, position)
        position = match.end() if match else position
        if position >= len(text):
            ending = line_ending(text, text.rfind(b"\n"))
            return Place(len(text), ending + indent, b"")
        if text[position] == 0x0A:
            return Place(position + 1, indent, line_ending(text, position))
        if position not in starts:
            return Place(end, b" ", b"")
        position = starts[position]


def _before(layout: Layout, statement: Statement) -> Place | None:
    """The place before the line that `statement` begins on and before the comment that belongs to it.

    None where something else stands on that line.
    """
    text, plain = layout.text, layout.plain
    before = len(plain[: statement.start].rstrip(_BLANK))
    place: int | None = None
    position = before
    for match in _COMMENTS.finditer(text, before, statement.start):
        if match.group() != b"\n":
            continue
        blank = not text[position : match.start()].strip()
        if place is None or blank:
            place = match.end()
        position = match.end()
    if place is None:
        return None
    indent = indent_at(text, statement.start)
    return Place(place, indent, line_ending(text, place - 1))
