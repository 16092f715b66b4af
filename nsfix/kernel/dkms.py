"""`dkms.conf`: how a package is built, and which modules come of it (dkms(8), "DKMS.CONF"). Nothing is run.

Accepted, a subset of what a shell would take: `NAME=value`, `NAME[n]=value` and `NAME+=value` lines with quotes,
`$NAME`, `${NAME}`, `$((NAME+n))`, continuations and comments; variables that dkms sets (`$dkms_tree`, `$source_tree`,
`$kernelver`, `$kernel_source_dir`, `$arch`, `$module`, `$module_version`). Unknown are: what a command prints, other
forms of `${…}`, and every variable that is assigned inside `if`, `case`, `for` or `while`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from nsfix.errors import InputError
from nsfix.kernel.make.shellwords import NotFollowed, split_words
from nsfix.kernel.make.unknown import Unknown, Unknowns, has_mark
from nsfix.kernel.tree import KernelBuild
from nsfix.model import Remark

NAME = "dkms.conf"
_TREE = "/var/lib/dkms"
_SOURCES = "/usr/src"
_MACHINES = {"x86": "x86_64", "arm64": "aarch64", "arm": "armv7l", "powerpc": "ppc64le", "riscv": "riscv64"}
_ASSIGNMENT = re.compile(
    r"\s*(?:export\s+|declare\s+(?:-\w+\s+)*)?([A-Za-z_]\w*)(?:\[([^\]]*)\])?(\+?=)(.*)", re.DOTALL
)
_NOT_TOLD = "what it says is known only to a shell"
_OPENS = re.compile(r"(?:^|[;&|({]|\bthen\b|\bdo\b|\belse\b)\s*(if|case|for|while|until)\b")
_CLOSES = re.compile(r"(?:^|[;&)}]|\s)(fi|esac|done)\b")
_ARITHMETIC = re.compile(r"\$\(\(\s*\$?(\w+)\s*(?:([+-])\s*(\d+)\s*)?\)\)")
_INSIDE = re.compile(r"(?:^|[\s;&|(])(?:export\s+)?([A-Za-z_]\w*)(?:\[[^\]]*\])?\+?=")
_KERNELRELEASE = re.compile(r"make\b")


@dataclass(frozen=True, slots=True)
class BuiltName:
    """One BUILT_MODULE_NAME with its BUILT_MODULE_LOCATION, and the line of the name."""

    name: str
    location: str
    line: int


@dataclass(slots=True)
class DkmsConf:
    """What a dkms.conf says. `make` is the command that builds on the kernel at hand, for a shell in `directory`: None
    where that is unknown, else it may have marks of `unknowns` in it. `line` is where it stands, None for dkms's own
    default. `modules` are the names that are known, in order; `before` is PRE_BUILD and its line. `remarks` tell of
    what is unknown and matters."""

    file: str
    directory: str
    make: str | None
    line: int | None
    modules: tuple[BuiltName, ...]
    unknowns: Unknowns
    before: tuple[str, int] | None = None
    remarks: list[Remark] = field(default_factory=list)


def read_dkms(directory: str, kernel: KernelBuild) -> DkmsConf | None:
    """Read the dkms.conf in `directory` for one kernel; None where there is none.

    Paths of the package in dkms's own tree or below /usr/src become `directory`. Raises InputError where it cannot
    be read.
    """
    path = os.path.join(directory, NAME)
    if not os.path.isfile(path):
        return None
    try:
        text = os.fsdecode(Path(path).read_bytes())
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path) from error
    return _Reader(path, directory, kernel).read(text)


class _Reader:
    """Reads the statements of one dkms.conf. Elements of arrays stand in `_values` as `NAME[n]`, NAME as `NAME[0]`."""

    def __init__(self, path: str, directory: str, kernel: KernelBuild) -> None:
        self._path = path
        self._directory = directory
        self._kernel = kernel
        self._unknowns = Unknowns()
        self._lines: dict[str, int] = {}
        self._values: dict[str, str] = {
            "dkms_tree[0]": _TREE,
            "source_tree[0]": _SOURCES,
            "kernelver[0]": kernel.release,
            "kernel_source_dir[0]": kernel.build_dir,
            "arch[0]": _MACHINES.get(kernel.arch, kernel.arch),
        }

    def read(self, text: str) -> DkmsConf:
        open_blocks = 0
        for number, statement in _statements(text):
            opened = len(_OPENS.findall(statement))
            if open_blocks or opened:
                for name in _INSIDE.findall(statement):
                    self._doubt(name, number)
                open_blocks = max(open_blocks + opened - len(_CLOSES.findall(statement)), 0)
                continue
            match = _ASSIGNMENT.fullmatch(statement)
            if match is not None:
                self._assign(match[1], match[2], match[3], match[4], number)
        return self._conf()

    def _doubt(self, name: str, number: int) -> None:
        """Every element of a variable that a condition or loop assigns is unknown."""
        mark = self._unknowns.mark(Unknown(f"the condition or loop around {name}", self._path, number))
        for known in [key for key in self._values if key.partition("[")[0] == name] or [f"{name}[0]"]:
            self._values[known] = mark
        self._values[f"{name}[*]"] = mark

    def _assign(self, name: str, index: str | None, operator: str, raw: str, number: int) -> None:
        if raw.lstrip().startswith("(") and index is None:
            words = self._words(raw.strip()[1:].removesuffix(")"), number)
            values = {f"{name}[{position}]": word for position, word in enumerate(words)}
        else:
            at = "0" if index is None else "".join(self._words(index, number))
            value = " ".join(self._words(raw, number, first=True))
            key = f"{name}[{at}]"
            values = {key: self._values.get(key, "") + value if operator == "+=" else value}
        for key, value in values.items():
            self._values[key] = value
            self._lines[key] = number
        if name in ("PACKAGE_NAME", "PACKAGE_VERSION"):
            alias = "module" if name == "PACKAGE_NAME" else "module_version"
            self._values[f"{alias}[0]"] = self._values[f"{name}[0]"]

    def _words(self, raw: str, number: int, first: bool = False) -> list[str]:
        """The words of `raw`, or what its `first` comes to: behind that a command would begin."""
        if first and raw[:1].isspace():
            return []

        def unknown(part: str) -> str:
            return self._unknowns.mark(Unknown(part, self._path, number))

        def lookup(name: str) -> str:
            return self._values.get(f"{name}[0]", "")

        def computed(match: re.Match[str]) -> str:
            value = match[1] if match[1].isdigit() else lookup(match[1]) or "0"
            if not value.isdigit():
                return unknown(match[0])
            return str(int(value) + int((match[2] or "+") + (match[3] or "0")))

        try:
            return split_words(_ARITHMETIC.sub(computed, raw), lookup, unknown, first)
        except NotFollowed:
            return [unknown(raw)]

    def _conf(self) -> DkmsConf:
        conf = DkmsConf(self._path, self._directory, None, None, self._modules(), self._unknowns)
        if "PRE_BUILD[0]" in self._values:
            value = self._values["PRE_BUILD[0]"]
            unknown = self._unknowns.first(value)
            line = self._lines.get("PRE_BUILD[0]", unknown.line if unknown is not None else 1)
            conf.before = _NOT_TOLD if has_mark(value) else value, line
        key = self._chosen(conf)
        if conf.remarks:
            return conf
        conf.line = self._lines.get(key) if key else None
        text = self._values[key] if key else f"make -C {self._kernel.build_dir} M={self._directory}"
        if _KERNELRELEASE.match(text):
            text = f"make KERNELRELEASE={self._kernel.release}{text[4:]}"
        conf.make = self._at_home(text)
        return conf

    def _chosen(self, conf: DkmsConf) -> str:
        """The element of MAKE that is for this kernel, "" for dkms's own default."""
        chosen = "MAKE[0]" if "MAKE[0]" in self._values and not self._values.get("MAKE_MATCH[0]") else ""
        numbers = sorted(int(n) for n in re.findall(r"\bMAKE\[(\d+)\]", " ".join(self._values)))
        if any(key.startswith("MAKE[") and has_mark(key) for key in self._values):
            first = min(line for key, line in self._lines.items() if key.startswith("MAKE["))
            conf.remarks.append(
                Remark("which MAKE is for this kernel depends on a number that is unknown", self._path, first)
            )
        for number in numbers:
            pattern = self._values.get(f"MAKE_MATCH[{number}]", "")
            try:
                if pattern and not has_mark(pattern) and re.search(pattern, self._kernel.release):
                    chosen = f"MAKE[{number}]"
            except re.error:
                pattern = self._unknowns.mark(Unknown(f"the pattern {pattern}", self._path, 0))
            if has_mark(pattern):
                line = self._lines.get(f"MAKE_MATCH[{number}]")
                said = "which MAKE is for this kernel cannot be told from MAKE_MATCH"
                conf.remarks.append(Remark(said, self._path, line))
        return chosen

    def _at_home(self, text: str) -> str:
        """Put the directory that is read in the place of the package's own below dkms's trees."""
        name, version = (self._values.get(f"{each}[0]", "") for each in ("PACKAGE_NAME", "PACKAGE_VERSION"))
        places = (
            f"{_TREE}/{name}/{version}/build",
            f"{_TREE}/{name}/{version}/source",
            f"{_SOURCES}/{name}-{version}",
        )
        for place in places if name else ():
            text = re.sub(
                rf"(?<![^\s=\"'(]){re.escape(place)}(?=[/\s\"';)]|$)", lambda _: self._directory, text
            )
        return text

    def _modules(self) -> tuple[BuiltName, ...]:
        found = []
        for key, name in sorted(self._values.items(), key=lambda item: self._lines.get(item[0], 0)):
            index = re.fullmatch(r"BUILT_MODULE_NAME\[(\d+)\]", key)
            if index and name and not has_mark(name) and "BUILT_MODULE_NAME[*]" not in self._values:
                location = self._values.get(f"BUILT_MODULE_LOCATION[{index[1]}]", "")
                found.append(BuiltName(name, "" if has_mark(location) else location, self._lines[key]))
        return tuple(found)


def _statements(text: str) -> list[tuple[int, str]]:
    """The lines with their numbers: continuations and lines inside quotes joined, comments dropped."""
    found: list[tuple[int, str]] = []
    pending, first = "", 1
    for number, line in enumerate(text.splitlines(), 1):
        if not pending:
            first = number
            if line.lstrip().startswith("#"):
                continue
        pending += line
        if pending.endswith("\\") or _open_quote(pending):
            pending = pending[:-1] if pending.endswith("\\") else pending + "\n"
            continue
        if pending.strip():
            found.append((first, pending))
        pending = ""
    return found


def _open_quote(text: str) -> bool:
    quote = ""
    position = 0
    while position < len(text):
        char = text[position]
        if char == "\\" and quote != "'":
            position += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == "#" and (not position or text[position - 1].isspace()):
            return False
        position += 1
    return bool(quote)


def expected(conf: DkmsConf, built: Collection[str]) -> list[Remark]:
    """A remark for every BUILT_MODULE_NAME that is not among `built` (names of modules)."""
    return [
        Remark(f"{module.name} is to be built, but no module of that name is found", conf.file, module.line)
        for module in conf.modules
        if module.name not in built
    ]
