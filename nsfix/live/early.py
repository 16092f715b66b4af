"""The last answer about a file, kept on disk for the next start: shown until the first one that is read.

It is shown only where no file that it was made of has changed since, and where what is open is what is on disk. Of what
may have changed beside (the kernel's headers, what others export) it knows nothing, so nothing is edited by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nsfix import __version__
from nsfix.live.reply import Reply
from nsfix.live.texts import State, Texts, state_on_disk
from nsfix.scan import Cache, cache_directory
from nsfix.scan.cache import REPLIES, digest_of, state_of_program

_MOST = 200  # files whose answers are kept


class EarlyReplies:
    """The answers of the project `name`."""

    def __init__(self, name: str, texts: Texts) -> None:
        self._cache = Cache(cache_directory() / REPLIES, _MOST)
        self._about = (state_of_program(__version__), name)
        self._texts = texts

    def find(self, paths: Sequence[str]) -> Reply | None:
        """What was said last of the modules of `paths`, if it may still be so."""
        found = self._cache.load(self._name(paths))
        if found is None:
            return None
        states, reply = found
        if any(state_on_disk(path) != state for path, state in states.items()):
            return None
        texts = self._texts
        if any(path in states and texts.on_disk(path) != text for path, text in texts.opened.items()):
            return None
        found_reply: Reply = reply
        return found_reply

    def keep(self, paths: Sequence[str], reply: Reply, files: Iterable[str]) -> None:
        """Keep an answer about `paths`, which was made of `files`, unless some of them are open with other texts."""
        texts = self._texts
        wanted = set(files)
        if any(path in wanted and texts.on_disk(path) != text for path, text in texts.opened.items()):
            return
        states: dict[str, State] = {path: state_on_disk(path) for path in sorted(wanted)}
        self._cache.keep(self._name(paths), (states, reply))

    def _name(self, paths: Sequence[str]) -> str:
        return digest_of(self._about, sorted(paths))
