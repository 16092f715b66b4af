"""What sources import on upstream kernels whose headers are not at hand, version by version.

A version is tried on each side of every bound that the sources compare with, and of what upstream itself changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from nsfix.csource.look import FoundImport, Look
from nsfix.errors import UsageError
from nsfix.kernel.kbuild import KbuildFacts
from nsfix.kernel.target import target_of
from nsfix.kernel.upstream import bounds_in, upstream, versions_to_try
from nsfix.mend import ModuleSources
from nsfix.model import (
    FIRST_STRING,
    MISSING_IMPORT,
    MODULE_LIST_PREFIX,
    BuiltModule,
    Finding,
    Import,
    Level,
    Module,
    Remark,
    SourceKind,
    Spelling,
    Version,
)
from nsfix.project import OnKernel, Request, heeding, load_modules
from nsfix.resolve import missing_message, misspelled
from nsfix.scan import Looker, ReadFile

UPSTREAM = "upstream"
_MAY_IMPORT = (b"MODULE_", b"IMPORT_NS")


@dataclass(frozen=True, slots=True)
class _Lack:
    """What to say where a module does not import a namespace that it needs on another kernel."""

    message: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the sources of one module say on one version, by path."""

    looks: Mapping[str, Look]

    def imports(self) -> Iterable[tuple[str, FoundImport]]:
        """The imports of all sources, each with its path."""
        return [(path, entry) for path, look in self.looks.items() for entry in look.imports]

    def right(self) -> set[str]:
        """The namespaces that are imported in effect."""
        found = {entry.namespace for _, entry in self.imports() if entry.right}
        return found.union(*(look.elsewhere for look in self.looks.values()))


def read_upstream(
    request: Request, since: Version, here: Sequence[OnKernel], read: ReadFile
) -> list[OnKernel]:
    """What the modules of `request` import on upstream's kernels from `since` on, beside the kernels `here`.

    Raises UsageError where make is to be asked and no kernel is at hand.
    """
    remarks: tuple[Remark, ...] = ()
    if here:
        built = {path: sources.built for on in reversed(here) for path, sources in on.sources.items()}
    elif request.make:
        raise UsageError(
            "--make needs a kernel whose Makefiles make can read: name its headers with KDIR=DIR"
        )
    else:
        kbuild = load_modules(request, upstream(FIRST_STRING))
        built = {module.path: module for module in kbuild.modules}
        remarks = (*kbuild.remarks, _no_kernel(kbuild, request))
    texts = _own_files(built.values(), here, read)
    versions = versions_to_try(since, bounds_in(texts.values()))
    lookers = {version: _looker(version, here, read) for version in versions}
    seen = {version: _see(lookers[version], built, texts) for version in versions}
    lacks = _lacks(built, here, seen)
    found = [
        _on_version(
            lookers[version],
            version,
            seen,
            built,
            here,
            lacks,
            texts,
            remarks if version == versions[0] else (),
        )
        for version in versions
    ]
    return [heeding(request, on) for on in found]


def _no_kernel(kbuild: KbuildFacts, request: Request) -> Remark:
    return Remark(
        "no kernel's headers are at hand: only the imports that stand were looked at, not what the modules need; "
        "name a kernel with KDIR=DIR, or give --log",
        kbuild.files[0] if kbuild.files else request.directory,
    )


def _own_files(built: Iterable[BuiltModule], here: Sequence[OnKernel], read: ReadFile) -> dict[str, bytes]:
    """The texts of the modules' C sources and of what they include that is no header of a kernel."""
    lookers = [on.looker for on in here] or [Looker(upstream(FIRST_STRING), read)]
    paths: dict[str, None] = {}
    for looker in lookers:
        for module in built:
            paths.update(dict.fromkeys(looker.files(module)))
    return {path: read(path) or b"" for path in paths}


def _nearest(version: Version, here: Sequence[OnKernel]) -> OnKernel | None:
    """The kernel at hand that is most like that version."""

    def distance(on: OnKernel) -> tuple[int, ...]:
        return tuple(abs(a - b) for a, b in zip(on.kernel.version, version, strict=True))

    return min(here, key=distance, default=None)


def _looker(version: Version, here: Sequence[OnKernel], read: ReadFile) -> Looker:
    base = _nearest(version, here)
    if base is None:
        return Looker(upstream(version), read)
    return Looker(upstream(version, base.kernel), read, base.looker.units)


def _see(looker: Looker, built: Mapping[str, BuiltModule], texts: Mapping[str, bytes]) -> dict[str, _Seen]:
    """What all modules say on one version."""
    found: dict[str, _Seen] = {}
    for path, module in built.items():
        looks: dict[str, Look] = {}
        for source in module.sources:
            if source.kind is SourceKind.C and any(word in texts[source.path] for word in _MAY_IMPORT):
                looks.update(looker.looks(module, source))
        found[path] = _Seen(looks)
    return found


