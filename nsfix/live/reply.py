"""What a project answers to a door: facts alone, small enough to be sent from one process to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nsfix.edits import Edit, apply, between
from nsfix.model import Export, Finding, Import, Module, Remark, Spelling, Use
from nsfix.project import Answer

_MOST = 20  # uses of one namespace that are told with a finding


@dataclass(frozen=True, slots=True)
class Reason:
    """A use that a finding comes from, and its symbol's export, which has no file where that is not known."""

    use: Use
    export: Export | None


@dataclass(frozen=True, slots=True)
class Told:
    """A finding with its reasons, and what mends it: `edits` of `file`, or `refusal`, why nothing does."""

    finding: Finding
    reasons: tuple[Reason, ...]
    file: str | None
    edits: tuple[Edit, ...]
    refusal: str | None


@dataclass(frozen=True, slots=True)
class FileMending:
    """All edits of one file, which is as `before` (None: see Reply). `namespaces` are what they import."""

    edits: tuple[Edit, ...]
    before: bytes
    namespaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModuleShown:
    """A module: the files it is made of, the symbols that it uses by namespace, and its imports."""

    name: str
    path: str
    sources: tuple[str, ...]
    needs: Mapping[str, tuple[Use, ...]]
    imports: tuple[Import, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer about some modules. `files` are all that it was made of but for the kernel's headers; `remarks` what
    there is to say on reading them, `notes` on the mending."""

    release: str
    spelling: Spelling
    modules: tuple[ModuleShown, ...]
    findings: tuple[Told, ...]
    mendings: Mapping[str, FileMending]
    remarks: tuple[Remark, ...]
    notes: tuple[str, ...]


def reply_of(answer: Answer, exports: Mapping[bytes, Export], modules: Sequence[Module]) -> Reply:
    """What `answer` says of `modules`, some of its own. `exports` are the namespaced symbols."""
    paths = {module.path for module in modules}
    by_path = {module.path: module for module in modules}
    told = []
    for remedy in answer.mending.remedies:
        finding = remedy.finding
        if finding.module not in paths:
            continue
        module = by_path[finding.module]
        uses = next((need.uses for need in module.needs if need.namespace == finding.namespace), ())
        reasons = tuple(Reason(use, exports.get(use.symbol.encode())) for use in uses[:_MOST])
        told.append(Told(finding, reasons, remedy.file, remedy.edits, remedy.refusal))
    edited = {one.file for one in told if one.file is not None}
    return Reply(
        answer.kernel.release if answer.kernel is not None else "",
        answer.spelling,
        tuple(_shown(module) for module in modules),
        tuple(told),
        {path: _mending(path, answer) for path in sorted(edited)},
        answer.remarks,
        tuple(answer.mending.notes),
    )


def _shown(module: Module) -> ModuleShown:
    needs = {need.namespace: need.uses for need in module.needs}
    return ModuleShown(module.name, module.path, module.sources, needs, module.imports)


def _mending(path: str, answer: Answer) -> FileMending:
    """The edits of all findings that one file is edited for, as small as they were planned."""
    before, after = answer.mending.texts[path]
    planned = {edit: None for r in answer.mending.remedies if r.file == path for edit in r.edits}
    edits = tuple(sorted(planned, key=lambda edit: (edit.start, edit.end)))
    if apply(before, edits) != after:
        edits = between(before, after)
    return FileMending(edits, before, tuple(answer.mending.namespaces[path]))
