"""Reads `Module.symvers`: every symbol that a kernel, or a directory of modules, exports.

Written by `write_dump()` and read by `read_dump()` in scripts/mod/modpost.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from nsfix.errors import InputError
from nsfix.evidence.names import shown
from nsfix.model import Export

_COLUMNS = 5
_NAMESPACE_LAST = (1, 2, 3, 4)  # where symbol, exporter, kind and namespace stand, 5.7 on
_NAMESPACE_THIRD = (1, 3, 4, 2)  # 5.4 to 5.6
_KIND = rb"EXPORT_(?:UNUSED_)?+SYMBOL(?:_GPL(?:_FUTURE)?+)?+"
# `[^\t]` is several times faster than a class of two; that it could swallow a line end is made up for by
# counting the lines.
_START = rb"(?:0x)?+[0-9A-Fa-f]{1,8}+\t[^\t]++\t"
_RUN = re.compile(  # lines without a namespace, then lines with one
    # The outer loops are not possessive: Python 3.11.2, Debian 12's own, gives up on one that is.
    rb"(?:%b[^\t]++\t%b\t\n)*(?P<named>(?:%b[^\t]++\t%b\t[^\t\n]++\n)*)" % (_START, _KIND, _START, _KIND)
)
_ALL_NAMESPACE_THIRD = re.compile(rb"(?:%b[^\t\n]*+\t[^\t]++\t%b\n)*" % (_START, _KIND))
_CHECKSUM = re.compile(rb"(?:0x)?[0-9A-Fa-f]{1,8}")
_ONE_KIND = re.compile(_KIND)
_ADVICE = "regenerate it by a build"
# A kernel's own file is far longer and exports nothing twice: modpost sees to that. A short one may.
_SHORT_BYTES = 1 << 18


class Symvers:
    """The exports of one Module.symvers, or of several merged; made by `read_symvers` and `merge`.

    `namespaced` holds the exports into a namespace, by symbol; `all` every export, and is worked out at the
    first use. A symbol that is exported twice counts as its last line has it, as in modpost.
    """

    def __init__(self, namespaced: dict[bytes, Export], load_all: Callable[[], dict[bytes, Export]]) -> None:
        self.namespaced = namespaced
        self._load_all = load_all

    @cached_property
    def all(self) -> dict[bytes, Export]:
        return self._load_all()


def read_symvers(path: str) -> Symvers:
    """Reads the Module.symvers at `path`.

    Accepted format: lines `CRC TAB symbol TAB exporter TAB kind TAB namespace`, the namespace perhaps
    empty, or as 5.4 to 5.6 wrote them, `CRC TAB symbol TAB namespace TAB exporter TAB kind`. CRC is up to
    eight hexadecimal digits, the exporter "vmlinux" or a module's path without `.ko`, the kind
    EXPORT_SYMBOL, EXPORT_SYMBOL_GPL or, up to 5.11, EXPORT_UNUSED_SYMBOL, EXPORT_UNUSED_SYMBOL_GPL or
    EXPORT_SYMBOL_GPL_FUTURE. Every line ends in a line feed. An empty file exports nothing.

    Raises InputError with the line for anything else, and for a file that cannot be read.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(
            f"cannot read the kernel's exports ({error.strerror}): run `make modules` in the kernel's build"
            " directory, or install the headers that match the kernel",
            path,
        ) from error
    sound = _sound(data)
    named = _named_lines(data) if sound else None
    order = _NAMESPACE_LAST if named is not None else _NAMESPACE_THIRD
    if named is None and not (sound and _ALL_NAMESPACE_THIRD.fullmatch(data)):
        raise _first_fault(data, path)

    def load_all() -> dict[bytes, Export]:
        return dict(_exports(data.split(b"\n")[:-1], order))

    if named is not None and len(data) > _SHORT_BYTES:
        return Symvers(dict(_exports(named, order)), load_all)
    exports = load_all()
    return Symvers(_namespaced(exports), lambda: exports)


def merge(files: Sequence[Symvers]) -> Symvers:
    """One view of several files, in the order of modpost's `-i`: the kernel's first, KBUILD_EXTRA_SYMBOLS
    after.

    As with `read_dump()` and `sym_add_exported()`, the export that is read last is the one that
    `find_symbol()` finds, so a later file's export into no namespace hides an earlier namespaced one.
    """
    namespaced = dict(files[0].namespaced) if files else {}
    for later in files[1:]:
        for symbol, export in later.all.items():
            namespaced.pop(symbol, None)
            if export.namespace:
                namespaced[symbol] = export

    def load_all() -> dict[bytes, Export]:
        return {symbol: export for file in files for symbol, export in file.all.items()}

    return Symvers(namespaced, load_all)


def _namespaced(exports: dict[bytes, Export]) -> dict[bytes, Export]:
    return {symbol: export for symbol, export in exports.items() if export.namespace}


def _sound(data: bytes) -> bool:
    """Whether the file's shape as a whole is right; cheap, and needed for what the patterns let pass."""
    return data.count(b"\n") == data.count(b"\tEXPORT_") and b"\0" not in data and b"\r" not in data


def _named_lines(data: bytes) -> list[bytes] | None:
    """The lines that have a namespace, in the newer order; None if any line is not in that order."""
    named: list[bytes] = []
    at = 0
    while at < len(data):
        run = _RUN.match(data, at)
        if run is None or run.end() == at:
            return None
        named += run["named"].split(b"\n")[:-1]
        at = run.end()
    return named


def _exports(lines: list[bytes], order: tuple[int, int, int, int]) -> Iterator[tuple[bytes, Export]]:
    symbol_at, exporter_at, kind_at, namespace_at = order
    for line in lines:
        columns = line.split(b"\t")
        symbol, namespace, exporter = columns[symbol_at], columns[namespace_at], columns[exporter_at]
        yield (
            symbol,
            Export(
                str(symbol, "utf-8", "surrogateescape"),
                str(namespace, "utf-8", "surrogateescape"),
                columns[kind_at].endswith(b"_GPL"),
                str(exporter, "utf-8", "surrogateescape"),
            ),
        )


def _first_fault(data: bytes, path: str) -> InputError:
    lines = data.split(b"\n")
    torn = lines.pop()
    first = lines[0].split(b"\t") if lines else []
    old = len(first) == _COLUMNS and _ONE_KIND.fullmatch(first[_NAMESPACE_THIRD[2]]) is not None
    order = _NAMESPACE_THIRD if old else _NAMESPACE_LAST
    for number, line in enumerate(lines, 1):
        fault = _fault(line, order)
        if fault is not None:
            return InputError(f"{fault}: '{shown(line)}'; {_ADVICE}", path, number)
    return InputError(f"the last line is torn: '{shown(torn)}'; {_ADVICE}", path, len(lines) + 1)


def _fault(line: bytes, order: tuple[int, int, int, int]) -> str | None:
    columns = line.split(b"\t")
    symbol_at, exporter_at, kind_at, _ = order
    if b"\r" in line or b"\0" in line:
        return "a carriage return or a zero byte, which modpost does not write"
    if len(columns) != _COLUMNS:
        return f"{len(columns)} columns instead of {_COLUMNS} (before 5.4 there were 4, and no namespaces)"
    if not _CHECKSUM.fullmatch(columns[0]):
        return "the first column is no CRC"
    if not columns[symbol_at] or not columns[exporter_at]:
        return "no symbol or no module"
    if not _ONE_KIND.fullmatch(columns[kind_at]):
        return "no EXPORT_SYMBOL or EXPORT_SYMBOL_GPL in its column"
    return None
