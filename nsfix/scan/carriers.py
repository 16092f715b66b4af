"""A cheap filter over raw bytes: which words a source must hold to use a namespaced symbol at all.

It may err only on the side of too much. A header's macro, inline or object that mentions such a word is a
carrier: its own name becomes a word to look for, to any depth. Conditions, comments inside lines and shadowing are
left to the exact reading of the few files that remain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nsfix.csource.chunks import chunk_at, outer_chunks
from nsfix.csource.directives import scan_directives
from nsfix.csource.lexer import blank_comments
from nsfix.csource.names import NameFinder
from nsfix.csource.pasting import NameSet
from nsfix.csource.program import blank_spans
from nsfix.scan.headers import KernelHeaders

_DEFINED = re.compile(rb"\s*#\s*define\s+(\w+)")
_CALLED = re.compile(rb"(\w+)\s*\(")
_BARE_CALL = re.compile(rb"\s*\w+\s*\(\s*(\w*)")
_OBJECT = re.compile(rb"(\w+)\s*(?:\[[^]]*\]\s*)*\Z")
_PARENTHESIS = re.compile(rb"[()]")
ANY = b""  # a part that says no more than that a macro at file scope makes something of the word
_SHORTEST = 3  # letters of a part that is worth looking for
# Words that name nothing.
_PLAIN = frozenset(
    (b"static", b"inline", b"const", b"struct", b"union", b"enum", b"void", b"int", b"unsigned", b"long", b"char",
     b"bool", b"return", b"if", b"while", b"for", b"switch", b"sizeof", b"defined", b"__attribute__", b"typeof",
     b"__printf", b"__scanf", b"__acquires", b"__releases", b"__must_hold", b"__cond_acquires", b"__nonnull",
     b"__aligned", b"__section", b"__diagnose_as", b"__no_sanitize", b"__cond_lock")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Carriers:
    """What to look for in a source. `words` lead to a symbol wherever they stand, `parts` only where a macro is
    given them: it may paste a name from them, one of those that they map to."""

    words: frozenset[bytes]
    parts: Mapping[bytes, frozenset[bytes]]


def close_over(
    seeds: Iterable[bytes], headers: KernelHeaders, stop: frozenset[bytes] = frozenset()
) -> Carriers:
    """The words that lead to `seeds` through the definitions of `headers`, the seeds included; what leads there
    through a word of `stop` only does not count."""
    words: set[bytes] = set()
    parts: dict[bytes, set[bytes]] = {}
    new = set(seeds)
    new_parts: set[bytes] = set()
    while new or new_parts:
        words |= new
        given = _given(new, headers.patterns)
        new_parts |= given.keys() - parts.keys() - words
        for part in new_parts | given.keys():
            parts.setdefault(part, set()).update(given.get(part, (part,)))
        finder, part_finder = NameFinder(new, dense=True), NameFinder(new_parts, dense=True)
        found: set[bytes] = set()
        found_parts: set[bytes] = set()
        for path in headers.paths:
            text = headers.read(path)
            if text is not None:
                hits = finder.find(text)
                hits += [hit for hit in part_finder.find(text) if is_argument(text, *hit)]
                if hits:
                    names, bare = leading_names(text, hits)
                    found |= names
                    found_parts |= bare - {ANY}
        new = found - words - stop
        new_parts = found_parts - parts.keys() - words - new
    return Carriers(frozenset(words), {part: frozenset(made) for part, made in parts.items()})


def is_argument(text: bytes, name: bytes, offset: int) -> bool:
    """Whether the word `name` at the byte `offset` of `text` is an argument by itself."""
    after = text[offset + len(name) : offset + len(name) + 40].lstrip()[:1]
    return after in (b",", b")") and text[max(0, offset - 40) : offset].rstrip()[-1:] in (b"(", b",")


def leading_names(text: bytes, hits: list[tuple[bytes, int]]) -> tuple[set[bytes], set[bytes]]:
    """What the definitions in `text` that mention one of `hits` (name, byte offset) are called: (names, parts of
    the names that macros make at file scope)."""
    code = blank_comments(text)
    spans = [(d.start, d.end) for d in scan_directives(code)]
    names: set[bytes] = set()
    parts: set[bytes] = set()
    active = chunks = None
    for name, offset in hits:
        if code[offset : offset + 1] != name[:1]:
            continue
        line = chunk_at(spans, offset)
        if line is not None:
            match = _DEFINED.match(code, line[0])
            if match is not None and match.start(1) != offset:
                names.add(match[1])
            continue
        if active is None or chunks is None:
            active = blank_spans(code, spans)
            chunks = outer_chunks(active)
        span = chunk_at(chunks, offset)
        if span is not None:
            _name_piece(active[span[0] : span[1]], names, parts)
    return names - _PLAIN, parts - _PLAIN


def _name_piece(chunk: bytes, names: set[bytes], parts: set[bytes]) -> None:
    """Add what a piece of file scope defines: functions, objects, or what a macro makes of its first argument."""
    head, brace, _ = chunk.partition(b"{")
    if head.count(b"(") > head.count(b")"):  # in an argument of a macro: no body
        head, brace = chunk, b""
    outside = _at_file_scope(head)
    declared, assigned, _ = outside.partition(b"=")
    if assigned:
        names.update(_OBJECT.findall(declared.rstrip()))
    elif brace:
        names.update(_CALLED.findall(outside))
    else:
        bare = _BARE_CALL.match(chunk)
        if bare is not None:
            parts.add(bare[1] if len(bare[1]) >= _SHORTEST else ANY)


def _at_file_scope(head: bytes) -> bytes:
    """`head` without what stands inside its parentheses."""
    pieces: list[bytes] = []
    depth = start = 0
    for match in _PARENTHESIS.finditer(head):
        if depth == 0:
            pieces.append(head[start : match.end()])
        depth = max(depth + (1 if match.group() == b"(" else -1), 0)
        if depth == 0:
            start = match.start()
    return b"".join(pieces) + (head[start:] if depth == 0 else b"")


def _given(words: Iterable[bytes], patterns: Iterable[bytes]) -> dict[bytes, set[bytes]]:
    """What has to be given to a macro for one of `patterns` to come to one of `words`, and which. Of several things
    the longest is enough to look for."""
    names = NameSet(words)
    found: dict[bytes, set[bytes]] = {}
    for pattern in patterns:
        for name, gaps in names.fills(pattern):
            part = max(gaps, key=len, default=b"")
            if len(part) >= _SHORTEST and not part.isdigit():
                found.setdefault(part, set()).add(name)
    return found
