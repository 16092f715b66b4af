"""The conditionals of the kernel's headers under which words are declared or defined."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from nsfix.csource.branches import Branch, read_branches
from nsfix.csource.names import NameFinder
from nsfix.scan.carriers import leading_names
from nsfix.scan.units import ReadFile

_TEST = re.compile(rb"\b(IS_(?:ENABLED|BUILTIN|MODULE|REACHABLE))\s*\(\s*(CONFIG_\w+)")


class HeaderBranches:
    """Knows, for each of `words`, the branches of `headers` that it stands in, and those inside what it defines."""

    def __init__(self, headers: Sequence[str], words: frozenset[bytes], read: ReadFile) -> None:
        finder = NameFinder(words, dense=True)
        self._found: dict[bytes, dict[Branch, None]] = {}
        for path in headers:
            text = read(path) or b""
            if b"CONFIG_" not in text:
                continue
            hits = finder.find(text)
            for branch in read_branches(text) if hits else []:
                inside = [hit for hit in hits if branch.start <= hit[1] < branch.end]
                # An inline or macro with a branch inside it leads to what stands there.
                around = leading_names(text, inside)[0] & words if inside else set()
                for name in {name for name, _ in inside} | around:
                    self._found.setdefault(name, {})[branch] = None

    def of(self, words: Iterable[bytes]) -> list[Branch]:
        """The branches that any of `words` stands in or, as an inline or macro, holds."""
        found: dict[Branch, None] = {}
        for word in sorted(words):
            found.update(self._found.get(word, {}))
        return list(found)


class HeaderTests:
    """Knows which inlines and macros of `headers` ask by themselves whether a symbol is on (`pm_ptr()`)."""

    def __init__(self, headers: Sequence[str], read: ReadFile) -> None:
        found: dict[bytes, dict[bytes, None]] = {}
        for path in headers:
            text = read(path) or b""
            if b"IS_ENABLED" not in text:
                continue
            hits: dict[bytes, list[tuple[bytes, int]]] = {}
            for match in _TEST.finditer(text):
                hits.setdefault(match[2], []).append((match[1], match.start()))
            for symbol, places in hits.items():
                for name in leading_names(text, places)[0]:
                    found.setdefault(name, {})[symbol] = None
        self._found = found
        self._finder = NameFinder(found)

    def of(self, text: bytes) -> list[bytes]:
        """The symbols that the inlines and macros which `text` names ask for."""
        names = dict.fromkeys(name for name, _ in self._finder.find(text))
        return list(dict.fromkeys(symbol for name in names for symbol in self._found[name]))
