"""A module and the namespaces it must import, turned into edits of one of its sources, or into a refusal."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from nsfix.csource.statements import Layout, read_layout
from nsfix.edits import Edit, apply
from nsfix.model import Spelling
from nsfix.plan.choice import Anchor, SourceView, choose
from nsfix.plan.place import Home, find_home, find_place_below, find_places
from nsfix.plan.spelling import namespace_fault, spell

_NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Fix:
    """The edits of one file that mend a module; those at one offset stand in order, as `edits.apply` wants them.

    `namespaces` are those that it imports by them. With `apart`, `edits[i]`, an insertion, imports `namespaces[i]`,
    and is good without the others.
    """

    file: str
    edits: tuple[Edit, ...]
    namespaces: tuple[str, ...]
    note: str | None = None  # something that whoever reads the patch should know
    apart: bool = False

    def edits_for(self, namespace: str) -> tuple[Edit, ...]:
        """The edits that one namespace needs."""
        return (self.edits[self.namespaces.index(namespace)],) if self.apart else self.edits


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no fix, and where a person should look."""

    reason: str
    file: str | None = None
    line: int | None = None


def plan_imports(
    module: str,
    namespaces: Sequence[str],
    sources: Sequence[SourceView],
    spelling: Spelling,
    *,
    licensed: bool = True,
) -> Fix | Refusal:
    """The edits of one file that import `namespaces`, none of which is imported in effect, into `module`.

    `sources` are the module's, in link order. `licensed` tells whether the module has a licence at all, be it
    from a header or a macro. One namespace that cannot be imported refuses all: see `namespace_fault`. Where
    several modules are mended through one file, give the union of their namespaces.
    """
    names = sorted(set(namespaces))
    for name in names:
        fault = namespace_fault(name, spelling)
        if fault is not None:
            return Refusal(fault)
    anchor = find_anchor(module, sources, licensed)
    return anchor if isinstance(anchor, Refusal) else plain_fix(anchor, names, spelling)


def find_anchor(module: str, sources: Sequence[SourceView], licensed: bool = True) -> Anchor | Refusal:
    """The statement that imports of `module` belong next to, in a source that may be edited."""
    if not licensed and not any(view.licences() for view in sources):
        return _unlicensed(module, sources)
    anchor = choose(sources)
    if anchor is None:
        return _nowhere(module, sources)
    if anchor.view.obstacle is not None:
        return Refusal(
            f"the import belongs next to {anchor.statement.macro} in this file, but {anchor.view.obstacle}",
            anchor.view.path,
            anchor.statement.line,
        )
    return anchor


def plain_fix(anchor: Anchor, names: Sequence[str], spelling: Spelling) -> Fix | Refusal:
    """The lines that import `names`, which are sorted, next to `anchor`, in one spelling and under no condition."""
    layout = anchor.view.layout
    home = find_home(anchor)
    above = {name: find_place_below(layout, at) for name, at in anchor.view.above.items() if name in names}
    beside = [name for name in names if name not in above]
    places = above | dict(zip(beside, find_places(anchor, home, beside), strict=True))
    edits = tuple(
        Edit(place.offset, place.offset, place.before + spell(name, spelling) + place.after)
        for name, place in ((name, places[name]) for name in names)
    )
    if not _stands(layout, home, edits):
        return Refusal(
            f"no safe place was found next to {anchor.statement.macro}; add by hand: "
            + " ".join(spell(name, spelling).decode("utf-8", "replace") for name in names),
            layout.path,
            anchor.statement.line,
        )
    return Fix(layout.path, edits, tuple(names), note_on(anchor.view), apart=True)


def _stands(layout: Layout, home: Home, edits: Sequence[Edit]) -> bool:
    """Whether the edited text, read anew, has what it had and the imports, at file scope under the arms of
    `home`: what nsfix writes it must be able to read."""
    after = read_layout(layout.path, apply(layout.text, edits))
    offsets = sorted(edit.start for edit in edits)
    grown = [0]
    for edit in sorted(edits, key=lambda e: e.start):
        grown.append(grown[-1] + len(edit.new))

    def moved(offset: int) -> int:
        return offset + grown[bisect_right(offsets, offset)]

    old = {(moved(s.start), s.macro, s.argument, s.in_function) for s in layout.statements}
    fresh = [s for s in after.statements if (s.start, s.macro, s.argument, s.in_function) not in old]
    arms = tuple((moved(start), index) for start, index in home.arms)
    return (
        len(after.statements) == len(layout.statements) + len(edits)
        and len(fresh) == len(edits)
        and all(not s.in_function and s.arms == arms[: len(s.arms)] for s in fresh)
    )


def note_on(view: SourceView) -> str | None:
    """What whoever reads a patch of that source should know, if anything."""
    if not view.shared_not_needing:
        return None
    return f"the file is also part of modules that do not need the import: {_listed(view.shared_not_needing)}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    return shown if len(names) <= _NAMES_SHOWN else f"{shown} and {len(names) - _NAMES_SHOWN} more"


def _unlicensed(module: str, sources: Sequence[SourceView]) -> Refusal:
    for view in sources:
        dead = view.dead_licence()
        if dead is not None:
            return Refusal(
                f"the MODULE_LICENSE of module {module} stands under an #if that is false for this kernel: "
                "modpost refuses the module before namespaces matter",
                view.path,
                dead.line,
            )
    paths = _listed([view.path for view in sources])
    return Refusal(
        f"no MODULE_LICENSE in any source of module {module} ({paths}): "
        "modpost refuses the module before namespaces matter; add one",
        sources[0].path if sources else None,
    )


def _nowhere(module: str, sources: Sequence[SourceView]) -> Refusal:
    paths = _listed([view.path for view in sources])
    return Refusal(
        f"no source of module {module} ({paths}) has a MODULE_LICENSE, another MODULE_ line or a module_init "
        "to put the import next to; add MODULE_LICENSE to the one that should have it",
        sources[0].path if sources else None,
    )
