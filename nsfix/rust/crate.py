"""A crate: its files and the modules in them. Files are read when something in them is asked for."""

from __future__ import annotations

import os
from collections.abc import Callable

from nsfix.rust.conditions import Conditions
from nsfix.rust.items import Items
from nsfix.rust.scopes import MacroRules, Scope
from nsfix.rust.source import RustFile

ReadFile = Callable[[str], "bytes | None"]


class Crate:
    """The crate whose root is the file `root`. Raises nothing: a file that is not there is in `lacking`,
    with the file and line that name it."""

    def __init__(self, name: bytes, root: str, read: ReadFile, conditions: Conditions) -> None:
        self.name = name
        self._read = read
        self._conditions = conditions
        self.files: dict[str, RustFile] = {}
        self.lacking: list[tuple[str, int, str]] = []
        self.macros: dict[bytes, MacroRules] = {}
        self.scopes: list[Scope] = []
        file = self._file(root) or RustFile(root, b"", conditions)
        self.root = self.scope((), file, None)
        self.parse(self.root, 0, len(file.tokens), os.path.dirname(root))

    def macro(self, name: bytes) -> MacroRules | None:
        """The `macro_rules!` called `name`; None where this crate has none, as far as it was read."""
        return self.macros.get(name)

    def load_all(self) -> None:
        """Read every file of the crate."""
        for scope in self.scopes:  # grows on the way
            for name in list(scope.outside):
                scope.child(name)

    def load(self, scope: Scope, name: bytes) -> None:
        """Read the file of the module `name` below `scope`."""
        candidates, line = scope.outside.pop(name)
        for path in candidates:
            file = self._file(path)
            if file is None:
                continue
            child = scope.inline[name] = self.scope((*scope.path, name), file, scope)
            stem, base = os.path.splitext(path)[0], os.path.dirname(path)
            own = base if os.path.basename(path) == "mod.rs" else stem
            self.parse(child, 0, len(file.tokens), own)
            return
        self.lacking.append((scope.file.path, line, candidates[0]))

    def _file(self, path: str) -> RustFile | None:
        if path in self.files:
            return self.files[path]
        text = self._read(path)
        if text is None:
            return None
        self.files[path] = RustFile(path, text, self._conditions)
        return self.files[path]

    def scope(self, path: tuple[bytes, ...], file: RustFile, parent: Scope | None) -> Scope:
        """A new, empty module of this crate."""
        scope = Scope(self, path, file, parent)
        self.scopes.append(scope)
        return scope

    def parse(self, scope: Scope, start: int, end: int, directory: str) -> None:
        """Read the items of `scope`; the files of the modules below it are in `directory`."""
        Items(self, scope, directory).read(start, end)
