"""The descent through directories that Kbuild makes (scripts/Makefile.build), each read for its modules."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from nsfix.errors import InputError
from nsfix.kernel.directory import KbuildDirectory, Place, kbuild_file
from nsfix.kernel.made import MadeDirectory
from nsfix.kernel.make.reader import STOPS
from nsfix.kernel.make.unknown import Unknowns
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, Remark


class Walk:
    """The descent from `top`. `place_of` gives the place of a directory, by its path below `top` ("" for that).

    `made` has what make itself said of each directory, where it was asked. `built_in` collects the objects that go
    into vmlinux, each with its sources; `read` the directories.
    """

    def __init__(
        self,
        top: str,
        kernel: KernelBuild,
        command_line: Mapping[str, str],
        place_of: Callable[[str], Place],
        made: Mapping[str, MadeDirectory] | None = None,
    ) -> None:
        self._made = made
        self.top = top
        self._kernel = kernel
        self._command_line = command_line
        self._place_of = place_of
        self._unknowns = Unknowns()
        self._open: list[str] = []
        self.read: list[KbuildDirectory] = []
        self.built_in: list[BuiltModule] = []
        self.remarks: list[Remark] = []
        self.files: dict[str, None] = {}
        self.linked: frozenset[str] = frozenset()  # objects that the top Makefile links by themselves

    def visit(
        self, path: str, environment: Mapping[str, str], wanted: bool, built_in: bool = False
    ) -> list[BuiltModule]:
        """Return the modules of a directory below the top and those below it, in the order of modules.order.

        Without `wanted` (a directory that only subdir-y or subdir-m names) Kbuild builds no modules there;
        `built_in` tells whether its obj-y goes into vmlinux.
        """
        made = None if self._made is None else self._made.get(path, MadeDirectory())
        directory = KbuildDirectory(
            self._place_of(path), self._kernel, environment, self._command_line, self._unknowns, made
        )
        self._open.append(directory.place.path)
        self.read.append(directory)
        modules = self._entries(directory, path, wanted, built_in)
        self._open.pop()
        self.remarks += directory.remarks()
        self.files.update(dict.fromkeys(directory.reader.files))
        return modules

    def try_visit(
        self, path: str, environment: Mapping[str, str], wanted: bool, built_in: bool
    ) -> list[BuiltModule]:
        """The same as `visit`; a directory that cannot be read, since something in it never ends expanding, is
        remarked on and has no modules."""
        deep = len(self._open)
        try:
            return self.visit(path, environment, wanted, built_in)
        except InputError as error:
            del self._open[deep:]
            self.remarks.append(Remark(f"{STOPS}: {error.message}", error.file, error.line))
            return []

    def _entries(
        self, directory: KbuildDirectory, path: str, wanted: bool, built_in: bool
    ) -> list[BuiltModule]:
        builtin, modular = directory.words("obj-y"), directory.words("obj-m")
        prefix = f"{path}/" if path else ""
        if built_in:
            self._link(directory, prefix, builtin)
        both = set(builtin)
        below = {word: "obj-y" for word in builtin if word.endswith("/")}
        entries = [*below, *(word for word in modular if word not in both)]
        below |= {word: "obj-m" for word in entries if word.endswith("/") and word not in below}
        for name in ("subdir-y", "subdir-m"):
            for word in directory.words(name):
                if f"{word}/" not in below and word not in below:
                    self._descend(directory, path, word, name, False, False)
        modules: list[BuiltModule] = []
        for word in entries:
            if word in below:
                inside = built_in and below[word] == "obj-y"
                modules += self._descend(directory, path, word, below[word], wanted, inside)
            elif not word.endswith(".o"):
                directory.remark(f"{word} in obj-m is no object", *directory.line_of("obj-m", word))
            elif wanted:
                modules.append(directory.module(word, prefix, "obj-m"))
            else:
                _say_unwanted(directory, word)
        return modules

    def _link(self, directory: KbuildDirectory, prefix: str, builtin: list[str]) -> None:
        """Note the objects of a directory that go into vmlinux, with those that the top Makefile links. Its library
        takes lib-m as well as lib-y, without what stands in obj-y."""
        linked: set[str] = set()
        for name, words in (
            ("obj-y", builtin),
            *((name, directory.words(name)) for name in ("lib-y", "lib-m")),
        ):
            objects = [word for word in words if word.endswith(".o") and word not in linked]
            linked.update(objects)
            self.built_in += [directory.module(word, prefix, name) for word in objects]
        for path in sorted(self.linked):
            word = path.removeprefix(prefix)
            if os.path.dirname(path) == os.path.dirname(prefix) and word not in linked:
                self.built_in.append(directory.module(word, prefix, "obj-y"))

    def _descend(
        self, directory: KbuildDirectory, path: str, word: str, name: str, wanted: bool, built_in: bool
    ) -> list[BuiltModule]:
        below = os.path.normpath(f"{path}/{word}" if path else word)
        full = os.path.normpath(os.path.join(self.top, below))
        if full in self._open:
            directory.remark(f"{word} leads back to a directory above", *directory.line_of(name, word))
        elif kbuild_file(full) is None:
            message = f"{word} has neither a Kbuild file nor a Makefile"
            directory.remark(message, *directory.line_of(name, word))
        else:
            return self.try_visit(below, directory.exports, wanted, built_in)
        return []


def _say_unwanted(directory: KbuildDirectory, word: str) -> None:
    message = f"{word} is not built: subdir-y and subdir-m do not lead to modules, obj-m += DIR/ does"
    directory.remark(message, *directory.line_of("obj-m", word))
