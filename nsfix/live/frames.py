"""Messages between a door and the process that reads for it: each a pickle behind its length.

Both ends are the same program, started by the same user, over pipes that nobody else has.
"""

from __future__ import annotations

import pickle
from typing import Any, Protocol

_LENGTH = 8  # bytes, big endian


class Stream(Protocol):
    """What messages are read from."""

    def read(self, size: int, /) -> bytes:
        """So many bytes; less where it ends."""
        ...


def packed(message: object) -> bytes:
    """A message as it goes through a pipe."""
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return len(content).to_bytes(_LENGTH, "big") + content


def length_of(head: bytes) -> int:
    """How many bytes follow the first HEAD ones of a message."""
    return int.from_bytes(head, "big")


HEAD = _LENGTH


def read_message(stream: Stream) -> Any:
    """The next message of `stream`. Raises EOFError where it has ended."""
    head = stream.read(HEAD)
    if len(head) < HEAD:
        raise EOFError
    content = stream.read(length_of(head))
    return pickle.loads(content)
