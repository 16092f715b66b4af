"""Runs from evidence: what a build said is missing, instead of what the sources say.

A build's word is taken for what a module needs, and the sources are asked only whether the import is there by
now. Which source belongs to which module comes from the `.mod` files that the build left, else from Kbuild.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nsfix.build import build_modules
from nsfix.csource.statements import Layout, read_layout
from nsfix.errors import InputError
from nsfix.evidence.modpost_log import MissingImport, read_log
from nsfix.evidence.nsdeps import read_nsdeps
from nsfix.kernel.target import target_of
from nsfix.kernel.tree import KernelBuild, default_kdir, read_kernel_build
from nsfix.kernel.upstream import upstream
from nsfix.linked import Linked, find_linked
from nsfix.mend import Mender, ModuleSources
from nsfix.model import (
    FIRST_STRING,
    MISSING_IMPORT,
    STALE_EVIDENCE,
    BuiltModule,
    Finding,
    Import,
    Level,
    Licence,
    Module,
    Need,
    Remark,
    SourceKind,
    Spelling,
    Use,
    Version,
)
from nsfix.project import Answer, OnKernel, Request, compiled_sources, heeding, load_kernel, look_on, roots_of
from nsfix.resolve import missing_message, misspelled
from nsfix.rust.modinfo import RustSide, joined
from nsfix.scan import Looker, RustReader, Scanner, imports_of, layouts_of, read_file, readings_of
from nsfix.several import with_upstream

_ENTERING = re.compile(rb"Entering directory [`']([^'\n]+)'")
_RELEASE = re.compile(rb"/(?:linux-headers-|linux-|lib/modules/|kernels/)v?(\d+)\.(\d+)")
_NEW_FORM = re.compile(rb": module uses symbol '\w+' from namespace '")
_LAST_BARE: Version = (6, 12, 0)  # upstream's last kernel that takes the name itself
_STDIN = "-"


@dataclass(frozen=True, slots=True)
class Lack:
    """One module and namespace that the evidence calls missing. `file` and `line` are the evidence's."""

    module: str
    namespace: str
    symbols: tuple[str, ...]
    file: str
    line: int


def check_log(request: Request, log: str) -> Answer:
    """Take what a build or the kernel printed: the file `log`, or `-` for stdin.

    Raises InputError where it cannot be read or has no word of a missing import.
    """
    text, name = _read_log_text(log)
    facts = read_log(io.BytesIO(text), name)
    if not facts.missing and facts.remarks:
        doubt = facts.remarks[0]
        raise InputError(doubt.message, doubt.file or name, doubt.line)
    if not facts.missing:
        raise InputError("no missing import is reported here; is it the output of the failing build?", name)
    lacks = _lacks_of_log(facts.missing, name)
    kernel, version = _kernel_of_log(request, text)
    remarks = [Remark(r.message, r.file or name, r.line) for r in facts.remarks]
    return _replay(request, lacks, kernel, version, remarks)


def check_nsdeps(request: Request, path: str) -> Answer:
    """Take a modules.nsdeps, or a MODULE.ns_deps of 5.4. Raises InputError where it is none."""
    try:
        lines = Path(path).read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path) from error
    facts = read_nsdeps(lines, path)
    if not facts.entries:
        raise InputError(
            "no module is named here: no import is missing, or the build did not come so far", path
        )
    lacks = [
        Lack(entry.module, namespace, (), path, entry.line)
        for entry in facts.entries
        for namespace in entry.namespaces
    ]
    kernel = _kernel_at_hand(request)
    return _replay(request, lacks, kernel, None, [])


def check_build(request: Request) -> Answer:
    """Run the real build and take what it says. Raises InputError where it fails for another reason."""
    kernel = load_kernel(request)
    kdir = request.kdir or default_kdir()
    directory = os.path.abspath(request.directory)
    built = build_modules(kdir, directory, request.output, request.arch, request.variables)
    facts = read_log(io.BytesIO(built.output), "make")
    lacks = _lacks_of_log(facts.missing, "make")
    remarks = [Remark(f"make says: {error.message}") for error in facts.other_errors]
    if not lacks and built.code == 0 and os.path.exists(built.nsdeps):
        # Nothing changed since the last build, so that modpost was not run again: its file still holds.
        entries = read_nsdeps(Path(built.nsdeps).read_bytes().splitlines(keepends=True), built.nsdeps).entries
        lacks = [Lack(e.module, ns, (), built.nsdeps, e.line) for e in entries for ns in e.namespaces]
    if built.code != 0 and not lacks:
        raise InputError(f"the build failed, so it says nothing of imports:\n{built.tail()}", directory)
    return _replay(request, lacks, kernel, None, remarks)


def _read_log_text(log: str) -> tuple[bytes, str]:
    if log == _STDIN:
        return sys.stdin.buffer.read(), "<stdin>"
    try:
        return Path(log).read_bytes(), log
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", log) from error


