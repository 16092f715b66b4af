"""An external module directory on one kernel, kept up to date."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping

from nsfix.kernel.kbuild import KbuildFacts
from nsfix.kernel.tree import KernelBuild
from nsfix.live.kept import KeptFacts
from nsfix.live.texts import State, Texts
from nsfix.model import Export
from nsfix.project import OnKernel, Request, load_exports, load_modules, require_sources, resolved_on
from nsfix.scan import Looker, ScanFacts, Scanner, own_exports

Progress = Callable[[int, int], None]
_BESIDE = ("Kbuild", "Makefile", "dkms.conf")
_OF_KERNEL = ("include/generated/utsrelease.h", "include/config/kernel.release", "Makefile")
HEADERS_EVERY = 1.0  # seconds between two looks at a thousand headers of the kernel


class External:
    """What `request` is about, on the kernel that `read_kernel` gives. Raises InputError where nothing comes of it."""

    def __init__(
        self,
        request: Request,
        read_kernel: Callable[[], KernelBuild],
        texts: Texts,
        label: str = "",
        progress: Progress | None = None,
    ) -> None:
        self._request = request
        self._read_kernel = read_kernel
        self._texts = texts
        self._label = label
        self._load(progress)

    def _load(self, progress: Progress | None) -> None:
        """Read it all."""
        self._kernel = self._read_kernel()
        self._kbuild = load_modules(self._request, self._kernel)
        exports = load_exports(self._request, self._kernel, self._kbuild)
        self._watched = self._texts.states_on_disk(_watched(self._request, self._kernel, self._kbuild))
        require_sources(self._kbuild.modules)
        self._scanner = Scanner(self._kernel, exports, self._texts.read)
        self._kept = KeptFacts(self._scanner, self._texts)
        self._looker = Looker(self._kernel, self._texts.read, self._scanner.units)
        facts = self._scanner.scan(self._kbuild.modules, progress)
        self._own = own_exports(facts.modules)
        self._kept.take(facts.modules, facts.remarks, lambda module, source: ())
        self._kept.files_came_or_went(self._kbuild.modules)
        self._headers: dict[str, State] = self._texts.states(self._scanner.units.headers_read())
        self._looked = time.monotonic()

    def on(self, progress: Progress | None = None) -> OnKernel:
        """What it comes to now."""
        if self._is_stale():
            self._load(progress)
        else:
            self._update()
        modules = self._kbuild.modules
        facts = tuple(map(self._kept.facts, modules))
        said = self._kept.remarks(modules)
        return resolved_on(
            self._kernel,
            ScanFacts(facts, self._scanner.exports, said),
            self._kbuild.remarks,
            self._texts.read,
            label=self._label,
            looker=self._looker,
        )

    def _is_stale(self) -> bool:
        """Whether what is built, or the kernel's headers, may have changed."""
        if self._texts.changed_on_disk(self._watched):
            return True
        if self._kept.files_came_or_went(self._kbuild.modules):
            return True
        now = time.monotonic()
        if now - self._looked < HEADERS_EVERY:
            return False
        self._looked = now
        read = self._scanner.units.headers_read()
        if self._texts.changed(self._headers):
            return True
        self._headers |= self._texts.states(read - self._headers.keys())
        return False

    def _update(self) -> None:
        modules = self._kbuild.modules
        while True:
            self._kept.update(modules)
            own = own_exports(map(self._kept.facts, modules))
            if own == self._own or len(modules) < 2:
                return
            self._own = own
            self._scanner.use_exports(own)
            self._kept.forget()

    @property
    def files(self) -> set[str]:
        """The files that the last answer was made of, but for the kernel's headers."""
        parts = {path for module in self._kbuild.modules for path in self._kept.files(module)}
        return parts | self._watched.keys()

    def warm(self, paths: Iterable[str]) -> None:
        """Read `paths`, which are open, so that they are soon read again."""
        for module in self._kbuild.modules:
            for source in module.sources:
                if source.path in paths:
                    self._kept.read_open(module, source)

    @property
    def kernel(self) -> KernelBuild:
        """The kernel as it was read last."""
        return self._kernel

    @property
    def exports(self) -> Mapping[bytes, Export]:
        """The namespaced symbols, those of the modules at hand among them."""
        return self._scanner.exports

    def modules_of(self, path: str) -> set[str]:
        """The modules, by path, that the file `path` is a part of."""
        return {module.path for module in self._kbuild.modules if path in self._kept.files(module)}


def _watched(request: Request, kernel: KernelBuild, kbuild: KbuildFacts) -> set[str]:
    """The files that decide what is built and what the kernel is, those too that are not there."""
    top = os.path.abspath(request.directory)
    directories = {top, *(os.path.dirname(path) for path in kbuild.files)}
    found = {os.path.join(directory, name) for directory in directories for name in _BESIDE}
    found.update(kbuild.files, kbuild.extra_symbols, request.symvers)
    found.update((kernel.symvers, kernel.config_file))
    found.update(os.path.join(kernel.build_dir, name) for name in _OF_KERNEL)
    return found
