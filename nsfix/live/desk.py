"""The door's end of a worker (worker.py): questions go there, answers come back as they are had, none is waited for by
anything but whoever asked."""

from __future__ import annotations

import asyncio
import pickle
import time
from collections.abc import Callable
from typing import Any

from nsfix.errors import InputError
from nsfix.live.frames import HEAD, length_of, packed
from nsfix.live.starting import Worker, start_worker

_STUCK = 20.0  # seconds after which a worker is replaced that has answered before


class DeskClosedError(InputError):
    """The desk was closed while an answer was waited for."""


class Desk:
    """A worker for one project, started when it is asked first, and again if it ends.

    `progress` is told how much of a long reading is done, and of how much. `spare` is a worker
    that was started already.
    """

    def __init__(
        self,
        progress: Callable[[int, int], None] | None = None,
        spare: Worker | None = None,
    ) -> None:
        self._start: tuple[str, bytes] | None = None
        self._early: dict[int, Callable[[Any], None]] = {}
        self._progress = progress
        self._texts: dict[str, bytes] = {}
        self._process: Worker | None = None
        self._pipe: asyncio.WriteTransport | None = None
        self._spare = spare
        self._reading: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._answered = False
        self._heard = 0.0
        self._closed = False

    @property
    def is_quick(self) -> bool:
        """Whether its worker is there, and not at the long reading that comes first."""
        return self._pipe is not None and (self._answered or not self._waiting)

    def start(self, name: str, start: bytes) -> None:
        """Be about what a worker located."""
        self._start = name, start
        if self._pipe is not None:
            self._send((None, "start", self._start))

    def open(self, path: str, text: bytes | None) -> None:
        """Have `text` for the file `path`; None for what is on disk."""
        if text is None:
            if self._texts.pop(path, None) is None:
                return
        elif self._texts.get(path) == text:
            return
        else:
            self._texts[path] = text
        if self._pipe is not None:
            self._send((None, "open", (path, text)))

    async def ask(self, what: str, *arguments: Any, early: Callable[[Any], None] | None = None) -> Any:
        """The answer to a question (worker.py). Raises the InputError that the worker met, or one that tells that it
        ended."""
        await self._ensure()
        self._number += 1
        number = self._number
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        if early is not None:
            self._early[number] = early
        self._send((number, what, arguments))
        try:
            answer = await self._answer_to(future)
        finally:
            self._waiting.pop(number, None)
            self._early.pop(number, None)
        self._answered = self._answered or what == "ask"
        return answer

    async def _answer_to(self, future: asyncio.Future[Any]) -> Any:
        """What a worker answers; one that has read it all before, and then is silent for long, is replaced."""
        while True:
            self._heard = time.monotonic()
            await asyncio.wait((future,), timeout=_STUCK)
            if future.done():
                return future.result()
            if self._answered and time.monotonic() - self._heard >= _STUCK:
                self._stop()
                raise InputError(
                    f"no answer within {_STUCK:.0f} seconds; it is read from the start when next asked"
                )

    async def _ensure(self) -> None:
        async with self._starting:
            if self._process is not None and self._process.poll() is None and self._pipe is not None:
                return
            self._answered = False
            spare, self._spare = self._spare, None
            process = self._process = spare or start_worker()
            loop = asyncio.get_running_loop()
            reader = asyncio.StreamReader()
            await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), process.stdout)
            self._pipe, _ = await loop.connect_write_pipe(asyncio.Protocol, process.stdin)
            self._reading = asyncio.create_task(self._read(process, reader))
            if self._start is not None:
                self._send((None, "start", self._start))
            for path, text in self._texts.items():
                self._send((None, "open", (path, text)))

    def _send(self, message: object) -> None:
        if self._pipe is not None:
            self._pipe.write(packed(message))

    async def _read(self, process: Worker, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                head = await reader.readexactly(HEAD)
                number, kind, value = pickle.loads(await reader.readexactly(length_of(head)))
                self._heard = time.monotonic()
                if number is None:
                    if self._progress is not None:
                        self._progress(*value)
                    continue
                future = self._waiting.get(number)
                if future is None or future.done():
                    continue
                if kind == "early":
                    if number in self._early:
                        self._early[number](value)
                    continue
                if kind == "error":
                    future.set_exception(InputError(*value))
                else:
                    future.set_result(value)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if process is self._process:
                self._process = self._pipe = None
                process.kill()
                process.wait()
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(self._ended())

    def _ended(self) -> InputError:
        if self._closed:
            return DeskClosedError("nobody asks any more")
        return InputError("the process that reads sources ended; is there too little memory?")

    def _stop(self) -> None:
        process, self._process = self._process, None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None
        if process is not None:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End the worker; whoever waits for an answer gets a DeskClosedError."""
        self._closed = True
        self._stop()
        if self._reading is not None:
            self._reading.cancel()
