"""Reads what a build leaves beside the sources: `.mod`, `modules.order` and `.x.o.cmd` files.

Written by scripts/Makefile.build (`cmd_mod`, `cmd_gen_order`) and scripts/basic/fixdep.c.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nsfix.errors import InputError
from nsfix.evidence.names import is_module, path_text, shown

_SOURCE = re.compile(rb"^source_(?P<object>\S+) := (?P<source>\S+)$", re.MULTILINE)
_SUFFIXES = (".c", ".rs", ".S")
_ADVICE = "build again in this directory"


@dataclass(frozen=True, slots=True)
class BuiltObjects:
    """The objects that were linked into one module, as absolute paths in link order.

    `module` is the module's path relative to the directory that was built, without suffix ("sub/t").
    """

    module: str
    objects: tuple[str, ...]


def inside(path: str, roots: Sequence[str]) -> bool:
    """Whether `path` is one of `roots` or under one, once `..` and all symbolic links are followed."""
    real = os.path.realpath(path)
    return any(
        real == root or real.startswith(root.rstrip(os.sep) + os.sep) for root in map(os.path.realpath, roots)
    )


def read_mod(path: str, root: str, also: Sequence[str] = ()) -> BuiltObjects:
    """Reads one module's `.mod` file. `root` is the directory that was built (M=).

    Accepted format: one object a line (5.19 on), or all in the first line with blanks between, then perhaps a
    line of undefined symbols (5.4 to 5.18). An object is an absolute path, or relative to `root`
    ("./sub/s.o").

    Raises InputError for a file that cannot be read, that names no object, and, with the line, for an object
    that lies neither under `root` nor under one of `also`.
    """
    roots = (root, *also)
    objects: list[str] = []
    for number, line in enumerate(_read(path).splitlines(), 1):
        for word in line.split():
            # Only C identifiers, which have neither: the undefined symbols of the older form.
            if b"/" in word or b"." in word:
                objects.append(_contained(word, root, roots, path, number))
    if not objects:
        raise InputError(f"names no object; {_ADVICE}", path)
    return BuiltObjects(_relative(os.path.abspath(path), root).removesuffix(".mod"), tuple(objects))


def read_modules_order(lines: Iterable[bytes], name: str, root: str) -> tuple[str, ...]:
    """The modules that were built, in order, as paths relative to `root` (M=) without suffix ("sub/t").

    Accepted format: one module a line, ending in `.ko` or, 6.2 on, in `.o`; absolute, or relative to
    `root`. Empty lines say nothing. Raises InputError with the line for anything else, and for a module
    outside `root`.
    """
    modules: list[str] = []
    for number, raw in enumerate(lines, 1):
        line = raw.rstrip(b"\r\n")
        if not line:
            continue
        stem, suffix = os.path.splitext(line)
        if suffix not in (b".ko", b".o") or not is_module(stem):
            raise InputError(f"'{shown(line)}' is no module of a build; {_ADVICE}", name, number)
        modules.append(_relative(_contained(stem, root, (root,), name, number), root))
    return tuple(modules)


def source_of_object(object_path: str) -> str | None:
    """The source that an object was compiled from, absolute, or None where there is none to edit.

    Accepted format of the `.NAME.o.cmd` beside it: make variables, among them `source_OBJECT := SOURCE`;
    OBJECT is the path as the build wrote it, and SOURCE is absolute or relative to the same directory. A
    file without that line tells of an object that was linked or copied, so it has no source. Where there
    is no such file, or the source it names is gone, `NAME.c`, `NAME.rs` or `NAME.S` beside the object is taken.
    Raises nothing.
    """
    folder, base = os.path.split(os.path.abspath(object_path))
    try:
        command = Path(folder, f".{base}.cmd").read_bytes()
    except OSError:
        command = None
    if command is not None:
        recorded = _SOURCE.search(command)
        if recorded is None:
            return None
        source = _recorded_source(os.path.join(folder, base), recorded)
        if source is not None and os.path.isfile(source):
            return source
    stem = os.path.join(folder, os.path.splitext(base)[0])
    return next((stem + suffix for suffix in _SUFFIXES if os.path.isfile(stem + suffix)), None)


def _recorded_source(object_path: str, recorded: re.Match[bytes]) -> str | None:
    """A relative source starts where the relative object does: what is left of the object's own path."""
    source = path_text(recorded["source"])
    if os.path.isabs(source):
        return os.path.normpath(source)
    target = os.sep + os.path.normpath(path_text(recorded["object"]))
    if not object_path.endswith(target):
        return None
    return os.path.normpath(os.path.join(object_path.removesuffix(target) or os.sep, source))


def _contained(word: bytes, root: str, roots: Sequence[str], name: str, number: int) -> str:
    if b"\0" in word:
        raise InputError(f"'{shown(word)}' is no path; {_ADVICE}", name, number)
    written = os.path.join(os.path.abspath(root), path_text(word))
    if not inside(written, roots):
        raise InputError(
            f"'{shown(word)}' leads outside {root}; {_ADVICE}, or name that directory too", name, number
        )
    absolute = os.path.normpath(written)
    # `..` behind a symbolic link is not what it looks like.
    same = os.path.realpath(absolute) == os.path.realpath(written)
    return absolute if same else os.path.realpath(written)


def _relative(absolute: str, root: str) -> str:
    """`absolute` relative to `root`, as written where it can be, else with symbolic links followed."""
    relative = os.path.relpath(absolute, os.path.abspath(root))
    if relative.split(os.sep)[0] != os.pardir:
        return relative
    return os.path.relpath(os.path.realpath(absolute), os.path.realpath(root))


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read it ({error.strerror}); {_ADVICE}", path) from error
