"""What a project says once, so that nobody has to say it again: the `.nsfix.toml` in or above a directory."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from nsfix.errors import InputError
from nsfix.model import ANY, Guard

SETTINGS_FILE = ".nsfix.toml"
KEYS = ("kdir", "module", "config", "arch", "guard", "since", "ignore")

_LineOf = Callable[[str], int | None]


@dataclass(frozen=True, slots=True)
class Settings:
    """What was set beforehand; None, or nothing in it, where nothing was. All paths are absolute.

    `kdirs` are the kernels to be right on, `module` is M=, `config` a file or "any"; of the namespaces in `ignore` no
    finding is made. `file` is the file that it was read from, if any, and `kdirs_from` the directory of the file that
    names `kdirs`: a kernel's own tree heeds those only from inside.
    """

    kdirs: tuple[str, ...] = ()
    module: str | None = None
    config: str | None = None
    arch: str | None = None
    guard: Guard | None = None
    since: str | None = None
    ignore: frozenset[str] = frozenset()
    file: str | None = None
    kdirs_from: str | None = None

    def over(self, other: Settings) -> Settings:
        """These settings, and those of `other` where these say nothing."""
        named = self if self.kdirs else other
        return Settings(
            kdirs=named.kdirs,
            module=other.module if self.module is None else self.module,
            config=other.config if self.config is None else self.config,
            arch=other.arch if self.arch is None else self.arch,
            guard=other.guard if self.guard is None else self.guard,
            since=other.since if self.since is None else self.since,
            ignore=self.ignore or other.ignore,
            file=other.file if self.file is None else self.file,
            kdirs_from=named.kdirs_from,
        )


def find_settings_file(directory: str) -> str | None:
    """The `.nsfix.toml` in `directory` or the nearest above it; None where there is none.

    Passed over is a file of somebody else, neither of who runs this, nor of root, nor of the owner of `directory`: with
    --build, commands of the kernel directory that it names are run.
    """
    here = os.path.abspath(directory)
    owners = {0, os.geteuid()}
    with suppress(OSError):  # whoever reads the directory will say so
        owners.add(os.stat(here).st_uid)
    while True:
        path = os.path.join(here, SETTINGS_FILE)
        if (os.path.isfile(path) or os.path.islink(path)) and os.lstat(path).st_uid in owners:
            return path
        parent = os.path.dirname(here)
        if parent == here:
            return None
        here = parent


def read_settings(path: str) -> Settings:
    """Read a `.nsfix.toml`: TOML 1.0, UTF-8, with KEYS at its top and no others.

    `kdir` is a path or a list of paths, `module` and `config` are paths (or `config` the word "any"), with `~` and
    `$VAR`, relative ones from the file's directory; `arch`, `guard` and `since` are strings, `ignore` a list of
    namespaces.
    Raises InputError, with the line where one is at fault, where it cannot be read or says something else.
    """
    import tomllib  # few runs have such a file

    full = os.path.abspath(path)
    try:
        data = Path(full).read_bytes()
        text = data.decode("utf-8")
        values = tomllib.loads(text)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", full) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError("is not UTF-8, which TOML has to be", full, line) from error
    except tomllib.TOMLDecodeError as error:
        raise _no_toml(str(error), full, text) from error
    home = os.path.dirname(full)
    found = _checked(values, home, full, lambda key: _line_of(key, text))
    return replace(found, file=full, kdirs_from=home if found.kdirs else None)


def settings_from(values: Mapping[str, object], base: str, where: str) -> Settings:
    """The settings that a language client or the like gives as `values`, with the keys of the file.

    Relative paths are relative to `base`; None says nothing. Raises InputError, which names `where`, for what would be
    wrong in the file.
    """
    return _checked(values, base, where, lambda key: None)


def _no_toml(message: str, path: str, text: str) -> InputError:
    """The error for what is no TOML; tomllib tells the place in its message."""
    import re

    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
    if place is None:
        return InputError(f"is no TOML: {message}", path)
    what = message[: place.start()]
    if place[1] is None:
        return InputError(f"is no TOML: {what} at the end", path, max(len(text.splitlines()), 1))
    return InputError(f"is no TOML: {what} at column {place[2]}", path, int(place[1]))


def _line_of(key: str, text: str) -> int | None:
    """The line where the statement of a key at the top of a TOML document begins, which is valid as a whole."""
    import tomllib

    begin, statement = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        statement += line + "\n"
        try:
            values = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue  # a list or text that goes on
        if key in values:
            return begin
        begin, statement = number + 1, ""
    return None


def _checked(values: Mapping[str, object], base: str, where: str, line_of: _LineOf) -> Settings:
    said = _Values(values, where, line_of)
    for key in values:
        if key not in KEYS:
            raise said.wrong(key, _unknown(key))
    module, config = said.text("module"), said.text("config")
    return Settings(
        kdirs=tuple(_path(each, base) for each in said.texts("kdir", or_one=True)),
        module=_path(module, base) if module is not None else None,
        config=_path(config, base) if config is not None and config != ANY else config,
        arch=said.text("arch"),
        guard=said.guard(),
        since=said.text("since"),
        ignore=frozenset(said.texts("ignore")),
    )


class _Values:
    """Values by key, each asked for as what it has to be."""

    def __init__(self, values: Mapping[str, object], where: str, line_of: _LineOf) -> None:
        self._values = values
        self._where = where
        self._line_of = line_of

    def wrong(self, key: str, message: str) -> InputError:
        return InputError(message, self._where, self._line_of(key))

    def text(self, key: str) -> str | None:
        value = self._values.get(key)
        if value is None:
            return None
        if not _is_text(value):
            raise self.wrong(key, f"{key} is to be a text in quotes, not {_shown(value)}")
        return str(value)

    def texts(self, key: str, or_one: bool = False) -> tuple[str, ...]:
        value = self._values.get(key)
        if value is None:
            return ()
        listed = (value,) if or_one and isinstance(value, str) else value
        if not isinstance(listed, (list, tuple)):
            kinds = "a text in quotes or a list of such" if or_one else "a list of texts in quotes"
            raise self.wrong(key, f"{key} is to be {kinds}, not {_shown(value)}")
        for each in listed:
            if not _is_text(each):
                raise self.wrong(key, f"{key} is to have texts in quotes only, not {_shown(each)}")
        return tuple(listed)

    def guard(self) -> Guard | None:
        kinds = [guard.value for guard in Guard]
        value = self.text("guard")
        if value is not None and value not in kinds:
            raise self.wrong("guard", f"guard is to be one of {', '.join(kinds)}, not {_shown(value)}")
        return Guard(value) if value is not None else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value


def _path(value: str, base: str) -> str:
    return os.path.normpath(os.path.join(base, os.path.expanduser(os.path.expandvars(value))))


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, (str, int, float)) else f"a {type(value).__name__}"


def _unknown(key: str) -> str:
    import difflib

    near = difflib.get_close_matches(key.lower(), KEYS, 1)
    meant = f"; {near[0]} may be meant" if near else ""
    return f"unknown key {key!r}{meant}; there are {', '.join(KEYS)}"
