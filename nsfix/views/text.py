"""Findings as lines of text, in the form that compilers have and editors jump to.

Written format: `FILE:LINE: RULE: MESSAGE`, sorted, the line from 1. Lines that begin with blanks belong to
the finding above: why it cannot be mended, and, if asked for, the uses that make the namespace needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nsfix.model import Need, Use
from nsfix.views.report import Outcome, Report


def render(report: Report, verbose: bool = False) -> str:
    """All findings of `report`; with `verbose`, each with its chain of reasons. Empty if there are none."""
    needs = {(m.path, need.namespace): need for m in report.modules for need in m.needs} if verbose else {}
    lines: list[str] = []
    for outcome in report.sorted_outcomes():
        lines += _finding(outcome, report.show)
        need = needs.get((outcome.finding.module, outcome.finding.namespace))
        if need is not None:
            lines += reasons(need, report.show)
    return "".join(f"{line}\n" for line in lines)


def reasons(need: Need, show: Callable[[str], str]) -> Iterator[str]:
    """The uses behind a need, each with what it came through, as indented lines."""
    for use in need.uses:
        yield f"    {show(use.file)}:{use.line}: uses {use.symbol}{_details(use)}"
        for via in use.via:
            yield f"        through {via.name} at {show(via.file)}:{via.line}"


def _finding(outcome: Outcome, show: Callable[[str], str]) -> Iterator[str]:
    finding = outcome.finding
    yield f"{show(finding.file)}:{finding.line}: {finding.rule}: {finding.message}"
    if outcome.refusal is not None:
        yield f"    not mended: {outcome.refusal}"


def _details(use: Use) -> str:
    exporter = f", exported by {use.exporter}" if use.exporter else ""
    return exporter + (f", if {use.condition}" if use.condition else "")
