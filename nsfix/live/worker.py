"""The process that reads for a door: `python -m nsfix.live.worker`, with messages on stdin and stdout (frames.py).

It is asked (number, what, arguments) and answers (number, "done", value) or (number, "error", (message, file, line));
(None, "progress", (done, total)) tells how far it is. Questions without a number get no answer. One is answered after
the other; what only looks at the disk and takes long is done by a child, beside them.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import select
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, BinaryIO

from nsfix.errors import NsfixError
from nsfix.live.early import EarlyReplies
from nsfix.live.frames import packed, read_message
from nsfix.live.project import Project
from nsfix.live.reply import Reply
from nsfix.live.texts import Texts
from nsfix.project import request_for, settings_of
from nsfix.scan import Cache, cache_directory
from nsfix.scan.cache import digest_of
from nsfix.settings import Settings

_DEEPEST = 50_000  # frames, as on the command line
_RARELY = 200_000
_TELLING = 0.2  # seconds between two words on how far it is
_MUCH = 100  # answers after which there is something to be tidied up
_SHORT, _IDLE = (
    0.02,
    1.0,
)  # seconds without a question after which there is time for what can wait, or wait long


class Worker:
    """Answers questions about one project. `answer` is told what to send."""

    def __init__(self, send: Callable[[object], None]) -> None:
        self._send = send
        self._texts = Texts()
        self._project: Project | None = None
        self._early: EarlyReplies | None = None
        self._asked: set[tuple[str, ...]] = set()
        self._todo: list[Callable[[], None]] = []
        self._told = 0.0
        self._ready = False
        self._untidy = 0  # answers since the collector has looked at everything
        self.asides: dict[
            int, tuple[int | None, Callable[[Any], object]]
        ] = {}  # by pipe: question, and what to do with it

    @property
    def project(self) -> Project:
        """The project that was started."""
        if self._project is None:
            raise NsfixError("no project was started")
        return self._project

    def handle(self, number: int | None, what: str, arguments: tuple[Any, ...]) -> None:
        """Answer one question. A fault of nsfix is answered too: whoever asks has to go on."""
        try:
            further = {"number": number} if what == "ask" else {}
            value = getattr(self, f"do_{what}")(*arguments, **further)
        except NsfixError as error:
            self._reply(number, "error", (error.message, error.file, error.line))
        except RecursionError:
            self._reply(number, "error", ("a source is nested too deeply to be read", None, None))
        except Exception as error:
            where = error.__traceback__
            while where is not None and where.tb_next is not None:
                where = where.tb_next
            line = (
                f" at {os.path.basename(where.tb_frame.f_code.co_filename)}:{where.tb_lineno}"
                if where
                else ""
            )
            self._reply(number, "error", (f"a fault of nsfix: {error!r}{line}", None, None))
        else:
            if not isinstance(value, _Aside):
                self._reply(number, "done", value)
            elif number is not None:
                self.asides[value.pipe] = number, value.then

    def _reply(self, number: int | None, kind: str, value: object) -> None:
        if number is not None:
            self._send((number, kind, value))

    def do_start(self, name: str, start: bytes) -> None:
        """Be about what some worker located."""
        self._project = Project(pickle.loads(start), self._texts, Cache(cache_directory()))
        self._early = EarlyReplies(name, self._texts)

    def do_locate(
        self, path: str, settings: Settings, boundary: tuple[str, ...], by_word: bool
    ) -> tuple[str, bytes]:
        """The run that a file belongs to: what tells it from others, and what starts it. `settings` are over what is
        found in files, be they given `by_word` for this file, or for all."""
        found = settings_of(os.path.dirname(path))
        if by_word:
            request = request_for(path, found, boundary, settings)
        else:
            request = request_for(path, settings.over(found), boundary)
        plain = replace(request, ignored=frozenset())
        return digest_of(plain, sorted(request.ignored)), pickle.dumps(request)

    def do_open(self, path: str, text: bytes | None) -> None:
        """Have `text` for a file, or what is on disk again."""
        self._texts.open(path, text)

    def do_ask(self, paths: tuple[str, ...], number: int | None = None) -> object:
        """The Reply about the modules of `paths`. Before the very first one (number, "early", Reply) may be sent, the
        one of an earlier run."""
        early = self._early.find(paths) if self._early is not None and not self._asked else None
        if early is not None:
            self._send((number, "early", early))
        reply = self.project.reply(paths, self._tell)
        if paths not in self._asked:
            self._todo = [partial(self._get_ready, paths, reply), *self._todo]
        self._asked.add(paths)
        return reply

    def _tell(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told > _TELLING:
            self._told = now
            self._send((None, "progress", (done, total)))

    def do_namespaces(self) -> object:
        """All namespaces that something is exported into."""
        return self.project.namespaces()

    def do_exports(self, namespace: str) -> object:
        """What is exported into `namespace`, with the places as far as they are known."""
        return _aside(lambda: self.project.exports_into(namespace), lambda found: found)

    def do_refresh(self) -> object:
        """Look whether anything in a kernel tree has changed; answered with whether all is as it was."""
        return _aside(self.project.stamps, self._compare)

    def _compare(self, stamps: Any) -> bool:
        return stamps is None or self.project.compare(stamps)

    def take_aside(self, pipe: int) -> None:
        """Go on with what a child has come to."""
        number, then = self.asides.pop(pipe)
        with os.fdopen(pipe, "rb") as stream:
            content = stream.read()
        os.wait()
        try:
            self._reply(number, "done", then(pickle.loads(content)) if content else None)
        except NsfixError as error:
            self._reply(number, "error", (error.message, error.file, error.line))

    @property
    def patience(self) -> float:
        """The seconds without a question after which there is time for what can wait."""
        return _SHORT if self._todo else _IDLE

    def rest(self) -> None:
        """Do some of what can wait, now that nobody asks."""
        if self._todo:
            with contextlib.suppress(NsfixError):
                self._todo.pop(0)()
        elif self._untidy > _MUCH:
            self._untidy = 0
            gc.collect()
        elif self._project is not None:
            keep = self._project.keeping()
            if keep is not None:
                child = _aside(keep, lambda nothing: nothing)
                self.asides[child.pipe] = None, child.then

    def tidy(self) -> None:
        """Have the collector look at what the last answer has left, now that it is sent."""
        if self._ready:
            gc.collect(0)
            self._untidy += 1

    def _get_ready(self, paths: tuple[str, ...], reply: Reply) -> None:
        """Have at hand what reading `paths` again takes, and what the next start shows first."""
        self.project.warm(paths)
        if (
            not self._ready
        ):  # what is there now stays: to look through it again and again would take long each time
            self._ready = True
            gc.collect()
            gc.freeze()
            gc.disable()  # from here on it is done between the questions, a little at a time
        if self._early is not None:
            self._early.keep(paths, reply, self.project.files(paths))


class _Aside:
    """Work that a child does; `pipe` is where what it comes to is to be had."""

    def __init__(self, pipe: int, then: Callable[[Any], object]) -> None:
        self.pipe = pipe
        self.then = then


def _aside(work: Callable[[], object], then: Callable[[Any], object]) -> _Aside:
    """Have `work` done by a child, and `then` whatever is to be done with what it comes to."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        return _Aside(reading, then)
    try:
        os.close(reading)
        content = pickle.dumps(work(), pickle.HIGHEST_PROTOCOL)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(content)
    finally:
        os._exit(0)


