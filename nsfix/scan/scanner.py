"""Reads the sources of an external module directory: what each module uses, imports, and exports.

The exports of the modules at hand come first, since their siblings may use them; then every source is read as
the compiler would have it, through stores that keep what the kernel's headers say.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice

from nsfix.csource.assembler import assembler_uses
from nsfix.csource.moduleinfo import InfoEntry, ModuleInfoReader, SourceExport
from nsfix.csource.names import word_offsets
from nsfix.csource.reading import Reader, SymbolUse
from nsfix.csource.retouch import Outline, outline_of
from nsfix.csource.session import Session
from nsfix.csource.statements import read_layout
from nsfix.csource.unit import Unit
from nsfix.errors import InputError
from nsfix.evidence.objects import undefined_symbols
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, Export, Import, Remark, SourceFile, SourceKind
from nsfix.rust.modinfo import RustSide
from nsfix.scan.broken import bad_input
from nsfix.scan.memory import looked_for
from nsfix.scan.parallel import share_out
from nsfix.scan.rusty import RustReader
from nsfix.scan.units import ReadFile, Units, read_file

_BODY = re.compile(rb"\s*\([^;{}]*\)\s*\{|\s*(?:\[[^]]*\]\s*)?=[^=]")
_IMPORT = b"MODULE_IMPORT_NS"
NOWHERE = -1  # in place of a byte offset
_WORTH_SHARING = 12  # sources that a second process pays for
_LARGEST_PART = 2  # sources of one module that one process reads in a row
Progress = Callable[[int, int], None]
# Some sources of a module.
Part = tuple[BuiltModule, tuple[SourceFile, ...]]


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What one source of a module says on this kernel.

    `included` are the files that are no kernel header; `statements` the byte offsets of the module statements
    (MODULE_LICENSE and its like) that are compiled; `hidden` the namespaces whose names are macros there, so that
    an import spelled as an identifier would import something else, each with the byte offset of an `#include` behind
    which it does not, or NOWHERE. Of Rust there are `imports`, effective or not,
    `rust` for all its files, and in `unsure` why an import may have been missed. `silent` tells of a source that was
    not read, since it states nothing that matters.
    """

    path: str
    kind: SourceKind
    uses: tuple[SymbolUse, ...] = ()
    defines: frozenset[bytes] = frozenset()
    entries: tuple[InfoEntry, ...] = ()
    exports: tuple[SourceExport, ...] = ()
    included: tuple[str, ...] = ()
    statements: tuple[int, ...] = ()
    hidden: Mapping[str, int] = field(default_factory=dict)
    imports: tuple[Import, ...] = ()
    rust: RustSide | None = None
    unsure: str = ""
    silent: bool = False


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """A module with what its sources say, in Kbuild's order."""

    built: BuiltModule
    sources: tuple[SourceFacts, ...]


@dataclass(frozen=True, slots=True)
class ScanFacts:
    """All that was read. `exports` maps each namespaced symbol to its export, the modules' own included."""

    modules: tuple[ModuleFacts, ...]
    exports: Mapping[bytes, Export]
    remarks: tuple[Remark, ...]


