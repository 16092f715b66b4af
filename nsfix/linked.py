"""Which modules a piece of evidence speaks of, and from which sources the build linked them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from nsfix.errors import InputError
from nsfix.evidence.built import inside, read_mod, source_of_object
from nsfix.kernel.external import read_modules
from nsfix.kernel.kbuild import read_external
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, Remark, SourceFile, SourceKind, Spelling
from nsfix.project import Request, roots_of

_KINDS = {".c": SourceKind.C, ".rs": SourceKind.RUST}


class Named(Protocol):
    """A line of evidence: the module as it names it, and where the line stands."""

    @property
    def module(self) -> str: ...
    @property
    def file(self) -> str: ...
    @property
    def line(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Linked:
    """The modules that are known, and what the reading of them had to remark."""

    modules: tuple[BuiltModule, ...]
    remarks: tuple[Remark, ...]
    root: str

    def modules_of(self, name: str) -> list[BuiltModule]:
        """The modules that `name` may mean: a path relative to M= or absolute, or a bare name; the loader's `_`
        stands for `-` too."""
        wanted = os.path.relpath(name, self.root) if name.startswith("/") else os.path.normpath(name)
        exact = [m for m in self.modules if m.path == wanted]
        if exact:
            return exact
        if "/" in wanted:  # an in-tree log names the path from the top of the tree
            return [m for m in self.modules if wanted.endswith("/" + m.path)]
        same = [m for m in self.modules if m.name == wanted]
        return same or [m for m in self.modules if m.name.replace("-", "_") == wanted]


def find_linked(
    request: Request, evidence: Sequence[Named], kernel: KernelBuild | None, spelling: Spelling
) -> Linked:
    """The modules of M=: from the build's own `.mod` files where those are, else from the Kbuild files.

    Raises InputError where a path in the evidence or in a `.mod` file leads outside the named trees.
    """
    root = os.path.abspath(request.directory)
    roots = roots_of(request)
    for entry in evidence:
        _refuse_outside(entry, root, roots)
    remarks: list[Remark] = []
    modules = {m.path: m for m in _modules_of_kbuild(request, kernel, spelling, remarks)}
    for path in _mod_files(root):
        built = _module_of_mod(path, root, roots)
        known = modules.get(built.path)
        flags = {s.path: s.flags for s in known.sources} if known is not None else {}
        sources = tuple(SourceFile(s.path, s.kind, flags.get(s.path, ())) for s in built.sources)
        modules[built.path] = BuiltModule(built.name, built.path, sources, path, 1)
    if not modules:
        raise InputError("no module is built here, and no build left a .mod file", root)
    return Linked(tuple(modules.values()), tuple(remarks), root)


def _refuse_outside(entry: Named, root: str, roots: Sequence[str]) -> None:
    if "/" not in entry.module:
        return
    if not inside(os.path.join(root, entry.module), roots):
        raise InputError(
            f"{entry.module} lies outside the directory that was named; name its own with M=",
            entry.file,
            entry.line,
        )


def _modules_of_kbuild(
    request: Request, kernel: KernelBuild | None, spelling: Spelling, remarks: list[Remark]
) -> Iterable[BuiltModule]:
    root = os.path.abspath(request.directory)
    built = any(True for _ in _mod_files(root))
    read = read_external if built else read_modules
    try:
        facts = read(root, kernel or _nameless(root, spelling), request.variables)
    except InputError as error:
        if not built:
            raise
        remarks.append(
            Remark(f"{error.message}; the build's .mod files tell the modules", error.file, error.line)
        )
        return ()
    remarks += facts.remarks
    return facts.modules


def _nameless(root: str, spelling: Spelling) -> KernelBuild:
    """A kernel of which only the spelling is known: enough to read Kbuild files that ask for nothing else."""
    version = 7 << 16 if spelling is Spelling.STRING else (6 << 16) + (12 << 8)
    return KernelBuild(
        build_dir=root,
        source_dir=root,
        arch="x86",
        release=f"{version >> 16}.{version >> 8 & 255}.0",
        version_code=version,
        spelling=spelling,
        config={},
        config_macros={},
        include_path=(),
        forced_includes=(),
        symvers="",
    )


def _mod_files(root: str) -> Iterable[str]:
    for directory, below, names in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(".mod") and not name.startswith("."):
                yield os.path.join(directory, name)


def _module_of_mod(path: str, root: str, roots: Sequence[str]) -> BuiltModule:
    linked = read_mod(path, root, roots[1:])
    sources: list[SourceFile] = []
    for object_path in linked.objects:
        source = source_of_object(object_path)
        if source is None:
            sources.append(SourceFile(object_path, SourceKind.SHIPPED))
            continue
        if not inside(source, roots):
            raise InputError(
                f"{source}, from which {object_path} was built, lies outside the named directory", path
            )
        kind = _KINDS.get(os.path.splitext(source)[1], SourceKind.ASSEMBLER)
        sources.append(SourceFile(source, kind))
    name = os.path.basename(linked.module)
    return BuiltModule(name, linked.module, tuple(sources), path, 1)
