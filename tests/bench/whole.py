"""Measures nsfix on a whole kernel tree, as times a floor: `rg -l` for the words of namespaces over the same tree.

    python -m tests.bench.whole TREE CONFIG [--rounds N] [--json FILE]

TREE is the source of a kernel, CONFIG a distribution's configuration for it (`python -m tests.truth.provision`
fetches both). The tree is not changed: changes are made in a copy, of hard links but for the files that change.
It needs ripgrep. Run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

WORDS = "EXPORT_SYMBOL_NS|MODULE_IMPORT_NS|DEFAULT_SYMBOL_NAMESPACE"
DRIVERS = "drivers/iio/adc"
SOURCE = f"{DRIVERS}/ad7793.c"
_FLOOR_ROUNDS = 7  # it is short, and all else is told in times of it
CHANGED = {
    "after a source changed": SOURCE,
    "after a module's header changed": "drivers/hwmon/pmbus/pmbus.h",
    "after a kernel header changed": "include/linux/pwm.h",
    "after a Kbuild file changed": f"{DRIVERS}/Makefile",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One case: seconds of each round, times the floor by their median, and the aim."""

    case: str
    seconds: tuple[float, ...]
    times: float
    aim: str


class Whole:
    """Runs the cases in a copy of `tree` below `home`."""

    def __init__(self, tree: Path, config: Path, home: Path, rounds: int) -> None:
        self._tree = home / "tree"
        self._config = config
        self._rounds = rounds
        self._added = 0
        self._environment = {**os.environ, "NSFIX_CACHE": str(home / "cache")}
        subprocess.run(["cp", "-al", str(tree), str(self._tree)], check=True)
        self._search()  # so that the files are in memory, and the copy's names
        self._floor = self._timed(self._search, rounds=max(rounds, _FLOOR_ROUNDS))

    def _search(self) -> None:
        self._run("rg", "-l", WORDS, str(self._tree))

    def figures(self) -> list[Figure]:
        """All cases, in the order of the table in docs/benchmarks.md."""
        found = [Figure("floor: rg -l", tuple(self._floor), 1.0, "")]
        found.append(self._figure("whole tree, no cache", "15", lambda: self._check("--no-cache")))
        self._check()
        found.append(self._figure("whole tree again", "2", self._check))
        for case, name in CHANGED.items():
            found.append(self._figure(case, "3", self._check, lambda name=name: self._change(name)))  # type: ignore[misc]
        found.append(self._figure("after a driver was added", "", self._check, self._add_driver))
        found.append(
            self._figure("M=drivers/iio, no cache", "5", lambda: self._check("--no-cache", "M=drivers/iio"))
        )
        self._check(SOURCE)
        found.append(self._figure("one file, cache warm", "0.25 s", lambda: self._check(SOURCE)))
        return found

    def _figure(
        self, case: str, aim: str, run: Callable[[], None], before: Callable[[], None] | None = None
    ) -> Figure:
        seconds = self._timed(run, before)
        return Figure(case, tuple(seconds), median(seconds) / median(self._floor), aim)

    def _timed(
        self, run: Callable[[], None], before: Callable[[], None] | None = None, rounds: int | None = None
    ) -> list[float]:
        seconds = []
        for _ in range(rounds or self._rounds):
            if before is not None:
                before()
                time.sleep(0.1)
            start = time.monotonic()
            run()
            seconds.append(time.monotonic() - start)
        return seconds

    def _change(self, name: str) -> None:
        path = self._tree / name
        mark = b"\n# changed\n" if path.suffix == "" else b"\n/* changed */\n"
        text = path.read_bytes() + mark
        path.unlink()  # the tree that was given keeps its own
        path.write_bytes(text)

    def _add_driver(self) -> None:
        """One more source, and the Kbuild line for it."""
        self._added += 1
        name = f"added_{self._added}"
        source = self._tree / DRIVERS / f"{name}.c"
        source.write_bytes(b'#include <linux/module.h>\nMODULE_LICENSE("GPL");\n')
        makefile = self._tree / DRIVERS / "Makefile"
        text = makefile.read_bytes() + b"obj-m += %b.o\n" % name.encode()
        makefile.unlink()  # the tree that was given keeps its own
        makefile.write_bytes(text)

    def _check(self, *words: str) -> None:
        self._run(sys.executable, "-m", "nsfix", "check", "--config", str(self._config), *words)

    def _run(self, *words: str) -> None:
        done = subprocess.run(words, cwd=self._tree, env=self._environment, capture_output=True, check=False)
        if done.returncode not in (0, 1):
            raise SystemExit(f"{' '.join(words)}: exit code {done.returncode}\n{done.stderr.decode()}")


def main(words: Sequence[str]) -> int:
    """The command line; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.whole", description=__doc__.split("\n")[0])
    parser.add_argument("tree", type=Path)
    parser.add_argument("config", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(words)
    if shutil.which("rg") is None:
        print("ripgrep is missing: apt-get install ripgrep", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(dir=options.tree.resolve().parent, prefix=".nsfix-bench-") as home:
        whole = Whole(options.tree.resolve(), options.config.resolve(), Path(home), options.rounds)
        figures = whole.figures()
    print("| case | seconds, median | times the floor | aim |\n|---|---|---|---|")
    for figure in figures:
        print(f"| {figure.case} | {median(figure.seconds):.2f} | {figure.times:.1f} | {figure.aim} |")
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"\nLargest process: {most:.0f} MB. Load now: {os.getloadavg()[0]:.2f}.")
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
