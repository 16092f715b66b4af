"""Reads what modpost or the module loader said about missing namespace imports out of any log.

The texts come from `check_exports()` in scripts/mod/modpost.c and `verify_namespace_is_imported()` in
kernel/module/main.c. Logs are messy: builds run in parallel, mails quote and wrap, terminals colour. A report
is believed only when it is whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from nsfix.evidence.log_neighbours import neighbour
from nsfix.evidence.names import is_module, is_namespace, is_symbol, path_text, shown
from nsfix.model import Remark

_REACH = 2  # lines to either side over which a wrapped report is put together
_BATCH = 2048  # lines looked through at once: most of a log says nothing of interest
_REPORT_WORDS = (b"namespace", b"uses symbol")
_NEIGHBOUR_WORDS = (b"undefined!", b"modpost: ")


@dataclass(frozen=True, slots=True)
class MissingImport:
    """One module that a log says uses `symbol` without importing its `namespace`.

    `module` is as the log names it, without `.ko`: a base name ("ums-karma"), a path (7.3 on: "sub/t"),
    or the loader's form with `_` for `-` ("ums_karma"). `line` counts from 1.
    """

    module: str
    symbol: str
    namespace: str
    line: int


@dataclass(frozen=True, slots=True)
class LogFacts:
    """All that a log says. Of equal entries the first stands, in the order of their lines."""

    missing: tuple[MissingImport, ...]
    remarks: tuple[Remark, ...]  # reports that are not believed, and why
    other_errors: tuple[Remark, ...]  # complaints about the same modules that an import does not mend


def _words(text: bytes) -> bytes:
    """A pattern for these words, which a mail program may have broken between any two."""
    return text.replace(b" ", rb"[ \n]")


_NOT_IMPORTED = rb", but does not import it"
_TOKEN_STARTS = rb"(?<![^\s>\]])"  # after a blank, a quoting mark, or a time stamp or level in brackets
# A path holds none of the marks it may start after: else long junk would be searched from each of them.
_REPORT = re.compile(
    _words(
        rb"(?:(?:(?:ERROR|WARNING): (?:modpost: )?|modpost: )|^)"
        rb"module (?P<base>\S+) uses symbol (?P<s1>\S+) from namespace (?P<n1>\S+)" + _NOT_IMPORTED
    )
    + rb"|"
    + _TOKEN_STARTS
    + _words(
        rb"(?P<path>[^\s:'\">\]]+)\.ko: module uses symbol '(?P<s2>[^'\n]*)'"
        rb" from namespace '(?P<n2>[^'\n]*)'" + _NOT_IMPORTED
    )
    + rb"|"
    + _TOKEN_STARTS
    + _words(
        rb"(?P<loaded>[A-Za-z0-9_.+]+): module uses symbol \((?P<s3>[^()\n]*)\)"
        rb" from namespace (?P<n3>\S+)" + _NOT_IMPORTED
    ),
    re.MULTILINE,
)
# The usual case, a line that is a report and nothing else, decided without a look around.
_PLAIN = re.compile(
    rb"(?:ERROR|WARNING): (?:modpost: )?"
    rb"(?:module (?P<base>[\w.+-]+) uses symbol (?P<s1>[A-Za-z_]\w*) from namespace (?P<n1>[A-Za-z_]\w*)"
    rb"|(?P<path>[\w./+-]+)\.ko: module uses symbol '(?P<s2>[A-Za-z_]\w*)'"
    rb" from namespace '(?P<n2>[A-Za-z_]\w*)')" + _NOT_IMPORTED + rb"\.\r?\n?"
)
# Parts of a report that stand outside any whole one: the line was torn, or holds what is no name.
_PART = re.compile(
    rb"\bmodule (?:\S+ )?uses symbol\b"
    rb"|\buses symbol .{1,300}? from namespace\b"
    rb"|\bfrom namespace .{1,300}?, but d"
)
_STATED = re.compile(
    rb"uses symbol (?P<symbol>.{1,300}?) from namespace (?P<namespace>.{1,300}?)(?:, but d|$)"
)
_OPEN_HEAD = re.compile(rb"\bmodule (?:\S+ )?uses\b")
_TAIL = b"not import it"
# A line that ends in the middle of a path: a terminal broke it there, so the next line starts mid-word.
_CUT_WORD = re.compile(rb"(?:(?:modpost|ERROR|WARNING|kernel):|\]) \S*[^\s:]\Z")
_COLOUR = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
_QUOTING = re.compile(rb"(?:[>|][ \t]*)+")


def _clean(line: bytes) -> bytes:
    """The line without colours, quoting marks, indentation and line end."""
    if b"\x1b" in line:
        line = _COLOUR.sub(b"", line)
    line = line.strip()
    quoting = _QUOTING.match(line)
    return line[quoting.end() :] if quoting else line


def _doubt(module: bytes, symbol: bytes, namespace: bytes) -> str | None:
    """Why a whole report is still not believed."""
    if not is_symbol(symbol):
        return f"'{shown(symbol)}' is no symbol's name; the report is left out"
    if not is_namespace(namespace):
        return (
            f"'{shown(namespace)}' is no valid namespace; the report is left out"
            " (a stale Module.symvers can cause this: build again from clean)"
        )
    if not is_module(module):
        return f"'{shown(module)}' is no module's name; the report is left out"
    return None


class _Reader:
    """Collects the facts of one log, line by line with the lines around it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._plain: set[bytes] = set()  # lines already taken: a report repeated is nothing new
        self.missing: dict[tuple[str, str, str], MissingImport] = {}
        self.remarks: dict[str, Remark] = {}
        self.other_errors: dict[str, Remark] = {}

    def take(self, number: int, window: list[bytes]) -> None:
        """Reads the middle line of `window`, which has the log's line `number`."""
        raw = window[_REACH]
        if raw in self._plain:
            return
        plain = _PLAIN.fullmatch(raw)
        if plain is not None:
            self._plain.add(raw)
            self._add(plain, number)
            return
        self._take_any(number, window)
        if any(word in raw for word in _NEIGHBOUR_WORDS):
            self.take_neighbour(number, raw)

    def _take_any(self, number: int, window: list[bytes]) -> None:
        line = _clean(window[_REACH])
        reports = list(_REPORT.finditer(line))
        at_line_start = any(report.start() == 0 for report in reports)
        rest = _REPORT.sub(b"", line)
        if at_line_start or not reports or _PART.search(rest):
            self._take_with_context(number, [_clean(text) for text in window])
        else:
            for report in reports:
                self._add(report, number)

    def _take_with_context(self, number: int, window: list[bytes]) -> None:
        text = b"\n".join(window)
        start = sum(len(line) + 1 for line in window[:_REACH])
        end = start + len(window[_REACH])
        left = bytearray(window[_REACH])
        for report in _REPORT.finditer(text):
            if report.end() <= start or report.start() >= end:
                continue
            first = text.count(b"\n", 0, report.start())
            last = first + report.group().count(b"\n")
            line = number - _REACH + first
            before = window[first - 1] if first else b""
            after = window[last + 1] if last + 1 < len(window) else b""
            if _starts_mid_word(report, text, before) or (last > first and _mixed(before, after)):
                self._refuse(
                    "a report broken over lines that cannot be put together safely", line, report.group()
                )
            else:
                self._add(report, line)
            begin, stop = max(report.start() - start, 0), min(report.end() - start, len(left))
            left[begin:stop] = b" " * (stop - begin)
        if _PART.search(left):
            self._refuse_part(bytes(left), number)

    def _add(self, report: re.Match[bytes], line: int) -> None:
        named = {key: value for key, value in report.groupdict().items() if value is not None}
        module = next(named[key] for key in ("base", "path", "loaded") if key in named)
        symbol = next(named[key] for key in ("s1", "s2", "s3") if key in named)
        namespace = next(named[key] for key in ("n1", "n2", "n3") if key in named)
        doubt = _doubt(module, symbol, namespace)
        if doubt is not None:
            self._remark(doubt, line)
            return
        key = (path_text(module.removesuffix(b".ko")), symbol.decode(), namespace.decode())
        self.missing.setdefault(key, MissingImport(*key, line))

    def _refuse_part(self, text: bytes, line: int) -> None:
        stated = _STATED.search(text)
        doubt = _doubt(b"module", stated["symbol"], stated["namespace"]) if stated else None
        if doubt is not None:
            self._remark(doubt, line)
        else:
            self._refuse("a report about a namespace that is not whole", line, text)

    def _refuse(self, why: str, line: int, text: bytes) -> None:
        quoted = shown(text.strip().replace(b"\n", b" "))
        self._remark(f"{why}; it is left out: {quoted}", line)

    def _remark(self, message: str, line: int) -> None:
        self.remarks.setdefault(message, Remark(message, self._name, line))

    def take_neighbour(self, number: int, line: bytes) -> None:
        message = neighbour(_clean(line))
        if message is not None:
            self.other_errors.setdefault(message, Remark(message, self._name, number))


