"""Measures the language server and the filter beside clangd. Nothing here is a test: no figure makes anything fail.

    python -m tests.bench.editor --kdir HEADERS                                    a small external module
    python -m tests.bench.editor --kdir HEADERS --source TREE --config FILE        a kernel's tree as well

The same session (200 edits, 50 saves; script.py) is played at a typist's pace, and without any pause, to nsfix and
then, edit for edit, to clangd. What is measured is what the user waits for at a save: from the request for code
actions, with all edits sent before, to the answer. docs/benchmarks.md tells more.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.editor.buffers import IN_TREE, LARGE, Case, external, in_tree
from tests.bench.editor.client import Client
from tests.bench.editor.play import PACES, Played, play

_STARTS, _FILTERS = 5, 20
NSFIX = (sys.executable, "-m", "nsfix")


def _say(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


def _open(client: Client, case: Case) -> str:
    text = case.file.read_text()
    document = {"uri": case.file.as_uri(), "languageId": "c", "version": 1, "text": text}
    client.notify("textDocument/didOpen", {"textDocument": document})
    return text


def _started(case: Case) -> tuple[float, Client]:
    """A server with the file of `case` open, and the seconds until it showed what it had found."""
    client = Client((*NSFIX, "lsp"), case.root, case.options)
    _open(client, case)
    return client.wait("textDocument/publishDiagnostics") - client.started, client


def _starts(case: Case) -> list[float]:
    """Seconds from the start of the server to its first diagnostics, with a cache and what the run before kept."""
    seconds = []
    for number in range(_STARTS + 1):
        taken, client = _started(case)
        client.request("textDocument/hover", _nowhere(case))
        time.sleep(3)  # in which it keeps what the next start is quicker with
        client.close()
        if number:
            seconds.append(taken)
    return seconds


def _nowhere(case: Case) -> dict[str, object]:
    return {"textDocument": {"uri": case.file.as_uri()}, "position": {"line": 0, "character": 0}}


def _sessions(case: Case, pace: str) -> tuple[Played, Played | None]:
    """The session on nsfix, and on clangd if there is one."""
    _, client = _started(case)
    time.sleep(3)
    text = case.file.read_text()
    ours = play(client, case.file, text, pace)
    client.close()
    if shutil.which("clangd") is None:
        return ours, None
    client = Client(("clangd", f"--compile-commands-dir={case.database}"), case.root, {})
    _open(client, case)
    client.wait("textDocument/publishDiagnostics")
    theirs = play(client, case.file, text, pace, ours.steps)
    client.close()
    return ours, theirs


def _filters(case: Case) -> list[float]:
    """Seconds of whole commands that filter the file, the service being there."""
    command = [*NSFIX, "filter", "--stdin-filename", str(case.file)]
    command += [f"--{key}={value}" for key, value in case.options.items()]
    seconds = []
    for number in range(_FILTERS + 1):
        begun = time.perf_counter()
        subprocess.run(command, input=case.file.read_bytes(), stdout=subprocess.PIPE, check=True)
        if number:
            seconds.append(time.perf_counter() - begun)
    return seconds


def _shown(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    last = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"{1000 * statistics.median(ordered):.0f} / {1000 * last:.0f}"


def _row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


def _measure(case: Case) -> None:
    starts = _starts(case)
    _say(f"{case.name}: started")
    _row(
        case.name,
        "start to first diagnostics, s",
        f"{statistics.median(starts):.2f} / {max(starts):.2f}",
        "",
        "",
    )
    for pace in PACES:
        ours, theirs = _sessions(case, pace)
        _say(f"{case.name}: played, {pace}")
        clangd = _shown(theirs.saves) if theirs is not None else "none here"
        what = f"save action, {pace}, ms ({ours.mended} of {len(ours.saves)} mended)"
        _row(case.name, what, _shown(ours.saves), clangd, f"between edits {_shown(ours.between)}")
    filters = _filters(case)
    _row(case.name, "`nsfix filter`, whole command, ms", _shown(filters), "", "")


def main(words: Sequence[str]) -> int:
    """The command line; its exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.editor")
    parser.add_argument(
        "--kdir", type=Path, required=True, metavar="DIR", help="headers for an external module"
    )
    parser.add_argument("--source", type=Path, metavar="DIR", help="a kernel's source tree")
    parser.add_argument("--config", type=Path, metavar="FILE", help="its configuration")
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="nsfix-bench-") as name:
        home = Path(name)
        cases = [external(options.kdir, home)]
        if options.source is not None:
            source, config = options.source.absolute(), options.config.absolute()
            cases += [in_tree(source, config, path, home) for path in (IN_TREE, LARGE)]
        _row("buffer", "what (median / 99th percentile)", "nsfix", "clangd", "")
        _row("---", "---", "---", "---", "---")
        for case in cases:
            _measure(case)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
