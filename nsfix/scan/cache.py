"""Results of earlier runs in the user's cache directory, each under a name made of all that it depends on.

An entry is a pickle behind a checksum of it. It is written beside and moved into place, so that two runs at once do
each other no harm, and one that is damaged, or was written by somebody else, counts as not there.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import pickle
import tempfile
import zlib
from pathlib import Path
from typing import Any

_CHECKSUM = 4  # bytes; against damage, by far the fastest to compute: an entry has tens of megabytes
_MOST = 12  # entries that are kept of whole trees
REPLIES = "replies"  # the directory below it that has what editors were told last
_SUFFIX = ".nsfix"
_NEW = ".new"  # what the name of an entry begins with that is being written


def cache_directory() -> Path:
    """Where the cache is: $NSFIX_CACHE, or nsfix below $XDG_CACHE_HOME or ~/.cache."""
    given = os.environ.get("NSFIX_CACHE")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "nsfix"


def state_of_program(version: str) -> str:
    """What tells this nsfix from another: its `version`, and the state of its files."""
    top = Path(__file__).resolve().parent.parent
    files = sorted(
        (str(path.relative_to(top)), path.stat().st_size, path.stat().st_mtime_ns)
        for path in top.rglob("*.py")
    )
    return f"{version} {digest_of(files)}"


def digest_of(*parts: object) -> str:
    """A name for what `parts`, told by their `repr`, come to."""
    return hashlib.blake2b(repr(parts).encode(), digest_size=20).hexdigest()


def _checksum(content: bytes | memoryview) -> bytes:
    return zlib.crc32(content).to_bytes(_CHECKSUM, "big")


def _unpacked(content: memoryview) -> Any:
    """What was pickled; the collector would look at all of it several times, and find nothing."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        return pickle.loads(content)
    finally:
        if collecting:
            gc.enable()


class Cache:
    """The entries in `directory`, the `most` of them that were asked for last. Nothing here raises for a cache that
    cannot be read or written: it is only a cache."""

    def __init__(self, directory: Path, most: int = _MOST) -> None:
        self._directory = directory
        self._most = most

    def load(self, name: str) -> Any:
        """The entry `name`; None where there is none to be trusted."""
        path = self._directory / f"{name}{_SUFFIX}"
        try:
            with path.open("rb") as stream:
                found = os.fstat(stream.fileno())
                if found.st_uid != os.geteuid() or found.st_mode & 0o022:
                    return None
                content = stream.read()
            pickled = memoryview(content)[_CHECKSUM:]
            if _checksum(pickled) != content[:_CHECKSUM]:
                return None
            os.utime(path)
            return _unpacked(pickled)
        except Exception:
            return None

    def keep(self, name: str, value: object) -> None:
        """Keep `value` as the entry `name`, and let go of the entries that were not asked for the longest."""
        content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        temporary = None
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=self._directory, prefix=_NEW)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(_checksum(content))
                stream.write(content)
            os.replace(temporary, self._directory / f"{name}{_SUFFIX}")
            for old in self._entries()[self._most :]:
                old.unlink(missing_ok=True)
        except OSError:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)

    def remove(self, name: str) -> None:
        """Remove the entry `name`, if there is one."""
        with contextlib.suppress(OSError):
            (self._directory / f"{name}{_SUFFIX}").unlink(missing_ok=True)

    def clear(self) -> int:
        """Remove all entries: how many there were."""
        removed = 0
        for path in (*self._entries(), *self._directory.glob(f"{_NEW}*")):
            with contextlib.suppress(OSError):
                path.unlink()
                removed += path.suffix == _SUFFIX
        return removed

    def _entries(self) -> list[Path]:
        """The entries, the ones that were asked for last in front."""
        found = []
        for path in self._directory.glob(f"*{_SUFFIX}"):
            try:
                found.append((path.stat().st_mtime_ns, path))
            except OSError:
                continue  # another run removed it
        return [path for _, path in sorted(found, reverse=True)]
