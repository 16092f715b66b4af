"""From the answer of a run to what a door is told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nsfix.edits import apply, between
from nsfix.live.reply import FileMending, ModuleShown, Reason, Reply, Told
from nsfix.model import Export, Module
from nsfix.project import Answer

_MOST = 20  # uses of one namespace that are told with a finding


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
