"""What one text of a source says on one kernel, as far as imports go: enough to plan an edit of it and to judge one.

A `Look` is at one file of a unit, read by the compiler's rules.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from nsfix.csource.directives import Conditional
from nsfix.csource.moduleinfo import InfoEntry, ModuleInfoReader
from nsfix.csource.statements import Layout, Statement, conditionals, read_layout
from nsfix.csource.unit import Unit

IMPORT_MACRO = "MODULE_IMPORT_NS"
IMPORT = IMPORT_MACRO.encode()
_VERSION = b"LINUX_VERSION_CODE"
_COMPARED = b"KERNEL_VERSION"
_ABOUT_KERNELS = frozenset((_VERSION, _COMPARED, IMPORT))
_WORD = re.compile(rb"\b[A-Za-z_]\w*")
_HAS = re.compile(rb"\b__has_\w+\s*\([^()]*\)")
_CONFIGURED = b"CONFIG_"
_OWN_WORDS = _ABOUT_KERNELS | {b"defined"}


@dataclass(frozen=True, slots=True)
class FoundImport:
    """One import that is compiled. `start` is the byte offset of the macro that makes it.

    `right` tells whether it takes effect: else its spelling is not the kernel's, or the kernel has no such macro.
    """

    namespace: str
    start: int
    right: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What a source says on one kernel. Offsets are byte offsets into its text.

    `compiled` maps the start of each module statement that is compiled to what it comes to, by tag. `taken` are, by
    the start of a conditional, the arms that are compiled; `about_kernels` the conditionals that ask for the kernel's
    version or for MODULE_IMPORT_NS, `about_configurations` those that ask for CONFIG symbols, be it through macros.
    `has_macro` tells whether MODULE_IMPORT_NS is one, `has_version` whether LINUX_VERSION_CODE and KERNEL_VERSION are.
    `elsewhere` are the namespaces that other files of the unit import in effect; `undefined` the words that conditions
    around imports ask for and that are no macros, each with the byte offset of the condition.
    """

    imports: tuple[FoundImport, ...]
    compiled: Mapping[int, Mapping[str, str]]
    taken: Mapping[int, frozenset[int]] = field(default_factory=dict)
    about_kernels: Collection[int] = ()
    about_configurations: Collection[int] = ()
    has_macro: bool = True
    has_version: bool = True
    elsewhere: frozenset[str] = frozenset()
    undefined: Mapping[bytes, int] = field(default_factory=dict)


def look_at(unit: Unit, info: ModuleInfoReader, path: str) -> Look:
    """What the file `path` of `unit` says: its own source, or a header of that."""
    source = unit.included[path]
    layout = read_layout(path, source.text)
    active = unit.active(source)
    statements = [s for s in layout.statements if active[s.start : s.start + 1].strip()]
    has_macro = unit.defined(IMPORT) is not None
    compiled: dict[int, dict[str, str]] = {s.start: {} for s in statements}
    imports: list[FoundImport] = []
    elsewhere: set[str] = set()
    for entry in info.entries(unit):
        if entry.file != path:
            if entry.tag == "import_ns" and import_of(entry).right:
                elsewhere.add(import_of(entry).namespace)
            continue
        if entry.value is not None:
            compiled.setdefault(entry.start, {})[entry.tag] = entry.value
        if entry.tag == "import_ns":
            imports.append(import_of(entry))
    if not has_macro:
        imports += [_without_macro(s) for s in statements if s.macro == IMPORT_MACRO]
    has_version = all(unit.defined(name) is not None for name in (_VERSION, _COMPARED))
    asked = {c.start: _words_asked(c, unit) for c in conditionals(layout.skeleton.block)}
    return Look(
        tuple(imports),
        compiled,
        unit.arms_taken(path),
        {start for start, words in asked.items() if words & _ABOUT_KERNELS},
        {start for start, words in asked.items() if any(w.startswith(_CONFIGURED) for w in words)},
        has_macro,
        has_version,
        frozenset(elsewhere),
        _undefined(layout, unit),
    )


def import_of(entry: InfoEntry) -> FoundImport:
    """The import that an entry of .modinfo is: with quotes in it, or without any, it has no effect."""
    if entry.value is None:
        return FoundImport(entry.raw, entry.start, False)
    quoted = len(entry.value) > 1 and entry.value[0] == entry.value[-1] == '"'
    return FoundImport(entry.value.strip('"'), entry.start, not quoted)


def spelled_namespace(statement: Statement) -> str:
    """The namespace that the argument of an import names, in either spelling."""
    return statement.argument.decode("utf-8", "surrogateescape").strip('"')


def _without_macro(statement: Statement) -> FoundImport:
    return FoundImport(spelled_namespace(statement), statement.start, False)


def _undefined(layout: Layout, unit: Unit) -> dict[bytes, int]:
    """What conditions around imports ask for that is no macro there."""
    found: dict[bytes, int] = {}
    places = {place for s in layout.statements if s.macro == IMPORT_MACRO for place in s.arms}
    for start in sorted({start for start, _ in places}):
        for arm in layout.conditional(start).arms:
            text = _HAS.sub(b" ", arm.opener.argument)
            for word in set(_WORD.findall(text)) - _OWN_WORDS:
                if unit.defined(word) is None:
                    found.setdefault(word, arm.opener.start)
    return found


def _words_asked(conditional: Conditional, unit: Unit) -> set[bytes]:
    """The words that the conditions of a conditional hang on, through macros of any depth, but for the kernel's own
    ones about its version."""
    seen: set[bytes] = set()
    pending = {word for arm in conditional.arms for word in _WORD.findall(arm.opener.argument)}
    while pending:
        seen |= pending
        bodies = [macro.argument for word in pending - _ABOUT_KERNELS for macro in unit.meanings(word)]
        pending = {word for body in bodies for word in _WORD.findall(body)} - seen
    return seen
