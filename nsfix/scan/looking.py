"""Looks at single sources as one kernel compiles them, be it with a text that is not on disk."""

from __future__ import annotations

from nsfix.csource.look import Look, look_at
from nsfix.csource.moduleinfo import ModuleInfoReader
from nsfix.csource.session import Session
from nsfix.csource.store import Store
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, SourceFile
from nsfix.scan.units import ReadFile, Units


class Looker:
    """Looks at sources on one kernel; what it reads of the kernel's headers is kept."""

    def __init__(self, kernel: KernelBuild, read: ReadFile) -> None:
        headers = tuple(f"{root.rstrip('/')}/" for root in {kernel.source_dir, kernel.build_dir})
        self._read = read
        self._texts: dict[str, bytes] = {}
        self._units = Units(kernel, self._text, headers)
        self._readers: dict[int, tuple[Session, ModuleInfoReader]] = {}  # by store, which they keep

    def _text(self, path: str) -> bytes | None:
        text = self._texts.get(path)
        return self._read(path) if text is None else text

    def look(self, module: BuiltModule, source: SourceFile, text: bytes | None = None) -> Look:
        """What `source`, a C source of `module`, says; with `text` in place of what is on disk, if given.

        Raises InputError where it cannot be read.
        """
        if text is not None:
            self._texts = {source.path: text}
        self._units.forget()
        try:
            unit = self._units.unit(source, module)
        finally:
            self._texts = {}
        session, info = self._reader(unit.store)
        session.forget()
        return look_at(unit, info)

    def _reader(self, store: Store) -> tuple[Session, ModuleInfoReader]:
        known = self._readers.get(id(store))
        if known is None:
            session = Session(store, (), self._units.is_kernel)
            known = self._readers[id(store)] = (session, ModuleInfoReader(session))
        return known
