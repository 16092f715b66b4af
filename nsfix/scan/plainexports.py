"""Exports that stand in plain sight: what they come to is asked of the kernel's own macros, for all of them at once.

A source that exports with nothing but `EXPORT_SYMBOL_NS_GPL(name, ...);` at the start of a line, under no condition,
need not be read with its hundreds of headers: one unit that includes linux/export.h and has all those statements
says the same of each, as long as no word in them is a macro for that source.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from nsfix.csource.directives import scan_directives
from nsfix.csource.lexer import blank_comments
from nsfix.csource.names import NameFinder, defined_in
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, Export, SourceFile, SourceKind
from nsfix.scan.cache import digest_of
from nsfix.scan.scanner import Scanner
from nsfix.scan.shallow import stands_free
from nsfix.scan.survey import Place
from nsfix.scan.units import ReadFile, Units, read_flags

_STATEMENT = re.compile(rb"\n(EXPORT_\w+)[ \t]*\(([^()#\\]*)\)[ \t]*;[ \t]*(?=\r?\n|/\*)")
_WORD = re.compile(rb"[A-Za-z_]\w*")
_STRING = re.compile(rb'"[^"\n]*"')
_ASKING = (b"if", b"ifdef", b"ifndef", b"elif")
_MADE = "/.nsfix-exports.c"
_PROBE = (b"EXPORT_SYMBOL_GPL(nsfix_probe);",)
# The export statements of one source, each on one line.
Statements = tuple[bytes, ...]


class PlainExports:
    """Tells which sources export in plain sight only. `macros` are those of `export_header` that may export."""

    def __init__(self, macros: Iterable[bytes], export_header: bytes) -> None:
        self.macros = frozenset(name for name in macros if name.startswith(b"EXPORT_"))
        self._asked = asked_by(export_header)

    @property
    def state(self) -> str:
        """What tells these macros from others."""
        return digest_of(sorted(self.macros), sorted(self._asked))

    def statements(
        self, source: SourceFile, text: bytes, hits: int, headers: Iterable[bytes]
    ) -> Statements | None:
        """The exports of `source`, whose `text` has `hits` of the macros' names, and which includes `headers` (texts)
        beyond the kernel's own; None where it has to be read exactly."""
        if source.kind is not SourceKind.C:
            return None
        found = [match for match in _STATEMENT.finditer(text) if match[1] in self.macros]
        if len(found) != hits or not all(stands_free(text, match.start() + 1) for match in found):
            return None
        statements = tuple(b"%s(%s);" % (m[1], b" ".join(m[2].split())) for m in found)
        if b"/*" in b"".join(statements) or not all(_WORD.fullmatch(_symbol(s)) for s in statements):
            return None
        own = NameFinder(words_of(statements) | self._asked)
        given = {name.partition(b"(")[0] for name, _ in read_flags(source.flags)[1]}
        if defined_in((text, *headers), own) or not given.isdisjoint(own.names):
            return None
        return statements

    def words(self, statements: Iterable[Statements]) -> frozenset[bytes]:
        """The words that no header of the kernel may define if `statements` are to be taken at their word."""
        asked = frozenset(word for word in self._asked if not word.startswith((b"CONFIG_", b"_LINUX_")))
        return asked.union(*map(words_of, statements))


def asked_by(export_header: bytes) -> frozenset[bytes]:
    """What the macros of linux/export.h depend on: the words of its conditions."""
    conditions = (d for d in scan_directives(blank_comments(export_header)) if d.keyword in _ASKING)
    words = {word for directive in conditions for word in _WORD.findall(directive.argument)}
    return frozenset(words - {b"defined"})


def exports_at_all(kernel: KernelBuild, read: ReadFile) -> bool:
    """Whether the macros of linux/export.h export anything under the configuration of `kernel`."""
    roots = (f"{kernel.source_dir}/include/", f"{kernel.source_dir}/arch/{kernel.arch}/include/")
    found, _ = _read_unit(kernel, lambda reader: Units(kernel, reader, roots), read, False, [_PROBE])
    return bool(found)


def words_of(statements: Statements) -> frozenset[bytes]:
    """The words of `statements` that would be expanded if they were macros."""
    bare = (_STRING.sub(b"", statement.partition(b"(")[2]) for statement in statements)
    return frozenset(word for text in bare for word in _WORD.findall(text))


def repeated(statements: Iterable[Statements]) -> frozenset[bytes]:
    """The symbols that are exported more than once."""
    counts = Counter(_symbol(statement) for some in statements for statement in some)
    return frozenset(symbol for symbol, count in counts.items() if count > 1)


def read_together(
    kernel: KernelBuild,
    units: Callable[[ReadFile], Units],
    read: ReadFile,
    asked: Sequence[tuple[Place, Statements]],
) -> list[tuple[list[Export], tuple[str, ...]]]:
    """What the statements of each place export, with the files that this depends on. No symbol stands in two of
    them."""
    answers: list[tuple[list[Export], tuple[str, ...]]] = [([], ()) for _ in asked]
    for built_in in (True, False):
        group = [number for number, ((module, _), _) in enumerate(asked) if module.built_in is built_in]
        if not group:
            continue
        exports, files = _read_unit(kernel, units, read, built_in, [asked[n][1] for n in group])
        for number in group:
            (module, source), statements = asked[number]
            exporter = "vmlinux" if module.built_in else module.path
            names = [_symbol(statement).decode("ascii", "replace") for statement in statements]
            lines = _lines_of(read(source.path) or b"")
            found = [
                replace(exports[name], exporter=exporter, file=source.path, line=lines.get(name, 1))
                for name in names
                if name in exports
            ]
            answers[number] = found, (source.path, *files)
    return answers


def _lines_of(text: bytes) -> dict[str, int]:
    """The line, from 1, of the statement that exports each symbol."""
    return {
        _symbol(b"(%s);" % match[2]).decode("ascii", "replace"): text.count(b"\n", 0, match.start(1)) + 1
        for match in _STATEMENT.finditer(text)
    }


def _symbol(statement: bytes) -> bytes:
    return statement.partition(b"(")[2].rstrip(b");").partition(b",")[0].strip()


def _read_unit(
    kernel: KernelBuild,
    units: Callable[[ReadFile], Units],
    read: ReadFile,
    built_in: bool,
    statements: Iterable[Statements],
) -> tuple[Mapping[str, Export], tuple[str, ...]]:
    path = kernel.source_dir + _MADE
    lines = [b"#include <linux/export.h>", *(line for some in statements for line in some), b""]
    text = b"\n".join(lines)
    module = BuiltModule("exports", "exports", (), path, 1, built_in)
    scanner = Scanner(kernel, {}, read, False, 1, units(lambda asked: text if asked == path else read(asked)))
    found = scanner.exports_of(module, SourceFile(path, SourceKind.C))
    files = tuple(file for file in scanner.take_files() if file != path)
    return {export.symbol: export for export in found}, files
