"""Sources that are to be right on several kernels: one C file for each case, before and after in it.

/// case: what is odd about it
/// on: 4.19 6.12 7.x               the made-up kernels that are named (tests/fake_kernel.py), in this order
/// since: 5.10                     --since; without `on` no kernel is at hand
/// words: --guard ifdef            further words
/// exit: 1                         of apply (default 0)
/// says: EXPRESSION                what apply must say; may be given several times
/// needs: DMA_BUF CXL              what the module needs on kernels that have the macro (default: DMA_BUF)
#include <linux/module.h>           the files; the first is t.c, or after "/// file: PATH"
///- MODULE_IMPORT_NS("CXL");       a line that must go
///+ MODULE_IMPORT_NS(CXL);         a line that must come
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

CASES = Path(__file__).parent / "cases"
KEYS = frozenset(("case", "on", "since", "words", "exit", "says", "needs", "eol", "gcc"))
_KEY = re.compile(r"/// ([a-z]+): *(.*)")


@dataclass(frozen=True)
class Case:
    """One case: its keys in order, and its files before and after."""

    name: str
    keys: tuple[tuple[str, str], ...]
    before: dict[str, bytes]
    after: dict[str, bytes]

    def values(self, key: str) -> list[str]:
        """Every value of a key."""
        return [value for name, value in self.keys if name == key]

    def value(self, key: str, default: str = "") -> str:
        """The one value of a key."""
        return next(iter(self.values(key)), default)

    @property
    def kernels(self) -> list[str]:
        """The kernels that are named."""
        return self.value("on").split()


def load() -> list[Case]:
    """Every case, by name."""
    return [parse(file.stem, file.read_text(encoding="utf-8")) for file in sorted(CASES.glob("*.c"))]


def parse(name: str, text: str) -> Case:
    """Reads a case; raises ValueError for a key that means nothing."""
    keys: list[tuple[str, str]] = []
    files: dict[str, list[str]] = {}
    for line in text.splitlines():
        key = _KEY.fullmatch(line)
        if key is not None and key[1] == "file":
            files[key[2]] = []
        elif key is not None and not files:
            if key[1] not in KEYS:
                raise ValueError(f"{name}: unknown key: {line}")
            keys.append((key[1], key[2].strip()))
        else:
            files.setdefault("t.c", [])
            files[list(files)[-1]].append(line)
    files.setdefault("Kbuild", ["obj-m := t.o"])
    ending = "\r\n" if ("eol", "crlf") in keys else "\n"
    return Case(
        name,
        tuple(keys),
        {path: _text(lines, "///-", "///+", ending) for path, lines in files.items()},
        {path: _text(lines, "///+", "///-", ending) for path, lines in files.items()},
    )


def _text(lines: list[str], kept: str, left_out: str, ending: str) -> bytes:
    shown = [line.removeprefix(kept).removeprefix(" ") if line.startswith(kept) else line for line in lines]
    texts = [new for new, line in zip(shown, lines, strict=True) if not line.startswith(left_out)]
    return "".join(f"{text}{ending}" for text in texts).encode()
