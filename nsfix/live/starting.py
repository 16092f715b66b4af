"""Starts workers (worker.py) and the service of `nsfix filter`; loads next to nothing, to be done before all else."""

from __future__ import annotations

import os
import sys
from subprocess import DEVNULL, PIPE, Popen

Worker = Popen[bytes]


# What lies in the current directory is none of our modules; and of what this process was given, so much alone is passed
# on that the module is found again.
_TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_RUN = f"import sys; sys.path.insert(0, {_TOP!r}); from nsfix.{{}} import main; main()"


def start_worker() -> Worker:
    """A worker that waits for its first question. It ends when its stdin does."""
    return Popen((sys.executable, "-P", "-c", _RUN.format("live.worker")), stdin=PIPE, stdout=PIPE)


def start_service(path: str, idle: float) -> None:
    """Start the service that filters (nsfix/filter) at the socket `path`, on its own: nobody waits for it, it holds on
    to nothing of this process, and ends after `idle` seconds in which it is not asked."""
    command = (sys.executable, "-P", "-c", _RUN.format("filter.service"), path, str(idle))
    Popen(command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, cwd="/", start_new_session=True)
