"""Work shared between processes, for machines that can fork: what is read before is there for all of them."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from nsfix.errors import InputError, NsfixError

_WIDTH = 4  # bytes of one number in the queue
_IN_PIPE = 1024  # numbers that even the smallest pipe holds
Item = TypeVar("Item")
Result = TypeVar("Result")


def share_out(items: Sequence[Item], work: Callable[[Item], Result], workers: int) -> list[Result]:
    """`[work(item) for item in items]`, with `workers` processes of which this is one. Each takes the next item
    when it is done with one, so the longest are best put first.

    Results have to be picklable. An NsfixError of one process is raised here; any other fault in a child is an
    InputError that shows it.
    """
    workers = min(workers, len(items))
    if workers < 2 or not hasattr(os, "fork"):
        return [work(item) for item in items]
    queue = _Queue(len(items))
    children = [_start(items, work, queue) for _ in range(1, workers)]
    results: dict[int, Result] = {}
    try:
        for index in queue:
            results[index] = work(items[index])
        while children:
            process, pipe = children[0]
            answer = _read_to_end(pipe)
            children.pop(0)
            os.waitpid(process, 0)
            results |= _unpack(answer)
    finally:
        queue.close()
        for process, pipe in children:
            os.close(pipe)
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
    return [results[index] for index in range(len(items))]


class Workers:
    """`count` processes that share work, of which this is one; `progress` is told how much is done, and of how much."""

    def __init__(self, count: int, progress: Callable[[int, int], None] | None = None) -> None:
        self.count = count
        self._progress = progress

    def do(
        self,
        portions: Sequence[Sequence[Item]],
        work: Callable[[Item], Result],
        size: Callable[[Sequence[Item]], int] = len,
    ) -> list[Result]:
        """`work` done for every item, in portions of which the largest by `size` come first."""
        total = sum(map(len, portions))
        done = 0

        def one(number: int) -> list[Result]:
            nonlocal done
            results = [work(item) for item in portions[number]]
            done += len(results) * self.count
            if self._progress is not None:
                self._progress(min(done, total), total)
            return results

        order = sorted(range(len(portions)), key=lambda number: -size(portions[number]))
        answers = dict(zip(order, share_out(order, one, self.count), strict=True))
        return [result for number in range(len(portions)) for result in answers[number]]


class _Queue:
    """The numbers of portions of work, in a pipe that several processes take from: a read of a few bytes is
    never split. A portion is as large as it must be for all of them to fit into the pipe at once."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._portion = size // _IN_PIPE + 1
        self._reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(b"".join(n.to_bytes(_WIDTH, "big") for n in range(0, size, self._portion)))

    def __iter__(self) -> Iterator[int]:
        while taken := os.read(self._reading, _WIDTH):
            start = int.from_bytes(taken, "big")
            yield from range(start, min(start + self._portion, self._size))

    def close(self) -> None:
        os.close(self._reading)


def _start(items: Sequence[Item], work: Callable[[Item], Result], queue: _Queue) -> tuple[int, int]:
    """Fork a child that takes from `queue`: (its process, the pipe that its answer comes through)."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    answer: object = ("crash", "it ended without a word", None, None)
    try:
        os.close(reading)
        answer = ("done", {index: work(items[index]) for index in queue})
    except NsfixError as error:
        answer = ("error", error.message, error.file, error.line)
    except BaseException as error:
        answer = ("crash", repr(error), None, None)
    finally:
        try:
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))
        finally:
            os._exit(0)  # neither the parent's buffers nor its handlers are this process's concern


def _read_to_end(pipe: int) -> bytes:
    with os.fdopen(pipe, "rb") as stream:
        return stream.read()


def _unpack(answer: bytes) -> dict[int, Result]:
    if not answer:
        raise InputError("a process that read sources was killed; is there too little memory?")
    kind, *rest = pickle.loads(answer)
    if kind == "done":
        results: dict[int, Result] = rest[0]
        return results
    if kind == "error":
        raise InputError(*rest)
    raise InputError(f"a process that read sources failed: {rest[0]}")
