"""The service that filters: `python -m nsfix.filter.service SOCKET`. It ends when nobody has asked for a while.

It keeps a desk for each project (nsfix/live), as a language server does, but knows of no open files: the buffer of a
request counts for that request alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import sys
import time
from typing import Any

from nsfix.errors import InputError, NsfixError
from nsfix.filter.meeting import LENGTH, packed
from nsfix.filter.outcome import Outcome, outcome_of, outcome_of_error, settings_in
from nsfix.live.desk import Desk
from nsfix.live.desks import Desks
from nsfix.live.reply import Reply
from nsfix.settings import Settings

_LOOK = 5.0  # seconds between two looks at the socket
_REST = 1.0  # seconds without a request after which trees are looked through for changes


class Service:
    """Answers requests (meeting.py). `idle` is for how many seconds it stays without any."""

    def __init__(self, path: str, idle: float) -> None:
        self._path = path
        self._idle = idle
        self._desks: dict[Settings, Desks] = {}
        self._locks: dict[int, asyncio.Lock] = {}
        self._open = 0
        self._asked = asyncio.Event()

    async def serve(self) -> None:
        """Serve until nobody asks any more, or somebody else has taken the place."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path)
        server = await asyncio.start_unix_server(self._connected, self._path)
        os.chmod(self._path, 0o600)
        place = os.stat(self._path).st_ino
        async with server:
            while _inode(self._path) == place:
                if not await self._quiet(_REST):
                    continue
                await self._look_through()
                if await self._stays_quiet(place):
                    break
        for desks in self._desks.values():
            desks.close()
        if _inode(self._path) == place:
            os.unlink(self._path)

    async def _quiet(self, seconds: float) -> bool:
        """Whether nobody asks anything for so long."""
        self._asked.clear()
        try:
            await asyncio.wait_for(self._asked.wait(), seconds)
        except TimeoutError:
            return not self._open
        return False

    async def _stays_quiet(self, place: int) -> bool:
        """Whether nobody asks for so long that there is no need to stay, or the socket is no longer this one."""
        until = time.monotonic() + self._idle
        while time.monotonic() < until and _inode(self._path) == place:
            if not await self._quiet(min(_LOOK, self._idle)):
                return False
        return True

    async def _look_through(self) -> None:
        for desks in list(self._desks.values()):
            for desk in desks.all:
                with contextlib.suppress(InputError):
                    await desk.ask("refresh")

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        self._asked.set()
        try:
            request = json.loads(await _part(reader))
            text = await _part(reader)
            outcome = await self._answer(request, text)
            writer.write(packed(outcome.head, outcome.text))
            await writer.drain()
        except (OSError, ValueError, EOFError):
            pass  # whoever asked went away, or is none of ours
        finally:
            self._open -= 1
            self._asked.set()
            writer.close()

    async def _answer(self, request: dict[str, Any], text: bytes) -> Outcome:
        path = request["path"]
        try:
            settings = settings_in(request)
            desks = self._desks.setdefault(settings, Desks(settings, by_word=True))
            desk = await desks.desk_for(path)
            try:
                async with self._locks.setdefault(id(desk), asyncio.Lock()):
                    reply = await _asked(desk, path, text)
            except InputError:
                desks.release(path)  # it may be built from elsewhere by now
                raise
        except NsfixError as error:
            return outcome_of_error(error, text)
        return outcome_of(reply, path, text)


async def _asked(desk: Desk, path: str, text: bytes) -> Reply:
    """What a desk says of a file with `text`, which counts for this once."""
    desk.open(path, text)
    try:
        reply: Reply = await desk.ask("ask", (path,))
    finally:
        desk.open(path, None)
    return reply


async def _part(reader: asyncio.StreamReader) -> bytes:
    return await reader.readexactly(int.from_bytes(await reader.readexactly(LENGTH), "big"))


def _inode(path: str) -> int | None:
    try:
        return os.stat(path).st_ino
    except OSError:
        return None


def main() -> None:
    """Serve at the socket that the command line names, unless somebody does already."""
    path, idle = sys.argv[1], float(sys.argv[2])
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return
    asyncio.run(Service(path, idle).serve())


if __name__ == "__main__":
    main()