def _lacks_of_log(missing: Sequence[MissingImport], name: str) -> list[Lack]:
    symbols: dict[tuple[str, str], list[str]] = {}
    lines: dict[tuple[str, str], int] = {}
    for entry in missing:
        key = (entry.module, entry.namespace)
        symbols.setdefault(key, []).append(entry.symbol)
        lines.setdefault(key, entry.line)
    return [Lack(m, ns, tuple(found), name, lines[m, ns]) for (m, ns), found in symbols.items()]


def _kernel_at_hand(request: Request) -> KernelBuild | None:
    if request.kdir is not None:
        return load_kernel(request)
    return load_kernel(request) if os.path.isdir(default_kdir()) else None


def _kernel_of_log(request: Request, text: bytes) -> tuple[KernelBuild | None, Version | None]:
    """The kernel that a log was made with: the one that was named, else the one that make entered, if it is on
    this machine; else only its version, as far as the log betrays that, or how it spells imports."""
    if request.kdir is not None:
        return load_kernel(request), None
    for entered in dict.fromkeys(_ENTERING.findall(text)):
        directory = os.fsdecode(entered)
        if os.path.exists(os.path.join(directory, "include/config/auto.conf")):
            return read_kernel_build(directory, request.output, request.arch), None
    release = _RELEASE.search(text)
    version = (int(release[1]), int(release[2]), 0) if release is not None else None
    if _NEW_FORM.search(text):
        return None, max(version or FIRST_STRING, FIRST_STRING)
    return (None, version) if version is not None else (_kernel_at_hand(request), None)


def _replay(
    request: Request,
    lacks: Sequence[Lack],
    kernel: KernelBuild | None,
    version: Version | None,
    remarks: list[Remark],
) -> Answer:
    """The answer from what a `kernel` was found to lack; where it is not at hand, upstream's of that `version` stands
    for it."""
    if not os.path.isdir(request.directory):
        raise InputError("no such directory; M= names the directory of the module", request.directory)
    if kernel is None and version is None:
        raise InputError("the evidence does not tell which kernel it is for; name one with KDIR=DIR")
    read_for = kernel or upstream(version or _LAST_BARE)
    spelling = read_for.spelling
    linked = find_linked(request, lacks, kernel, spelling)
    remarks += linked.remarks
    asked = _Sources(kernel, read_for, linked)
    findings = tuple(finding for lack in lacks for finding in asked.judge(lack))
    label = "" if kernel is not None else "the kernel of the evidence"
    modules = _modules(lacks, linked, asked)
    target = target_of(read_for, label)
    looker = Looker(read_for, read_file)
    known = OnKernel(read_for, target, modules, findings, asked.sources(), looker, remarks=tuple(remarks))
    on = heeding(request, known)
    if request.since is not None:
        return with_upstream(request, on)
    mender = Mender([on.sources], [on.target], roots_of(request), read_file, look_on([on]), request.guard)
    mending = mender.mend(on.findings)
    config = kernel.config_file if kernel is not None else "any"
    return Answer(kernel, config, modules, on.findings, mending, on.remarks, spelling)


def _modules(lacks: Iterable[Lack], linked: Linked, asked: _Sources) -> tuple[Module, ...]:
    needs: dict[str, list[Need]] = {}
    for lack in lacks:
        meant = asked.modules_of(lack.module)
        if len(meant) == 1:
            uses = tuple(Use(symbol, lack.file, lack.line) for symbol in lack.symbols)
            needs.setdefault(meant[0].path, []).append(Need(lack.namespace, uses))
    return tuple(
        Module(
            built.name,
            built.path,
            tuple(source.path for source in built.sources),
            asked.licenses_of(built),
            tuple(needs.get(built.path, ())),
            asked.imports_of(built),
        )
        for built in linked.modules
    )


