"""One client's session: its open files, what was found in them, and when to look again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import partial
from typing import Protocol

from lsprotocol import types

from nsfix.errors import InputError
from nsfix.live.desk import Desk, DeskClosedError
from nsfix.live.desks import Desks
from nsfix.live.reply import Reply
from nsfix.live.starting import Worker
from nsfix.lsp.buffers import Buffer, Buffers
from nsfix.lsp.diagnostics import diagnostics_of
from nsfix.lsp.mending import all_edits
from nsfix.settings import SETTINGS_FILE, Settings

AT_ONCE = 0.0
SOON = 0.1  # seconds without a change after which a text is read
REST = 1.0  # seconds without any question after which a tree is looked through for changes
_EVERY = 5.0  # seconds between two such looks
_TRIES = 3
# A module of a desk, whose diagnostics come and go together.
_Group = tuple[int, str]


class Client(Protocol):
    """What a session tells its client."""

    def publish(self, uri: str, version: int | None, diagnostics: list[types.Diagnostic]) -> None:
        """Show these diagnostics of a file instead of all others."""

    def log(self, message: str) -> None:
        """Put a line into the log."""

    def warn(self, message: str) -> None:
        """Show a message to the user."""

    def failed(self, error: BaseException) -> None:
        """Something was not done, for a fault of nsfix, or since the client is gone."""

    def show_progress(self, desk: Desk, done: int, total: int) -> None:
        """Show how far a long reading is; it has ended where `done` is `total`."""


class Session:
    """Answers for the open files of `client`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.buffers = Buffers()
        self.related = False
        self._desks = Desks(Settings())
        self._boundary: tuple[str, ...] = ()
        self._replies: dict[str, Reply] = {}
        self._groups: dict[str, set[_Group]] = {}
        self._published: dict[_Group, dict[str, list[types.Diagnostic]]] = {}
        self._shown: set[str] = set()  # the files with diagnostics
        self._due: dict[str, asyncio.TimerHandle] = {}
        self._reading: set[str] = set()
        self._again: set[str] = set()  # what has changed while it was being read
        self._tasks: set[asyncio.Task[None]] = set()
        self._said: dict[str, str] = {}
        self._looking: asyncio.TimerHandle | None = None
        self._looked = -_EVERY

    def configure(
        self, settings: Settings, boundary: Iterable[str] | None = None, spare: Worker | None = None
    ) -> None:
        """Go on under other settings, or in other directories; all is placed anew."""
        self._desks.close()
        self._boundary = self._boundary if boundary is None else tuple(boundary)
        self._desks = Desks(settings, self._boundary, progress=self._client.show_progress, spare=spare)
        for buffer in self.buffers.all():
            self.touch(buffer.path, AT_ONCE)

    # What the client tells.

    def opened(self, item: types.TextDocumentItem) -> None:
        """A file is open now."""
        buffer = self.buffers.open(item)
        if buffer is not None:
            self.touch(buffer.path, AT_ONCE)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        """A file has changed."""
        buffer = self.buffers.change(params)
        if buffer is not None:
            self.touch(buffer.path, SOON)

    def saved(self, path: str | None) -> None:
        """A file was saved."""
        if path is None:
            return
        if path.endswith(SETTINGS_FILE):
            self.look_everywhere()
        elif self.buffers.at(path) is not None:
            self.touch(path, AT_ONCE)
        self._look_through(REST)

    def look_everywhere(self) -> None:
        """Look at every open file again: something beside them has changed. One of which nothing was known may be
        built from elsewhere by now."""
        for buffer in self.buffers.all():
            if buffer.path not in self._replies:
                self._desks.release(buffer.path)
            self.touch(buffer.path, AT_ONCE)
        self._look_through(REST)

    def closed(self, uri: str) -> None:
        """A file is open no more."""
        buffer = self.buffers.close(uri)
        if buffer is None:
            return
        path = buffer.path
        for desk in self._desks.all:
            desk.open(path, None)
        timer = self._due.pop(path, None)
        if timer is not None:
            timer.cancel()
        self._replies.pop(path, None)
        self._said.pop(path, None)
        self._regroup(path, {})
        self._desks.release(path)
        self._desks.drop_unused()
        for other in self._sharing(path):
            self.touch(other, AT_ONCE)

    def _sharing(self, path: str) -> list[str]:
        """The open files of modules that the file `path` is a part of."""
        return [
            other
            for other, reply in self._replies.items()
            if any(path in module.sources for module in reply.modules)
        ]

    def touch(self, path: str, delay: float) -> None:
        """Have an open file read after `delay` seconds, in which nothing more happens to it."""
        timer = self._due.pop(path, None)
        if timer is not None:
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._due[path] = loop.call_later(delay, self._start, self._read, path)

    def _start(self, work: Callable[[str], Coroutine[None, None, None]], path: str) -> None:
        self._due.pop(path, None)
        task = asyncio.get_running_loop().create_task(work(path))
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._client.failed(error)

    async def _read(self, path: str) -> None:
        """Have a file read: one reading after the other, and of all texts that come meanwhile the last one alone."""
        if path in self._reading:
            self._again.add(path)
            return
        self._reading.add(path)
        try:
            await self.reply(path)
            while path in self._again:
                self._again.discard(path)
                await self.reply(path)
        finally:
            self._reading.discard(path)
        self._look_through(REST)

    # What is found.

    async def reply(self, path: str) -> Reply | None:
        """What is to say of an open file now; None where nothing can be said, which is logged."""
        buffer = self.buffers.at(path)
        if buffer is None:
            return None
        versions = {b.path: b.version for b in self.buffers.all()}
        try:
            desk = await self._desks.desk_for(path)
            for open_file in self.buffers.all():
                desk.open(open_file.path, open_file.text.data)
            reply: Reply = await desk.ask(
                "ask", (path,), early=partial(self._show_early, path, desk, versions)
            )
        except DeskClosedError:
            return None
        except InputError as error:
            self._say(path, error)
            if self.buffers.at(path) is buffer:
                self._replies.pop(path, None)
                self._regroup(path, {})
            return None
        self._client.show_progress(desk, 1, 1)
        self._said.pop(path, None)
        if self.buffers.at(path) is buffer:
            self._replies[path] = reply
            if all(self._is_now(b, versions) for b in self.buffers.all()):
                self._publish(path, desk, reply)
        return reply

    def _show_early(self, path: str, desk: Desk, versions: Mapping[str, int], reply: Reply) -> None:
        """Show what an earlier run found, until it is known what is."""
        if all(self._is_now(b, versions) for b in self.buffers.all()):
            self._publish(path, desk, reply)

    def _is_now(self, buffer: Buffer, versions: Mapping[str, int]) -> bool:
        return versions.get(buffer.path, buffer.version) == buffer.version

    def last_reply(self, path: str | None) -> Reply | None:
        """What was found last for an open file."""
        return self._replies.get(path) if path is not None else None

    def desk(self, path: str) -> Desk | None:
        """The desk of a file that was read."""
        return self._desks.known(path)

    async def mending(self, path: str) -> tuple[Reply, dict[str, list[types.TextEdit]]] | None:
        """What mends the modules of an open file as its text is now, by path; None where that is not known."""
        for _ in range(_TRIES):
            reply = await self.reply(path)
            if reply is None:
                return None
            edits = all_edits(reply, self.buffers)
            if edits is not None:
                return reply, edits
        return None

    def _say(self, path: str, error: InputError) -> None:
        """Put why nothing is known of a file into the log, once."""
        message = f"{path}: {error}" if error.file is None else str(error)
        if self._said.get(path) == message:
            return
        self._said[path] = message
        self._client.log(message)
        if error.file is not None and error.file.endswith(SETTINGS_FILE):
            self._client.warn(message)

    # What is shown.

    def _publish(self, path: str, desk: Desk, reply: Reply) -> None:
        found = diagnostics_of(reply, self.buffers, self.related)
        groups: dict[_Group, dict[str, list[types.Diagnostic]]] = {}
        for module in reply.modules:
            own = {
                file: [d for d in some if isinstance(d.data, dict) and d.data["module"] == module.path]
                for file, some in found.items()
            }
            groups[id(desk), module.path] = {file: some for file, some in own.items() if some}
        self._regroup(path, groups)

    def _regroup(self, path: str, groups: Mapping[_Group, dict[str, list[types.Diagnostic]]]) -> None:
        """Have an open file belong to `groups`; a group that no open file belongs to is shown no more."""
        self._published.update(groups)
        if groups:
            self._groups[path] = set(groups)
        else:
            self._groups.pop(path, None)
        used = set().union(*self._groups.values())
        self._published = {group: found for group, found in self._published.items() if group in used}
        self._show()

    def _show(self) -> None:
        now: dict[str, list[types.Diagnostic]] = {}
        for found in self._published.values():
            for file, some in found.items():
                now.setdefault(file, []).extend(some)
        for file in sorted(self._shown | now.keys() | {b.path for b in self.buffers.all()}):
            buffer = self.buffers.at(file)
            version = buffer.version if buffer is not None else None
            self._client.publish(self.buffers.uri(file), version, now.get(file, []))
        self._shown = set(now)

    # What happens beside the open files.

    def _look_through(self, delay: float) -> None:
        """Have the trees looked through for changes once there is time."""
        if self._looking is not None:
            self._looking.cancel()
        loop = asyncio.get_running_loop()
        delay = max(delay, self._looked + _EVERY - loop.time())
        self._looking = loop.call_later(delay, self._start, self._compare, "")

    async def _compare(self, _: str) -> None:
        self._looked = asyncio.get_running_loop().time()
        for desk in self._desks.all:
            try:
                same = await desk.ask("refresh")
            except InputError:
                continue  # whoever asks next is told
            if not same:
                for buffer in self.buffers.all():
                    if self._desks.known(buffer.path) is desk:
                        self.touch(buffer.path, AT_ONCE)

    def close(self) -> None:
        """End it all."""
        self._desks.close()
