"""Which of a module's sources takes the import: the one with the module's licence statement, MODULE_LICENSE.

Of several: one that no other module is built from; then the one with module_init or a module_*_driver; then
the first in link order. One that is shared with modules that do not need the namespace comes last. Without
any MODULE_LICENSE (it came through a header or a macro), the source with the other statements of the module.
Never a header, never a generated file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nsfix.csource.statements import Layout, Statement

_INIT = re.compile(r"(?:\w+_)?module_(?:init|\w*driver\w*|\w*device)")
_INFO_LICENSE = re.compile(rb"license\s*,")


@dataclass(frozen=True, slots=True)
class SourceView:
    """What is known of one source of a module."""

    layout: Layout
    # Statement.start -> what it compiles to on this kernel: {"license": "GPL"}, {"import_ns": "CXL"}, {}
    # where that is neither. One that is absent stands under a false #if. Only meaningful if `certain`.
    compiled: Mapping[int, Mapping[str, str]]
    certain: bool  # False where no kernel is at hand (only a log): nothing is known of the arms then
    generated: bool  # made by the build: an edit would be lost
    shared_with: tuple[str, ...]  # other modules built from this source
    shared_not_needing: tuple[str, ...]  # those among them that do not need the namespaces
    editable: str | None  # None: may be edited; else the reason why not
    # Namespaces that are macros further down, with the byte offset of an `#include` that their imports have to follow.
    above: Mapping[str, int] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path of the source, as its layout has it."""
        return self.layout.path

    @property
    def is_sound(self) -> bool:
        """Whether what stands in this file may be edited, be it a header."""
        return self.editable is None and not self.generated and self.layout.skeleton.odd_at is None

    @property
    def obstacle(self) -> str | None:
        """Why this source must not be edited, if that is so."""
        if self.editable is not None:
            return self.editable
        if self.generated:
            return "it is generated: an edit would be lost with the next build"
        if self.path.endswith(".h"):
            return "it is a header, and an import in a header reaches everything that includes it"
        if self.layout.skeleton.odd_at is not None:
            return "its #if and #endif do not pair up"
        return None

    def what(self, statement: Statement) -> Mapping[str, str]:
        """What `statement` compiles to, as far as is known."""
        return self.compiled.get(statement.start, {}) if self.certain else {}

    def active(self, statement: Statement) -> bool:
        """Whether `statement` may count: at file scope, and compiled as far as is known."""
        if statement.in_function:
            return False
        return not self.certain or statement.start in self.compiled or self._plain_init(statement)

    def _plain_init(self, statement: Statement) -> bool:
        # No modinfo comes of these, so that a reader of modinfo may have left them out.
        return not statement.arms and is_init(statement)

    def is_licence(self, statement: Statement) -> bool:
        """Whether `statement` is a MODULE_LICENSE, or a wrapper that compiles to one; compiled or not."""
        if statement.in_function or statement.macro == "MODULE_INFO":
            return False
        return statement.macro == "MODULE_LICENSE" or "license" in self.what(statement)

    def is_import(self, statement: Statement) -> bool:
        """Whether `statement` is an import, in whatever spelling; compiled or not."""
        if statement.in_function:
            return False
        return statement.macro == "MODULE_IMPORT_NS" or "import_ns" in self.what(statement)

    def licences(self) -> list[Statement]:
        """The licence statements that count, those under the fewest conditionals first."""
        found = [s for s in self.layout.statements if self.is_licence(s) and self.active(s)]
        return sorted(found, key=lambda s: len(s.arms))

    def dead_licence(self) -> Statement | None:
        """A licence statement that stands under a false #if."""
        return next((s for s in self.layout.statements if self.is_licence(s) and not self.active(s)), None)

    def inits(self) -> list[Statement]:
        """The module_init and module_*_driver statements that count."""
        return [s for s in self.layout.statements if is_init(s) and self.active(s)]

    def others(self) -> list[Statement]:
        """Every MODULE_* statement that counts."""
        return [s for s in self.layout.statements if "MODULE_" in s.macro and self.active(s)]


def is_init(statement: Statement) -> bool:
    """Whether `statement` is module_init or one of the module_*_driver family."""
    return _INIT.fullmatch(statement.macro) is not None


def is_licence_info(statement: Statement) -> bool:
    """Whether `statement` is `MODULE_INFO(license, …)`."""
    return statement.macro == "MODULE_INFO" and _INFO_LICENSE.match(statement.argument) is not None


@dataclass(frozen=True, slots=True)
class Anchor:
    """The statement that an import is put next to, and the source it stands in."""

    view: SourceView
    statement: Statement


def choose(sources: Sequence[SourceView]) -> Anchor | None:
    """The best anchor among `sources` (in link order), one in an editable source if there is any.

    Sources without a licence statement are looked at only where no source has one. The caller must look at
    the obstacle of the one returned. None where no source has any statement.
    """
    licensed = _best(sources, lambda view: view.licences(), lambda view: ())
    if licensed is not None:
        return licensed
    return _best(sources, _statements_to_follow, _rank_unlicensed)


def _best(
    sources: Iterable[SourceView],
    anchors: Callable[[SourceView], Sequence[Statement]],
    rank: Callable[[SourceView], tuple[bool, ...]],
) -> Anchor | None:
    candidates = [(view, found[0]) for view in sources if (found := anchors(view))]
    if not candidates:
        return None
    view, statement = min(
        candidates,
        key=lambda c: (
            c[0].obstacle is not None,
            bool(c[0].shared_not_needing),
            *rank(c[0]),
            bool(c[0].shared_with),
            not c[0].inits(),
        ),
    )
    return Anchor(view, statement)


def _rank_unlicensed(view: SourceView) -> tuple[bool, ...]:
    return (not any(is_licence_info(s) for s in view.others()),)


def _statements_to_follow(view: SourceView) -> list[Statement]:
    """What an import may follow where there is no MODULE_LICENSE, the best first."""
    others, inits = view.others(), view.inits()
    info = [s for s in others if is_licence_info(s)]
    arms = min((s.arms for s in inits or others), key=len, default=())
    last = [s for s in others if s.arms == arms][-1:]
    return info or last or inits
