"""Reads the list of missing namespaces that modpost writes for `make nsdeps`.

Both forms come from `write_namespace_deps_files()` in scripts/mod/modpost.c.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nsfix.errors import InputError
from nsfix.evidence.names import is_module, is_namespace, path_text, shown

_ENTRY = re.compile(rb"(?P<module>\S+)\.ko:(?P<namespaces>(?: \S+)+) ?")
_PER_MODULE = ".ns_deps"
_ADVICE = "write it anew with `make KBUILD_NSDEPS=1 modules`"


@dataclass(frozen=True, slots=True)
class NsdepsEntry:
    """What one module needs. `module` is the path as written, without `.ko`; `line` counts from 1."""

    module: str
    namespaces: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class NsdepsFacts:
    """The entries in the order of their lines.

    `only_missing` tells whether the namespaces are just those that are not imported (modules.nsdeps), or all
    that are used (MODULE.ns_deps).
    """

    entries: tuple[NsdepsEntry, ...]
    only_missing: bool


def read_nsdeps(lines: Iterable[bytes], name: str) -> NsdepsFacts:
    """Reads `modules.nsdeps`, or a `MODULE.ns_deps`, told apart by `name`.

    Accepted format: modules.nsdeps (5.5 on) has a line `PATH/MODULE.ko: NS1 NS2…` for each module that misses
    some; PATH is absolute or relative to the build directory, a `module:` list holds commas and no blanks.
    MODULE.ns_deps (5.4) has one namespace a line, and its own path names the module. Line ends may be CR LF;
    empty lines say nothing.

    Raises InputError with the line for anything else.
    """
    if name.endswith(_PER_MODULE):
        return NsdepsFacts(tuple(_per_module(lines, name)), only_missing=False)
    return NsdepsFacts(tuple(_shared(lines, name)), only_missing=True)


def _shared(lines: Iterable[bytes], name: str) -> Iterable[NsdepsEntry]:
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip(b"\r\n")
        if not line:
            continue
        entry = _ENTRY.fullmatch(line)
        if entry is None or not is_module(entry["module"]):
            raise InputError(f"not a line 'MODULE.ko: NAMESPACE…': '{shown(line)}'; {_ADVICE}", name, number)
        namespaces = tuple(_namespace(word, name, number) for word in entry["namespaces"].split())
        yield NsdepsEntry(path_text(entry["module"]), namespaces, number)


def _per_module(lines: Iterable[bytes], name: str) -> Iterable[NsdepsEntry]:
    namespaces: list[str] = []
    first = 0
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip(b"\r\n")
        if line:
            namespaces.append(_namespace(line, name, number))
            first = first or number
    if namespaces:
        yield NsdepsEntry(name.removesuffix(_PER_MODULE), tuple(namespaces), first)


def _namespace(word: bytes, name: str, number: int) -> str:
    if not is_namespace(word):
        raise InputError(f"'{shown(word)}' is no valid namespace; {_ADVICE}", name, number)
    return word.decode()
