"""One run over one directory of modules: has the facts resolved, and the findings mended."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from nsfix.kernel.target import target_of
from nsfix.kernel.tree import KernelBuild
from nsfix.mend import LookAt, Mender, Mending, ModuleSources
from nsfix.model import (
    Export,
    Finding,
    Import,
    Module,
    ModuleReading,
    Remark,
    SourceKind,
    Spelling,
    Target,
    reserved_for,
)
from nsfix.project.loading import load_exports, load_kernel, load_modules, require_sources
from nsfix.project.request import Request, roots_of, shown_path
from nsfix.resolve import misspelled, resolve
from nsfix.rust.modinfo import joined
from nsfix.scan import (
    Look,
    Looker,
    ModuleFacts,
    ReadFile,
    ScanFacts,
    Scanner,
    find_exports,
    layouts_of,
    read_file,
    readings_of,
)


@dataclass(frozen=True, slots=True)
class OnKernel:
    """What was found out on one kernel; `sources` is what the mender needs to know, by path of the module.

    `facts` are None for a kernel that is not at hand. `looker` looks at sources on it.
    """

    kernel: KernelBuild
    target: Target
    modules: tuple[Module, ...]
    findings: tuple[Finding, ...]
    sources: Mapping[str, ModuleSources]
    looker: Looker
    facts: ScanFacts | None = None
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a run. `config` is the path of the configuration that decided; `kernel` None where no kernel
    was at hand. `remarks` are for stderr. `several` has each of them where there are several."""

    kernel: KernelBuild | None
    config: str
    modules: tuple[Module, ...]
    findings: tuple[Finding, ...]
    mending: Mending
    remarks: tuple[Remark, ...]
    spelling: Spelling
    several: tuple[OnKernel, ...] = ()


def check_sources(
    request: Request,
    read: ReadFile = read_file,
    progress: Callable[[int, int], None] | None = None,
    brief: bool = False,
) -> Answer:
    """Find what is missing from the sources alone, and plan its mending.

    With `brief`, each need comes with one use or a few instead of all: enough to mend it.
    """
    return answer_of(read_on(request, load_kernel(request), read, progress, brief), request, read)


def read_on(
    request: Request,
    kernel: KernelBuild,
    read: ReadFile = read_file,
    progress: Callable[[int, int], None] | None = None,
    brief: bool = False,
    label: str = "",
) -> OnKernel:
    """What the modules of an external module directory need and lack on `kernel`."""
    kbuild = load_modules(request, kernel)
    exports = load_exports(request, kernel, kbuild)
    require_sources(kbuild.modules)
    scanner = Scanner(kernel, exports, read, brief)
    facts = scanner.scan(kbuild.modules, progress)
    looker = Looker(kernel, read, scanner.units)
    on = resolved_on(kernel, facts, kbuild.remarks, read, label=label, looker=looker)
    return heeding(request, on)


def conclude(
    kernel: KernelBuild,
    facts: ScanFacts,
    remarks: Sequence[Remark],
    request: Request,
    read: ReadFile,
    told: Callable[[ModuleReading], ModuleReading] = lambda reading: reading,
) -> Answer:
    """What follows from the facts on one kernel: needs, findings, and how to mend them. `remarks` are those of the
    Kbuild files; `told` adds to the reading of a module under which configurations it is so."""
    return answer_of(heeding(request, resolved_on(kernel, facts, remarks, read, told)), request, read)


def resolved_on(
    kernel: KernelBuild,
    facts: ScanFacts,
    remarks: Sequence[Remark],
    read: ReadFile,
    told: Callable[[ModuleReading], ModuleReading] = lambda reading: reading,
    label: str = "",
    looker: Looker | None = None,
) -> OnKernel:
    """What follows from the facts on one kernel, but for the mending."""
    looker = looker or Looker(kernel, read)
    layouts = layouts_of(facts.modules, read)
    modules: list[Module] = []
    findings: list[Finding] = []
    readings = readings_of(facts, layouts)
    exports = _with_places(kernel, readings, facts.exports, read)
    for reading in readings:
        resolved = resolve(told(reading), exports, kernel.spelling, lambda path: _short(path, kernel))
        modules.append(resolved.module)
        findings += resolved.findings
    sources = {m.built.path: compiled_sources(m) for m in facts.modules}
    if kernel.spelling is Spelling.NONE:
        findings += _without_macro(looker, kernel, facts, read)
    said = (*remarks, *facts.remarks)
    target = target_of(kernel, label)
    return OnKernel(kernel, target, tuple(modules), tuple(findings), sources, looker, facts, said)


