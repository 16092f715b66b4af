"""The words that a Kbuild file gives the compiler for one object (scripts/Makefile.lib, `_c_flags` and its like)."""

from __future__ import annotations

import os
import re
import shlex

from nsfix.kernel.make.expand import Expander
from nsfix.kernel.make.unknown import has_mark, replace_marks
from nsfix.kernel.make.words import matcher
from nsfix.model import KERNEL_DIRECTORIES, Remark

Kinds = tuple[str, ...]
C_FLAGS: Kinds = ("KBUILD_CPPFLAGS", "KBUILD_CFLAGS", "ccflags-y")
ASSEMBLER_FLAGS: Kinds = ("KBUILD_CPPFLAGS", "KBUILD_AFLAGS", "asflags-y")
RUST_FLAGS: Kinds = ("KBUILD_RUSTFLAGS", "rustflags-y")
_MODULE_FLAGS = {C_FLAGS: "CFLAGS_MODULE", ASSEMBLER_FLAGS: "AFLAGS_MODULE", RUST_FLAGS: "RUSTFLAGS_MODULE"}
_OWN_FLAGS = {C_FLAGS: "CFLAGS", ASSEMBLER_FLAGS: "AFLAGS", RUST_FLAGS: "RUSTFLAGS"}
_REMOVED_FLAGS = {
    C_FLAGS: "ccflags-remove-y",
    ASSEMBLER_FLAGS: "asflags-remove-y",
    RUST_FLAGS: "rustflags-remove-y",
}
_BEFORE_ALL = ("NOSTDINC_FLAGS", "LINUXINCLUDE")

# Options whose argument is a directory or file, in the same word or in the next.
_PATH_OPTION = re.compile(r"(-I|-isystem|-iquote|-idirafter|-include|-imacros)(.*)", re.DOTALL)
_FORCED_FILE = ("-include", "-imacros")
_NEEDS_SHELL = re.compile(r"[\"'\\]")
# In these an unknown value stands inside a string, where no condition can ask for it.
_UNKNOWN_STRING = re.compile(r"-D\w+=\\?[\"'].*", re.DOTALL)
_UNKNOWN_NAME = "unknown_to_nsfix"


