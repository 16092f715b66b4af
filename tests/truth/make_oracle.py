"""What GNU make itself comes to in every directory of a kernel, by the kernel's own top Makefile and Makefile.build.

Nothing is built: `oracle.mk` is read after scripts/Makefile.build, writes down the lists and flags, and descends as
Makefile.build would; `oracle_top.mk` starts that. Functions that try out the compiler are given the answers that
nsfix takes for granted, and `$(shell …)` is run only where nsfix claims to compute it (`oracle_shell`); other values
hold NOT_RUN.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nsfix.kernel.tree import KernelBuild

HERE = Path(__file__).parent
NOT_RUN = "not-run-by-the-oracle"
_MAKE = ("make", "-rRsk", "-j2", "--no-print-directory", "-f", "Makefile", "-f")
_COMPILER_ANSWERS = {
    "cc-option": "$(1)",
    "__cc-option": "$(3)",
    "cc-option-yn": "y",
    "cc-disable-warning": "-Wno-$(strip $(1))",
    "cc-ldoption": "$(1)",
    "as-option": "$(1)",
    "as-instr": "$(2)",
    "ld-option": "$(1)",
    "rustc-option": "$(1)",
    "rustc-option-yn": "y",
    "try-run": "$(2)",
}
_PLACES = ("-I", "-isystem", "-iquote", "-idirafter", "-include")


@dataclass(frozen=True)
class MadeDirectory:
    """What make says of one directory; lists in make's order, flags as words for the shell, by object."""

    makes_modules: bool
    makes_built_in: bool
    below: tuple[str, ...]
    modules: tuple[str, ...]
    objects: tuple[str, ...]
    library: tuple[str, ...]
    members: Mapping[str, tuple[str, ...]]
    c_flags: Mapping[str, str]
    a_flags: Mapping[str, str]


@dataclass
class MadeTree:
    """What make says of a tree: its directories by path, and the shell commands that were and were not run."""

    directories: dict[str, MadeDirectory] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    not_run: list[str] = field(default_factory=list)
    said: str = ""


class Oracle:
    """make, reading the tree of a kernel under one configuration. Files go below `scratch`, none into the tree: make
    runs in a directory of links to it."""

    def __init__(self, source: Path, kernel: KernelBuild, scratch: Path) -> None:
        self.tree = scratch / "tree"
        self._out = scratch / "out"
        self._log = scratch / "log"
        self._kernel = kernel
        self._out.mkdir(parents=True)
        self._log.touch()
        _link_all(source, self.tree, "include")
        _link_all(source / "include", self.tree / "include", "config")
        (self.tree / ".config").touch()
        (self.tree / "include/config").mkdir()
        text = "".join(f"{name}={value}\n" for name, value in kernel.config.items())
        (self.tree / "include/config/auto.conf").write_text(text)
        (self.tree / "include/config/auto.conf.cmd").touch()

    def directories(self) -> MadeTree:
        """Have make read every directory."""
        done = self._make("oracle-start")
        log = [line.partition(" ") for line in self._log.read_text().splitlines()]
        made = MadeTree(
            said=done,
            ran=[rest for kind, _, rest in log if kind == "ran"],
            not_run=[rest for kind, _, rest in log if kind != "ran"],
        )
        for path in self._out.iterdir():
            name = path.name.removeprefix("%").replace("%", "/")
            made.directories["" if name == "." else name] = _read(path)
        return made

    def sources(self, directory: str, objects: Iterable[str]) -> dict[str, str]:
        """The sources that make would compile `objects` of `directory` from, from the tree; those that make finds."""
        wanted = " ".join(os.path.join(directory, name) for name in objects)
        done = self._make("oracle-sources", f"ORACLE_DIRECTORY={directory}", f"ORACLE_OBJECTS={wanted}")
        found = re.findall(r" -c -o (\S+) (\S+) ", done)
        return {
            os.path.relpath(made, directory): os.path.relpath(self.tree / s, self.tree) for made, s in found
        }

    def _make(self, *words: str) -> str:
        files = f"-f $(srctree)/scripts/Makefile.build -f {HERE}/oracle.mk"
        given = {
            "SHELL": str(HERE / "oracle_shell"),
            "build": f"{files} oracle obj",
            "Q": "@",
            "MAKECMDGOALS": "",
        }
        command = [*_MAKE, f"{HERE}/oracle_top.mk"]
        command += [*words, *(f"{name}={value}" for name, value in (given | _COMPILER_ANSWERS).items())]
        environment = {
            "PATH": os.environ["PATH"],
            "ARCH": self._kernel.arch,
            "KERNELRELEASE": self._kernel.release,
            "ORACLE_OUT": str(self._out),
            "ORACLE_LOG": str(self._log),
            # As the first make leaves them, which only starts this one.
            "sub_make_done": "1",
            "abs_srctree": str(self.tree),
            "abs_objtree": str(self.tree),
            "srcroot": str(self.tree),
            "objtree": ".",
        }
        return subprocess.run(
            command,
            cwd=self.tree,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        ).stdout


def _link_all(source: Path, target: Path, but: str) -> None:
    target.mkdir()
    for entry in source.iterdir():
        if entry.name != but:
            (target / entry.name).symlink_to(entry)


def _read(path: Path) -> MadeDirectory:
    rows: dict[str, dict[str, str]] = {}
    for line in path.read_text().splitlines():
        if line.strip():
            kind, key, value = line.strip(" ").split("\t")
            rows.setdefault(kind, {})[key] = value

    def words(kind: str) -> tuple[str, ...]:
        return tuple(rows.get(kind, {}).get("", "").split())

    return MadeDirectory(
        bool(words("makes-modules")),
        bool(words("makes-built-in")),
        words("below"),
        words("modules"),
        words("objects"),
        words("library"),
        {key: tuple(value.split()) for key, value in rows.get("members", {}).items()},
        rows.get("c-flags", {}),
        rows.get("a-flags", {}),
    )


def steering_words(text: str, tree: str) -> list[str]:
    """The words of a command line that decide what a source says: -D, -U, and places, absolute, as the shell gives
    them. A value that depends on a command that was not run is left out."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    found: list[str] = []
    following = iter(words)
    for word in following:
        if word in _PLACES:
            found += [word, _absolute(next(following, ""), tree, word)]
        elif word.startswith(("-D", "-U")):
            found.append(word)
        elif word.startswith(_PLACES):
            option = next(o for o in sorted(_PLACES, key=len, reverse=True) if word.startswith(o))
            found.append(option + _absolute(word.removeprefix(option), tree, option))
    return found


def _absolute(path: str, tree: str, option: str) -> str:
    full = os.path.normpath(os.path.join(tree, path))
    return path if option == "-include" and not os.path.exists(full) else full
