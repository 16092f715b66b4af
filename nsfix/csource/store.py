"""The files of one kernel, read once for all units, and what including them came to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass

from nsfix.csource.conflicts import conflict_marker
from nsfix.csource.effects import EffectMemory
from nsfix.csource.includes import IncludePath, directory_of
from nsfix.csource.macros import Macro
from nsfix.csource.program import SourceText, read_source
from nsfix.csource.settled import Settled, single_test

# Names that the compiler knows as macros; each stays itself when it is expanded.
_COMPILER_TESTS = (b"__has_include", b"__has_include_next", b"__has_attribute", b"__has_builtin")
_CONFIGURATION = "/include/generated/autoconf.h"


@dataclass(frozen=True, slots=True)
class Compilation:
    """How Kbuild compiles one source: search path, `-D`/`-U` (None undefines), forced headers, in order."""

    include_path: IncludePath
    defines: tuple[tuple[bytes, bytes | None], ...]
    forced: tuple[str, ...]


class Loosened(Exception):
    """A source defines words that were taken for settled; read again with `words` loose."""

    def __init__(self, words: frozenset[bytes]) -> None:
        super().__init__()
        self.words = words


class Store:
    """The files of one kernel (and the modules at hand), read once. `read` gives a file's bytes or None."""

    def __init__(self, settled: Settled, read: Callable[[str], bytes | None]) -> None:
        self.settled = settled
        self._read = read
        self._sources: dict[str, SourceText | None] = {}
        self.conflicted: set[str] = set()  # the files with conflict markers
        self.in_vain: set[bytes] = set()  # the headers that some __has_include did not find
        self.asking: dict[Macro, Macro] = {}
        self.effects = EffectMemory()
        self._given: dict[tuple[bytes, bytes], Macro] = {}
        self._tests: dict[tuple[bytes, bytes], tuple[bytes | None, bool]] = {}
        self.base = {name: Macro(name, b" " + body) for name, body in settled.macros.items()}
        self.base |= {name: Macro(name, b" " + name) for name in _COMPILER_TESTS}

    def loosened(self, words: frozenset[bytes]) -> Store:
        """This store with `words` left to the units; files that do not mention them are not read again."""
        settled = Settled(self.settled.macros, self.settled.loose | words)
        store = Store(settled, self._read)
        store._tests = self._tests
        store.conflicted = self.conflicted
        store.in_vain = self.in_vain
        store._sources = {
            path: source
            for path, source in self._sources.items()
            if source is None or not any(word in source.text for word in words)
        }
        return store

    def twin(self, read: Callable[[str], bytes | None], lasting: Callable[[str], bool]) -> Store:
        """A store for a kernel of the same configuration that differs in some files: it begins with those files of
        this one that are `lasting`, and reads the others by `read`."""
        store = Store(self.settled, read)
        store._tests = self._tests
        store.conflicted = set(self.conflicted)
        store._sources = {path: source for path, source in self._sources.items() if lasting(path)}
        return store

    def forget(self, lasting: Callable[[str], bool]) -> None:
        """Forget all files that are not `lasting`, and what including them came to."""
        for path in [path for path in self._sources if not lasting(path)]:
            del self._sources[path]
        self.effects.forget(lasting)

    @property
    def paths(self) -> Iterable[str]:
        """The files that were read so far, or could not be."""
        return self._sources

    def forget_files(self, changed: Set[str]) -> None:
        """Forget the `changed` files, and what including them came to."""
        for path in changed:
            self._sources.pop(path, None)
            self.conflicted.discard(path)
        self.effects.forget_files(changed)

    def given(self, name: bytes, value: bytes) -> Macro:
        """The macro that `-D` makes: the same one for every unit that is given it."""
        key = (name, value)
        macro = self._given.get(key)
        if macro is None:
            macro = self._given[key] = Macro(name, b" " + value if value[:1] != b"(" else value)
        return macro

    def plain_test(self, keyword: bytes, argument: bytes) -> tuple[bytes | None, bool]:
        """For a directive that asks only whether one macro is defined: (its name, whether it should be)."""
        key = (keyword, argument)
        test = self._tests.get(key)
        if test is None:
            test = self._tests[key] = single_test(keyword, argument)
        return test

    def source(self, path: str, own: bool = False) -> SourceText | None:
        """The file `path`, as a unit's `own` source or as one that it includes; None where it cannot be read."""
        if own:
            return self._make(path, True)
        try:
            return self._sources[path]
        except KeyError:
            source = self._sources[path] = self._make(path, False)
            return source

    def _make(self, path: str, own: bool) -> SourceText | None:
        text = self._read(path)
        if text is None:
            return None
        if path.endswith(_CONFIGURATION):  # its macros are settled: `base` has them
            text = b""
        if conflict_marker(text) is not None:
            self.conflicted.add(path)
        source = read_source(path, directory_of(path), text, self.settled, own)
        if source.loosening:
            raise Loosened(source.loosening)
        return source
