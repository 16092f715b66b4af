"""What GNU make itself says of an external module directory: the question, and the reading of the answer.

`answer.mk`, read by make after the kernel's scripts/Makefile.build, writes down the lists and flags of each directory.
Running make is not done here.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nsfix.kernel.flags import ASSEMBLER_FLAGS, C_FLAGS, RUST_FLAGS, FlagReader, Kinds, around
from nsfix.kernel.make.expand import Expander
from nsfix.kernel.tree import KernelBuild

ANSWER = "NSFIX_ANSWER"  # the environment variable that names the file for the answer
_MAKEFILE = Path(__file__).with_name("answer.mk")
_GOAL_IS_DOT = (6, 13)
_GOAL_IS_DIRECTORY = (5, 5)
_KINDS: dict[Kinds, str] = {C_FLAGS: "c", ASSEMBLER_FLAGS: "a", RUST_FLAGS: "rust"}
_STEERING = ("-D", "-U", "-I", "-iquote", "-isystem", "-idirafter", "-include", "-imacros")
# The compiler is told of these anyway.
_ALWAYS_DEFINED = ("-D__KERNEL__", "-D__ASSEMBLY__", "-D__ASSEMBLER__", "-DMODULE")


@dataclass(slots=True)
class MadeDirectory:
    """What make came to in one directory. `modules` are the entries of obj-m in the order of modules.order,
    directories with a `/`; `members` the parts of composite objects; `flags` the words for the compiler by kind (`c`,
    `a`, `rust`) and object, as they stand in the recipe; `before` those that stand before all others."""

    modules: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    extra_symbols: tuple[str, ...] = ()
    before: str = ""
    members: dict[str, tuple[str, ...]] = field(default_factory=dict)
    flags: dict[tuple[str, str], str] = field(default_factory=dict)

    def words(self, name: str) -> list[str]:
        """The list of Makefile.build that has this name, in whichever form make left it."""
        lists = {"obj-m": self.modules, "subdir-y": self.below, "KBUILD_EXTRA_SYMBOLS": self.extra_symbols}
        return list(dict.fromkeys(lists.get(name, ())))


def question(kernel: KernelBuild, directory: str) -> tuple[str, str]:
    """What to ask make in the kernel's directory for: (the word that has `answer.mk` read, the goal)."""
    version = kernel.version[:2]
    top = "." if version >= _GOAL_IS_DOT else directory
    goal = top if version >= _GOAL_IS_DIRECTORY else f"_module_{directory}"
    return f"build=-f $(srctree)/scripts/Makefile.build -f {_MAKEFILE} nsfix-answer obj", goal


def read_answer(text: str) -> dict[str, MadeDirectory]:
    """The directories of an answer by their path below M= ("" for that)."""
    found: dict[str, MadeDirectory] = {}
    current = MadeDirectory()
    for line in text.splitlines():
        kind, tab, rest = line.lstrip(" ").partition("\t")
        key, _, value = rest.partition("\t")
        if not tab:
            continue
        if kind == "directory":
            path = os.path.relpath(key, value) if key.startswith("/") else os.path.normpath(key)
            current = found["" if path == "." else path] = MadeDirectory()
        else:
            _note(current, kind, key, value)
    return found


def _note(made: MadeDirectory, kind: str, key: str, value: str) -> None:
    words = tuple(value.split())
    if kind == "modules":
        made.modules = tuple(word.removesuffix("modules.order") for word in words)
    elif kind == "below":
        made.below = words
    elif kind == "symbols":
        made.extra_symbols = words
    elif kind == "before":
        made.before = value
    elif kind == "members":
        made.members[key] = tuple(dict.fromkeys(words))
    else:
        made.flags[kind, key] = value


class MadeFlags(FlagReader):
    """The words that make itself gives the compiler: those that decide what a source says."""

    def __init__(self, expander: Expander, directory: str, made: MadeDirectory, kernel: KernelBuild) -> None:
        super().__init__(expander, directory, True)
        self._made = made
        self._common = {f"-I{path}" for path in kernel.include_path}
        self._forced = {os.path.basename(path) for path in kernel.forced_includes}

    def flags(self, target: str, stem: str, module: str, kinds: Kinds) -> tuple[str, ...]:
        """Return the words for the object `stem`.o, as `FlagReader.flags` does."""
        words = self._made.flags.get((_KINDS[kinds], f"{stem}.o"), "")
        own = steering(self._unquoted(tuple(words.split())))
        if kinds is RUST_FLAGS:
            return own
        first = steering(self._unquoted(tuple(self._made.before.split())))
        return (*self._without_common(first), *own)

    def _without_common(self, words: Sequence[str]) -> tuple[str, ...]:
        """Leave out LINUXINCLUDE as the kernel gives it."""
        before: list[str] = []
        after: list[str] = []
        found = before
        following = iter(words)
        for word in following:
            if word == "-include":
                name = next(following, "")
                found += [] if os.path.basename(name) in self._forced else [word, name]
            elif word in self._common:
                found = after
            else:
                found.append(word)
        return around(tuple(before), tuple(after))


def steering(words: Sequence[str]) -> tuple[str, ...]:
    """Of words for the compiler those that decide which code a source has: macros, places and forced headers."""
    found: list[str] = []
    following = iter(words)
    for word in following:
        if word.startswith(_STEERING) and word not in _ALWAYS_DEFINED:
            found.append(word)
            if word in _STEERING:
                found.append(next(following, ""))
    return tuple(found)
