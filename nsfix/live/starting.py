"""Starts workers (worker.py); loads next to nothing, so that it can be done before all else."""

from __future__ import annotations

import os
import sys
from subprocess import PIPE, Popen

Worker = Popen[bytes]


def start_worker() -> Worker:
    """A worker that waits for its first question. It ends when its stdin does."""
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    known = os.environ.get("PYTHONPATH")
    environment = {**os.environ, "PYTHONPATH": f"{top}{os.pathsep}{known}" if known else top}
    # -P: what lies in the current directory is none of our modules.
    return Popen((sys.executable, "-P", "-m", "nsfix.live.worker"), stdin=PIPE, stdout=PIPE, env=environment)
