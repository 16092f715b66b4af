"""Kernels that are not at hand, as far as imports are concerned: upstream's, by their version.

What a source imports depends on the version that `linux/version.h` tells and on what `linux/module.h` makes of
MODULE_IMPORT_NS. Of an upstream kernel both are known without its headers: there is no such macro before 5.4, it makes
a string of its argument up to 6.12, and takes a string from 6.13 on.
All else is taken from the kernel at hand, if there is one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import replace

from nsfix.errors import UsageError
from nsfix.kernel.target import VERSION_H
from nsfix.kernel.tree import MODULE_H, KernelBuild, code_of, read_part
from nsfix.model import FIRST_MACRO, FIRST_STRING, Spelling, Version

_VERSION_WORD = re.compile(r"v?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?(?:-rc\d+)?")
_WRITTEN = re.compile(rb"\bKERNEL_VERSION\s*\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)")
_NUMBER = re.compile(
    rb"LINUX_VERSION_CODE\s*[<>=!]=?\s*(0[xX][0-9a-fA-F]+|\d+)|(0[xX][0-9a-fA-F]+|\d+)\s*[<>=!]=?\s*LINUX_VERSION_CODE"
)
_DEFINITION = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+MODULE_IMPORT_NS\b(?:\\\r?\n|[^\n])*\n", re.MULTILINE)
_BESIDE = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+MODULE_INFO\b", re.MULTILINE)
_FORMS = {
    Spelling.STRING: b"#define MODULE_IMPORT_NS(ns) MODULE_INFO(import_ns, ns)\n",
    Spelling.IDENTIFIER: b"#define MODULE_IMPORT_NS(ns) MODULE_INFO(import_ns, __stringify(ns))\n",
    Spelling.NONE: b"",
}
_NOWHERE = f"{os.devnull}/upstream"  # a directory that no file can lie in
_PLAIN_HEADERS = {
    "linux/stringify.h": b"#define __stringify_1(x...) #x\n#define __stringify(x...) __stringify_1(x)\n",
    "linux/module.h": b"""#ifndef _LINUX_MODULE_H
#define _LINUX_MODULE_H
#include <linux/stringify.h>
#define MODULE_INFO(tag, info) static const char tag##_info[] = #tag "=" info
#define MODULE_LICENSE(text) MODULE_INFO(license, text)
#endif
""",
}


def version_of(word: str) -> Version:
    """The version that a word such as `5.10`, `6.12.3` or `v6.13-rc1` names. Raises UsageError for any other."""
    match = _VERSION_WORD.fullmatch(word)
    if match is None or int(match[1]) > 255 or int(match[2]) > 255:
        raise UsageError(f"{word!r} is no version of a kernel; give one such as 5.10 or 6.12.3")
    return int(match[1]), int(match[2]), min(int(match[3] or 0), 255)


def spelling_upstream(version: Version) -> Spelling:
    """How upstream's kernel of that version spells an import."""
    if version < FIRST_MACRO:
        return Spelling.NONE
    return Spelling.IDENTIFIER if version < FIRST_STRING else Spelling.STRING


def bounds_in(texts: Iterable[bytes]) -> set[Version]:
    """The versions that `texts` compare a kernel's with: KERNEL_VERSION(a, b, c), or the plain number."""
    found: set[Version] = set()
    for text in texts:
        found |= {(int(a), int(b), min(int(c), 255)) for a, b, c in _WRITTEN.findall(text)}
        codes = [int(one or other, 0) for one, other in _NUMBER.findall(text)]
        found |= {(code >> 16, (code >> 8) & 255, code & 255) for code in codes if code > 0xFFFF}
    return found


def versions_to_try(since: Version, bounds: Iterable[Version]) -> list[Version]:
    """Versions from `since` on, on each side of each of `bounds` and of what upstream changed, in order."""
    found = {since, max(since, FIRST_STRING)}
    for bound in {*bounds, FIRST_MACRO, FIRST_STRING}:
        found |= {version for version in (bound, _before(bound)) if version >= since}
    return sorted(found)


def _before(version: Version) -> Version:
    major, minor, sublevel = version
    if sublevel:
        return major, minor, sublevel - 1
    return (major, minor - 1, 255) if minor else (max(major - 1, 0), 255, 255)


def upstream(version: Version, at_hand: KernelBuild | None = None) -> KernelBuild:
    """Upstream's kernel of that version, with everything else as in the kernel `at_hand`, or with nothing else."""
    base = at_hand or _no_kernel()
    spelling = spelling_upstream(version)
    header = os.path.join(base.source_dir, MODULE_H)
    text = base.made.get(header) or read_part(base.source_dir, MODULE_H) or b""
    text = _DEFINITION.sub(b"", text)
    place = _BESIDE.search(text)
    at = place.start() if place else len(text)
    code = code_of(version)
    compared = b"#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))\n"
    made = {
        header: text[:at] + _FORMS[spelling] + text[at:],
        _version_header(base): b"#define LINUX_VERSION_CODE %d\n%b" % (code, compared),
    }
    release = ".".join(str(part) for part in (version if version[2] else version[:2]))
    changed = replace(base, release=release, version_code=code, spelling=spelling)
    return changed.with_made({**base.made, **made})


def _version_header(kernel: KernelBuild) -> str:
    if kernel.build_dir == _NOWHERE:
        return f"{_NOWHERE}/include/linux/version.h"
    return os.path.join(kernel.build_dir, VERSION_H)


def _no_kernel() -> KernelBuild:
    """A kernel with no more headers than a source needs for its imports to be read."""
    return KernelBuild(
        build_dir=_NOWHERE,
        source_dir=_NOWHERE,
        arch="x86",
        release="",
        version_code=code_of(FIRST_STRING),
        spelling=Spelling.STRING,
        config={},
        config_macros={},
        include_path=(f"{_NOWHERE}/include",),
        # Sources get it through many a header of the kernel's that is not there.
        forced_includes=(f"{_NOWHERE}/include/linux/module.h",),
        symvers=os.path.join(_NOWHERE, "Module.symvers"),
        config_file="any",
        made={f"{_NOWHERE}/include/{name}": text for name, text in _PLAIN_HEADERS.items()},
    )
