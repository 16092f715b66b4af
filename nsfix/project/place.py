"""Which run a file belongs to that is open in an editor: the kernel's tree that it lies in, or the directory of M=."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from itertools import islice

from nsfix.errors import InputError
from nsfix.kernel import dkms
from nsfix.kernel.directory import kbuild_file
from nsfix.kernel.external import read_modules
from nsfix.kernel.sourcetree import find_tree
from nsfix.kernel.tree import KernelBuild, default_kdir
from nsfix.kernel.upstream import upstream, version_of
from nsfix.kernel.wrapper import makefile_by_hand
from nsfix.model import BuiltModule
from nsfix.project.loading import load_kernel
from nsfix.project.request import Request
from nsfix.project.settled import lies_in, request_under, settled
from nsfix.scan import crate_roots, read_file
from nsfix.settings import Settings

_SOURCES = (".c", ".S", ".rs")
_TELLING = ("Kbuild", "akefile", *_SOURCES, ".h")  # how the names end of files that are looked into
_MOST_BESIDE = 60
_NOTHING = Settings()


def request_for(
    path: str, settings: Settings, boundary: Sequence[str] = (), given: Settings = _NOTHING
) -> Request:
    """The run that the file `path` belongs to, which need not be on disk, under `settings` that were found, and over
    them what was `given` by word.

    In a kernel's own tree that is the tree, unless the settings name another kernel there. Else it is the `module` of
    the settings, if the file is built there, or the outermost directory above the file whose Kbuild files build it; of
    a header, whose Kbuild files build what the nearest such directory does. Looked at are the directories up to the top
    of its git repository or that of `boundary` (absolute paths) that it lies in, whichever is further out, or up to the
    root without any; the root and the home directory never. One that cannot be read is passed over. A file that only
    directories beside those build or include, through `../`, belongs to such a one.

    Raises InputError where there is no kernel, for a file of that kernel, and where no module is built from the file,
    with the directories that were looked at.
    """
    full = os.path.abspath(path)
    home = os.path.dirname(full)
    _, counting = settled(home, given, settings)
    request = request_under(counting, home)
    tree = find_tree(home)
    if tree is not None and request.kdir is None:
        return replace(request, directory=tree)
    above = _above(home, tree, counting, boundary)
    failed: dict[str, InputError] = {}
    for kernel in _kernels(request):
        if tree is None and (lies_in(full, kernel.source_dir) or lies_in(full, kernel.build_dir)):
            raise InputError(
                "this file is a part of the kernel that modules are built for, not of a module", full
            )
        found = _Search(full, kernel, above, failed).directory(counting.module)
        if found is not None:
            return replace(request, directory=found)
    raise _nowhere(full, above, failed)


def _kernels(request: Request) -> Iterator[KernelBuild]:
    """The kernels of `request`; where only upstream's from a version on are asked for, that version's."""
    if request.kdir is None and request.since is not None and not os.path.isdir(default_kdir()):
        yield upstream(version_of(request.since))
        return
    for kdir in (request.kdir, *request.further):
        yield load_kernel(replace(request, kdir=kdir))


def _above(home: str, tree: str | None, settings: Settings, boundary: Sequence[str]) -> list[str]:
    """The directories that may be M= for a file in `home`, from the outermost inwards."""
    user = os.path.abspath(os.path.expanduser("~"))
    tops: Sequence[str | None] = (*boundary, _repository(home))
    if tree is not None:  # the part of it that the settings lie in
        tops = [settings.kdirs_from] if _lies_below(settings.kdirs_from, tree) else []
    around = [os.path.abspath(top) for top in tops if top is not None and lies_in(home, top)]
    last = min(around, key=len, default=None)
    found = []
    for directory in _upwards(home):
        if directory in (user, tree, os.path.dirname(directory)):
            break
        found.append(directory)
        if directory == last:
            break
    if tree is not None and last is None:
        found = [directory for directory in found if kbuild_file(directory) is not None][:1]
    return found[::-1]


def _lies_below(path: str | None, tree: str) -> bool:
    return path is not None and path != tree and lies_in(path, tree)


def _upwards(directory: str) -> Iterator[str]:
    here = directory
    while True:
        yield here
        if here == os.path.dirname(here):
            return
        here = os.path.dirname(here)


def _repository(directory: str) -> str | None:
    """The top of the git repository that `directory` lies in."""
    return next((each for each in _upwards(directory) if os.path.exists(os.path.join(each, ".git"))), None)


class _Search:
    """Looks for the directory that builds the file `path` for one kernel, first in those `above` it; `failed` gathers
    why directories build nothing."""

    def __init__(
        self, path: str, kernel: KernelBuild, above: Sequence[str], failed: dict[str, InputError]
    ) -> None:
        self._path = path
        self._kernel = kernel
        self._failed = failed
        self._above = [directory for directory in above if _may_build(directory)]
        self._beside = [each for each in islice(_beside(above), _MOST_BESIDE) if _mentions(each, path)]
        self._modules = cache(self._read)

    def directory(self, named: str | None) -> str | None:
        """The directory to give as M=: `named` if that builds the file."""
        if named is not None and (self._builds(named, self._path) or self._takes(named)):
            return named
        for directories in (self._above, self._beside):
            for directory in directories:
                if self._builds(directory, self._path):
                    return directory
        if not self._path.endswith(_SOURCES):
            nearest = next((each for each in reversed(self._above) if self._modules(each)), None)
            if nearest is not None:
                return self._outermost(nearest)
        return next((each for each in (*self._above, *self._beside) if self._includes(each)), None)

    def _read(self, directory: str) -> tuple[BuiltModule, ...]:
        try:
            return read_modules(directory, self._kernel, {}).modules
        except InputError as error:
            self._failed[directory] = error
            return ()

    def _builds(self, directory: str, path: str) -> bool:
        """Whether a module there is built from the source `path`, or from a crate that has it."""
        modules = self._modules(directory)
        return any(source.path == path for module in modules for source in module.sources) or bool(
            crate_roots([path], modules, self._kernel, read_file)
        )

    def _takes(self, directory: str) -> bool:
        """Whether the file, which is no source itself, may be a part of what is built in `directory`."""
        header = not self._path.endswith(_SOURCES) and lies_in(self._path, directory)
        return bool(self._modules(directory)) and (header or self._includes(directory))

    def _outermost(self, nearest: str) -> str:
        """The outermost directory that builds something of what `nearest` does."""
        sources = {source.path for module in self._modules(nearest) for source in module.sources}
        for directory in self._above:
            if any(
                source.path in sources for module in self._modules(directory) for source in module.sources
            ):
                return directory
        return nearest

    def _includes(self, directory: str) -> bool:
        """Whether a source there includes a file of this name."""
        name = re.escape(os.fsencode(os.path.basename(self._path)))
        line = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*["<](?:[^">\n]*/)?%s[">]' % name, re.MULTILINE)
        sources = {source.path for module in self._modules(directory) for source in module.sources}
        return any(line.search(read_file(source) or b"") for source in sources)


def _may_build(directory: str) -> bool:
    """Whether there is a file in `directory` that tells what is built there."""
    conf = os.path.join(directory, dkms.NAME)
    return bool(kbuild_file(directory) or makefile_by_hand(directory)) or os.path.isfile(conf)


def _mentions(directory: str, path: str) -> bool:
    """Whether a Kbuild file right in `directory`, or a source beside one, has the name of `path` in it, as of an object
    or of what is included."""
    if not _may_build(directory):
        return False
    stem, suffix = os.path.splitext(os.path.basename(path))
    names = [os.fsencode(stem + suffix)] + ([os.fsencode(stem + ".o")] if suffix in _SOURCES else [])
    with suppress(OSError):
        for entry in os.scandir(directory):
            if entry.name.endswith(_TELLING) and entry.is_file():
                text = read_file(entry.path) or b""
                if any(name in text for name in names):
                    return True
    return False


def _beside(above: Sequence[str]) -> Iterator[str]:
    """The directories right below those `above`, the nearest first, that are none of them."""
    for directory in reversed(above):
        try:
            names = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
        except OSError:
            continue
        for name in names:
            path = os.path.join(directory, name)
            if not name.startswith(".") and path not in above:
                yield path


def _nowhere(path: str, above: Sequence[str], failed: Mapping[str, InputError]) -> InputError:
    """The error that nothing is built from `path`, with what is wrong in the nearest of the directories."""
    looked = [directory for directory in reversed(above) if _may_build(directory)]
    if not looked:
        reach = f" up to {above[0]}" if above else ""
        return InputError(
            f"no module is built from this file: there is no Kbuild file, Makefile or dkms.conf above it{reach}",
            path,
        )
    reason = f"; {failed[looked[0]]}" if looked[0] in failed else ""
    return InputError(f"no module is built from this file in {', nor in '.join(looked)}{reason}", path)
