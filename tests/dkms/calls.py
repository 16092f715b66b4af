"""The calls of make over external module directories that bin/make recorded."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

# What make itself, the shell and the recording put into the environment.
_NOT_EXPORTED = re.compile(
    r"MAKE\w*|MFLAGS|OLDPWD|SHLVL|_|PATH|HOME|LANG|RECORD\w*|bin|KCFLAGS|BASH_FUNC_.*|LINENO|GNUMAKEFLAGS"
)
_DKMS = ("module", "module_version", "kernelver", "arch", "kernel_source_dir", "dkms_tree")
_ASSIGNMENT = re.compile(r"([A-Za-z_][\w.-]*)(?:::?:?|\?|\+|!)?=(.*)", re.DOTALL)
NO_BTF = "CONFIG_DEBUG_INFO_BTF_MODULES="  # given to every make of a build
_MODULE = ("M", "SUBDIRS", "KBUILD_EXTMOD")


@dataclass(frozen=True)
class Call:
    """One call of make over an external module directory.

    `words` are the further VAR=value words, `environment` is what the wrappers export; `snapshot` holds the sources
    as they were before the call, and takes the place of `tree`. `modules` are those of the modules.order that it
    left, as absolute paths.
    """

    snapshot: Path
    tree: Path
    kdir: Path
    directory: Path
    words: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    modules: tuple[str, ...]


def read_calls(record: Path, tree: Path, kdir: Path) -> tuple[Call, ...]:
    """The calls below `record`, in order."""
    calls = []
    for place in sorted(record.glob("call.*")):
        words = (place / "words").read_text(encoding="utf-8", errors="surrogateescape").split("\0")[1:-1]
        environment = dict(
            entry.split("=", 1)
            for entry in (place / "environment").read_text(errors="surrogateescape").split("\0")[1:-1]
        )
        inherited = _overrides(environment.get("MAKEFLAGS", ""))
        given = [*inherited, *(word for word in words if _ASSIGNMENT.fullmatch(word))]
        directory = next(_value(word) for word in reversed(given) if word.partition("=")[0] in _MODULE)
        exported = {
            name: value
            for name, value in environment.items()
            if not _NOT_EXPORTED.fullmatch(name) and name not in _DKMS
        }
        order = place / "modules.order"
        lines = order.read_text().split() if order.is_file() else []
        calls.append(
            Call(
                place / "tree",
                tree,
                kdir,
                Path(directory),
                tuple(word for word in given if word != NO_BTF and word.partition("=")[0] not in _MODULE),
                tuple(sorted(exported.items())),
                tuple(
                    os.path.normpath(os.path.join(directory, re.sub(r"\.k?o$", "", line))) for line in lines
                ),
            )
        )
    return tuple(calls)


def _value(word: str) -> str:
    return word.partition("=")[2]


def _overrides(flags: str) -> list[str]:
    """The VAR=value words in MAKEFLAGS, where blanks in a value have a backslash before them and `$` is doubled."""
    words = re.findall(r"(?:\\.|[^\s\\])+", flags)
    plain = [re.sub(r"\\(.)", r"\1", word).replace("$$", "$") for word in words]
    return [word for word in plain if not word.startswith("-") and _ASSIGNMENT.fullmatch(word)]
