"""Findings as diagnostics, with their reasons as related information."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lsprotocol import types

from nsfix.live.reply import Reply, Told
from nsfix.lsp.buffers import Buffers
from nsfix.lsp.positions import Text
from nsfix.model import MISSING_IMPORT, RESERVED_NAMESPACE, WRONG_SPELLING, Level

SOURCE = "nsfix"
_SEVERITIES = {
    Level.ERROR: types.DiagnosticSeverity.Error,
    Level.WARNING: types.DiagnosticSeverity.Warning,
    Level.NOTE: types.DiagnosticSeverity.Information,
}
_MOST = 6  # uses that are told with one finding
_ABOUT_USES = (MISSING_IMPORT, RESERVED_NAMESPACE)


def diagnostics_of(reply: Reply, buffers: Buffers, related: bool) -> dict[str, list[types.Diagnostic]]:
    """The diagnostics of `reply`, by the path of the file that each is about; `related` tells whether the client shows
    related information."""
    found: dict[str, list[types.Diagnostic]] = {}
    for told in reply.findings:
        finding = told.finding
        text = buffers.text(finding.file)
        word = told.reasons[0].use.symbol if told.reasons and finding.rule in _ABOUT_USES else ""
        diagnostic = types.Diagnostic(
            range=range_at(text, finding.line, word, buffers),
            message=_message(told),
            severity=_SEVERITIES[finding.level],
            code=finding.rule,
            source=SOURCE,
            related_information=list(_related(told, buffers)) if related else None,
            data={"module": finding.module, "namespace": finding.namespace, "rule": finding.rule},
        )
        found.setdefault(finding.file, []).append(diagnostic)
    return found


def _message(told: Told) -> str:
    return told.finding.message + (f"\nnot mended: {told.refusal}" if told.refusal is not None else "")


def range_at(text: Text | None, line: int, word: str, buffers: Buffers) -> types.Range:
    """Where `word` stands in the 1-based `line` of `text`; all that stands in that line where it does not."""
    shown = text.line(line - 1) if text is not None else ""
    found = re.search(rf"\b{re.escape(word)}\b", shown) if word else None
    first, last = found.span() if found else (len(shown) - len(shown.lstrip()), len(shown.rstrip()))
    units = buffers.encoding.units
    start = types.Position(max(line - 1, 0), units(shown[:first]))
    return types.Range(start, types.Position(max(line - 1, 0), units(shown[: max(first, last)])))


def _related(told: Told, buffers: Buffers) -> Iterator[types.DiagnosticRelatedInformation]:
    """Where each symbol is used, through which inline or macro, and where it is exported."""
    if told.finding.rule == WRONG_SPELLING:
        return
    seen: set[str] = set()
    for reason in told.reasons:
        use = reason.use
        if use.symbol in seen or len(seen) == _MOST:
            continue
        seen.add(use.symbol)
        yield _at(buffers, use.file, use.line, use.symbol, f"uses {use.symbol}")
        for via in use.via:
            yield _at(buffers, via.file, via.line, via.name, f"gets to {use.symbol} through {via.name}")
        export = reason.export
        if export is not None and export.file:
            shown = f"{use.symbol} is exported into {export.namespace} by {export.exporter}"
            yield _at(buffers, export.file, export.line, use.symbol, shown)


def _at(
    buffers: Buffers, file: str, line: int, word: str, message: str
) -> types.DiagnosticRelatedInformation:
    place = types.Location(buffers.uri(file), range_at(buffers.text(file), line, word, buffers))
    return types.DiagnosticRelatedInformation(place, message)