def serve(questions: _Whole, send: Callable[[object], None]) -> None:
    """Answer what comes through `questions` until that ends."""
    worker = Worker(send)
    source = questions.fileno()
    while True:
        ready, _, _ = select.select([source, *worker.asides], [], [], worker.patience)
        if not ready:
            worker.rest()
        for pipe in ready:
            if pipe in worker.asides:
                worker.take_aside(pipe)
        if source in ready:
            try:
                question = read_message(questions)
            except EOFError:
                return
            worker.handle(*question)
            worker.tidy()


def main() -> None:
    """Serve on stdin and stdout; whatever else prints goes to stderr."""
    sys.setrecursionlimit(_DEEPEST)
    gc.set_threshold(_RARELY, 50, 50)
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(message: object) -> None:
        content = memoryview(packed(message))
        while content:
            content = content[os.write(answers, content) :]

    questions = os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0)
    with questions, contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        serve(_Whole(questions), send)
    os._exit(0)  # nothing is left to be written, and much to be forgotten


class _Whole:
    """A stream that is read without a buffer, so that select(2) sees all that is left, in whole portions."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def fileno(self) -> int:
        return self._stream.fileno()

    def read(self, size: int) -> bytes:
        pieces = []
        while size > 0:
            piece = self._stream.read(min(size, 1 << 20))
            if not piece:
                break
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)


if __name__ == "__main__":
    main()
