"""From findings to what is done about each: edits that were planned, or the reason why there are none.

One plan serves the command line, the diff and an editor; `read` gives it the text of a file, from disk or from
an open buffer.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from nsfix.csource.conflicts import conflict_marker
from nsfix.csource.statements import Layout, read_layout
from nsfix.edits import Edit, apply
from nsfix.model import (
    MISSING_IMPORT,
    RESERVED_NAMESPACE,
    BuiltModule,
    Finding,
    Level,
    SourceKind,
    Spelling,
)
from nsfix.plan import Fix, Refusal, SourceView, namespace_fault, plan_imports, refuse_rust
from nsfix.rust.modinfo import RustSide

_GENERATED = re.compile(rb"(?i)\b(?:(?:auto(?:matically)?[- ]?)?generated (?:by|from|file)|do not edit)\b")
_HEAD = 600  # bytes of a file in which it would say that it is generated


@dataclass(frozen=True, slots=True)
class ModuleSources:
    """What is known of the sources of a module for mending it.

    `compiled` maps the path of a source to what its statements compile to, by their offset; None where no
    kernel was at hand to tell. `licensed` tells whether the module has any licence at all. `hidden` are, by source,
    the namespaces whose names are macros there, each with the byte offset of an `#include` behind which it is none
    yet, or a negative one. `rust` are the module's Rust sources, if it has any.
    """

    built: BuiltModule
    compiled: Mapping[str, Mapping[int, Mapping[str, str]]] | None
    licensed: bool = True
    hidden: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    rust: RustSide | None = None


@dataclass(frozen=True, slots=True)
class Remedy:
    """A finding with the edits of one file that mend it, or why nothing does."""

    finding: Finding
    file: str | None = None
    edits: tuple[Edit, ...] = ()
    refusal: str | None = None


@dataclass(slots=True)
class Mending:
    """All remedies of a run. `texts` are the files to write: path to (before, after)."""

    remedies: list[Remedy] = field(default_factory=list)
    texts: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    namespaces: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Whether something stays that nsfix could not mend."""
        return any(r.refusal is not None for r in self.remedies)


def _has_place(view: SourceView) -> bool:
    """Whether a C source beside Rust is where imports go: it has the licence, or an import."""
    imports = [s for s in view.layout.statements if view.is_import(s) and view.active(s)]
    return bool(view.licences() or imports)


def _standing(finding: Finding) -> str | None:
    """Why a wrong spelling is not mended, where it does harm: one that only imports nothing may stand."""
    if finding.level is not Level.ERROR:
        return None
    return "nothing that stands is rewritten; respell it, or put it under a guard, by hand"


def _conflict(layout: Layout) -> str | None:
    """Why a file with the markers of a conflict is not written to; None where there are none."""
    at = conflict_marker(layout.text)
    if at is None:
        return None
    line = layout.text.count(b"\n", 0, at) + 1
    return f"line {line} is the marker of a conflict: resolve that first"