def _starts_mid_word(report: re.Match[bytes], text: bytes, before: bytes) -> bool:
    """Whether the module's path may have begun on the line before."""
    at_line_start = report.start() == 0 or text[report.start() - 1 : report.start()] == b"\n"
    return at_line_start and report["base"] is None and _CUT_WORD.search(before) is not None


def _mixed(before: bytes, after: bytes) -> bool:
    """Whether a report over several lines may have got its end from another: heads or ends stand unpaired."""
    unfinished = _OPEN_HEAD.search(before) is not None and _TAIL not in before
    orphaned = _TAIL in after and _OPEN_HEAD.search(after) is None
    return unfinished or orphaned


def read_log(lines: Iterable[bytes], name: str) -> LogFacts:
    """Finds every missing import that a log reports, and the complaints beside them.

    Accepted format: any text; in it, these reports (5.4 on; 5.5 to 7.2; 7.3 on; the loader):

        WARNING: module M uses symbol S from namespace N, but does not import it.
        ERROR: modpost: module M uses symbol S from namespace N, but does not import it.
        ERROR: modpost: PATH/M.ko: module uses symbol 'S' from namespace 'N', but does not import it.
        M: module uses symbol (S) from namespace N, but does not import it.

    ERROR and WARNING mean the same. Before a report may stand quoting marks, time stamps, levels, host
    names, colours, and pieces of other reports' first words, as parallel builds mix them; a line end may
    be CR LF. A report may be wrapped at blanks over up to three lines. S must be a C identifier, N one or
    a `module:` list; anything else, and any torn report, becomes a remark and never a fact.

    `name` is what the remarks call the log; their lines count from 1. Raises nothing: a log without any
    report has an empty `missing`.
    """
    reader = _Reader(name)
    for first, batch in _batches(lines):
        text = b"".join(batch)
        if not any(word in text for word in _REPORT_WORDS + _NEIGHBOUR_WORDS):
            continue
        for at in range(_REACH, len(batch) - _REACH):
            line = batch[at]
            if b"namespace" in line or b"uses symbol" in line:
                reader.take(first + at, batch[at - _REACH : at + _REACH + 1])
            elif b"modpost: " in line or b"undefined!" in line:
                reader.take_neighbour(first + at, line)
    return LogFacts(
        tuple(reader.missing.values()), tuple(reader.remarks.values()), tuple(reader.other_errors.values())
    )


def _batches(lines: Iterable[bytes]) -> Iterator[tuple[int, list[bytes]]]:
    """Batches that overlap, so that every line is once `_REACH` or more from both ends, each with the number
    of its first line."""
    source = iter(lines)
    batch = [b""] * _REACH
    first = 1 - _REACH
    while fresh := list(islice(source, _BATCH)):
        batch += fresh
        yield first, batch
        overlap = batch[-2 * _REACH :]
        first += len(batch) - len(overlap)
        batch = overlap
    yield first, batch + [b""] * _REACH
