"""The kernel of a request, the modules that it builds, and the namespaced symbols that they may use."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from nsfix.build import ask_make, kernel_words
from nsfix.errors import InputError
from nsfix.evidence.symvers import Symvers, merge, read_symvers
from nsfix.kernel.external import Reader, read_modules
from nsfix.kernel.kbuild import KbuildFacts, read_external, require_kbuild_file
from nsfix.kernel.tree import KernelBuild, default_kdir, read_kernel_build
from nsfix.kernel.wrapper import KernelCall
from nsfix.model import FIRST_MACRO, BuiltModule, Export, SourceKind
from nsfix.project.request import Request
from nsfix.scan import crate_roots, read_file


def load_kernel(request: Request) -> KernelBuild:
    """The kernel that `request` builds for. Raises InputError where there is none."""
    kdir = request.kdir or default_kdir()
    if request.kdir is None and not os.path.isdir(kdir):
        raise InputError(
            "the running kernel's headers are not installed; install them, or name a kernel with KDIR=DIR or with kdir "
            "in .nsfix.toml",
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


def require_sources(modules: Sequence[BuiltModule]) -> None:
    """Raise InputError for the first source of `modules` that is there and cannot be read."""
    for module in modules:
        for source in module.sources:
            if source.kind is not SourceKind.MISSING and not os.access(source.path, os.R_OK):
                raise InputError("this source cannot be read", source.path)