def heeding(request: Request, on: OnKernel) -> OnKernel:
    """`on` without the findings about namespaces that `request` ignores."""
    if not request.ignored:
        return on
    return replace(on, findings=tuple(f for f in on.findings if f.namespace not in request.ignored))


def _without_macro(looker: Looker, kernel: KernelBuild, facts: ScanFacts, read: ReadFile) -> list[Finding]:
    """The findings for imports that a kernel would compile which has no macro for them."""
    findings: list[Finding] = []
    for module in facts.modules:
        for source in module.built.sources:
            text = (read(source.path) or b"") if source.kind is SourceKind.C else b""
            if b"MODULE_IMPORT_NS" not in text:
                continue
            for entry in looker.look(module.built, source.path).imports:
                line = text.count(b"\n", 0, entry.start) + 1
                standing = Import(entry.namespace, source.path, line, False)
                findings.append(misspelled(module.built.path, standing, kernel.spelling))
    return findings


def _with_places(
    kernel: KernelBuild, readings: Iterable[ModuleReading], exports: Mapping[bytes, Export], read: ReadFile
) -> Mapping[bytes, Export]:
    """`exports`, those with their place that are reserved for other modules than one of `readings` that uses them."""
    used = {
        (use.symbol.encode("ascii", "replace"), reading.name) for reading in readings for use in reading.uses
    }
    reserved = {exports[s] for s, module in used if reserved_for(exports[s].namespace, module) is False}
    unplaced = [export for export in reserved if not export.file]
    if not unplaced:
        return exports
    places = find_exports(kernel.source_dir, unplaced, read)
    placed = {
        export.symbol.encode("ascii", "replace"): replace(
            export, file=places[export.symbol][0], line=places[export.symbol][1]
        )
        for export in unplaced
        if export.symbol in places
    }
    return {**exports, **placed}


def _short(path: str, kernel: KernelBuild) -> str:
    """A path as messages have it: from the top of the kernel's sources, or from here."""
    return shown_path(shown_path(path, kernel.source_dir), os.getcwd())


def answer_of(on: OnKernel, request: Request, read: ReadFile) -> Answer:
    """The answer of a run over one kernel, mending included."""
    kernel = on.kernel
    look = look_on([on])
    mender = Mender([on.sources], [on.target], roots_of(request), read, look, request.guard)
    mending = mender.mend(on.findings)
    return Answer(kernel, kernel.config_file, on.modules, on.findings, mending, on.remarks, kernel.spelling)


def look_on(kernels: Sequence[OnKernel]) -> LookAt:
    """How the mender looks at sources on `kernels`."""

    def look(index: int, module: str, path: str, text: bytes | None) -> Look:
        on = kernels[index]
        return on.looker.look(on.sources[module].built, path, text)

    return look


def compiled_sources(module: ModuleFacts) -> ModuleSources:
    """What the mender needs to know of a module that was read with a kernel at hand."""
    compiled: dict[str, dict[int, dict[str, str]]] = {}
    licensed = False
    for source in module.sources:
        for start in source.statements:
            compiled.setdefault(source.path, {}).setdefault(start, {})
        for entry in source.entries:
            licensed = licensed or entry.tag == "license"
            if entry.value is not None:
                compiled.setdefault(entry.file, {}).setdefault(entry.start, {})[entry.tag] = entry.value
    hidden = {source.path: source.hidden for source in module.sources if source.hidden}
    rust = joined(source.rust for source in module.sources if source.rust is not None)
    return ModuleSources(module.built, compiled, licensed, hidden, rust)
