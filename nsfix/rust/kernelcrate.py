"""The kernel's own crate, rust/kernel/*.rs: what modules get through it without a word of C in their own sources."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from nsfix.rust.conditions import Conditions
from nsfix.rust.crate import Crate, ReadFile
from nsfix.rust.items import macro_at
from nsfix.rust.paths import KERNEL
from nsfix.rust.scopes import MacroRules
from nsfix.rust.source import RustFile

_MACRO = re.compile(rb"\bmacro_rules!\s*(\w+)")
_BOUND = re.compile(rb"\w+")


class KernelCrate(Crate):
    """The crate below `directory` (rust/kernel). `paths` are all its files, whatever the configuration.

    Macros are found in any of them: where one is cut out by the configuration, nothing can call it.
    """

    def __init__(self, directory: str, paths: Iterable[str], read: ReadFile, conditions: Conditions) -> None:
        super().__init__(KERNEL, os.path.join(directory, "lib.rs"), read, conditions)
        self._texts = {path: read(path) or b"" for path in paths}
        self._conditions_outside = conditions
        self._defined: dict[bytes, str] = {}
        for path, text in self._texts.items():
            self._defined |= dict.fromkeys(_MACRO.findall(text), path)

    def macro(self, name: bytes) -> MacroRules | None:
        """The `macro_rules!` called `name`, wherever in the crate."""
        if name not in self._defined:
            return None
        if name not in self.macros:
            path = self._defined[name]
            file = RustFile(path, self._texts[path], self._conditions_outside)
            for at in range(len(file.tokens)):
                if file.is_(at, b"macro_rules") and file.is_(at + 1, b"!"):
                    rules = macro_at(file, at + 2)
                    if rules is not None:
                        self.macros.setdefault(rules.name, rules)
        return self.macros.get(name)

    def mentions(self, symbols: frozenset[bytes]) -> bool:
        """Whether any file has one of these words: where none has, nothing of the crate need be followed."""
        return any(not symbols.isdisjoint(_BOUND.findall(text)) for text in self._texts.values())
