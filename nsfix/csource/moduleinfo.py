"""What a unit writes into its module's .modinfo section, and what it exports: read off the expanded text.

Nothing is known here of MODULE_IMPORT_NS, MODULE_LICENSE or any EXPORT_SYMBOL: whatever macro leads to the
kernel's own at the bottom is expanded with the kernel's own definitions, and the strings that come out are what
modpost will read (include/linux/moduleparam.h, include/linux/export.h, scripts/mod/modpost.c).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from nsfix.csource.chunks import chunk_at
from nsfix.csource.closure import Closure, WordMemo
from nsfix.csource.lexer import LineIndex
from nsfix.csource.macros import Macro, Token
from nsfix.csource.names import word_offsets
from nsfix.csource.program import MacroTable
from nsfix.csource.session import Hits, Session, Span
from nsfix.csource.unit import Unit

_INFO_GOALS = (b"MODULE_INFO", b"__MODULE_INFO", b"MODULE_IMPORT_NS", b"MODULE_LICENSE")
_EXPORT_GOALS = (b"___EXPORT_SYMBOL", b"__EXPORT_SYMBOL", b"_EXPORT_SYMBOL")
_TAGGED = (b"MODULE_INFO", b"__MODULE_INFO")
_TAGS = (b"import_ns", b"license")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|x([0-9a-fA-F]+)|(.))", re.S)
_ESCAPED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"0": b"\0"}
# From 6.4 on: a section of its own, read by modpost. The namespace may come in several adjacent strings.
_NEW_EXPORT = re.compile(
    rb'__export_symbol_([\w.$]+):[\s;]*\.asciz\s+"([^"]*)"[\s;]*\.asci[iz]\s+((?:"[^"]*"\s*)+)'
)
# Before: the namespace beside the name in __ksymtab_strings, the licence in the name of the entry's section.
_OLD_EXPORT = re.compile(rb'__kstrtabns_([\w.$]+):\s*\.asciz\s+"(.*?)"\s*\n')
# Of assembler sources until then: a call of the assembler's own macro, which knows no namespace
# (include/asm-generic/export.h).
_CALLED_EXPORT = re.compile(rb"\b___EXPORT_SYMBOL\s+([\w.$]+)\s*,[^,;]*,\s*(_gpl)?")
_OLD_SECTION = re.compile(rb"___ksymtab(_gpl|_unused|_unused_gpl|_gpl_future)?\+([\w.$]+)")


@dataclass(frozen=True, slots=True)
class InfoEntry:
    """One entry of .modinfo. `value` is None where the text after `tag=` is no string: it will not compile.

    `start` is the byte offset in `file` of the macro that makes the entry.
    """

    tag: str
    value: str | None
    file: str
    start: int
    line: int
    raw: str = ""


@dataclass(frozen=True, slots=True)
class SourceExport:
    """One symbol that a unit exports. `namespace` is "" for the global one."""

    symbol: bytes
    namespace: str
    gpl: bool
    file: str
    line: int


class _InfoClosure(Closure):
    """Leads to .modinfo entries of the tags that count: one that fixes another tag (MODULE_AUTHOR) does not."""

    def reaches(self, macro: Macro, words: set[bytes]) -> bool:
        if self.goals.isdisjoint(words):
            return False
        body = [token for token in macro.body if token != b" "]
        for index, token in enumerate(body):
            if token in self.goals:
                tag = (
                    body[index + 2]
                    if body[index + 1 : index + 2] == [b"("] and index + 2 < len(body)
                    else b""
                )
                if tag in macro.params or tag in _TAGS or token not in _TAGGED:
                    return True
        return False

    def leads(self, macro: Macro, macros: MacroTable) -> bool:
        # __MODULE_INFO takes any tag; what gets there through MODULE_INFO was asked there.
        return macro.name not in _TAGGED and super().leads(macro, macros)


class ModuleInfoReader:
    """Reads .modinfo entries and exports of units; what it learns of macros is kept for the next unit."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._info = WordMemo(_InfoClosure(_INFO_GOALS).matters)
        self._exports = WordMemo(Closure(_EXPORT_GOALS).matters)
        self._imports_in_headers = session.finder_for(frozenset((b"MODULE_IMPORT_NS",)))

    @property
    def memos(self) -> tuple[WordMemo[bool], ...]:
        """What tells the words that lead to entries or exports."""
        return self._info, self._exports

    def entries(self, unit: Unit) -> list[InfoEntry]:
        """The import_ns and license entries of `unit`, those that come through its headers included."""
        found: list[InfoEntry] = []
        for path, start, tokens in self._expanded(unit, self._info, True):
            found += self._entries_of(unit, path, start, tokens)
        return found

    def exports(self, unit: Unit) -> list[SourceExport]:
        """The symbols that `unit` exports."""
        found: dict[bytes, SourceExport] = {}
        for path, _, tokens in (*self._expanded(unit, self._exports, False), *self._repeated(unit)):
            line_of = LineIndex(unit.included[path].text).line
            assembler = unit.path.endswith((".S", ".S_shipped"))
            for symbol, namespace, gpl, offset in _exports_of(_as_string(tokens) if assembler else tokens):
                found[symbol] = SourceExport(symbol, namespace, gpl, path, line_of(offset))
        return list(found.values())

    def _expanded(
        self, unit: Unit, goals: WordMemo[bool], headers: bool
    ) -> Iterator[tuple[str, int, list[Token]]]:
        """Each piece of `unit` that leads to one of `goals`: (file, start, expanded tokens)."""
        hits: dict[str, Hits] = {}
        if headers:
            hits = {s.path: found for s, found in self._session.all_hits(unit, self._imports_in_headers)}
        for path, source in unit.included.items():
            kernel = self._session.is_kernel(path)
            if kernel and path not in hits:
                continue
            active = unit.active(source)
            if kernel:
                offsets = [offset for _, offset in hits[path] if active[offset : offset + 1] == b"M"]
            else:
                offsets = self._leading(unit, path, active, goals)
            for span in self._spans(path, active, offsets):
                yield path, span[0], self._session.expand((path, span), active, unit)

    def _repeated(self, unit: Unit) -> Iterator[tuple[str, int, list[Token]]]:
        """The pieces that lead to exports in files which mean something else at each `#include` of the unit's own
        source: lists to which a macro of its own is applied, and what is included more than once, itself perhaps."""
        own = frozenset(word for word, _ in self._exports.among(frozenset(unit.own_macros), unit))
        often = Counter([unit.path, *(path for _, path in unit.inclusions)])
        for offset, path in unit.inclusions:
            source = unit.included.get(path)
            again = often[path] > 1 and not self._session.is_kernel(path)
            if source is None or not (own or again):
                continue
            active = unit.active(source)
            if again or not own.isdisjoint(self._session.words(path, active)):
                for span in self._spans(path, active, self._leading(unit, path, active, self._exports)):
                    yield path, span[0], self._session.expand_at(offset, (path, span), active, unit)

    def _spans(self, path: str, active: bytes, offsets: list[int]) -> list[Span]:
        """The pieces of `active` that hold `offsets`, each once."""
        chunks = self._session.chunks(path, active)
        return list(dict.fromkeys(s for offset in offsets if (s := chunk_at(chunks, offset)) is not None))

    def _leading(self, unit: Unit, path: str, active: bytes, goals: WordMemo[bool]) -> list[int]:
        offsets: list[int] = []
        among = goals.among(self._session.words(path, active), unit)
        for word in dict.fromkeys(word for word, _ in (*among, *goals.among_passing(path, unit))):
            offsets += word_offsets(active, word)
        return sorted(offsets)

    def _entries_of(self, unit: Unit, path: str, start: int, tokens: list[Token]) -> Iterator[InfoEntry]:
        line_of = LineIndex(unit.included[path].text).line
        for text, first, following in _strings(tokens):
            tag, mark, value = text.partition(b"=")
            if not mark or tag not in _TAGS:
                continue
            wrong = following is not None and following.text != b";"
            shown = value.decode("utf-8", "surrogateescape")
            raw = following.text.decode("ascii", "replace") if wrong and following is not None else shown
            yield InfoEntry(
                tag.decode(), None if wrong else shown, path, first.offset, line_of(first.offset), raw
            )


