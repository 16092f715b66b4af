"""The desks of a door: one for each project that its files belong to, found by the file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nsfix.live.desk import Desk, DeskClosedError
from nsfix.live.starting import Worker
from nsfix.settings import Settings, find_settings_file

# What tells whether settings are still the ones a file was placed by: their file, and its time and size.
_Under = tuple[str, int, int] | None


@dataclass(frozen=True, slots=True)
class _Placed:
    desk: Desk
    under: _Under


class Desks:
    """The desks of files, under the door's own `settings`, be they given `by_word` for each file.

    `boundary` are the directories that it works in. `progress` is told how far a long reading of a desk is; `spare` is
    a worker that was started already.
    """

    def __init__(
        self,
        settings: Settings,
        boundary: Sequence[str] = (),
        by_word: bool = False,
        progress: Callable[[Desk, int, int], None] | None = None,
        spare: Worker | None = None,
    ) -> None:
        self._settings = settings
        self._boundary = tuple(boundary)
        self._by_word = by_word
        self._progress = progress
        self._spare = spare
        self._placed: dict[str, _Placed] = {}
        self._by_name: dict[str, Desk] = {}
        self._locating = asyncio.Lock()

    @property
    def all(self) -> list[Desk]:
        """The desks there are."""
        return list(self._by_name.values())

    def known(self, path: str) -> Desk | None:
        """The desk of a file that was asked about before."""
        placed = self._placed.get(path)
        return placed.desk if placed is not None and placed.under == _under(path) else None

    async def desk_for(self, path: str) -> Desk:
        """The desk for the file `path`. Raises InputError where it belongs to no project."""
        found = self.known(path)
        if found is not None:
            return found
        async with self._locating:
            found = self.known(path)
            if found is not None:
                return found
            under = _under(path)
            name, start, fresh = await self._locate(path)
            desk = self._by_name.get(name)
            if desk is None:
                desk = self._by_name[name] = fresh or self._new()
                desk.start(name, start)
            elif fresh is not None:
                fresh.close()
            self._placed[path] = _Placed(desk, under)
            return desk

    async def _locate(self, path: str) -> tuple[str, bytes, Desk | None]:
        """The project of a file: its name, what starts it, and the desk that was made to ask, if no other is quick."""
        while True:
            quick = next((desk for desk in self.all if desk.is_quick), None)
            desk = quick or self._new()
            try:
                name, start = await desk.ask("locate", path, self._settings, self._boundary, self._by_word)
            except BaseException as error:
                if quick is not None and isinstance(error, DeskClosedError):
                    continue  # the last file of that project was closed
                if quick is None:
                    desk.close()
                raise
            return name, start, desk if quick is None else None

    def _new(self) -> Desk:
        desk: Desk

        def progress(done: int, total: int) -> None:
            if self._progress is not None:
                self._progress(desk, done, total)

        spare, self._spare = self._spare, None
        desk = Desk(progress, spare)
        return desk

    def release(self, path: str) -> None:
        """Forget where a file belongs."""
        self._placed.pop(path, None)

    def drop_unused(self) -> None:
        """End the desks that no file belongs to any more."""
        used = {id(placed.desk) for placed in self._placed.values()}
        for name, desk in list(self._by_name.items()):
            if id(desk) not in used:
                del self._by_name[name]
                desk.close()

    def close(self) -> None:
        """End them all."""
        desks = self.all
        self._by_name.clear()
        self._placed.clear()
        for desk in desks:
            desk.close()


def _under(path: str) -> _Under:
    file = find_settings_file(os.path.dirname(path))
    if file is None:
        return None
    try:
        found = os.stat(file)
    except OSError:
        return None
    return file, found.st_mtime_ns, found.st_size
