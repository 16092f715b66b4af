"""Where a command and its service meet, and what they say to each other. Loads next to nothing.

They meet at a socket in a directory that is the user's alone, under a name made of all that an answer may depend on
beside the files: this program, and the environment, which Makefiles read. A message is a JSON object of strings and
numbers behind its length, and a text behind its own, each length 8 bytes, big endian.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import sys
from typing import Any

LENGTH = 8  # bytes of a length
_MOST = 108  # bytes of a socket's path that Linux takes, with the zero behind it
# Variables that are others from one run to the next, and that no Makefile of a kernel module reads.
_PASSING = ("_", "SHLVL", "PWD", "OLDPWD", "LINES", "COLUMNS", "WINDOWID", "TERM", "COLORTERM", "NVIM", "VIM",
            "VIMRUNTIME", "MYVIMRC", "NVIM_LOG_FILE", "PYTEST_CURRENT_TEST", "INSIDE_EMACS")  # fmt: skip


def meeting_point() -> str | None:
    """The path of the socket; None where there is no place for one. Its directory is made."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    for directory in ([f"{runtime}/nsfix"] if runtime else []) + [f"{cache}/nsfix/run"]:
        path = f"{directory}/{_name()}"
        if len(os.fsencode(path)) < _MOST and _is_private(directory):
            return path
    return None


def _is_private(directory: str) -> bool:
    """Whether a directory, which is made if need be, is the user's alone."""
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        found = os.lstat(directory)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _name() -> str:
    known = sorted((name, value) for name, value in os.environ.items() if name not in _PASSING)
    about = (sys.executable, sys.version, _program(), known)
    return hashlib.blake2b(repr(about).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def _program() -> tuple[str, int, int]:
    """What tells this program from another: where it is, and how many files of what age it has."""
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    newest, number, pending = 0, 0, [top]
    while pending:
        for entry in os.scandir(pending.pop()):
            if entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
            elif entry.name.endswith(".py"):
                newest, number = max(newest, entry.stat().st_mtime_ns), number + 1
    return top, newest, number


def packed(head: dict[str, Any], text: bytes) -> bytes:
    """A message as it goes over the socket."""
    said = json.dumps(head).encode("ascii")
    lengths = [len(part).to_bytes(LENGTH, "big") for part in (said, text)]
    return lengths[0] + said + lengths[1] + text


def receive(connection: socket.socket) -> tuple[dict[str, Any], bytes]:
    """The next message. Raises OSError or ValueError where there is none."""
    head: dict[str, Any] = json.loads(_part(connection))
    return head, _part(connection)


def _part(connection: socket.socket) -> bytes:
    return _exactly(connection, int.from_bytes(_exactly(connection, LENGTH), "big"))


def _exactly(connection: socket.socket, size: int) -> bytes:
    pieces: list[bytes] = []
    while size:
        piece = connection.recv(min(size, 1 << 20))
        if not piece:
            raise ConnectionError("the other end went away")
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
