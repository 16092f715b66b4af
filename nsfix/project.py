"""One run over one directory of modules: gathers the facts, has them resolved, and has the findings mended.

This is what stands behind every door (command line, editor): it reads, concludes and plans; it writes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nsfix.build import ask_make, kernel_words
from nsfix.errors import InputError
from nsfix.evidence.symvers import Symvers, merge, read_symvers
from nsfix.kernel.external import Reader, read_modules
from nsfix.kernel.kbuild import KbuildFacts, read_external, require_kbuild_file
from nsfix.kernel.make.commandline import make_words as make_words
from nsfix.kernel.target import target_of
from nsfix.kernel.tree import KernelBuild, default_kdir, read_kernel_build
from nsfix.kernel.wrapper import KernelCall
from nsfix.mend import LookAt, Mender, Mending, ModuleSources
from nsfix.model import (
    FIRST_MACRO,
    BuiltModule,
    Export,
    Finding,
    Guard,
    Import,
    Module,
    ModuleReading,
    Remark,
    SourceKind,
    Spelling,
    Target,
    reserved_for,
)
from nsfix.resolve import misspelled, resolve
from nsfix.rust.modinfo import joined
from nsfix.scan import (
    Look,
    Looker,
    ModuleFacts,
    ReadFile,
    ScanFacts,
    Scanner,
    crate_roots,
    find_exports,
    layouts_of,
    read_file,
    readings_of,
)


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asks for. Paths are as given; `directory` is M=, `paths` narrow the work to some files.

    `kdir` None stands for the running kernel's build directory; `further` are other kernels to be right on, and `since`
    the version of upstream's from which on. `variables` are the further `VAR=value` words. With
    `make`, GNU make itself is asked what is built.
    """

    directory: str
    kdir: str | None = None
    output: str | None = None
    arch: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    config: str | None = None
    symvers: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    since: str | None = None
    guard: Guard = Guard.VERSION
    make: bool = False


def asks_for_several(request: Request) -> bool:
    """Whether a run is about more than the kernel of KDIR."""
    return bool(request.further) or request.since is not None


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


def load_kernel(request: Request) -> KernelBuild:
    """The kernel that `request` builds for. Raises InputError where there is none."""
    kdir = request.kdir or default_kdir()
    if request.kdir is None and not os.path.isdir(kdir):
        raise InputError(
            "the running kernel's headers are not installed; install them or name a kernel with KDIR=DIR",
            kdir,
        )
    return read_kernel_build(kdir, request.output, request.arch)


def load_modules(request: Request, kernel: KernelBuild) -> KbuildFacts:
    """The modules that M= builds, narrowed to those that have one of the request's paths as a source."""
    if not os.path.isdir(request.directory):
        raise InputError("no such directory; M= names the directory of the module", request.directory)
    asking = _asking(request, kernel) if request.make else None
    facts = read_modules(os.path.abspath(request.directory), kernel, request.variables, asking)
    if not request.paths:
        return facts
    paths = [_existing(path) for path in request.paths]
    paths += crate_roots(paths, facts.modules, kernel, read_file)
    kept = tuple(module for module in facts.modules if _touches(module, paths))
    if not kept:
        raise InputError(
            f"no module here is built from {', '.join(request.paths)}", os.path.abspath(request.directory)
        )
    return KbuildFacts(kept, facts.remarks, facts.files, facts.extra_symbols)


def _asking(request: Request, kernel: KernelBuild) -> Reader:
    """A reader that asks make what each call of it builds."""
    apart = request.output is not None  # then there is only the one kernel of KDIR
    kdir = request.kdir or default_kdir() if apart else kernel.build_dir
    given = kernel_words(kdir, request.output, request.arch)

    def read(call: KernelCall) -> KbuildFacts:
        require_kbuild_file(call.directory)
        made = ask_make(kernel, given, call)
        return read_external(call.directory, kernel, call.variables, call.environment, made)

    return read


def _existing(path: str) -> str:
    wanted = os.path.abspath(path)
    if not os.path.exists(wanted):
        raise InputError("no such file or directory", path)
    return wanted


def _touches(module: BuiltModule, paths: Sequence[str]) -> bool:
    below = tuple(path.rstrip("/") + "/" for path in paths)
    return any(s.path in paths or s.path.startswith(below) for s in module.sources)


def load_exports(request: Request, kernel: KernelBuild, kbuild: KbuildFacts) -> Mapping[bytes, Export]:
    """The namespaced symbols of the kernel's Module.symvers and of those that were named beside it."""
    if kernel.version < FIRST_MACRO:
        return {}
    if not os.path.exists(kernel.symvers):
        raise InputError(
            "no Module.symvers: without it nobody knows which symbols are in a namespace; build the kernel's "
            "modules, or install headers that bring it",
            kernel.symvers,
        )
    files: list[Symvers] = [read_symvers(kernel.symvers)]
    files += [read_symvers(path) for path in (*kbuild.extra_symbols, *request.symvers)]
    return files[0].namespaced if len(files) == 1 else merge(files).namespaced


def roots_of(request: Request) -> list[str]:
    """The trees whose files may be edited: M= and every path that was named."""
    return [os.path.abspath(request.directory), *(os.path.abspath(path) for path in request.paths)]


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
    _require_sources(kbuild.modules)
    scanner = Scanner(kernel, exports, read, brief)
    facts = scanner.scan(kbuild.modules, progress)
    looker = Looker(kernel, read, scanner.units)
    return resolved_on(kernel, facts, kbuild.remarks, read, label=label, looker=looker)


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
    return answer_of(resolved_on(kernel, facts, remarks, read, told), request, read)


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


def _require_sources(modules: Sequence[BuiltModule]) -> None:
    for module in modules:
        for source in module.sources:
            if source.kind is not SourceKind.MISSING and not os.access(source.path, os.R_OK):
                raise InputError("this source cannot be read", source.path)


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


def shown_path(path: str, base: str) -> str:
    """`path` as a person at `base` would write it: relative where it lies below, else as it is."""
    prefix = base.rstrip("/") + "/"
    return path.removeprefix(prefix) if path.startswith(prefix) else path


def base_of(request: Request) -> str:
    """The directory that shown paths start from: the current one if M= lies in it, else M= itself."""
    here, directory = os.getcwd(), os.path.abspath(request.directory)
    inside = directory == here or directory.startswith(here.rstrip("/") + "/")
    return here if inside else directory
