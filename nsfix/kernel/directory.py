"""One directory as scripts/Makefile.build sees it: its Kbuild file read, and what its lists come to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from nsfix.errors import InputError
from nsfix.kernel.flags import ASSEMBLER_FLAGS, C_FLAGS, RUST_FLAGS, FlagReader
from nsfix.kernel.helpers import CHARACTERS, kernel_functions
from nsfix.kernel.made import MadeDirectory, MadeFlags
from nsfix.kernel.make.reader import MakeReader, Rule
from nsfix.kernel.make.scope import ENVIRONMENT, FILE, Piece, Scope, Variable
from nsfix.kernel.make.unknown import Unknowns, has_mark
from nsfix.kernel.make.words import split_pattern
from nsfix.kernel.objects import find_source
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, Remark, SourceFile, SourceKind

# Makefile.build empties these before it reads the Kbuild file, so that `+=` expands at once.
_EMPTIED = (
    *("obj-y", "obj-m", "lib-y", "lib-m", "always-y", "always-m", "targets", "subdir-y", "subdir-m"),
    *("asflags-y", "ccflags-y", "rustflags-y", "cppflags-y", "ldflags-y"),
    *("subdir-asflags-y", "subdir-ccflags-y"),
)
_EXTRA_FLAGS = {"asflags-y": "EXTRA_AFLAGS", "ccflags-y": "EXTRA_CFLAGS", "cppflags-y": "EXTRA_CPPFLAGS"}
_EXTRA_FLAGS_GONE = (6, 15)
_FLAGS_BY_PATH = (5, 4)
_RUST = (6, 1)
_FLAGS = {SourceKind.ASSEMBLER: ASSEMBLER_FLAGS, SourceKind.RUST: RUST_FLAGS}
# Which lists name the parts of a composite object, by the list that it stands in itself (real-search of Makefile.lib);
# those of libraries are never composite, and into vmlinux goes nothing that is only modular.
_MEMBER_LISTS = {"obj-m": ("-objs", "-y", "-m"), "obj-y": ("-objs", "-y"), "lib-y": (), "lib-m": ()}
_COMPILED = {".c": SourceKind.C, ".S": SourceKind.ASSEMBLER, ".rs": SourceKind.RUST}
_HANDED_DOWN = {"KBUILD_CFLAGS": "subdir-ccflags-y", "KBUILD_AFLAGS": "subdir-asflags-y"}


@dataclass(frozen=True, slots=True)
class Place:
    """A directory in one make run: `src` and `obj` as make has them, and where make and the compiler run."""

    src: str
    obj: str
    directory: str

    @property
    def path(self) -> str:
        """The source directory, absolute."""
        return os.path.normpath(os.path.join(self.directory, self.src))


def kbuild_file(directory: str) -> str | None:
    """Return the name of the file that Kbuild reads in a directory: Kbuild, else Makefile, else None."""
    return next(
        (name for name in ("Kbuild", "Makefile") if os.path.isfile(os.path.join(directory, name))), None
    )


def template_beside(directory: str) -> str | None:
    """The name of the file that a configure step makes the Kbuild file or Makefile of a directory from, if there is
    one: that with `.in` behind its name, as autoconf and many a script of one's own have it, or automake's."""
    names = ("Kbuild.in", "Makefile.in", "Makefile.am")
    return next((name for name in names if os.path.isfile(os.path.join(directory, name))), None)


class KbuildDirectory:
    """The Kbuild file of one directory, read for one kernel.

    `environment` is what the make above exports, `command_line` the words that go with every make. With `made`, what
    make itself said, lists and flags come from that, and the file tells only where something stands. Raises InputError
    when there is no Kbuild file or it cannot be read.
    """

    def __init__(
        self,
        place: Place,
        kernel: KernelBuild,
        environment: Mapping[str, str],
        command_line: Mapping[str, str],
        unknowns: Unknowns,
        made: MadeDirectory | None = None,
    ) -> None:
        self._made = made
        self.place = place
        self._kernel = kernel
        self._environment = environment
        self.parts: dict[tuple[str, str], str] = {}  # (object without suffix, source) -> its part
        own = {
            **CHARACTERS,
            "src": place.src,
            "CURDIR": place.directory,
            "MAKEFILE_LIST": f"{kernel.source_dir}/scripts/Makefile.build",
        }
        layers = ((FILE, own), (FILE, kernel.config), (ENVIRONMENT, environment))
        scope = Scope(layers, {**command_line, "obj": place.obj})
        for name in _EMPTIED:
            scope.set(name, Variable(True, FILE))
        self.reader = MakeReader(scope, place.directory, kernel_functions(kernel.config), unknowns)
        self.expander = self.reader.expander
        self.flags = FlagReader(self.expander, place.directory, kernel.version[:2] >= _FLAGS_BY_PATH)
        if made is None:
            self._read()
        else:
            self._read_beside(made)

    def _read(self) -> None:
        scope = self.reader.scope
        has_extra_flags = self._kernel.version[:2] < _EXTRA_FLAGS_GONE
        for extra in _EXTRA_FLAGS.values() if has_extra_flags else ():
            scope.set(extra, Variable(True, FILE))
        name = kbuild_file(self.place.path)
        if name is None:
            raise InputError("there is neither a Kbuild file nor a Makefile here", self.place.path)
        self.reader.read(f"{self.place.src}/{name}")
        if has_extra_flags:
            for flags, extra in _EXTRA_FLAGS.items():
                scope.append(flags, Piece(self.expander.value(extra), "", 0, extra), FILE)
        for flags, below in _HANDED_DOWN.items():
            scope.append(flags, Piece(f"$({below})", "", 0, below), FILE)

    def _read_beside(self, made: MadeDirectory) -> None:
        """Read the file for its lines and rules alone: what could not be read of it does not matter."""
        with suppress(InputError):
            self._read()
        self.reader.remarks.clear()
        self.reader.doubts.clear()
        self.flags = MadeFlags(self.expander, self.place.directory, made, self._kernel)

    @property
    def file(self) -> str:
        """The Kbuild file, absolute."""
        return self.reader.files[0]

    def words(self, name: str) -> list[str]:
        """Return a list's words in order, without doubles and without unknown ones, which are remarked on."""
        if self._made is not None:
            return self._made.words(name)
        words = list(dict.fromkeys(self.expander.value(name).split()))
        for word in words:
            unknown = self.expander.unknowns.first(word)
            if unknown:
                message = f"what {name} holds depends on {unknown.text}, which is not run"
                self.remark(message, *self.line_of(name, word))
        return [word for word in words if not has_mark(word)]

    def line_of(self, name: str, word: str) -> tuple[str, int]:
        """Return the place of the assignment that put `word` into the list `name`."""
        return self.expander.find_word(name, word) or (self.file, 1)

    def remark(self, message: str, file: str | None, line: int | None) -> None:
        """Add a remark, once."""
        remark = Remark(message, file, line)
        if remark not in self.reader.remarks:
            self.reader.remarks.append(remark)

    def remarks(self) -> list[Remark]:
        """Return all that is to be said of this directory, in the order of its lines."""
        doubts = self.reader.doubts_about(self.expander.used)
        found = [*self.reader.remarks, *self.flags.remarks, *doubts]
        return sorted(found, key=lambda remark: (remark.file or "", remark.line or 0))

    @cached_property
    def exports(self) -> Mapping[str, str]:
        """The environment that the makes below this one are given."""
        scope = self.reader.scope
        below = dict(self._environment)
        for name in scope.names():
            if scope.export_all or name in scope.exported or name in self._environment:
                below[name] = self.expander.value(name)
        return below

    def module(self, word: str, prefix: str, listed: str = "obj-m") -> BuiltModule:
        """Return the module that `word` of the list `listed` stands for; `prefix` leads from the top to here."""
        stem = word.removesuffix(".o")
        name = os.path.basename(stem)
        file, line = self.line_of(listed, word)
        sources: list[SourceFile] = []
        missing: dict[Rule | None, list[str]] = {}
        for member in self._members(stem, listed, file, line):
            source = self._source(member, name, missing)
            if source is not None:
                sources.append(source)
                self.parts.setdefault((stem, source.path), member)
        for rule, objects in missing.items():
            self.remark(_no_source(objects, rule), file, line)
        return BuiltModule(name, prefix + stem, tuple(sources), file, line, listed != "obj-m")

    def _members(self, stem: str, listed: str, file: str, line: int) -> list[str]:
        """Return a composite object's parts, or the object itself: real-search of Makefile.lib."""
        if self._made is not None:
            return list(self._made.members.get(f"{stem}.o", (f"{stem}.o",)))
        scope = self.reader.scope
        names = [f"{stem}{suffix}" for suffix in _MEMBER_LISTS[listed]]
        if not names or all(scope.own(name) is None for name in (*names, f"{stem}-")):
            self.expander.used.update(names)
            return [f"{stem}.o"]
        members = list(dict.fromkeys(word for name in names for word in self.words(name)))
        if not members:
            if not self.expander.value(f"{stem}-").strip():
                return [f"{stem}.o"]
            self.remark(f"{stem}.o is made of several objects, and all of them are switched off", file, line)
        if listed == "obj-m" and f"{stem}.o" in members:
            self.remark(f"{stem}.o is listed as a part of itself; the link would fail", file, line)
        return members

    def _source(self, member: str, module: str, missing: dict[Rule | None, list[str]]) -> SourceFile | None:
        """Return the source of one object; note an object without one under the rule that may make it."""
        stem, suffix = os.path.splitext(member)
        if suffix == ".a":
            return SourceFile(os.path.normpath(os.path.join(self.place.path, member)), SourceKind.SHIPPED)
        if suffix != ".o":
            self.remark(f"{member} in {module}.o is no object", *self.line_of("obj-m", f"{module}.o"))
            return None
        path, kind = find_source(stem, self.place.path, self._kernel.version[:2] >= _RUST)
        if kind is SourceKind.MISSING:
            rule, source = self._rule_for(stem)
            if source is None:
                missing.setdefault(rule, []).append(member)
            else:
                path, kind = source
        if kind is SourceKind.SHIPPED:
            return SourceFile(path, kind)
        kinds = _FLAGS.get(kind, C_FLAGS)
        target = member if self.place.obj == "." else f"{self.place.obj}/{member}"
        return SourceFile(path, kind, self.flags.flags(target, stem, module, kinds))

    def _rule_for(self, stem: str) -> tuple[Rule | None, tuple[str, SourceKind] | None]:
        """Return the rule of the Kbuild file that makes an object, and the source that it is made from."""
        base = os.path.normpath(os.path.join(self.place.path, stem))
        found = None
        for rule in self.reader.rules:
            part = self._matched_part(rule, base)
            if part is None:
                continue
            found = found or rule
            for prerequisite in rule.prerequisites:
                kind = _COMPILED.get(os.path.splitext(prerequisite)[1])
                source = os.path.join(self.place.directory, prerequisite.replace("%", part, 1))
                if kind is not None and os.path.exists(source):
                    return rule, (os.path.normpath(source), kind)
        return found, None

    def _matched_part(self, rule: Rule, base: str) -> str | None:
        """Return what `%` stands for if the rule makes the object or source `base`, else None."""
        for target in rule.targets:
            path = os.path.normpath(os.path.join(self.place.directory, target))
            parts = split_pattern(path) or (path, None)
            for suffix in (".o", *_COMPILED):
                made = base + suffix
                if parts[1] is None and made == path:
                    return ""
                if parts[1] is not None and made.startswith(parts[0]) and made.endswith(parts[1]):
                    return made[len(parts[0]) : len(made) - len(parts[1])]
        return None


def _no_source(objects: list[str], rule: Rule | None) -> str:
    shown = ", ".join(objects[:3]) + (f" and {len(objects) - 3} more" if len(objects) > 3 else "")
    if rule is None:
        return f"no source for {shown}"
    return f"no source for {shown}; generated by the rule at {os.path.basename(rule.file)}:{rule.line}?"