class _Sources:
    """Asks the sources whether what the evidence calls missing is there by now."""

    def __init__(self, kernel: KernelBuild | None, read_for: KernelBuild, linked: Linked) -> None:
        self._kernel = kernel
        self._read_for = read_for
        self._rust = RustReader(kernel, read_file)
        self._sides: dict[str, RustSide | None] = {}
        self._spelling = read_for.spelling
        self._linked = linked
        self._imports: dict[str, tuple[Import, ...]] = {}
        self._exact: dict[str, ModuleSources] = {}
        self._layouts: dict[str, Layout] = {}
        self._meant: dict[str, list[BuiltModule]] = {}

    def sources(self) -> Mapping[str, ModuleSources]:
        """What is known of the modules, for mending them."""
        return {
            built.path: self._exact.get(built.path, ModuleSources(built, None, rust=self._rust_of(built)))
            for built in self._linked.modules
        }

    def modules_of(self, name: str) -> list[BuiltModule]:
        """The modules that the evidence may mean by `name`."""
        if name not in self._meant:
            self._meant[name] = self._linked.modules_of(name)
        return self._meant[name]

    def judge(self, lack: Lack) -> list[Finding]:
        """The findings that a line of evidence comes to."""
        modules = self.modules_of(lack.module)
        if len(modules) != 1:
            return [self._unclear(lack, modules)]
        built = modules[0]
        imports = self.imports_of(built)
        same = [entry for entry in imports if entry.namespace == lack.namespace]
        if any(entry.effective for entry in same):
            there = next(entry for entry in same if entry.effective)
            message = (
                f"{built.name} imports {lack.namespace} by now, at line {there.line}: this evidence is old"
            )
            return [
                Finding(STALE_EVIDENCE, Level.NOTE, built.path, lack.namespace, message, lack.file, lack.line)
            ]
        if lack.symbols:
            message = missing_message(built.name, list(lack.symbols), lack.namespace)
        else:
            message = f"{built.name} needs namespace {lack.namespace}, but does not import it"
        findings = [misspelled(built.path, entry, self._spelling) for entry in same if entry.misspelled]
        missing = Finding(
            MISSING_IMPORT, Level.ERROR, built.path, lack.namespace, message, lack.file, lack.line
        )
        return [missing, *findings]

    def _unclear(self, lack: Lack, modules: Sequence[BuiltModule]) -> Finding:
        if modules:
            message = f"{lack.module} may be any of {', '.join(m.path for m in modules)}: nothing was changed for it"
        else:
            message = f"no module {lack.module} is built here: nothing was changed for it"
        return Finding(STALE_EVIDENCE, Level.NOTE, lack.module, lack.namespace, message, lack.file, lack.line)

    def licenses_of(self, built: BuiltModule) -> tuple[Licence, ...]:
        """The licences of a module as its sources spell them."""
        layouts = [self._layout(s.path) for s in built.sources if s.kind is SourceKind.C]
        rust = self._rust_of(built)
        spelled = [
            Licence(literal.value, block.file, literal.line)
            for block in (rust.compiled if rust is not None else ())
            for literal in block.licences
        ]
        spelled += [
            Licence(
                statement.argument.decode("utf-8", "surrogateescape").strip('"'), layout.path, statement.line
            )
            for layout in layouts
            for statement in layout.statements
            if statement.macro == "MODULE_LICENSE" and not statement.in_function
        ]
        return tuple(spelled)

    def _rust_of(self, built: BuiltModule) -> RustSide | None:
        if built.path not in self._sides:
            rust = [source for source in built.sources if source.kind is SourceKind.RUST]
            self._sides[built.path] = joined(self._rust.side(source) for source in rust)
        return self._sides[built.path]

    def imports_of(self, built: BuiltModule) -> tuple[Import, ...]:
        """The imports of a module, effective or not."""
        if built.path not in self._imports:
            self._imports[built.path] = self._read(built)
        return self._imports[built.path]

    def _read(self, built: BuiltModule) -> tuple[Import, ...]:
        layouts = [self._layout(s.path) for s in built.sources if s.kind is SourceKind.C]
        statements = [(layout, s) for layout in layouts for s in layout.statements]
        guarded = any(s.arms for _, s in statements if s.macro in ("MODULE_LICENSE", "MODULE_IMPORT_NS"))
        imports = [
            (layout, s) for layout, s in statements if s.macro == "MODULE_IMPORT_NS" and not s.in_function
        ]
        licensed = any(s.macro == "MODULE_LICENSE" for _, s in statements)
        told = any(s.arms for _, s in imports)
        if told or (self._kernel is not None and (guarded or imports or not licensed)):
            return self._read_exactly(built)
        return tuple(
            _raw_import(layout.path, s.line, s.argument, bool(s.arms), self._spelling)
            for layout, s in imports
        ) + self._rust_imports(built)

    def _rust_imports(self, built: BuiltModule) -> tuple[Import, ...]:
        rust = self._rust_of(built)
        found = imports_of(rust) if rust is not None else ()
        if self._kernel is not None:
            return found
        return tuple(replace(entry, effective=entry.effective and not entry.condition) for entry in found)

    def _read_exactly(self, built: BuiltModule) -> tuple[Import, ...]:
        """Where an import or a guard stands already, only the preprocessor's rules tell what it does."""
        facts = Scanner(self._read_for, {}, read_file).scan([built])
        if self._kernel is not None:
            self._exact[built.path] = compiled_sources(facts.modules[0])
        return readings_of(facts, layouts_of(facts.modules, read_file))[0].imports

    def _layout(self, path: str) -> Layout:
        layout = self._layouts.get(path)
        if layout is None:
            text = read_file(path)
            if text is None:
                raise InputError("this source cannot be read; is it still there?", path)
            layout = self._layouts[path] = read_layout(path, text)
        return layout


def _raw_import(path: str, line: int, argument: bytes, guarded: bool, spelling: Spelling) -> Import:
    text = argument.decode("utf-8", "surrogateescape")
    quoted = text[:1] == '"'
    right = quoted == (spelling is Spelling.STRING)
    return Import(
        text.strip('"'),
        path,
        line,
        right and not guarded,
        None,
        not right and not guarded,
        right or not quoted,
    )
