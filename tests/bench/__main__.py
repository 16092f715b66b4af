"""Measures nsfix beside the kernel's own tools. Nothing here is a test: no figure makes anything fail.

    python -m tests.bench                     everything, five rounds: about a quarter of an hour
    python -m tests.bench --only single       one of replay, clean, single
    python -m tests.bench --quick             a few modules and one round: does it still work?

It needs coccinelle (spatch), make, gcc, kernel headers (`python -m tests.kernel.provision 6.12`) and the
source of a kernel of the same series, unpacked; it says how to get what is missing. docs/benchmarks.md
tells what is measured. Run it on a machine that does nothing else.

Exit codes: 0 measured; 1 the sides disagree, a command failed or the last build complained; 2 something is
missing.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench import report
from tests.bench.cases import Bench, Result
from tests.bench.commands import ROOT, Failed
from tests.bench.prerequisites import SERIES, Kernel, Lacking, find_kernel, require_tools
from tests.bench.trees import Tree, make_iwlmvm, make_pmbus, make_single

CASES = ("replay", "clean", "single")
_QUICK_MODULES = 6


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measures nsfix beside the kernel's own tools."
    )
    parser.add_argument(
        "--kdir", type=Path, metavar="DIR", help="headers to build against (default: as fetched)"
    )
    parser.add_argument(
        "--source", type=Path, metavar="DIR", help="unpacked source of a kernel of that series"
    )
    parser.add_argument("--series", default=SERIES, help="which fetched kernel is the default (%(default)s)")
    parser.add_argument(
        "--rounds", type=int, metavar="N", help="measurements of each side (5; with --quick 1)"
    )
    parser.add_argument("--only", choices=CASES, action="append", help="only this case; may be repeated")
    parser.add_argument(
        "--quick", action="store_true", help=f"{_QUICK_MODULES} modules, no large one, one round"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every round's seconds to FILE")
    parser.add_argument(
        "--work", type=Path, metavar="DIR", help="where to build (default: a temporary directory)"
    )
    options = parser.parse_args(words)
    options.rounds = options.rounds or (1 if options.quick else 5)
    if options.rounds < 1:
        parser.error("--rounds: at least one")
    return options


def _say(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


def _measure(options: argparse.Namespace, kernel: Kernel, home: Path) -> list[Result]:
    bench = Bench(kernel, options.rounds, _say)
    wanted = options.only or CASES
    results = []
    compared: list[Callable[[Tree], Result]] = [getattr(bench, case) for case in CASES[:2] if case in wanted]
    if compared:
        trees = [make_pmbus(kernel, home, _QUICK_MODULES if options.quick else None)]
        trees += [] if options.quick else [make_iwlmvm(kernel, home)]
        results += [measure(tree) for measure in compared for tree in trees]
    if "single" in wanted:
        results.append(bench.single(make_single(ROOT / "samples" / "single", home)))
    return results


def _bench(options: argparse.Namespace) -> int:
    require_tools()
    kernel = find_kernel(options.series, options.kdir, options.source)
    state = {**report.machine(), "rounds": options.rounds}
    if options.work is not None:
        options.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="nsfix-bench-", dir=options.work) as home:
        results = _measure(options, kernel, Path(home))
    state["load_after"] = list(os.getloadavg())
    print(report.text(results, state, kernel))
    if options.json is not None:
        options.json.write_text(json.dumps(report.data(results, state, kernel), indent=2) + "\n")
    return 0 if all(result.silent for result in results) else 1


def main(words: Sequence[str]) -> int:
    """The command line; its exit code."""
    try:
        return _bench(_options(words))
    except Lacking as error:
        _say(str(error))
        return 2
    except Failed as error:
        _say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
