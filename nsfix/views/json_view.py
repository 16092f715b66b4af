"""The JSON contract: everything that one run found out, for programs (docs/check.schema.json).

Written format: one JSON object in ASCII, with a line for each module and each finding. Lines count from 1;
the edits of a fix are byte offsets into the file as it is, end exclusive. Bytes that are no UTF-8, in a path
or in the `new` of an edit, appear as the lone surrogates of Python's surrogateescape, U+DC80 to U+DCFF.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from nsfix.model import Import, Licence, Module, Spelling, Use, gpl_compatible
from nsfix.views.report import FileFix, KernelPart, Outcome, Report

SCHEMA = 1
Show = Callable[[str], str]
Json = dict[str, object]


def render(report: Report) -> str:
    """`report` as JSON text that ends in a newline."""
    kernel = _kernel(report.release, report.spelling, report.config, report.show)
    # A line for each entry: the C encoder, which is the quick one, knows no indentation.
    modules = _array(_module(module, report.show) for module in report.modules)
    findings = _array(
        _finding(outcome, report.show)
        | ({"kernels": list(outcome.finding.kernels)} if report.kernels else {})
        for outcome in report.sorted_outcomes()
    )
    parts = _array(_part(part, report.show) for part in report.kernels)
    kernels = f' "kernels": {parts},\n' if report.kernels else ""
    return (
        f'{{"schema": {SCHEMA},\n "kernel": {json.dumps(kernel)},\n{kernels}'
        f' "modules": {modules},\n "findings": {findings}}}\n'
    )


def _kernel(release: str, spelling: Spelling, config: str, show: Show) -> Json:
    shown = config if config == "any" else show(config)
    return {"release": release, "spelling": spelling.value, "config": shown}


def _part(part: KernelPart, show: Show) -> Json:
    modules = [_module(module, show) for module in part.modules]
    return {
        "label": part.label,
        **_kernel(part.release, part.spelling, part.config, show),
        "modules": modules,
    }


def _array(entries: Iterable[Json]) -> str:
    body = ",\n  ".join(json.dumps(entry) for entry in entries)
    return f"[\n  {body}\n ]" if body else "[]"


def _module(module: Module, show: Show) -> Json:
    return {
        "name": module.name,
        "path": module.path,
        "sources": [show(source) for source in module.sources],
        "licenses": [_licence(licence, show) for licence in module.licenses],
        "gpl_compatible": gpl_compatible(module.licenses),
        "needs": [
            {"namespace": need.namespace, "uses": [_use(use, show) for use in need.uses]}
            for need in module.needs
        ],
        "imports": [_import(entry, show) for entry in module.imports],
    }


def _licence(licence: Licence, show: Show) -> Json:
    return {"value": licence.value, "file": show(licence.file), "line": licence.line}


def _use(use: Use, show: Show) -> Json:
    return {
        "symbol": use.symbol,
        "file": show(use.file),
        "line": use.line,
        "via": [{"name": via.name, "file": show(via.file), "line": via.line} for via in use.via],
        "exporter": use.exporter,
        "condition": use.condition,
    }


def _import(entry: Import, show: Show) -> Json:
    return {
        "namespace": entry.namespace,
        "file": show(entry.file),
        "line": entry.line,
        "condition": entry.condition,
        "effective": entry.effective,
    }


def _finding(outcome: Outcome, show: Show) -> Json:
    finding = outcome.finding
    return {
        "rule": finding.rule,
        "level": finding.level.value,
        "module": finding.module,
        "namespace": finding.namespace,
        "message": finding.message,
        "file": show(finding.file),
        "line": finding.line,
        "fix": None if outcome.fix is None else _fix(outcome.fix, show),
        "refusal": outcome.refusal,
    }


def _fix(fix: FileFix, show: Show) -> Json:
    return {
        "file": show(fix.file),
        "edits": [
            {"start": edit.start, "end": edit.end, "new": edit.new.decode("utf-8", "surrogateescape")}
            for edit in fix.edits
        ],
    }