def around(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    """Words before and after the kernel's own directories, in the form of `SourceFile.flags`."""
    places = any(word.startswith(("-I", "-isystem")) for word in before)
    return (*before, KERNEL_DIRECTORIES, *after) if places else (*before, *after)


class FlagReader:
    """Computes the flags of one directory's objects; `directory` is where the compiler runs.

    `stem_is_path` tells whether CFLAGS_sub/x.o belongs to sub/x.o (5.4 on) or CFLAGS_x.o does (before).
    """

    def __init__(self, expander: Expander, directory: str, stem_is_path: bool) -> None:
        self._expander = expander
        self._directory = directory
        self._stem_is_path = stem_is_path
        self._shared: dict[Kinds, tuple[str, ...]] = {}
        self._ready: dict[tuple[str, ...], tuple[str, ...]] = {}
        self.remarks: list[Remark] = []

    def flags(self, target: str, stem: str, module: str, kinds: Kinds) -> tuple[str, ...]:
        """Return the words for the object `stem`.o, which make calls `target`, as a part of `module`.

        `kinds` is C_FLAGS, ASSEMBLER_FLAGS or RUST_FLAGS. Relative directories are made absolute.
        """
        own = f"{stem if self._stem_is_path else os.path.basename(stem)}.o"
        prefix = _OWN_FLAGS[kinds]
        extra = self._automatic(f"{prefix}_{own}", target, stem, module)
        removed = self._automatic(f"{prefix}_REMOVE_{own}", target, stem, module)
        shared = self._shared_words(kinds)
        after = self._expander.value(_MODULE_FLAGS[kinds]).split()
        if not extra and not removed and not after:
            return (*self._around(kinds), *self._unquoted(shared))
        keep = matcher(removed)
        own_words = (*(word for word in (*shared, *extra) if not keep(word)), *after)
        return (*self._around(kinds), *self._unquoted(own_words))

    def _around(self, kinds: Kinds) -> tuple[str, ...]:
        """What a Kbuild file adds before and after the kernel's own directories: c_flags and a_flags begin so."""
        words = [word for name in _BEFORE_ALL for word in self._expander.value(name).split()]
        if kinds is RUST_FLAGS or KERNEL_DIRECTORIES not in words or len(words) == 1:
            return ()
        at = words.index(KERNEL_DIRECTORIES)
        return around(self._unquoted(tuple(words[:at])), self._unquoted(tuple(words[at + 1 :])))

    def _shared_words(self, kinds: Kinds) -> tuple[str, ...]:
        words = self._shared.get(kinds)
        if words is None:
            removed = matcher(self._expander.value(_REMOVED_FLAGS[kinds]).split())
            text = " ".join(self._expander.value(name) for name in kinds)
            words = self._shared[kinds] = tuple(word for word in text.split() if not removed(word))
        return words

    def _automatic(self, name: str, target: str, stem: str, module: str) -> list[str]:
        """Expand a variable as in the recipe of `target`, where $@ and the kernel's target-stem are set."""
        variable = self._expander.scope.own(name)
        if variable is None and self._expander.scope.below(name) is None:
            return []
        values = {
            "@": target,
            "@F": os.path.basename(target),
            "@D": os.path.dirname(target),
            "*": stem,
            "basetarget": os.path.basename(stem),
            "target-stem": stem,
            "modname": module,
        }
        self._expander.scope.push(values)
        try:
            return self._expander.value(name).split()
        finally:
            self._expander.scope.pop(values)

    def _unquoted(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Return the words as the shell hands them over; most objects of a directory have the same ones."""
        ready = self._ready.get(words)
        if ready is None:
            ready = self._ready[words] = self._as_the_shell(words)
        return ready

    def _as_the_shell(self, words: tuple[str, ...]) -> tuple[str, ...]:
        known = self._known(" ".join(words)) if any(has_mark(word) for word in words) else " ".join(words)
        if not _NEEDS_SHELL.search(known):
            return self._absolute(known.split())
        try:
            return self._absolute(shlex.split(known))
        except ValueError:
            self._say(f"these compiler flags have an open quote: {known}")
            return self._absolute(known.split())

    def _known(self, text: str) -> str:
        """Leave out words that are unknown; of a macro keep that it is defined."""
        kept = []
        for word in text.split():
            if not has_mark(word):
                kept.append(word)
                continue
            is_macro = word.startswith("-D") and not has_mark(word.partition("=")[0])
            if is_macro:
                kept.append(replace_marks(word, _UNKNOWN_NAME))
            if not (is_macro and _UNKNOWN_STRING.match(word)):
                unknown = self._expander.unknowns.first(word)
                assert unknown is not None
                shown = self._expander.unknowns.readable(word)
                what = "its value is unknown" if is_macro else "left out"
                self._say(
                    f"compiler flag {shown}: {unknown.text} is not run, {what}", unknown.file, unknown.line
                )
        return " ".join(kept)

    def _absolute(self, words: list[str]) -> tuple[str, ...]:
        result: list[str] = []
        pending = ""
        for word in words:
            if word == KERNEL_DIRECTORIES:  # of $(LINUXINCLUDE) in another place, where it changes nothing
                continue
            if pending:
                result.append(self._path(pending, word))
                pending = ""
                continue
            option = _PATH_OPTION.fullmatch(word) if word.startswith(("-i", "-I")) else None
            if option is None:
                result.append(word)
            elif option.group(2):
                result.append(option.group(1) + self._path(option.group(1), option.group(2)))
            else:
                pending = option.group(1)
                result.append(pending)
        return tuple(result)

    def _path(self, option: str, path: str) -> str:
        full = os.path.normpath(os.path.join(self._directory, path))
        # A forced file is looked for where the compiler runs, then along the include path.
        return path if option in _FORCED_FILE and not os.path.exists(full) else full

    def _say(self, message: str, file: str | None = None, line: int | None = None) -> None:
        place = (file, line) if file else self._expander.where
        remark = Remark(message, *place)
        if remark not in self.remarks:
            self.remarks.append(remark)