class Scanner:
    """Scans modules against one kernel. `exports` are the namespaced symbols of Module.symvers files.

    With `brief`, one use of each namespace is read in each module, which is all that an edit needs. `workers`
    is how many processes share the modules, as many as there are processors if not given.
    """

    def __init__(
        self,
        kernel: KernelBuild,
        exports: Mapping[bytes, Export],
        read: ReadFile = read_file,
        brief: bool = False,
        workers: int | None = None,
        units: Units | None = None,
    ) -> None:
        self._brief = brief
        self._workers = workers or len(os.sched_getaffinity(0))
        headers = tuple(f"{root.rstrip('/')}/" for root in {kernel.source_dir, kernel.build_dir})
        self.units = units or Units(kernel, read, headers)
        self._read = read
        self._rust = RustReader(kernel, read)
        self._symvers = dict(exports)
        self._sessions: dict[int, tuple[Session, ModuleInfoReader]] = {}
        self._exports: dict[bytes, Export] = {}
        self._namespaces: frozenset[str] = frozenset()
        self._own: dict[str, set[bytes]] = {}  # by module, what it exports
        self._units: dict[tuple[str, tuple[str, ...], str], Unit] = {}
        self._facts: dict[tuple[str, tuple[str, ...], str, bool], SourceFacts] = {}
        self._files: dict[str, None] = {}  # that were read since take_files()
        self._at: str | None = None  # the module that was read last
        self._proven: dict[str, set[str]] = {}  # by module, the namespaces that it needs for certain
        self._remarks: list[Remark] = []
        self._last: tuple[Unit, Reader, ModuleInfoReader] | None = None

    def scan(self, modules: Iterable[BuiltModule], progress: Progress | None = None) -> ScanFacts:
        """Read `modules`. Raises InputError where a source that is there cannot be read."""
        built = tuple(modules)
        alone = len(built) < 2  # what a module exports is nothing that it lacks
        own = {} if alone else self._early_exports(built)
        while True:
            self.use_exports(own)
            facts = self._read_all(built, progress)
            found = own_exports(facts)
            if found == own or alone:
                return ScanFacts(facts, self._exports, tuple(dict.fromkeys(self._remarks)))
            own = found

    def _early_exports(self, modules: tuple[BuiltModule, ...]) -> dict[bytes, Export]:
        """The exports of sources that visibly have some, so that one reading of the rest will do."""
        own: dict[bytes, Export] = {}
        for module in modules:
            for source in module.sources:
                if source.kind is not SourceKind.C or b"EXPORT" not in (self._read(source.path) or b""):
                    continue
                unit = self._unit(source, module)
                for export in self._reader(unit)[1].exports(unit):
                    own[export.symbol] = _as_export(export, module)
        return own

    @property
    def exports(self) -> Mapping[bytes, Export]:
        """The namespaced symbols that are looked for."""
        return self._exports

    def exports_of(self, module: BuiltModule, source: SourceFile) -> list[Export]:
        """What one source exports, into a namespace or not."""
        self._come_to(module)
        unit = self.units.unit(source, module)
        self._note_files(unit)
        found = self._reader(unit)[1].exports(unit)
        return [_as_export(export, module) for export in found]

    def take_files(self) -> tuple[str, ...]:
        """The files of all units that were read since this was asked last, those that were looked for in vain too
        (memory.py); what is proven of modules is forgotten,
        so that what comes next depends on none of them."""
        files = tuple(self._files)
        self._files.clear()
        self._proven.clear()
        return files

    def facts_of(self, module: BuiltModule, source: SourceFile) -> tuple[SourceFacts, list[Remark]]:
        """What one source says, and what there is to remark on it."""
        self._remarks = []
        self._come_to(module)
        (facts,) = self._read_part(module, (source,))
        self._facts.clear()
        return facts, self._remarks

    def take_outline(self) -> Outline | None:
        """The outline of the C source that was read last; None where it can take no edits."""
        last, self._last = self._last, None
        return outline_of(last[0], last[1], last[2].memos) if last is not None else None

    def _come_to(self, module: BuiltModule) -> None:
        """Forget what only the module before was made of: a whole tree would not fit into memory."""
        if self._at not in (None, module.path):
            self.units.forget()
            for session, _ in self._sessions.values():
                session.forget()
        self._at = module.path

    def forget_files(self, changed: Set[str]) -> None:
        """Forget what was read of `changed` files, none of them a kernel header, so that they are read anew."""
        self.units.forget_files(changed)
        self._units.clear()
        self._facts.clear()
        for session, _ in self._sessions.values():
            session.forget()

    def use_exports(self, own: Mapping[bytes, Export]) -> None:
        """Read against `own`, the exports of the modules at hand, over those that were given."""
        merged = {**self._symvers, **own}
        exports = {symbol: export for symbol, export in merged.items() if export.namespace}
        if exports.keys() != self._exports.keys():
            self._sessions.clear()
            self._facts.clear()
            self._proven.clear()
        self._exports = exports
        self._namespaces = frozenset(export.namespace for export in exports.values())
        self._own = {}
        for symbol, export in own.items():
            self._own.setdefault(export.exporter, set()).add(symbol)

    def _read_all(
        self, modules: tuple[BuiltModule, ...], progress: Progress | None
    ) -> tuple[ModuleFacts, ...]:
        total = sum(len(module.sources) for module in modules)
        workers = self._workers if total >= _WORTH_SHARING else 1
        done = 0

        def read(part: Part) -> tuple[list[SourceFacts], list[Remark]]:
            nonlocal done
            self._remarks = []
            facts = self._read_part(*part)
            done += len(facts) * workers
            if progress is not None:
                progress(min(done, total), total)
            return facts, self._remarks

        parts = _parts(modules, workers)
        answers = [read(part) for part in parts[:1]]  # alone, so that the headers are there for all
        answers += share_out(parts[1:], read, workers)
        self._remarks = [remark for _, remarks in answers for remark in remarks]
        facts = iter([source for sources, _ in answers for source in sources])
        return tuple(self._joined(m, list(islice(facts, len(m.sources)))) for m in modules)

    def _read_part(self, module: BuiltModule, sources: Sequence[SourceFile]) -> list[SourceFacts]:
        proven = self._proven.setdefault(module.path, set())
        facts: list[SourceFacts] = []
        for source in sources:
            facts.append(self._source(source, module, self._brief, frozenset(proven)))
            if self._brief:
                proven.update(self._namespace(use.symbol) for use in facts[-1].uses)
        return facts

    def _joined(self, module: BuiltModule, sources: list[SourceFacts]) -> ModuleFacts:
        if self._brief and self._defines_itself(module, sources):
            sources = [self._source(source, module, False) for source in module.sources]
        return ModuleFacts(module, tuple(sources))

    def _defines_itself(self, module: BuiltModule, facts: list[SourceFacts]) -> bool:
        """Whether a symbol whose use was found is defined by the module itself, in a part that was not read."""
        symbols = {use.symbol for source in facts for use in source.uses}
        for source in module.sources:
            if source.kind is not SourceKind.C:
                continue
            text = self._read(source.path) or b""
            looks_so = frozenset(
                symbol
                for symbol in symbols
                if any(_BODY.match(text, offset + len(symbol)) for offset in word_offsets(text, symbol))
            )
            if looks_so:
                unit = self._unit(source, module)
                if looks_so & Reader(unit, self._reader(unit)[0], looks_so).uses().defines:
                    return True
        return False

    def _source(
        self, source: SourceFile, module: BuiltModule, brief: bool, proven: frozenset[str] = frozenset()
    ) -> SourceFacts:
        """What `source` says; nothing of the namespaces that are `proven` to be needed already."""
        key = (source.path, source.flags, module.name)
        kept = self._facts.get((*key, brief))
        if kept is None:
            kept = self._facts[(*key, brief)] = self._try_source(source, module, brief, proven)
            self._units.pop(key, None)
        return kept

    def _try_source(
        self, source: SourceFile, module: BuiltModule, brief: bool, proven: frozenset[str]
    ) -> SourceFacts:
        """What `source` says: nothing where it is nested more deeply than can be followed."""
        try:
            return self._read_source(source, module, brief, proven)
        except RecursionError:
            message = "this source is nested too deeply to be read; nothing is known of what it uses"
            self._remarks.append(Remark(message, source.path))
            return SourceFacts(source.path, source.kind)

    def _namespace(self, symbol: bytes) -> str:
        return self._exports[symbol].namespace

    def _read_source(
        self, source: SourceFile, module: BuiltModule, brief: bool, proven: frozenset[str]
    ) -> SourceFacts:
        if source.kind is SourceKind.C:
            unit = self._unit(source, module)
            session, info = self._reader(unit)
            symbols = self._open_symbols(session.symbols, module, proven)
            reader = Reader(unit, session, symbols)
            found = reader.uses(self._namespace if brief else None)
            self._last = unit, reader, info
            self._note_missing(unit)
            facts = SourceFacts(
                source.path,
                source.kind,
                tuple(found.uses),
                frozenset(found.defines),
                tuple(info.entries(unit)),
                tuple(info.exports(unit)),
                tuple(path for path in unit.included if not self.units.is_kernel(path)),
                _active_statements(unit),
                _hidden(unit, self._namespaces),
            )
            self._remarks += bad_input(unit, session)
            return facts
        if source.kind is SourceKind.ASSEMBLER:
            unit = self._unit(source, module)
            uses = assembler_uses(unit, self._reader(unit)[0])
            return SourceFacts(source.path, source.kind, tuple(uses), included=(source.path,))
        if source.kind is SourceKind.SHIPPED:
            return self._read_object(source)
        if source.kind is SourceKind.RUST:
            return self._read_rust(source, module)
        return SourceFacts(source.path, source.kind)

    def _read_rust(self, source: SourceFile, module: BuiltModule) -> SourceFacts:
        found = self._rust.facts(module, source, self._exports)
        self._remarks += found.remarks
        return SourceFacts(
            source.path,
            source.kind,
            found.uses,
            found.defines,
            found.entries,
            imports=found.imports,
            rust=found.side,
            unsure=found.unsure,
        )

    def _open_symbols(
        self, symbols: frozenset[bytes], module: BuiltModule, proven: frozenset[str]
    ) -> frozenset[bytes]:
        """The `symbols` that `module` may still turn out to need: not those that it exports by itself."""
        settled = {s for s in self._own.get(module.path, ()) if s in symbols}
        settled.update(s for s in symbols if proven and self._namespace(s) in proven)
        return symbols - settled if settled else symbols

    def _read_object(self, source: SourceFile) -> SourceFacts:
        try:
            wanted, provided = undefined_symbols(source.path)
        except InputError as error:
            message = f"{error.message}; nothing is known of what it uses"
            self._remarks.append(Remark(message, source.path))
            return SourceFacts(source.path, source.kind)
        used = sorted(wanted & self._exports.keys())
        uses = [SymbolUse(symbol, source.path, 0, 1, ()) for symbol in used]
        return SourceFacts(source.path, source.kind, tuple(uses), frozenset(provided))

    def _note_missing(self, unit: Unit) -> None:
        """Say which headers of the module's own files were not found: what they hold is not known."""
        for path, offset, name in unit.missing:
            if not self.units.is_kernel(path):
                line = unit.included[path].text.count(b"\n", 0, offset) + 1
                shown = name.decode("utf-8", "replace")
                message = f"{shown} is not found, so that nothing is known of what it holds"
                self._remarks.append(Remark(message, path, line))

    def _reader(self, unit: Unit) -> tuple[Session, ModuleInfoReader]:
        known = self._sessions.get(id(unit.store))
        if known is None:
            session = Session(unit.store, self._exports, self.units.is_kernel)
            known = self._sessions[id(unit.store)] = (session, ModuleInfoReader(session))
        return known

    def _unit(self, source: SourceFile, module: BuiltModule) -> Unit:
        key = (source.path, source.flags, module.name)
        unit = self._units.get(key)
        if unit is None:
            unit = self._units[key] = self.units.unit(source, module)
        self._note_files(unit)
        return unit

    def _note_files(self, unit: Unit) -> None:
        self._files.update(dict.fromkeys(unit.included))
        lost = {name for _, _, name in unit.missing} | unit.store.in_vain
        self._files.update(dict.fromkeys(map(looked_for, sorted(lost))))


