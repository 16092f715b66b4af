"""The state of a tree's files, told without reading any: what has changed between two runs.

Files are kept by directory, packed, so that an unchanged directory is passed in one comparison.
"""

from __future__ import annotations

import hashlib
import marshal
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nsfix.scan.parallel import share_out

# A file as (name, size in bytes, time of change of its content, of its state, in nanoseconds, inode).
_File = tuple[str, int, int, int, int]
_UNSETTLED = -1  # the size of a file that may change again without a new time
_PACKING = 2  # the newest version of marshal in which equal values have equal bytes
# What a build leaves behind that no build reads, and what editors and patch(1) do: such a file may come and go.
_ASIDE = (".ko", ".cmd", ".mod", ".order", ".swp", ".swo", ".swx", "~", ".orig", ".rej", ".patch")
_ASIDE_STARTS = (".#", "#")
_OBJECT = ".o"  # read only where there is no source for it
_SOURCES = (".c", ".S", ".rs")
_SHARED_FROM = 2  # directories below the top


# Of a directory: the last time that one of its files was touched, and all of them, packed.
_Directory = tuple[int, bytes]
Stamps = dict[str, _Directory]


@dataclass(frozen=True, slots=True)
class Changes:
    """The paths of the files that are no longer the same, and of those that have come or gone."""

    changed: frozenset[str]
    moved: frozenset[str]


def stamps_below(top: str, workers: int = 1) -> Stamps:
    """The state of every file below `top` that a build may read, by directory, with so many processes."""
    stamps: Stamps = {}
    below = [top]
    for _ in range(_SHARED_FROM):
        below = [path for directory in below for path in _look(directory, stamps)]
    for some in share_out(below, _all_below, workers):
        stamps |= some
    return stamps


def _all_below(top: str) -> Stamps:
    stamps: Stamps = {}
    pending = [top]
    while pending:
        pending += _look(pending.pop(), stamps)
    return stamps


def _look(directory: str, stamps: Stamps) -> list[str]:
    """Add the files of `directory` to `stamps`; the directories in it."""
    try:
        entries = list(os.scandir(directory))
    except OSError:  # removed by now, or not to be read: then no run reads it
        return []
    names = {entry.name for entry in entries}
    files: list[_File] = []
    below: list[str] = []
    newest = 0
    for entry in entries:
        name = entry.name
        if entry.is_dir(follow_symlinks=False):
            if name != ".git":
                below.append(entry.path)
            continue
        if name.endswith(_ASIDE) or name.startswith(_ASIDE_STARTS):
            continue
        if name.endswith(_OBJECT) and any(name[: -len(_OBJECT)] + suffix in names for suffix in _SOURCES):
            continue
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        content, state = found.st_mtime_ns, found.st_ctime_ns
        newest = max(newest, content, state)
        files.append((name, found.st_size, content, state, found.st_ino))
    stamps[directory] = _packed(files, newest)
    return below


def changed_between(before: Stamps, after: Stamps) -> Changes:
    """What is different."""
    changed: set[str] = set()
    moved: set[str] = set()
    for directory in before.keys() | after.keys():
        if before.get(directory) == after.get(directory):
            continue
        old, new = _files(before, directory), _files(after, directory)
        moved.update(f"{directory}/{name}" for name in old.keys() ^ new.keys())
        changed.update(f"{directory}/{name}" for name in old.keys() & new.keys() if old[name] != new[name])
    return Changes(frozenset(changed), frozenset(moved))


def different(before: Stamps, after: Stamps) -> Stamps:
    """The directories of `after` that differ from `before`; those that are gone are empty."""
    found = {path: some for path, some in after.items() if before.get(path) != some}
    return found | dict.fromkeys(before.keys() - after.keys(), _packed([], 0))


def files_of(stamps: Stamps) -> Iterator[tuple[str, Iterable[str]]]:
    """Each directory with the names of its files."""
    return ((directory, _files(stamps, directory)) for directory in stamps)


def touched_since(stamps: Stamps, moment: int) -> list[str]:
    """The directories with a file that was touched after `moment`, in nanoseconds."""
    return [path for path, directory in stamps.items() if directory[0] > moment]


def unsettled(stamps: Stamps, directories: Iterable[str], moment: int) -> Stamps:
    """`stamps`, but those files of `directories` that were touched after `moment` are like no other state of them."""
    found = dict(stamps)
    for path in directories:
        files = [
            (name, _UNSETTLED if max(content, state) > moment else size, content, state, inode)
            for name, size, content, state, inode in marshal.loads(stamps[path][1])
        ]
        found[path] = _packed(files, stamps[path][0])
    return found


def digest_of_stamps(stamps: Stamps) -> str:
    """A name for `stamps`."""
    return hashlib.blake2b(marshal.dumps(stamps, _PACKING), digest_size=20).hexdigest()


def _packed(files: list[_File], newest: int) -> _Directory:
    return newest, marshal.dumps(sorted(files), _PACKING)


def _files(stamps: Stamps, directory: str) -> dict[str, _File]:
    """The files of `directory` by name; an empty one is like none."""
    if directory not in stamps:
        return {}
    return {file[0]: file for file in marshal.loads(stamps[directory][1])}