def _lacks(
    built: Mapping[str, BuiltModule], here: Sequence[OnKernel], seen: Mapping[Version, Mapping[str, _Seen]]
) -> dict[str, dict[str, _Lack]]:
    """By module, the namespaces that it needs on a kernel at hand; without one, those that it imports somewhere."""
    found: dict[str, dict[str, _Lack]] = {path: {} for path in built}
    for on in here:
        for read in on.modules:
            granted = _granted(on, read)
            for need in (need for need in read.needs if need.namespace not in granted):
                first = need.uses[0]
                symbols = list(dict.fromkeys(use.symbol for use in need.uses))
                if not need.namespace.startswith(MODULE_LIST_PREFIX):
                    message = missing_message(read.name, symbols, need.namespace)
                    found[read.path].setdefault(need.namespace, _Lack(message, first.file, first.line))
    for path, module in built.items() if not here else ():
        for modules in seen.values():
            for file, entry in modules[path].imports():
                message = f"{module.name} imports {entry.namespace} for some kernels only"
                found[path].setdefault(entry.namespace, _Lack(message, file, 1))
    return found


def _granted(on: OnKernel, module: Module) -> set[str]:
    """The namespaces that a module need not import for other kernels' sake: a header of the kernel does that where
    there is such a namespace, and Rust spells it alike on all of them."""
    return {
        entry.namespace
        for entry in module.imports
        if entry.effective and (entry.file.endswith(".rs") or on.looker.units.is_kernel(entry.file))
    }


def _on_version(
    looker: Looker,
    version: Version,
    seen: Mapping[Version, Mapping[str, _Seen]],
    built: Mapping[str, BuiltModule],
    here: Sequence[OnKernel],
    lacks: Mapping[str, Mapping[str, _Lack]],
    texts: Mapping[str, bytes],
    remarks: tuple[Remark, ...],
) -> OnKernel:
    base = _nearest(version, here)
    kernel = upstream(version, base.kernel if base is not None else None)
    target = replace(target_of(kernel), label=f"{UPSTREAM} {kernel.release}", marks={})
    findings: list[Finding] = []
    sources: dict[str, ModuleSources] = {}
    said = list(remarks)
    for path, module in built.items():
        now = seen[version][path]
        findings += _misspelled(path, now, kernel.spelling, texts)
        if kernel.spelling is not Spelling.NONE:
            findings += _missing(path, now, lacks[path], version, {v: seen[v][path] for v in seen})
        compiled = {file: look.compiled for file, look in now.looks.items()}
        known = base.sources.get(path) if base is not None else None
        if known is not None:
            sources[path] = replace(known, built=module, compiled={**(known.compiled or {}), **compiled})
        else:
            licensed = any("license" in tags for found in compiled.values() for tags in found.values())
            sources[path] = ModuleSources(module, compiled, licensed)
        said += _unknown(now, texts)
    return OnKernel(kernel, target, (), tuple(findings), sources, looker, None, tuple(said))


def _misspelled(module: str, now: _Seen, spelling: Spelling, texts: Mapping[str, bytes]) -> Iterable[Finding]:
    for path, entry in now.imports():
        if not entry.right:
            line = texts[path].count(b"\n", 0, entry.start) + 1
            yield misspelled(module, Import(entry.namespace, path, line, False, misspelled=True), spelling)


def _missing(
    module: str, now: _Seen, lacks: Mapping[str, _Lack], version: Version, seen: Mapping[Version, _Seen]
) -> Iterable[Finding]:
    """What the module does not import on a version. Below the first version for which it imports a namespace at all,
    its author is taken to know that no kernel has it."""
    standing = {entry.namespace for _, entry in now.imports()} | now.right()
    for namespace, lack in lacks.items():
        first = min(
            (v for v, s in seen.items() if any(e.namespace == namespace for _, e in s.imports())),
            default=None,
        )
        if namespace not in standing and (first is None or version > first):
            yield Finding(MISSING_IMPORT, Level.ERROR, module, namespace, lack.message, lack.file, lack.line)


def _unknown(now: _Seen, texts: Mapping[str, bytes]) -> Iterable[Remark]:
    for path, look in now.looks.items():
        for word, start in look.undefined.items():
            yield Remark(
                f"{word.decode('utf-8', 'replace')} is taken as not defined, as on upstream's kernels; what the "
                "imports below come to where it is, only the headers of such a kernel can tell (--kdir)",
                path,
                texts[path].count(b"\n", 0, start) + 1,
            )
