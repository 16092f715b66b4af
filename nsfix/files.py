"""Reading and writing files: the only room that changes anything on disk, and only if it changes.

A file is either whole and old or whole and new. Mode, links and, where permitted, owner stay.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nsfix.errors import InputError


@dataclass(frozen=True, slots=True)
class Write:
    """One file to be written: its path, what it must hold still, and what it is to hold."""

    path: str
    expected: bytes
    new: bytes


class PartlyWritten(InputError):
    """Some of several files could not be written; `written` and `unwritten` are their paths."""

    def __init__(self, message: str, written: tuple[str, ...], unwritten: tuple[str, ...]) -> None:
        super().__init__(message)
        self.written = written
        self.unwritten = unwritten


def read_bytes(path: str) -> bytes:
    """The content of a regular file. Raises InputError where there is none or it cannot be read."""
    try:
        # A pipe or a device would block or never end.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise InputError("is not a regular file", path)
        return Path(path).read_bytes()
    except (OSError, ValueError) as fault:
        raise InputError(f"cannot be read: {_reason(fault)}", path) from fault


def write_if_changed(path: str, new: bytes, expected: bytes) -> bool:
    """Make the file hold `new` and return whether that changed anything.

    `expected` is what it held when the change was decided on. Raises InputError, with the file as it
    was, where it holds something else by now or cannot be written. Of a symbolic link, the target is written.
    """
    now = read_bytes(path)
    if now == new:
        return False
    if now != expected:
        raise InputError("changed while nsfix ran: nothing was written to it, run nsfix again", path)
    try:
        target = os.path.realpath(path, strict=True)
        # A rename needs no leave to write to the file itself, but its owner made it read-only for a reason.
        if not os.access(target, os.W_OK):
            raise InputError("is read-only", path)
        status = os.stat(target)
        if status.st_nlink > 1:
            _overwrite(target, new, expected)
        else:
            _replace(target, new, status)
    except OSError as fault:
        raise InputError(f"cannot be written: {_reason(fault)}", path) from fault
    return True


def write_all(writes: Iterable[Write]) -> tuple[str, ...]:
    """Write the files one by one and return the paths of those that changed.

    One that cannot be written does not keep the others from it; PartlyWritten is raised at the end.
    """
    written: list[str] = []
    faults: list[InputError] = []
    for write in writes:
        try:
            if write_if_changed(write.path, write.new, write.expected):
                written.append(write.path)
        except InputError as fault:
            faults.append(fault)
    if faults:
        done = f"written: {', '.join(written)}" if written else "no file was written"
        message = "; ".join(str(fault) for fault in faults)
        unwritten = tuple(str(fault.file) for fault in faults)
        raise PartlyWritten(f"not written: {message} ({done})", tuple(written), unwritten)
    return tuple(written)


def _reason(fault: OSError | ValueError) -> str:
    return (fault.strerror or str(fault)) if isinstance(fault, OSError) else str(fault)


def _replace(target: str, new: bytes, status: os.stat_result) -> None:
    """Write `new` beside `target` and rename it over: whoever looks sees the old file or the new one."""
    directory = os.path.dirname(target)
    descriptor, temporary = tempfile.mkstemp(prefix=".nsfix-", dir=directory)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(new)
            file.flush()
            with contextlib.suppress(PermissionError):
                os.fchown(descriptor, status.st_uid, status.st_gid)
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode))  # after fchown, which may clear bits
            os.fsync(descriptor)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_directory(directory)


def _sync_directory(directory: str) -> None:
    # The file is whole either way; this only makes the rename outlast a power cut, and some file systems
    # (and directories without leave to read) refuse it.
    with contextlib.suppress(OSError):
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _overwrite(target: str, new: bytes, old: bytes) -> None:
    """Write `new` into the file itself, because a rename would part it from its other names (hard links).

    This cannot be atomic. What can be done: the space is claimed before the first byte changes, so that a
    full disk is noticed while the file is whole, and whatever fails after that puts the old bytes back.
    """
    descriptor = os.open(target, os.O_WRONLY)
    try:
        try:
            if len(new) > len(old):
                os.posix_fallocate(descriptor, len(old), len(new) - len(old))
            _write_whole(descriptor, new)
        except BaseException:
            _write_whole(descriptor, old)
            raise
    finally:
        os.close(descriptor)


def _write_whole(descriptor: int, content: bytes) -> None:
    view, position = memoryview(content), 0
    while position < len(content):
        position += os.pwrite(descriptor, view[position:], position)
    os.ftruncate(descriptor, len(content))
    os.fsync(descriptor)
