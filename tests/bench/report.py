"""What a run found: tables for people, and the raw figures as JSON."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nsfix import __version__
from tests.bench.cases import OURS, THEIRS, Result
from tests.bench.prerequisites import Kernel

_BUSY = 0.3  # of the processors, taken by others: from here on figures are to be doubted


def machine() -> dict[str, Any]:
    """The machine as it is before the first measurement."""
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "processor": cpu[1] if cpu else platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "load_before": list(os.getloadavg()),
        "python": f"{platform.python_version()} of {sys.base_prefix}",
        "spatch": _first_line("spatch", "--version"),
        "gcc": _first_line("gcc", "--version"),
        "nsfix": __version__,
    }


def _first_line(*command: str) -> str:
    printed = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True
    ).stdout
    return printed.splitlines()[0]


def text(results: Sequence[Result], state: Mapping[str, Any], kernel: Kernel) -> str:
    """The whole report, in Markdown."""
    parts = [_state(state, kernel)]
    compared = [result for result in results if result.factor]
    if compared:
        parts.append(_table(_COMPARED, [_compared(result) for result in compared]))
    parts += [_table(_ALONE, _alone(result)) for result in results if not result.factor]
    builds = [f"{r.tree}: {_parts(r)}" for r in compared if len(r.timings) > 2]
    parts += ["Of the kernel's tools: " + "; ".join(builds) + "."] if builds else []
    pairs = "The sides inserted the same (file, namespace) pairs in every round"
    silent = all(result.silent for result in results)
    parts.append(f"{pairs}; the real build of what nsfix left is {'silent' if silent else 'NOT SILENT'}.")
    return "\n\n".join(parts)


def _state(state: Mapping[str, Any], kernel: Kernel) -> str:
    before, after = (" ".join(f"{load:.2f}" for load in state[key]) for key in ("load_before", "load_after"))
    lines = [
        f"{state['cpus']} x {state['processor']}; load before {before}, after {after}",
        f"Kernel {kernel.release}; Python {state['python']}; {state['spatch']}; {state['gcc']}",
        f"nsfix {state['nsfix']}; medians of {state['rounds']} rounds",
    ]
    if state["load_before"][0] > _BUSY * state["cpus"]:
        lines.append("NOISY: the machine was busy with other work when the run began")
    return "  \n".join(lines)


_COMPARED = (
    "case",
    "sources",
    "modules",
    "imports",
    "kernel's tools",
    "nsfix",
    "times faster",
    "by CPU",
    "aim",
)
_ALONE = ("command", "median", "least", "most", "CPU", "aim")


def _compared(result: Result) -> list[str]:
    verdict = "met" if result.met else "missed"
    sizes = [str(result.modules), str(result.imports)]
    times = [_span(result, THEIRS), _span(result, OURS), f"{result.ratio:.1f}", f"{result.cpu_ratio:.1f}"]
    return [result.case, result.tree, *sizes, *times, f"{result.aim:g}: {verdict}"]


def _span(result: Result, name: str) -> str:
    """`5.01 s (4.90-5.30)`: median, least and most."""
    walls = [timing.wall for timing in result.timings[name]]
    return f"{result.wall(name):.3g} s ({min(walls):.3g}-{max(walls):.3g})"


def _parts(result: Result) -> str:
    return ", ".join(f"{name} {_span(result, name)}" for name in result.timings if name not in (OURS, THEIRS))


def _alone(result: Result) -> list[list[str]]:
    rows = []
    for name, timings in result.timings.items():
        walls = [timing.wall for timing in timings]
        aim = f"{result.aim:g} s: {'met' if result.met else 'missed'}" if name == OURS else ""
        figures = [
            f"{value:.3f} s" for value in (result.wall(name), min(walls), max(walls), result.cpu(name))
        ]
        rows.append([f"`{name}`", *figures, aim])
    return rows


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    rule = ["-" * width for width in widths]
    lines = [
        [cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in (heads, rule, *rows)
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def data(results: Sequence[Result], state: Mapping[str, Any], kernel: Kernel) -> dict[str, Any]:
    """The same for a program, with each round's seconds."""
    return {
        "machine": dict(state),
        "kernel": kernel.release,
        "results": [_result(result) for result in results],
    }


def _result(result: Result) -> dict[str, Any]:
    medians = {name: result.wall(name) for name in result.timings}
    return {**asdict(result), "medians": medians, "ratio": result.ratio, "met": result.met}
