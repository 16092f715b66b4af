"""What of a project's settings counts for a run, beside what was asked for by word."""

from __future__ import annotations

import os
from dataclasses import replace

from nsfix.errors import InputError, UsageError
from nsfix.kernel.sourcetree import find_tree
from nsfix.kernel.upstream import version_of
from nsfix.model import ANY, Guard
from nsfix.project.request import Request
from nsfix.settings import SETTINGS_FILE, Settings, find_settings_file, read_settings


def settings_of(directory: str) -> Settings:
    """What the `.nsfix.toml` in `directory` or the nearest above it says. Raises InputError as `read_settings`."""
    path = find_settings_file(directory)
    return read_settings(path) if path is not None else Settings()


def settled(directory: str | None, given: Settings, found: Settings) -> tuple[str, Settings]:
    """The directory of M= (None: it was not named) and the settings of a run: `given` by word, and `found` where that
    says nothing, as far as it counts there.

    In a kernel's own tree `kdir` and `module` count only if the file that has them lies in the tree, or names the
    directory as its `module`: else a file above the kernel and its modules would make external modules of the kernel's
    own. What is about the tree alone (`config`) is left out for an external module, and the reverse. Raises InputError
    for what of `found` counts and is not there.
    """
    start = directory if directory is not None else os.curdir
    heeded = _heeded(start, given, found)
    if directory is None and heeded.module is not None:
        start = heeded.module
        heeded = _heeded(start, given, found)
    _require(given, heeded)
    return start, given.over(heeded)


def request_under(settings: Settings, directory: str) -> Request:
    """The run on `directory` that `settings`, which count there, come to."""
    return Request(
        directory=directory,
        kdir=settings.kdirs[0] if settings.kdirs else None,
        further=settings.kdirs[1:],
        since=settings.since,
        guard=settings.guard or Guard.VERSION,
        arch=settings.arch,
        config=settings.config,
        ignored=settings.ignore,
    )


def _heeded(directory: str, given: Settings, found: Settings) -> Settings:
    """What of `found` counts for a run on `directory`."""
    tree = find_tree(directory)
    meant = found.kdirs_from is not None and lies_in(found.kdirs_from, tree)
    if tree is not None and not meant and not lies_in(directory, found.module):
        found = replace(found, kdirs=(), kdirs_from=None, module=None)
    kdirs = given.kdirs or found.kdirs
    if tree is not None and not any(kdirs[:1]):  # an empty KDIR= asks for none
        return replace(found, kdirs=(), kdirs_from=None, module=None, since=None)
    return replace(found, config=None)


def lies_in(path: str, directory: str | None) -> bool:
    """Whether `path` is `directory`, or lies below it; never, if that is None."""
    if directory is None:
        return False
    full, top = os.path.abspath(path), os.path.abspath(directory)
    return full == top or full.startswith(top.rstrip("/") + "/")


def _require(given: Settings, heeded: Settings) -> None:
    """Raise InputError for what `heeded` names, and `given` does not replace, that is not there."""
    for kdir in heeded.kdirs if not given.kdirs else ():
        if not os.path.isdir(kdir):
            home = heeded.kdirs_from
            raise InputError(
                f"kdir names {kdir}, which is no directory; install that kernel's headers, or name another kernel",
                os.path.join(home, SETTINGS_FILE) if home is not None else None,
            )
    config = heeded.config if given.config is None else None
    if config is not None and config != ANY and not os.path.isfile(config):
        raise InputError(f"config names {config}, which is no file", heeded.file)
    if heeded.since is not None and given.since is None:
        try:
            version_of(heeded.since)
        except UsageError as error:
            raise InputError(f"since: {error.message}", heeded.file) from error
