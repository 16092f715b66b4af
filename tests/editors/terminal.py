"""A program on a terminal of its own, for editors that run nowhere else."""

from __future__ import annotations

import os
import pty
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

LIMIT = 60.0


class Terminal:
    """Runs a program on a pseudo-terminal; keys go in, and what it draws is read and kept."""

    def __init__(self, words: Sequence[str | Path], cwd: Path, environment: Mapping[str, str]) -> None:
        self.drawn = b""
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.chdir(cwd)
            os.execvpe(str(words[0]), [str(word) for word in words], dict(environment))

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._fd)

    def press(self, keys: str) -> None:
        """Sends keys as they would be typed."""
        os.write(self._fd, keys.encode())

    def wait(self, condition: Callable[[], bool]) -> bool:
        """Reads what is drawn until the condition holds; False when it does not within the limit."""
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            self.idle(0.1)
            if condition():
                return True
        return False

    def idle(self, seconds: float) -> None:
        """Reads what is drawn for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self._fd], [], [], left)[0]:
                return
            try:
                self.drawn += os.read(self._fd, 65536)
            except OSError:  # the program has ended
                return
