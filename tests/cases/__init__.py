"""The one-file case format: a module before and after the fix, readable from top to bottom.

A case (tests/cases/*.c) is one readable file that holds a module before and after the fix:

    /// case: what is odd about it            keys, up to the first line that has no ///
    /// missing: t: CXL DMA_BUF                what modpost says before (module path, namespaces), or "none"
    #include <linux/module.h>                  the files; the first is t.c, or after "/// file: PATH"
    MODULE_LICENSE("GPL");
    ///+ MODULE_IMPORT_NS(@CXL);               a line that must appear: only in the result
    ///+[string] MODULE_IMPORT_NS("CXL");      the same, for that spelling only (or for a series only, [6.1])
    ///- MODULE_IMPORT_NS(@!CXL);              a line that must go
    /// file: Kbuild                           another file (Kbuild is "obj-m := t.o" if none is given)

`@NS` stands for the namespace as the kernel at hand spells it, `@!NS` for the other spelling, and
`@default:NS` as the value of DEFAULT_SYMBOL_NAMESPACE (quoted since late 6.12, before the import was);
in Kbuild files they are quoted for the shell. A file named *.o_shipped lists the symbols of a prebuilt
object (`defined: a`, `undefined: b`).

Keys: `case`, `peer` (row of the table of odd cases), `kernels` (default: all), `missing`, `left`
(missing still after apply; default none), `refuse` (an expression that apply must print; it may be given
several times), `exit` (of apply; default 1 with `refuse` or `left`, else 0), `rules` (further rules that
check must name), `args` (words for make and nsfix), `tier` (kernel or quick, where it cannot be in
both), `build` (`batch`; `alone`: needs a make of its own; `broken`: does not compile before the fix),
`faults` (yes: faults of another kind stay after the fix), `encoding`, `eol` (crlf), `final-newline`
(no), `bom` (yes), `mode`, `symlink` and `hardlink` (`LINK TARGET`). A key may be limited like a line:
`missing[string]`, `exit[6.1]`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.cases.elf import elf_object

CASES = Path(__file__).parent
SERIES = ("6.1", "6.12", "7.x")
SPELLING = {"6.1": "identifier", "6.12": "identifier", "7.x": "string"}
TEXT_KEYS = frozenset(("encoding", "eol", "final-newline", "bom", "mode", "symlink", "hardlink"))
KEYS = TEXT_KEYS | {"case", "peer", "kernels", "missing", "left", "refuse", "exit", "rules", "args", "tier"}
KEYS |= {"build", "faults"}
Pairs = frozenset[tuple[str, str]]

_KEY = re.compile(r"/// ([a-z-]+)(?:\[([\w.]+)\])?: *(.*)")
_ADDED = re.compile(r"///\+(?:\[([\w.]+)\])?(?: (.*)|$)")
_REMOVED = "///- "
_SPELLED = re.compile(r"@(!|default:)?((?:module:[\w,*-]+|[A-Z][A-Z0-9_]*))")


@dataclass(frozen=True)
class Case:
    """One case as its file has it; `on(series)` makes it concrete for one kernel."""

    name: str
    keys: tuple[tuple[str, str, str], ...]  # key, limit or "", value
    sections: tuple[tuple[str, tuple[str, ...]], ...]  # path, lines
    group: str = ""  # the directory: edits (where the line goes), modules (Kbuild), uses (what is a use)

    def values(self, key: str, series: str) -> list[str]:
        """Every value of a key that holds for this kernel; the limited ones win over the plain ones."""
        limited = [v for k, limit, v in self.keys if k == key and limit in (series, SPELLING[series])]
        return limited or [v for k, limit, v in self.keys if k == key and not limit]

    def value(self, key: str, series: str, default: str = "") -> str:
        """The one value of a key."""
        return next(iter(self.values(key, series)), default)

    @property
    def title(self) -> str:
        """The line that says what is odd."""
        return self.value("case", "7.x")

    @property
    def series(self) -> tuple[str, ...]:
        """The kernels that the case speaks of."""
        return tuple(self.value("kernels", "7.x").split()) or SERIES

    def tier(self, tier: str) -> bool:
        """Whether the case belongs to the tier `kernel` or `quick`."""
        return self.value("tier", "7.x", tier) == tier

    def on(self, series: str) -> Concrete:
        """The case for one kernel."""
        return Concrete(self, series)


@dataclass(frozen=True)
class Concrete:
    """A case for one kernel: its files before and after, and what is expected of nsfix."""

    case: Case
    series: str
    before: dict[str, bytes] = field(init=False)
    after: dict[str, bytes] = field(init=False)

    def __post_init__(self) -> None:
        before, after = {}, {}
        for path, lines in self.case.sections:
            before[path] = self._bytes(
                path, [x.removeprefix(_REMOVED) for x in lines if not x.startswith("///+")]
            )
            after[path] = self._bytes(path, [x for line in lines for x in self._after(line)])
        for files in (before, after):
            if not any(Path(path).name in ("Kbuild", "Makefile") for path in files):
                files["Kbuild"] = b"obj-m := t.o\n"
        object.__setattr__(self, "before", before)
        object.__setattr__(self, "after", after)

    def value(self, key: str, default: str = "") -> str:
        """The one value of a key for this kernel."""
        return self.case.value(key, self.series, default)

    def pairs(self, key: str) -> Pairs:
        """The (module path, namespace) pairs of the key `missing` or `left`."""
        found = set()
        for value in self.case.values(key, self.series):
            if value != "none":
                module, _, names = value.partition(": ")
                found |= {(module, namespace) for namespace in names.split()}
        return frozenset(found)

    @property
    def words(self) -> list[str]:
        """The further words for make and nsfix."""
        return self.value("args").split()

    @property
    def exports(self) -> bool:
        """Whether a module of the case exports to others: then it cannot stand together with other cases."""
        return any(b"EXPORT_SYMBOL" in content for content in self.before.values())

    @property
    def refusals(self) -> list[str]:
        """Expressions of which each must be found in what apply says."""
        return self.case.values("refuse", self.series)

    @property
    def exit(self) -> int:
        """The exit code of apply."""
        return int(self.value("exit", "1" if self.refusals or self.pairs("left") else "0"))

    def _after(self, line: str) -> list[str]:
        if not line.startswith("///+"):
            return [] if line.startswith(_REMOVED) else [line]
        limit, text = _match(_ADDED, line, self.case.name).groups()
        return [text or ""] if limit in (None, self.series, SPELLING[self.series]) else []

    def _bytes(self, path: str, lines: list[str]) -> bytes:
        if path.endswith(".o_shipped"):
            return elf_object(lines)
        makefile = Path(path).name in ("Kbuild", "Makefile")
        text = "".join(f"{self._spell(line, makefile)}\n" for line in lines)
        if makefile:
            return text.encode()
        if self.value("eol") == "crlf":
            text = text.replace("\n", "\r\n")
        if self.value("final-newline") == "no":
            text = text.rstrip("\r\n")
        return text.encode("utf-8-sig" if self.value("bom") else self.value("encoding", "utf-8"))

    def _spell(self, line: str, makefile: bool) -> str:
        def spelled(found: re.Match[str]) -> str:
            quoted = (SPELLING[self.series] == "string") != (found[1] == "!")
            if found[1] == "default:":
                quoted = self.series != "6.1"
            text = f'"{found[2]}"' if quoted else found[2]
            return f"'{text}'" if quoted and makefile else text

        return _SPELLED.sub(spelled, line)

    def write(self, directory: Path, files: dict[str, bytes] | None = None) -> Path:
        """Writes the case (as it is before, if no other files are given) and returns the directory."""
        for path, content in (self.before if files is None else files).items():
            file = directory / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            if self.value("mode") and path.endswith(".c"):
                file.chmod(int(self.value("mode"), 8))
        for key, make in (("symlink", os.symlink), ("hardlink", os.link)):
            if self.value(key):
                link, target = self.value(key).split()
                (directory / link).parent.mkdir(parents=True, exist_ok=True)
                source = os.path.relpath(directory / target, (directory / link).parent)
                make(source if key == "symlink" else directory / target, directory / link)
        return directory


def _match(pattern: re.Pattern[str], line: str, name: str) -> re.Match[str]:
    found = pattern.fullmatch(line)
    if found is None:
        raise ValueError(f"{name}: not understood: {line}")
    return found


def parse(name: str, text: str, group: str = "") -> Case:
    """Reads a case; raises ValueError for a key or line that means nothing."""
    keys: list[tuple[str, str, str]] = []
    sections: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        key = _match(_KEY, line, name) if line.startswith("/// ") else None
        if key is not None and key[1] == "file":
            sections.append((key[3], []))
        elif key is not None and not sections:
            if key[1] not in KEYS or (key[2] and key[2] not in (*SERIES, *SPELLING.values())):
                raise ValueError(f"{name}: unknown key: {line}")
            keys.append((key[1], key[2] or "", key[3].strip()))
        else:
            if not sections:
                sections.append(("t.c", []))
            sections[-1][1].append(line)
    for wanted in ("case", "missing"):
        if not any(key == wanted for key, _, _ in keys):
            raise ValueError(f"{name}: the key {wanted} is missing")
    return Case(name, tuple(keys), tuple((path, tuple(lines)) for path, lines in sections), group)


def load(tier: str) -> list[Case]:
    """Every case of a tier ("kernel" or "quick"), by name."""
    cases = [
        parse(file.stem, file.read_text(encoding="utf-8"), file.parent.name)
        for file in sorted(CASES.rglob("*.c"))
    ]
    return [case for case in cases if case.tier(tier)]
