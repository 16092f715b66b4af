"""The other complaints of modpost that stand beside a missing import and stop the same build.

The texts come from scripts/mod/modpost.c: `check_exports()`, `read_symbols()` and `main()`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from nsfix.evidence.names import shown

_Say = Callable[[re.Match[bytes]], str]


def _of(match: re.Match[bytes]) -> str:
    path = match["old"] or match["new"]
    return shown(path.removesuffix(b".ko").removesuffix(b".o"))


def _undefined(match: re.Match[bytes]) -> str:
    symbol = shown(match["s1"] or match["s2"])
    return f"module {_of(match)} uses symbol '{symbol}', which nothing exports"


def _no_licence(match: re.Match[bytes]) -> str:
    return f"module {_of(match)} has no MODULE_LICENSE()"


def _gpl_only(match: re.Match[bytes]) -> str:
    symbol = shown(match["s1"] or match["s2"])
    return f"module {_of(match)} uses the GPL-only symbol '{symbol}', but its licence is not GPL-compatible"


def _reserved(match: re.Match[bytes]) -> str:
    importing = f"module {shown(match['new'])} imports '{shown(match['namespace'])}' explicitly"
    return f"{importing}, which is not allowed: the export itself has to name the module"


def _suppressed(match: re.Match[bytes]) -> str:
    return f"modpost left out {shown(match['count'])} more undefined symbols"


_NEIGHBOURS: tuple[tuple[re.Pattern[bytes], _Say], ...] = (
    (
        re.compile(
            rb"\"(?P<s1>[^\"\s]+)\" \[(?P<old>[^\s\]]+)\]? undefined!"
            rb"|(?<!\S)(?P<new>[^\s:]+)\.ko: symbol '(?P<s2>[^'\s]+)' undefined!"
        ),
        _undefined,
    ),
    (
        re.compile(
            rb"modpost: missing MODULE_LICENSE\(\) in (?P<old>\S+)"
            rb"|modpost: (?P<new>[^\s:]+)\.ko: missing MODULE_LICENSE\(\)"
        ),
        _no_licence,
    ),
    (
        re.compile(
            rb"modpost: GPL-incompatible module (?P<old>\S+) uses GPL-only symbol '(?P<s1>[^'\s]+)'"
            rb"|modpost: (?P<new>[^\s:]+)\.ko: GPL-incompatible module uses GPL-only symbol '(?P<s2>[^'\s]+)'"
        ),
        _gpl_only,
    ),
    (
        re.compile(
            rb"modpost: (?P<new>[^\s:]+?)(?:\.ko)?: explicitly importing namespace"
            rb" ['\"]?(?P<namespace>[^'\"\s]+)['\"]? is not allowed"
        ),
        _reserved,
    ),
    (re.compile(rb"modpost: suppressed (?P<count>[0-9]+) unresolved symbol warnings"), _suppressed),
)


def neighbour(line: bytes) -> str | None:
    """What a log line complains of, in nsfix's words, or None if it is none of these complaints.

    Accepted format, after `ERROR: modpost: ` or `WARNING: modpost: ` (without `modpost: ` for the first, in
    early releases):

        "S" [PATH/M.ko] undefined!                                PATH/M.ko: symbol 'S' undefined!
        missing MODULE_LICENSE() in PATH/M.o                      PATH/M.ko: missing MODULE_LICENSE()
        GPL-incompatible module M.ko uses GPL-only symbol 'S'     PATH/M.ko: GPL-incompatible module uses …
        PATH/M.ko: explicitly importing namespace 'module:…' is not allowed.
        suppressed COUNT unresolved symbol warnings …

    The right column is the form of 7.3 and later. Raises nothing.
    """
    for pattern, say in _NEIGHBOURS:
        match = pattern.search(line)
        if match is not None:
            return say(match)
    return None
