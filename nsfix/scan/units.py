"""The units of a scan: each source as its compiler would have it, through stores that keep what headers say."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Set

from nsfix.csource.includes import IncludePath, Listings
from nsfix.csource.predefined import predefined_macros
from nsfix.csource.settled import Settled
from nsfix.csource.store import Compilation, Loosened, Store
from nsfix.csource.unit import Unit
from nsfix.errors import InputError
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, SourceFile, SourceKind

ReadFile = Callable[[str], "bytes | None"]


def read_file(path: str) -> bytes | None:
    """The bytes of the file `path`; None where there is none that can be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        size = os.fstat(descriptor).st_size
        text = os.read(descriptor, size + 1)
        while len(text) < size:  # a signal, or a file larger than one read gives
            more = os.read(descriptor, size - len(text))
            if not more:
                break
            text += more
        return text
    except OSError:
        return None
    finally:
        os.close(descriptor)


class Units:
    """Makes units for one kernel. `headers` are the directories, with a slash at the end, whose files are the
    kernel's headers; `loose` are words that sources are known to define by themselves (csource/settled.py). `like` are
    those of a kernel of the same configuration that differs in the files alone that one of both has as made."""

    def __init__(
        self,
        kernel: KernelBuild,
        read: ReadFile,
        headers: tuple[str, ...],
        loose: frozenset[bytes] = frozenset(),
        like: Units | None = None,
    ) -> None:
        self._kernel = kernel
        self._disk = read
        self._headers = headers
        self._loose: frozenset[bytes] = loose if like is None else loose | like._loose
        self._like = like
        self._common: dict[tuple[str, ...], IncludePath] = {}  # by the directories before the kernel's
        self._paths: dict[tuple[str, ...], IncludePath] = {}
        self._stores: dict[tuple[bool, bool, tuple[str, ...]], Store] = {}

    def is_kernel(self, path: str) -> bool:
        """Whether `path` is one of the kernel's headers."""
        return path.startswith(self._headers)

    def read(self, path: str) -> bytes | None:
        """The bytes of the file `path`, be it on disk or one that a build would have written."""
        made = self._kernel.made.get(path)
        return self._disk(path) if made is None else made

    def unit(self, source: SourceFile, module: BuiltModule) -> Unit:
        """The unit of `source` as a part of `module`. Raises InputError where it cannot be read."""
        while True:
            try:
                before, _ = split_directories(read_flags(source.flags)[0])
                store = self._store(source.kind is SourceKind.ASSEMBLER, module.built_in, before)
                return Unit(source.path, self.compilation(source, module), store)
            except Loosened as more:
                self._loosen(more.words)
            except FileNotFoundError:
                raise InputError("this source cannot be read; is it still there?", source.path) from None

    def _loosen(self, words: frozenset[bytes]) -> None:
        """Go on with stores that leave `words` to the units. What was read before stays right: those units saw
        no definition of them."""
        self._loose |= words
        for kind, store in self._stores.items():
            self._stores[kind] = store.loosened(words)

    def _store(self, assembler: bool, built_in: bool, before: tuple[str, ...] = ()) -> Store:
        """What headers say is kept for those units alone that look for them in the same places first."""
        store = self._stores.get((assembler, built_in, before))
        if store is None and self._like is not None:
            model = self._like._store(assembler, built_in, before)
            store = model.twin(self.read, self._is_common)
            more = self._loose - store.settled.loose
            store = store.loosened(more) if more else store
            self._stores[(assembler, built_in, before)] = store
        if store is None:
            kernel = self._kernel
            macros = predefined_macros(kernel.arch, kernel.config) | dict(kernel.config_macros)
            macros |= {b"__KERNEL__": b"1"}
            if not built_in:
                macros |= {b"MODULE": b"1"}
            if assembler:
                macros |= {b"__ASSEMBLER__": b"1", b"__ASSEMBLY__": b"1"}
            store = self._stores[(assembler, built_in, before)] = Store(
                Settled(macros, self._loose), self.read
            )
        return store

    def _is_common(self, path: str) -> bool:
        """Whether a file is the same in the kernel that this one is like."""
        assert self._like is not None
        made = self._kernel.made.get(path) != self._like._kernel.made.get(path)
        return self.is_kernel(path) and not made

    def settled(self, built_in: bool) -> Settled:
        """What is the same for every unit of that kind."""
        return self._store(False, built_in).settled

    def forget(self) -> None:
        """Forget what was read of files that are no kernel headers."""
        for store in self._stores.values():
            store.forget(self.is_kernel)

    def headers_read(self) -> set[str]:
        """The headers of the kernel that were read so far."""
        return {path for store in self._stores.values() for path in store.paths if self.is_kernel(path)}

    def forget_files(self, changed: Set[str]) -> None:
        """Forget what was read of `changed` files, none of them a kernel header."""
        for store in self._stores.values():
            store.forget_files(changed)

    def include_path(self, directories: tuple[str, ...]) -> IncludePath:
        """The kernel's search path, with `directories` around it, as `SourceFile.flags` has them."""
        place = self._paths.get(directories)
        if place is None:
            before, after = split_directories(directories)
            common = self._common.get(before)
            if common is None:
                listings = Listings(self._kernel.made)
                common = self._common[before] = IncludePath(
                    (*before, *self._kernel.include_path), (), listings
                )
            place = self._paths[directories] = common.extended(after)
        return place

    def compilation(self, source: SourceFile, module: BuiltModule) -> Compilation:
        """How Kbuild compiles `source` as a part of `module`."""
        directories, defines, forced = read_flags(source.flags)
        stem = os.fsencode(os.path.basename(source.path).rsplit(".", 1)[0].replace("-", "_"))
        name = os.fsencode(module.name.replace("-", "_"))
        given = [(b"KBUILD_BASENAME", b'"%s"' % stem), (b"KBUILD_MODNAME", b'"%s"' % name)]
        given += [
            (b"__KBUILD_MODNAME", b"kmod_" + name),
            (b"KBUILD_MODFILE", b'"%s"' % os.fsencode(module.path)),
        ]
        place = self.include_path(directories)
        return Compilation(place, (*given, *defines), (*self._kernel.forced_includes, *forced))


def split_directories(directories: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The directories before the kernel's own and those after it."""
    if "-" not in directories:
        return (), directories
    at = directories.index("-")
    return directories[:at], directories[at + 1 :]


def read_flags(
    flags: Iterable[str],
) -> tuple[tuple[str, ...], tuple[tuple[bytes, bytes | None], ...], tuple[str, ...]]:
    """What the words for the compiler say: (directories to search, "-" for the kernel's, -D and -U in order,
    forced headers)."""
    directories: list[str] = []
    defines: list[tuple[bytes, bytes | None]] = []
    forced: list[str] = []
    words = iter(flags)
    for word in words:
        if word == "-include":
            forced.append(next(words, ""))
        elif word.startswith(("-I", "-isystem", "-iquote", "-idirafter")):
            option = next(
                (o for o in ("-isystem", "-iquote", "-idirafter", "-I") if word.startswith(o)), "-I"
            )
            directories.append(word.removeprefix(option) or next(words, ""))
        elif word.startswith(("-D", "-U")):
            text = os.fsencode(word[2:] or next(words, ""))
            name, mark, value = text.partition(b"=")
            if word.startswith("-U"):
                defines.append((text, None))
            elif b"(" in name:
                head, paren, rest = name.partition(b"(")
                defines.append((head, paren + rest + b" " + value))
            else:
                defines.append((name, value if mark else b"1"))
    return tuple(directories), tuple(defines), tuple(f for f in forced if f)
