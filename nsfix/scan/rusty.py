"""The Rust sources of modules: what they use and import, with the kernel's crate at hand where there is one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from nsfix.csource.moduleinfo import InfoEntry
from nsfix.csource.reading import SymbolUse
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, Export, Import, Remark, SourceFile, SourceKind
from nsfix.rust.conditions import Conditions
from nsfix.rust.crate import Crate
from nsfix.rust.kernelcrate import KernelCrate
from nsfix.rust.modinfo import ModuleBlock, RustSide, blocks_of, known_fields
from nsfix.rust.source import RustFile
from nsfix.rust.uses import CUse, Found, UseFinder
from nsfix.scan.units import ReadFile

_FIELDS_IN = "rust/macros/module.rs"
_CRATE_IN = "rust/kernel"
_INCLUDED = re.compile(rb'\binclude!\s*[({[]\s*"([^"\\]+)"')
_WORDS = re.compile(rb"\w+")


@dataclass(frozen=True, slots=True)
class RustFacts:
    """What one Rust object of a module says."""

    side: RustSide
    uses: tuple[SymbolUse, ...]
    defines: frozenset[bytes]
    entries: tuple[InfoEntry, ...]
    imports: tuple[Import, ...]
    remarks: tuple[Remark, ...]
    unsure: str


class RustReader:
    """Reads Rust sources for one kernel; with None, where only a log is at hand, no condition is known."""

    def __init__(self, kernel: KernelBuild | None, read: ReadFile) -> None:
        self._kernel = kernel
        self._read = read
        self._crate: KernelCrate | None = None
        self._fields: tuple[str, ...] | None = None
        self._asked = False

    def facts(self, module: BuiltModule, source: SourceFile, exports: Mapping[bytes, Export]) -> RustFacts:
        """What `source` says, as a part of `module`, of the symbols of `exports`."""
        self._ask_kernel()
        crate = self._crate_of(source)
        blocks = tuple(blocks_of(crate, self._crate))
        side = RustSide(tuple(crate.files), blocks, self._fields)
        symbols = frozenset(exports)
        followed = self._crate if self._crate is not None and self._crate.mentions(symbols) else None
        found = UseFinder(crate, followed, symbols).find()
        imports = imports_of(side)
        known = {entry.namespace for entry in imports if entry.effective}
        known |= {exports[use.symbol].namespace for use in found.uses}
        remarks = [
            *self._gaps(module, crate, symbols),
            *_stray_imports(side),
            *_suspicions(module, found, exports, known),
        ]
        return RustFacts(
            side,
            tuple(SymbolUse(use.symbol, use.file, use.offset, use.line, use.via) for use in found.uses),
            frozenset(found.defines),
            tuple(_entries(side)),
            imports,
            tuple(remarks),
            next((_unsure(block) for block in side.compiled if block.given is None), ""),
        )

    def side(self, source: SourceFile) -> RustSide:
        """The crate of `source`, as far as imports go."""
        self._ask_kernel()
        crate = self._crate_of(source)
        return RustSide(tuple(crate.files), tuple(blocks_of(crate, self._crate)), self._fields)

    def _crate_of(self, source: SourceFile) -> Crate:
        config = self._kernel.config if self._kernel is not None else None
        crate = Crate(b"crate", source.path, self._read, Conditions(config, source.flags))
        crate.load_all()
        return crate

    def _ask_kernel(self) -> None:
        if self._asked or self._kernel is None:
            return
        self._asked = True
        top = self._kernel.source_dir
        conditions = Conditions(self._kernel.config, module=False)
        fields = self._read(f"{top}/{_FIELDS_IN}")
        if fields is not None:
            self._fields = known_fields(RustFile(_FIELDS_IN, fields, conditions))
        directory = f"{top}/{_CRATE_IN}"
        if os.path.isfile(f"{directory}/lib.rs"):
            self._crate = KernelCrate(directory, _rust_files(directory), self._read, conditions)

    def _gaps(self, module: BuiltModule, crate: Crate, symbols: frozenset[bytes]) -> Iterator[Remark]:
        """What could not be read."""
        if self._crate is None:
            where = f"{self._kernel.source_dir}/{_CRATE_IN}" if self._kernel is not None else None
            yield Remark(
                f"{module.name}: the kernel's own Rust sources are not here, so that nothing is known of what "
                "Rust uses through them",
                where,
            )
        for path, line, name in crate.lacking:
            shown = os.path.basename(name)
            yield Remark(f"{shown} is not found, so that nothing is known of what it holds", path, line)
        for file in crate.files.values():
            if file.broken is not None:
                line = file.text.count(b"\n", 0, file.broken) + 1
                yield Remark(
                    "a string or comment begins here and never ends; the rest is not read", file.path, line
                )
            for match in _INCLUDED.finditer(file.text):
                path = os.path.join(os.path.dirname(file.path), os.fsdecode(match[1]))
                text = self._read(path)
                if text is None or not symbols.isdisjoint(_WORDS.findall(text)):
                    line = file.text.count(b"\n", 0, match.start()) + 1
                    yield Remark(
                        f"{os.fsdecode(match[1])}: what Rust includes this way is not read", file.path, line
                    )


def _rust_files(directory: str) -> list[str]:
    return sorted(
        os.path.join(folder, name)
        for folder, _, names in os.walk(directory)
        for name in names
        if name.endswith(".rs")
    )


def _entries(side: RustSide) -> Iterator[InfoEntry]:
    for block in side.compiled:
        for literal in block.licences:
            yield InfoEntry("license", literal.value, block.file, literal.start, literal.line, literal.value)
        for value in block.given.licences if block.given is not None else ():
            yield InfoEntry("license", value, block.file, block.start, block.line, value)


def imports_of(side: RustSide) -> tuple[Import, ...]:
    """The imports of `side`, effective or not."""
    return tuple(_imports(side))


def _imports(side: RustSide) -> Iterator[Import]:
    for block in side.blocks:
        takes = side.takes_imports
        for literal in block.imports:
            effective = block.compiled and takes
            yield Import(literal.value, block.file, literal.line, effective, block.condition, compiles=takes)
        for namespace in block.given.imports if block.given is not None else ():
            yield Import(namespace, block.file, block.line, block.compiled, block.condition)


def _stray_imports(side: RustSide) -> Iterator[Remark]:
    for block in side.compiled:
        if block.imports_line is not None and not side.takes_imports:
            message = f"module! of this kernel knows no imports_ns ({_FIELDS_IN}): it stops the build"
            yield Remark(message, block.file, block.imports_line)


def _unsure(block: ModuleBlock) -> str:
    return f"{block.macro}! is defined in no source at hand, so that what it imports by itself is not known"


def _suspicions(
    module: BuiltModule, found: Found, exports: Mapping[bytes, Export], known: set[str]
) -> Iterator[Remark]:
    """One remark for each namespace that only a guess says is needed."""
    by_namespace: dict[str, CUse] = {}
    for use in found.suspected:
        by_namespace.setdefault(exports[use.symbol].namespace, use)
    for namespace, use in by_namespace.items():
        if namespace not in known:
            message = (
                f"{module.name} may need namespace {namespace}: {use.via[0].name}, which calls "
                f"{use.symbol.decode('ascii', 'replace')}, is compiled into what uses it; it was not found "
                "that it is used for certain, only the name"
            )
            yield Remark(message, use.file, use.line)


def crate_roots(
    paths: Iterable[str], modules: Iterable[BuiltModule], kernel: KernelBuild, read: ReadFile
) -> list[str]:
    """The Rust sources in Kbuild's lists whose crates have one of `paths`: a file of a crate is in no list."""
    asked = [path for path in paths if path.endswith(".rs")]
    roots = [s for m in modules for s in m.sources if s.kind is SourceKind.RUST] if asked else []
    reader = RustReader(kernel, read)
    near = [r for r in roots if any(path.startswith(os.path.dirname(r.path) + "/") for path in asked)]
    return [root.path for root in near if not set(asked).isdisjoint(reader.side(root).files)]


def read_beside_rust(
    modules: Iterable[BuiltModule],
    wanted: dict[str, set[str]],
    reader: RustReader,
    exports: Mapping[bytes, Export],
) -> None:
    """Add to `wanted` (by module, the sources to be read exactly) what stands beside Rust that needs a namespace:
    the import may stand in C, or belong there."""
    for module in modules:
        rust = [source for source in module.sources if source.kind is SourceKind.RUST]
        if any(reader.facts(module, source, exports).uses for source in rust):
            others = {s.path for s in module.sources if s.kind in (SourceKind.C, SourceKind.ASSEMBLER)}
            wanted.setdefault(module.path, set()).update(others)
