"""Where a kernel's own sources export a symbol, looked up by its name: for telling people, not for deciding."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping

from nsfix.model import Export
from nsfix.scan.units import ReadFile

_SOURCES = (".c", ".S", ".h")
_VMLINUX = "vmlinux"


def find_exports(source_dir: str, exports: Iterable[Export], read: ReadFile) -> Mapping[str, tuple[str, int]]:
    """The file and 1-based line at which each of `exports` is exported, by symbol; without those that are not found.

    A module's exports are looked for in its directory, those of vmlinux in the whole of `source_dir`: where that is
    but a directory of headers, little is there to be looked through.
    """
    found: dict[str, tuple[str, int]] = {}
    places: dict[str, list[str]] = {}
    for export in exports:
        inside = export.exporter != _VMLINUX
        place = os.path.join(source_dir, os.path.dirname(export.exporter)) if inside else source_dir
        places.setdefault(place, []).append(export.symbol)
    for place, symbols in places.items():
        names = b"|".join(re.escape(symbol.encode("ascii", "replace")) for symbol in symbols)
        calls = re.compile(rb"^[ \t]*\w*EXPORT\w*\s*\(\s*(" + names + rb")\s*[,)]", re.MULTILINE)
        left = set(symbols)
        for path in _sources_below(place):
            text = read(path) or b""
            for match in calls.finditer(text) if b"EXPORT" in text else ():
                symbol = match[1].decode()
                if symbol in left:
                    found[symbol] = path, text.count(b"\n", 0, match.start(1)) + 1
                    left.discard(symbol)
            if not left:
                break
    return found


def _sources_below(directory: str) -> Iterator[str]:
    for path, directories, files in os.walk(directory):
        directories.sort()
        yield from (os.path.join(path, name) for name in sorted(files) if name.endswith(_SOURCES))
