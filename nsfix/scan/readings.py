"""From what single sources say to what each module says, in the words of the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nsfix.csource.look import import_of, spelled_namespace
from nsfix.csource.moduleinfo import InfoEntry
from nsfix.csource.statements import Layout, Statement, condition_of, read_layout
from nsfix.model import Import, Licence, ModuleReading, SourceKind, Use
from nsfix.scan.scanner import ModuleFacts, ScanFacts, SourceFacts
from nsfix.scan.units import ReadFile

Layouts = dict[str, Layout]


def layouts_of(modules: Iterable[ModuleFacts], read: ReadFile) -> Layouts:
    """The layout of every C source of `modules` that imports a namespace or may do so, by path."""
    layouts: Layouts = {}
    seen: set[str] = set()
    for module in modules:
        importing = {e.file for source in module.sources for e in source.entries if e.tag == "import_ns"}
        for source in module.sources:
            path = source.path
            if source.kind is not SourceKind.C or source.silent or path in seen:
                continue
            text = read(path) or b""
            if b"IMPORT_NS" in text or path in importing:
                layouts[path] = read_layout(path, text)
            if path not in importing:
                seen.add(path)
    return layouts


def readings_of(facts: ScanFacts, layouts: Mapping[str, Layout]) -> list[ModuleReading]:
    """What each module of `facts` says."""
    return [_reading(module, facts, layouts) for module in facts.modules]


def _reading(module: ModuleFacts, facts: ScanFacts, layouts: Mapping[str, Layout]) -> ModuleReading:
    defined: set[bytes] = set()
    for source in module.sources:
        defined |= source.defines
    uses: dict[tuple[str, str, int], Use] = {}
    for source in module.sources:
        for found in source.uses:
            if found.symbol in defined:
                continue
            name = found.symbol.decode("ascii", "replace")
            exporter = facts.exports[found.symbol].exporter
            use = Use(name, found.file, found.line, found.via, exporter)
            uses.setdefault((name, found.file, found.line), use)
    entries = [entry for source in module.sources for entry in source.entries]
    return ModuleReading(
        module.built.name,
        module.built.path,
        tuple(dict.fromkeys(path for source in module.sources for path in _files(source))),
        tuple(uses.values()),
        (*_imports(entries, module, layouts), *(i for source in module.sources for i in source.imports)),
        tuple(
            Licence(entry.value, entry.file, entry.line)
            for entry in entries
            if entry.tag == "license" and entry.value is not None
        ),
        next((source.unsure for source in module.sources if source.unsure), ""),
    )


def _files(source: SourceFacts) -> tuple[str, ...]:
    """The source itself; of Rust all files of the crate."""
    return source.rust.files if source.rust is not None else (source.path,)


def _imports(
    entries: list[InfoEntry], module: ModuleFacts, layouts: Mapping[str, Layout]
) -> Iterable[Import]:
    statements = {
        (path, statement.start): statement
        for path in dict.fromkeys(source.path for source in module.sources)
        if path in layouts
        for statement in layouts[path].statements
    }
    seen: set[tuple[str, int]] = set()
    for entry in entries:
        if entry.tag != "import_ns":
            continue
        seen.add((entry.file, entry.start))
        statement = statements.get((entry.file, entry.start))
        condition = condition_of(layouts[entry.file], statement) if statement is not None else None
        yield _import(entry, condition)
    for (path, start), statement in statements.items():
        if statement.macro == "MODULE_IMPORT_NS" and (path, start) not in seen:
            yield _idle(path, statement, layouts[path])


def _import(entry: InfoEntry, condition: str | None) -> Import:
    found = import_of(entry)
    compiles = entry.value is not None
    return Import(found.namespace, entry.file, entry.line, found.right, condition, not found.right, compiles)


def _idle(path: str, statement: Statement, layout: Layout) -> Import:
    condition = condition_of(layout, statement)
    namespace = spelled_namespace(statement)
    return Import(namespace, path, statement.line, False, condition or "(not compiled)")
