"""Work shared between processes, for machines that can fork: what is read before is there for all of them."""

from __future__ import annotations

import os
import pickle
import signal
from collections.abc import Callable, Sequence
from typing import TypeVar

from nsfix.errors import InputError, NsfixError

Item = TypeVar("Item")
Result = TypeVar("Result")


def share_out(items: Sequence[Item], work: Callable[[Item], Result], workers: int) -> list[Result]:
    """`[work(item) for item in items]`, with `workers` processes of which this is one.

    Results have to be picklable. An NsfixError of one process is raised here; any other fault in a child is an
    InputError that shows it.
    """
    if workers < 2 or len(items) < 2 or not hasattr(os, "fork"):
        return [work(item) for item in items]
    children = [_start(items[number::workers], work) for number in range(1, workers)]
    try:
        results: list[list[Result]] = [[work(item) for item in items[::workers]]]
        while children:
            process, pipe = children[0]
            answer = _read_to_end(pipe)
            children.pop(0)
            os.waitpid(process, 0)
            results.append(_unpack(answer))
    finally:
        for process, pipe in children:
            os.close(pipe)
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
    return [results[index % workers][index // workers] for index in range(len(items))]


def _start(items: Sequence[Item], work: Callable[[Item], Result]) -> tuple[int, int]:
    """Fork a child that does `items`: (its process, the pipe that its answer comes through)."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    answer: object = ("crash", "it ended without a word", None, None)
    try:
        os.close(reading)
        answer = ("done", [work(item) for item in items])
    except NsfixError as error:
        answer = ("error", error.message, error.file, error.line)
    except BaseException as error:
        answer = ("crash", repr(error), None, None)
    finally:
        try:
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(pickle.dumps(answer))
        finally:
            os._exit(0)  # neither the parent's buffers nor its handlers are this process's concern


def _read_to_end(pipe: int) -> bytes:
    with os.fdopen(pipe, "rb") as stream:
        return stream.read()


def _unpack(answer: bytes) -> list[Result]:
    if not answer:
        raise InputError("a process that read sources was killed; is there too little memory?")
    kind, *rest = pickle.loads(answer)
    if kind == "done":
        results: list[Result] = rest[0]
        return results
    if kind == "error":
        raise InputError(*rest)
    raise InputError(f"a process that read sources failed: {rest[0]}")
