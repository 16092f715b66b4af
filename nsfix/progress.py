"""A progress bar on a terminal, and nothing in a pipe."""

from __future__ import annotations

import sys
import time
from types import TracebackType

_WIDTH = 30
_PATIENCE = 0.4  # seconds that a run may take before it shows a bar


class Progress:
    """Draws on stderr while a long run goes on, if that is a terminal; leaves no trace behind."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._shows = sys.stderr.isatty()
        self._started = time.monotonic()
        self._drawn = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def update(self, done: int, total: int) -> None:
        """Show that `done` of `total` steps are done."""
        if not self._shows or time.monotonic() - self._started < _PATIENCE:
            return
        filled = _WIDTH * done // max(total, 1)
        sys.stderr.write(f"\r{self._label} [{'#' * filled}{'.' * (_WIDTH - filled)}] {done}/{total}\x1b[K")
        sys.stderr.flush()
        self._drawn = True
