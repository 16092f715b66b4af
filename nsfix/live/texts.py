"""The texts of files as an editor has them: those that are open from it, all others from disk."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from nsfix.scan import read_file

# What tells one state of a file from another: of an open one its text, else what the disk says of it.
State = bytes | tuple[int, int, int, int] | None


class Texts:
    """The open texts over those on disk. Between two calls of `look_again` the states of files that are not open are
    asked of the disk once."""

    def __init__(self) -> None:
        self._open: dict[str, bytes] = {}
        self._states: dict[str, State] = {}

    def open(self, path: str, text: bytes | None) -> None:
        """Have `text` as that of the file `path`; with None, what is on disk."""
        if text is None:
            self._open.pop(path, None)
        else:
            self._open[path] = text

    @property
    def opened(self) -> Mapping[str, bytes]:
        """The open texts by path."""
        return self._open

    def read(self, path: str) -> bytes | None:
        """The bytes of the file `path`; None where it cannot be read."""
        text = self._open.get(path)
        return read_file(path) if text is None else text

    def on_disk(self, path: str) -> bytes | None:
        """What is on disk of the file `path`, be it open or not."""
        return read_file(path)

    def look_again(self) -> None:
        """Ask the disk anew from here on."""
        self._states.clear()

    def state(self, path: str) -> State:
        """The state of the file `path`; None where there is none."""
        text = self._open.get(path)
        return self._on_disk(path) if text is None else text

    def _on_disk(self, path: str) -> State:
        try:
            return self._states[path]
        except KeyError:
            state = self._states[path] = state_on_disk(path)
            return state

    def states_on_disk(self, paths: Iterable[str]) -> dict[str, State]:
        """The state on disk of each of `paths`, open or not: of files that are read from there in any case."""
        return {path: self._on_disk(path) for path in paths}

    def changed_on_disk(self, before: Mapping[str, State]) -> bool:
        """Whether a file is not as it was on disk."""
        return any(self._on_disk(path) != state for path, state in before.items())

    def states(self, paths: Iterable[str]) -> dict[str, State]:
        """The state of each of `paths`."""
        return {path: self.state(path) for path in paths}

    def changed(self, before: Mapping[str, State]) -> set[str]:
        """The files that are not as they were."""
        return {path for path, state in before.items() if self.state(path) != state}


def state_on_disk(path: str) -> State:
    """What the disk says of the file `path`."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
