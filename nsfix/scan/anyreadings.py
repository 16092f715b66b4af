"""What each module says, with the configurations under which it says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from nsfix.condition import Clause, Condition
from nsfix.csource.reading import SymbolUse
from nsfix.kernel.anyconfig import AnyTree
from nsfix.model import Import, ModuleReading, Use
from nsfix.scan.scanner import ModuleFacts
from nsfix.scan.witness import AnyFacts, entry_key, use_key


class AnyReadings:
    """Adds conditions to readings. `impossible` counts the uses that were left out since what they take is
    ruled out by what Kconfig says of single symbols."""

    def __init__(self, tree: AnyTree, facts: AnyFacts) -> None:
        self._tree = tree
        self._facts = facts
        self._modules = {module.built.path: module for module in facts.scan.modules}
        self.impossible = 0

    def told(self, reading: ModuleReading) -> ModuleReading:
        """`reading`, each use and each import with what it takes."""
        module = self._modules[reading.path]
        defined = {symbol for source in module.sources for symbol in source.defines}
        uses: dict[tuple[bytes, str, int], list[Use]] = {}
        for source in module.sources:
            for found in source.uses:
                if found.symbol not in defined:
                    use = self._use(module, source.path, found)
                    if use is not None:
                        _add(uses.setdefault((found.symbol, found.file, found.line), []), use)
        told = tuple(use for some in uses.values() for use in some)
        return replace(reading, uses=told, imports=tuple(self._imports(module, reading.imports)))

    def _use(self, module: ModuleFacts, source: str, found: SymbolUse) -> Use | None:
        path = module.built.path
        exporter = self._facts.scan.exports[found.symbol].exporter
        clauses = [*self._tree.modules[path], *self._part(path, source)]
        clauses += self._facts.clauses.get((path, source), {}).get(use_key(found), ())
        clauses += self._tree.modules.get(exporter, ()) if exporter != path else ()
        if not self._tree.config.possible(clauses):
            self.impossible += 1
            return None
        when = self._tree.config.condition(clauses)
        name = found.symbol.decode("ascii", "replace")
        return Use(name, found.file, found.line, found.via, exporter, str(when) or None, when)

    def _part(self, path: str, source: str) -> Sequence[Clause]:
        return self._tree.sources.get((path, source), ())

    def _imports(self, module: ModuleFacts, imports: Iterable[Import]) -> Iterable[Import]:
        path = module.built.path
        found: dict[tuple[str, int], list[Condition]] = {}
        for source in module.sources:
            known = self._facts.clauses.get((path, source.path), {})
            for info in source.entries:
                if info.tag == "import_ns":
                    clauses = (*self._part(path, source.path), *known.get(entry_key(info), ()))
                    found.setdefault((info.file, info.line), []).append(self._beyond(path, clauses))
        for entry in dict.fromkeys(imports):
            conditions = found.get((entry.file, entry.line), [])
            weakest = [c for c in conditions if not any(c != o and c.implies(o) for o in conditions)]
            if not weakest:
                yield entry
            for when in dict.fromkeys(weakest):
                # What the source asks beyond the configuration was answered when it was read.
                other = entry.condition if "CONFIG_" not in (entry.condition or "") else None
                yield replace(entry, condition=str(when) or other, when=when)

    def _beyond(self, path: str, clauses: Sequence[Clause]) -> Condition:
        """What `clauses` take where the module at `path` is built."""
        given = self._tree.modules[path]
        whole = self._tree.config.condition((*given, *clauses))
        return Condition(tuple(clause for clause in whole.clauses if clause not in given), whole.known)


def _add(known: list[Use], use: Use) -> None:
    """Add `use` to those of the same symbol at the same place, unless one of them holds wherever it does."""
    if not any(use.when.implies(other.when) for other in known):
        known[:] = [other for other in known if not other.when.implies(use.when)]
        known.append(use)