def _strings(tokens: list[Token]) -> Iterator[tuple[bytes, Token, Token | None]]:
    """Each run of adjacent string literals, joined as the compiler does: (text, first token, the next one)."""
    index = 0
    while index < len(tokens):
        if tokens[index].text[:1] != b'"':
            index += 1
            continue
        first = tokens[index]
        pieces: list[bytes] = []
        while index < len(tokens) and tokens[index].text[:1] == b'"':
            pieces.append(tokens[index].text[1:-1])
            index += 1
        joined = b"".join(unescape(piece) if b"\\" in piece else piece for piece in pieces)
        yield joined, first, tokens[index] if index < len(tokens) else None


def unescape(text: bytes) -> bytes:
    """The bytes that the inside of a C string literal stands for."""

    def byte(match: re.Match[bytes]) -> bytes:
        if match[1]:
            return bytes([int(match[1], 8) & 0xFF])
        if match[2]:
            return bytes([int(match[2], 16) & 0xFF])
        return _ESCAPED.get(match[3], match[3])

    return _ESCAPE.sub(byte, text)


def _as_string(tokens: list[Token]) -> list[Token]:
    """The tokens of an assembler source as C has them, which hands them over in one string of `asm`."""
    if not tokens:
        return []
    text = b"".join((b" " if token.spaced else b"") + token.text for token in tokens)
    quoted = b'"' + text.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'
    return [tokens[0]._replace(text=quoted)]


def _exports_of(tokens: list[Token]) -> Iterator[tuple[bytes, str, bool, int]]:
    """The exports in one piece: (symbol, namespace, GPL-only, byte offset)."""
    namespaces: list[tuple[bytes, str, int]] = []
    gpl: dict[bytes, bool] = {}
    for text, first, _ in _strings(tokens):
        for match in _NEW_EXPORT.finditer(text):
            parts = re.findall(rb'"([^"]*)"', match[3])
            joined = b"".join(unescape(p) for p in parts).split(b"\0")[0]
            yield match[1], joined.decode("utf-8", "surrogateescape"), match[2] == b"GPL", first.offset
        for match in _CALLED_EXPORT.finditer(text):
            yield match[1], "", match[2] is not None, first.offset
        for match in _OLD_EXPORT.finditer(text):
            namespaces.append((match[1], match[2].decode("utf-8", "surrogateescape"), first.offset))
        for match in _OLD_SECTION.finditer(text):
            gpl[match[2]] = match[1] is not None and b"gpl" in match[1]
    for symbol, namespace, offset in namespaces:
        yield symbol, namespace, gpl.get(symbol, False), offset
