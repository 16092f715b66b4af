"""What a source imports on a kernel of any upstream version: gcc's own preprocessor, over headers made for it.

The made headers say of a kernel what decides about imports and nothing else: `linux/version.h` its number, and
`linux/module.h` what `MODULE_IMPORT_NS` is there, as include/linux/module.h of that release has it. Every other
header that a source asks for in angle brackets is empty. So a guard can be tried on both sides of each version
that it names, whether or not there is such a kernel at hand.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

Version = tuple[int, int, int]
FIRST: Version = (5, 4, 0)  # has MODULE_IMPORT_NS, of a bare name
QUOTED: Version = (6, 13, 0)  # takes a string
TIMEOUT = 60
GCC = shutil.which("gcc")
needs_gcc = pytest.mark.skipif(
    GCC is None, reason="GCC IS NOT INSTALLED: no guard is tried on kernels that are not at hand"
)

_DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(?:if|elif|define)\b(?:[^\n\\]|\\\r?\n|\\.)*", re.MULTILINE)
_TRIPLE = re.compile(r"\w+\s*\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)")
_INCLUDE = re.compile(r"#\s*include\s*<([^>]+)>|__has_include\s*\(\s*<([^>]+)>")
_IMPORT = re.compile(r'__modinfo_\s*\(\s*import_ns\s*,\s*((?:"(?:[^"\\]|\\.)*"\s*|[^()"])*)\)')
_LEFT = re.compile(r"\bMODULE_IMPORT_NS\s*\(([^)]*)\)")
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_NAME = re.compile(r"[A-Za-z_]\w*")
_MODULE_H = """
#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H
#include <linux/stringify.h>
#define MODULE_INFO(tag, info) __modinfo_(tag, info)
#define MODULE_LICENSE(text) MODULE_INFO(license, text)
{import_ns}#endif
"""
_STRINGIFY_H = "#define __stringify_1(x...) #x\n#define __stringify(x...) __stringify_1(x)\n"


def imports_on(
    source: str,
    version: Version,
    *,
    quoted: bool | None = None,
    rhel: tuple[int, int] | None = None,
    files: Mapping[str, str] | None = None,
    path: Iterable[str] = (),
    absent: Iterable[str] = (),
) -> set[tuple[str, bool]]:
    """The imports of one source on a kernel: each argument, and whether that kernel takes it as a namespace.

    An entry is `(NAME, True)` where the value is one string that is a plain name. Whatever else came out has False:
    a value with quotes inside, a bare word, a call of MODULE_IMPORT_NS on a kernel that has no such macro.
    `quoted` is the spelling, where a distribution has backported it (default: what upstream `version` takes); `rhel`
    the release of an RHEL kernel; `files` the source's own headers by path, and `path` the directories of them that are
    searched; `absent` the headers in angle brackets that this kernel has not got. Raises ValueError where gcc finds
    an error.
    """
    texts = {"source.c": source, **(files or {})}
    wanted = {name for text in texts.values() for pair in _INCLUDE.findall(text) for name in pair if name}
    headers = dict.fromkeys(wanted - set(absent), "")
    headers |= _made_headers(version, version >= QUOTED if quoted is None else quoted, rhel)
    with TemporaryDirectory() as home:
        _write(Path(home, "include"), headers)
        _write(Path(home, "own"), texts)
        out = _preprocess(Path(home), path)
    found = {_judge(value) for value in _IMPORT.findall(out)}
    return found | {(f"MODULE_IMPORT_NS({left.strip()})", False) for left in _LEFT.findall(out)}


def _made_headers(version: Version, quoted: bool, rhel: tuple[int, int] | None) -> dict[str, str]:
    value = "ns" if quoted else "__stringify(ns)"
    define = f"#define MODULE_IMPORT_NS(ns) MODULE_INFO(import_ns, {value})\n"
    number = f"#define LINUX_VERSION_CODE {version_code(version)}\n"
    number += "#define KERNEL_VERSION(a,b,c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))\n"
    if rhel is not None:
        number += "#define RHEL_RELEASE_VERSION(a,b) (((a) << 8) + (b))\n"
        number += f"#define RHEL_RELEASE_CODE {(rhel[0] << 8) + rhel[1]}\n"
    return {
        "linux/version.h": number,
        "linux/stringify.h": _STRINGIFY_H,
        "linux/module.h": _MODULE_H.format(import_ns=define if version >= FIRST else ""),
    }


def _write(directory: Path, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        file = directory / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode("utf-8", "surrogateescape"))


def _preprocess(home: Path, path: Iterable[str]) -> str:
    own = home / "own"
    command = ["gcc", "-E", "-P", "-nostdinc", "-D__KERNEL__", "-DMODULE", "-iquote", str(own)]
    command += [f"-I{place}" for place in (*(own / part for part in path), home / "include")]
    command.append(str(own / "source.c"))
    done = subprocess.run(command, capture_output=True, timeout=TIMEOUT, check=False, cwd=own)
    if done.returncode:
        raise ValueError(done.stderr.decode("utf-8", "replace"))
    return done.stdout.decode("utf-8", "replace")


def _judge(value: str) -> tuple[str, bool]:
    """The value of one import_ns entry as the compiler joins it: all of it string literals, and a name together?"""
    text = "".join(_LITERAL.findall(value))
    if _LITERAL.sub("", value).strip() or not _LITERAL.search(value):
        return value.strip(), False
    return text, _NAME.fullmatch(text) is not None


def version_code(version: Version) -> int:
    """LINUX_VERSION_CODE of a release; its last part counts to 255."""
    major, minor, patch = version
    return (major << 16) + (minor << 8) + min(patch, 255)


def bounds_in(*sources: str) -> set[Version]:
    """Every version that a condition or a macro of these sources names, whatever macro makes the number of it."""
    directives = (found[0] for source in sources for found in _DIRECTIVE.finditer(source))
    return {
        (int(a), int(b), int(c))
        for text in directives
        for a, b, c in _TRIPLE.findall(text.replace("\\\n", ""))
    }


def just_below(version: Version) -> Version:
    """The version whose number is one less."""
    code = version_code(version) - 1
    return code >> 16, code >> 8 & 255, code & 255


def versions_round(bounds: Iterable[Version], since: Version) -> Iterator[Version]:
    """In order: `since`, and each bound and what is just below it from there on; 5.4 and 6.13 are always bounds."""
    tried = {since}
    for bound in {FIRST, QUOTED, *bounds}:
        tried |= {version for version in (bound, just_below(bound)) if version >= since}
    yield from sorted(tried)
