"""Looks at single sources as one kernel compiles them, be it with a text that is not on disk."""

from __future__ import annotations

from nsfix.csource.look import IMPORT, Look, look_at
from nsfix.csource.moduleinfo import ModuleInfoReader
from nsfix.csource.session import Session
from nsfix.csource.store import Store
from nsfix.csource.unit import Unit
from nsfix.errors import InputError
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, SourceFile, SourceKind
from nsfix.scan.units import ReadFile, Units


class Looker:
    """Looks at sources on one kernel; what it reads of the kernel's headers is kept. `like` are units of that kernel,
    or of one that differs from it in some made files alone."""

    def __init__(self, kernel: KernelBuild, read: ReadFile, like: Units | None = None) -> None:
        headers = tuple(f"{root.rstrip('/')}/" for root in {kernel.source_dir, kernel.build_dir})
        self._read = read
        self._texts: dict[str, bytes] = {}
        self.units = Units(kernel, self._text, headers, like=like)
        self._readers: dict[int, tuple[Session, ModuleInfoReader]] = {}  # by store, which they keep

    def _text(self, path: str) -> bytes | None:
        text = self._texts.get(path)
        return self._read(path) if text is None else text

    def look(self, module: BuiltModule, path: str, text: bytes | None = None) -> Look:
        """What the file `path`, a C source of `module` or a header of one, says; with `text` in place of what is on
        disk, if given.

        Raises InputError where a source cannot be read, and where no source includes that header here.
        """
        sources = [source for source in module.sources if source.kind is SourceKind.C]
        own = [source for source in sources if source.path == path]
        for source in own or sources:
            unit = self._unit(module, source, {} if text is None else {path: text})
            if path in unit.included:
                return look_at(unit, self._reader(unit.store), path)
        raise InputError(f"no source of {module.name} includes this header on every kernel", path)

    def looks(self, module: BuiltModule, source: SourceFile) -> dict[str, Look]:
        """What `source` says, and each of its own headers that may import something."""
        unit = self._unit(module, source, {})
        return {
            path: look_at(unit, self._reader(unit.store), path)
            for path, included in unit.included.items()
            if path == source.path or (not self.units.is_kernel(path) and IMPORT in included.text)
        }

    def files(self, module: BuiltModule) -> list[str]:
        """The C sources of `module`, and what they include that is no header of the kernel."""
        found: dict[str, None] = {}
        for source in module.sources:
            if source.kind is SourceKind.C:
                found.update(dict.fromkeys(self._unit(module, source, {}).included))
        return [path for path in found if not self.units.is_kernel(path)]

    def _unit(self, module: BuiltModule, source: SourceFile, texts: dict[str, bytes]) -> Unit:
        self._texts = texts
        self.units.forget()
        try:
            return self.units.unit(source, module)
        finally:
            self._texts = {}

    def _reader(self, store: Store) -> ModuleInfoReader:
        known = self._readers.get(id(store))
        if known is None:
            session = Session(store, (), self.units.is_kernel)
            known = self._readers[id(store)] = (session, ModuleInfoReader(session))
        known[0].forget()
        return known[1]
