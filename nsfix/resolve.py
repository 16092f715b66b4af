"""From what modules say to what is wrong with them: modpost's own rule, and nothing else.

For each symbol that a module leaves undefined, the namespace of the export, unless it is empty, imported in
effect wherever the symbol is used, or a `module:` list that names the module (scripts/mod/modpost.c, check_exports).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from nsfix.condition import any_of
from nsfix.model import (
    MISSING_IMPORT,
    MODULE_LIST_PREFIX,
    RESERVED_NAMESPACE,
    WRONG_SPELLING,
    Export,
    Finding,
    Import,
    Level,
    Module,
    ModuleReading,
    Need,
    Spelling,
    Use,
    reserved_for,
)

_RUST = ".rs"
_NAMED = 3  # symbols that a message names before it counts the rest


@dataclass(frozen=True, slots=True)
class Resolved:
    """A module with what it needs, and what is wrong with it."""

    module: Module
    findings: tuple[Finding, ...]


def resolve(
    reading: ModuleReading,
    exports: Mapping[bytes, Export],
    spelling: Spelling,
    shown: Callable[[str], str] = lambda path: path,
) -> Resolved:
    """Conclude what one module needs and what it lacks. `exports` has every symbol that `reading` uses; `shown` turns
    paths into what messages have."""
    needs = _needs(reading, exports)
    module = Module(reading.name, reading.path, reading.sources, reading.licenses, needs, reading.imports)
    findings = [
        _missing(reading, lacking, exports, shown)
        for need in needs
        if not reserved_for(need.namespace, reading.name)
        and (lacking := _uncovered(need, reading.imports)) is not None
    ]
    findings += [misspelled(reading.path, entry, spelling) for entry in reading.imports if entry.misspelled]
    return Resolved(module, tuple(findings))


def _needs(reading: ModuleReading, exports: Mapping[bytes, Export]) -> tuple[Need, ...]:
    uses: dict[str, list[Use]] = {}
    for use in reading.uses:
        namespace = exports[use.symbol.encode("ascii", "replace")].namespace
        uses.setdefault(namespace, []).append(use)
    return tuple(Need(namespace, tuple(uses[namespace])) for namespace in sorted(uses))


def _uncovered(need: Need, imports: Iterable[Import]) -> Need | None:
    """`need` with those of its uses that no import covers in every configuration; None where there is none."""
    there = [entry.when for entry in imports if entry.effective and entry.namespace == need.namespace]
    uses: list[Use] = []
    for use in need.uses:
        if any(use.when.implies(when) for when in there):
            continue
        left = use.when
        for when in there:
            left = left.without(when.clauses[0]) if len(when.clauses) == 1 else left
        uses.append(replace(use, when=left))
    return Need(need.namespace, tuple(uses)) if uses else None


def _missing(
    reading: ModuleReading, need: Need, exports: Mapping[bytes, Export], shown: Callable[[str], str]
) -> Finding:
    """The finding for `need`, of which no use is covered by an import."""
    first = need.uses[0]
    symbols = list(dict.fromkeys(use.symbol for use in need.uses))
    level = Level.ERROR
    if need.namespace.startswith(MODULE_LIST_PREFIX):
        export = exports[first.symbol.encode("ascii", "replace")]
        message = (
            f"{reading.name} uses {symbols_shown(symbols)}, reserved for the modules "
            f"{', '.join(need.namespace.removeprefix(MODULE_LIST_PREFIX).split(','))} by {_exporter(export, shown)}"
        )
        rule = RESERVED_NAMESPACE
    else:
        message = missing_message(reading.name, symbols, need.namespace) + _through_rust(need)
        rule = MISSING_IMPORT
    if rule == MISSING_IMPORT and reading.unsure:
        message += f", as far as is known: {reading.unsure}"
        level = Level.WARNING
    condition = any_of([use.when for use in need.uses])
    message += f", if {condition}" if condition else ""
    return Finding(rule, level, reading.path, need.namespace, message, first.file, first.line)


def _exporter(export: Export, shown: Callable[[str], str]) -> str:
    """Who exports a symbol, and where that stands if it is known."""
    place = f" at {shown(export.file)}:{export.line}" if export.file else ""
    return f"the export in {export.exporter}{place}"


def _through_rust(need: Need) -> str:
    """How a need is known that no source of the module spells out: from functions that Rust compiles anew."""
    through = [use.via[0] for use in need.uses if use.via and use.via[0].file.endswith(_RUST)]
    if len(through) < len(need.uses):
        return ""
    names = symbols_shown(dict.fromkeys(via.name for via in through))
    return f"; it does so through {names}, which Rust compiles into what uses it"


def missing_message(module: str, symbols: list[str], namespace: str) -> str:
    """The sentence for a missing import."""
    return f"{module} uses {symbols_shown(symbols)} from namespace {namespace}, but does not import it"


def symbols_shown(symbols: Iterable[str]) -> str:
    """The first few of `symbols`, and how many more there are."""
    names = list(symbols)
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def misspelled(module: str, entry: Import, spelling: Spelling) -> Finding:
    """The finding for an import whose spelling this kernel does not take; `module` is Module.path."""
    if spelling is Spelling.NONE:
        message = (
            f"MODULE_IMPORT_NS({entry.namespace}) does not compile on this kernel, which has no such macro"
        )
        return Finding(WRONG_SPELLING, Level.ERROR, module, entry.namespace, message, entry.file, entry.line)
    if spelling is Spelling.STRING:
        right, wrong = f'MODULE_IMPORT_NS("{entry.namespace}")', f"MODULE_IMPORT_NS({entry.namespace})"
        effect = "does not compile"
    else:
        right, wrong = f"MODULE_IMPORT_NS({entry.namespace})", f'MODULE_IMPORT_NS("{entry.namespace}")'
        effect = "imports nothing"
    message = f"{wrong} {effect} on this kernel, where it is {right}"
    level = Level.ERROR if spelling is Spelling.STRING else Level.WARNING
    return Finding(WRONG_SPELLING, level, module, entry.namespace, message, entry.file, entry.line)