def _parts(modules: Iterable[BuiltModule], workers: int) -> list[Part]:
    """The work in parts that processes can share, in order: whole modules, but the sources of large ones apart.
    The very first part is one source."""
    parts: list[Part] = []
    for module in modules:
        start = 0 if parts else 1
        if not parts:
            parts.append((module, module.sources[:1]))
        size = len(module.sources) if workers < 2 else _LARGEST_PART
        parts += [
            (module, module.sources[at : at + size]) for at in range(start, len(module.sources), max(size, 1))
        ]
    return parts


def _hidden(unit: Unit, namespaces: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for namespace in namespaces:
        name = os.fsencode(namespace)
        if unit.defined(name) is not None:
            before = unit.include_before(name, _IMPORT)
            found[namespace] = NOWHERE if before is None else before
    return found


def _active_statements(unit: Unit) -> tuple[int, ...]:
    active = unit.active(unit.main)
    layout = read_layout(unit.path, unit.main.text)
    return tuple(s.start for s in layout.statements if active[s.start : s.start + 1].strip())


def _as_export(export: SourceExport, module: BuiltModule) -> Export:
    exporter = "vmlinux" if module.built_in else module.path
    symbol = export.symbol.decode("ascii", "replace")
    return Export(symbol, export.namespace, export.gpl, exporter, export.file, export.line)


def own_exports(facts: Iterable[ModuleFacts]) -> dict[bytes, Export]:
    """What the modules at hand export themselves, into a namespace or not."""
    return {
        export.symbol: _as_export(export, module.built)
        for module in facts
        for source in module.sources
        for export in source.exports
    }