class Mender:
    """Plans the mending of `findings` in `modules` (by path). `roots` are the trees that may be edited."""

    def __init__(
        self,
        modules: Mapping[str, ModuleSources],
        spelling: Spelling,
        roots: Sequence[str],
        read: Callable[[str], bytes | None],
    ) -> None:
        self._modules = modules
        self._spelling = spelling
        self._roots = [os.path.realpath(root) for root in roots]
        self._read = read
        self._layouts: dict[str, Layout] = {}

    @cached_property
    def _users(self) -> Mapping[str, Sequence[str]]:
        """The modules that each source is compiled into."""
        users: dict[str, list[str]] = {}
        for path, module in self._modules.items():
            for source in module.built.sources:
                users.setdefault(source.path, []).append(path)
        return users

    def mend(self, findings: Iterable[Finding]) -> Mending:
        """Plan all edits. Modules that are mended through one file get the union of what they lack there."""
        result = Mending()
        wanted: dict[str, list[Finding]] = {}
        broken = {
            (f.module, f.namespace): f for f in findings if f.rule not in (MISSING_IMPORT, RESERVED_NAMESPACE)
        }
        for finding in findings:
            if finding.rule == MISSING_IMPORT:
                reason = self._hopeless(finding, broken)
                if reason is None:
                    wanted.setdefault(finding.module, []).append(finding)
                else:
                    result.remedies.append(Remedy(finding, refusal=reason))
            elif finding.rule == RESERVED_NAMESPACE:
                fault = namespace_fault(finding.namespace, self._spelling)
                result.remedies.append(Remedy(finding, refusal=fault))
            else:
                result.remedies.append(Remedy(finding, refusal=_standing(finding)))
        plans = {
            module: self._plan(module, [f.namespace for f in lacks], wanted)
            for module, lacks in wanted.items()
        }
        self._merge(plans, wanted, result)
        return result

    def _hopeless(self, finding: Finding, broken: Mapping[tuple[str, str], Finding]) -> str | None:
        """Why a missing import cannot be mended whatever the file; None where it may."""
        fault = namespace_fault(finding.namespace, self._spelling)
        if fault is not None:
            return fault
        other = broken.get((finding.module, finding.namespace))
        if other is not None and self._spelling is Spelling.STRING:
            return f"the spelling of the import at line {other.line} has to be mended first: {other.message}"
        return None

    def _plan(self, module: str, namespaces: list[str], wanted: Mapping[str, list[Finding]]) -> Fix | Refusal:
        sources = self._modules[module]
        views = [
            self._view(source.path, module, namespaces, wanted)
            for source in sources.built.sources
            if source.kind is SourceKind.C
        ]
        name = sources.built.name
        rust = sources.rust
        if rust is not None and (rust.compiled or not views) and not any(map(_has_place, views)):
            return refuse_rust(name, namespaces, rust)
        if not views:
            return Refusal(f"{name} has no C source that could take the import")
        return plan_imports(name, namespaces, views, self._spelling, licensed=sources.licensed)

    def _view(
        self, path: str, module: str, namespaces: list[str], wanted: Mapping[str, list[Finding]]
    ) -> SourceView:
        layout = self._layouts.get(path)
        if layout is None:
            layout = self._layouts[path] = read_layout(path, self._read(path) or b"")
        compiled = self._modules[module].compiled
        others = [m for m in self._users.get(path, ()) if m != module]
        not_needing = [m for m in others if not set(namespaces) <= {f.namespace for f in wanted.get(m, ())}]
        return SourceView(
            layout=layout,
            compiled=compiled.get(path, {}) if compiled is not None else {},
            certain=compiled is not None,
            generated=_GENERATED.search(layout.text[:_HEAD]) is not None,
            shared_with=tuple(self._modules[m].built.name for m in others),
            shared_not_needing=tuple(self._modules[m].built.name for m in not_needing),
            above=self._above(path, module),
            editable=self._fence(path) or _conflict(layout) or self._masked(path, module, namespaces),
        )

    def _masked(self, path: str, module: str, namespaces: list[str]) -> str | None:
        """Why an import spelled as an identifier would import something else there; None where it would not."""
        if self._spelling is not Spelling.IDENTIFIER:
            return None
        hidden = self._modules[module].hidden.get(path, {})
        masked = sorted(name for name in namespaces if hidden.get(name, 0) < 0)
        if not masked:
            return None
        return f"{masked[0]} is a macro there, so that the import would be of what it stands for; rename the macro"

    def _above(self, path: str, module: str) -> Mapping[str, int]:
        """The namespaces whose names are macros at the licence of that source, with the place of an include above."""
        hidden = self._modules[module].hidden.get(path, {})
        return hidden if self._spelling is Spelling.IDENTIFIER else {}

    def _fence(self, path: str) -> str | None:
        real = os.path.realpath(path)
        if any(real == root or real.startswith(root.rstrip("/") + "/") for root in self._roots):
            return None
        return "it lies outside the directory that was named; name its own as well to have it edited"

    def _merge(
        self, plans: Mapping[str, Fix | Refusal], wanted: Mapping[str, list[Finding]], result: Mending
    ) -> None:
        by_file: dict[str, dict[str, Edit]] = {}
        for module, plan in plans.items():
            if isinstance(plan, Refusal):
                place = f"{plan.file}:{plan.line}: " if plan.file and plan.line else ""
                reason = plan.reason if not place else f"{place}{plan.reason}"
                result.remedies += [Remedy(finding, refusal=reason) for finding in wanted[module]]
                continue
            if plan.note is not None:
                result.notes.append(f"{plan.file}: {plan.note}")
            edits = dict(zip(plan.namespaces, plan.edits, strict=True))
            for finding in wanted[module]:
                result.remedies.append(Remedy(finding, plan.file, (edits[finding.namespace],)))
            for namespace, edit in edits.items():
                by_file.setdefault(plan.file, {}).setdefault(namespace, edit)
        for file, merged in by_file.items():
            before = self._layouts[file].text
            ordered = [merged[namespace] for namespace in sorted(merged)]
            result.texts[file] = (before, apply(before, ordered))
            result.namespaces[file] = sorted(merged)
