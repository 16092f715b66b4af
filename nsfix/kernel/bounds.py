"""Which values a symbol can have at all, and what one symbol's being on says of others.

Kconfig's rules in intervals (n, m, y as 0, 1, 2): of each symbol the least and the greatest value that any
configuration of this architecture can give it, as far as that follows from types, dependencies, defaults and
selects. What a macro would come to is unknown. Dependencies between symbols that are both free are not weighed
against each other, so that a value within the bounds may still be forbidden.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from nsfix.kernel.kconfig import YES, Expr, Symbol, both
from nsfix.kernel.taking import VALUES, agreement, gather, meet, met, needed, operand

Interval = tuple[int, int]
_ANYTHING: Interval = (0, 2)
_MOST_REASONS = 24  # ways for a symbol to be on that are worth looking for what they share
# Of two that exclude each other, the one that GCC on a common machine does without.
_NOT_IN_BASE = frozenset(("CC_IS_CLANG", "LD_IS_LLD", "CPU_BIG_ENDIAN"))


class Bounds:
    """What is possible for the symbols of `symbols`; modules are enabled. Names are without CONFIG_."""

    def __init__(self, symbols: Mapping[str, Symbol]) -> None:
        self._symbols = symbols
        self._selected: dict[str, list[tuple[str, Expr]]] = {}
        self._suggested: dict[str, list[tuple[str, Expr]]] = {}
        for symbol in symbols.values():
            for target, condition in symbol.selects:
                self._selected.setdefault(target, []).append((symbol.name, condition))
            for target, condition in symbol.implies:
                self._suggested.setdefault(target, []).append((symbol.name, condition))
        self._least: dict[str, int] = {}
        self._most: dict[str, int] = {}
        self._implied: dict[str, dict[str, str]] = {}
        self._depends: dict[str, dict[str, str]] = {}
        self._solve()

    def values(self, name: str) -> str:
        """The values that the bool or tristate `name` can have, of "nmy"; "n" for what no Kconfig file declares, and
        "" for a symbol of another type."""
        symbol = self._symbols.get(name)
        if symbol is None:
            return "n"
        if symbol.type not in ("bool", "tristate"):
            return ""
        least, most = self._least[name], self._most[name]
        return "".join(v for v in VALUES[least : most + 1] if v != "m" or symbol.type == "tristate")

    def base(self) -> dict[str, str]:
        """The configuration with all on that can be: what is tristate as a module, numbers by their first default.
        With CONFIG_, as make has them; what is off is left out."""
        found: dict[str, str] = {}
        for name, symbol in self._symbols.items():
            values = self.values(name)
            if values:
                value = (
                    "n" if name in _NOT_IN_BASE and "n" in values else "m" if "m" in values else values[-1]
                )
                if value != "n":
                    found[f"CONFIG_{name}"] = value
            elif self._most.get(name, 2):
                given = _plain_default(symbol)
                if given is not None:
                    found[f"CONFIG_{name}"] = given
        return found

    def implied(self, name: str) -> Mapping[str, str]:
        """What `name` being on says of other symbols: their possible values, of "nmy", by name."""
        known = self._implied.get(name)
        if known is not None:
            return known
        found = self._implied[name] = dict(self._direct(name))
        symbol = self._symbols.get(name)
        reasons = self._reasons(symbol) if symbol is not None else []
        if len(reasons) <= _MOST_REASONS:
            common = agreement([self._closed(some) for some in reasons])
            common.pop(name, None)
            for other, values in common.items():
                found[other] = met(found.get(other), values)
        return found

    def _direct(self, name: str) -> Mapping[str, str]:
        """What `name` being on says of others by what it depends on and selects, to any depth."""
        known = self._depends.get(name)
        if known is not None:
            return known
        found = self._depends[name] = {}
        symbol = self._symbols.get(name)
        if symbol is None:
            return found
        direct = agreement([needed(definition.depends) for definition in symbol.definitions])
        for target, condition in symbol.selects:
            if condition == YES and target in self._symbols:
                direct[target] = met(direct.get(target), "my")
        found.update(self._closed(direct))
        return found

    def _closed(self, direct: Mapping[str, str]) -> dict[str, str]:
        """`direct` with all that follows from it."""
        found: dict[str, str] = {}
        for other, values in direct.items():
            found[other] = met(found.get(other), values)
            if "n" not in values:
                for further, theirs in self._direct(other).items():
                    found[further] = met(found.get(further), theirs)
        return found

    def _reasons(self, symbol: Symbol) -> list[dict[str, str]]:
        """What each way for `symbol` to be on takes: it is asked for, a default gives it, or another selects it."""
        found: list[dict[str, str]] = []
        for definition in symbol.definitions:
            if definition.prompt is not None:
                found.append(needed(definition.prompt))
            found += [needed(both(value, condition)) for value, condition in definition.defaults]
        for sources in (self._selected, self._suggested):
            for other, condition in sources.get(symbol.name, ()):
                if self._of(other)[1]:
                    found.append(meet([{other: "my"}, needed(condition)]))
        return found

    def _solve(self) -> None:
        names = [s.name for s in self._symbols.values() if s.type in ("bool", "tristate")]
        users = self._users(names)
        self._least = dict.fromkeys(self._symbols, 0)
        self._most = dict.fromkeys(self._symbols, 2)
        self._least["MODULES"] = 2
        for _ in range(2):
            self._most = {
                name: 0 if s.type in ("bool", "tristate") else 2 for name, s in self._symbols.items()
            }
            _settle(names, users, self._most, lambda name: self._greatest(self._symbols[name]))
            _settle(names, users, self._least, lambda name: self._smallest(self._symbols[name]))

    def _users(self, names: Iterable[str]) -> dict[str, list[str]]:
        """For each symbol, those whose values depend on it."""
        found: dict[str, list[str]] = {}
        for name in names:
            asked: set[str] = set()
            for definition in self._symbols[name].definitions:
                gather(definition.depends, asked)
                gather(definition.prompt or YES, asked)
                for value, condition in definition.defaults:
                    gather(value, asked)
                    gather(condition, asked)
            for sources in (self._selected, self._suggested):
                for other, condition in sources.get(name, ()):
                    asked.add(other)
                    gather(condition, asked)
            for other in asked:
                found.setdefault(other, []).append(name)
        return found

    def _greatest(self, symbol: Symbol) -> int:
        if self._most[symbol.name] == 2:
            return 2
        found = self._least[symbol.name]
        for definition in symbol.definitions:
            depends = self._interval(definition.depends)[1]
            if definition.prompt is not None:
                found = max(found, min(depends, self._interval(definition.prompt)[1]))
            for value, condition in definition.defaults:
                found = max(found, min(depends, self._interval(value)[1], self._interval(condition)[1]))
        for sources in (self._selected, self._suggested):
            for other, condition in sources.get(symbol.name, ()):
                found = max(found, min(self._of(other)[1], self._interval(condition)[1]))
        return 2 if found and symbol.type == "bool" else found

    def _smallest(self, symbol: Symbol) -> int:
        found = self._least[symbol.name]
        asked = any(
            d.prompt is not None and self._interval(d.prompt)[1] and self._interval(d.depends)[1]
            for d in symbol.definitions
        )
        if not asked:
            found = max(found, self._default(symbol))
        for other, condition in self._selected.get(symbol.name, ()):
            found = max(found, min(self._of(other)[0], self._interval(condition)[0]))
        return 2 if found and symbol.type == "bool" else found

    def _default(self, symbol: Symbol) -> int:
        """The least value that the defaults can give: the first one whose condition holds is taken."""
        found = 2
        for definition in symbol.definitions:
            depends = self._interval(definition.depends)
            for value, condition in definition.defaults:
                holds = self._interval(condition)
                if min(holds[1], depends[1]):
                    found = min(found, self._interval(value)[0], depends[0] if depends[0] else 0)
                if min(holds[0], depends[0]):
                    return found
        return 0

    def _of(self, name: str) -> Interval:
        return self._least.get(name, 0), self._most.get(name, 0)

    def _interval(self, expr: Expr) -> Interval:
        kind = expr[0]
        if kind == "sym":
            name = str(expr[1])
            return self._of(name) if name in self._symbols else (0, 0)
        if kind == "str":
            value = {"y": 2, "m": 1}.get(str(expr[1]), 0)
            return value, value
        if kind == "?":
            return _ANYTHING
        if kind == "!":
            low, high = self._interval(operand(expr, 1))
            return 2 - high, 2 - low
        if kind in ("&&", "||"):
            left, right = self._interval(operand(expr, 1)), self._interval(operand(expr, 2))
            pick = min if kind == "&&" else max
            return pick(left[0], right[0]), pick(left[1], right[1])
        return self._comparison(expr)

    def _comparison(self, expr: Expr) -> Interval:
        left, right = operand(expr, 1), operand(expr, 2)
        if expr[0] not in ("=", "!="):
            return _ANYTHING
        if left[0] == "str" and right[0] == "str":
            value = 2 if (left[1] == right[1]) == (expr[0] == "=") else 0
            return value, value
        if left[0] == "str":
            left, right = right, left
        if left[0] != "sym" or right[0] != "str" or right[1] not in ("y", "m", "n"):
            return _ANYTHING
        (low, high), wanted = self._interval(left), VALUES.index(str(right[1]))
        possible = low <= wanted <= high
        certain = low == high == wanted
        found = (2 if certain else 0, 2 if possible else 0)
        return found if expr[0] == "=" else (2 - found[1], 2 - found[0])


def _settle(
    names: Iterable[str],
    users: Mapping[str, Sequence[str]],
    values: dict[str, int],
    work_out: Callable[[str], int],
) -> None:
    """Raise `values` until nothing changes any more."""
    pending = deque(names)
    waiting = set(pending)
    while pending:
        name = pending.popleft()
        waiting.discard(name)
        value = work_out(name)
        if value > values[name]:
            values[name] = value
            new = [user for user in users.get(name, ()) if user not in waiting]
            pending += new
            waiting.update(new)


def _plain_default(symbol: Symbol) -> str | None:
    """The first default that is a number or a text by itself."""
    for definition in symbol.definitions:
        for value, _ in definition.defaults:
            if value[0] in ("sym", "str"):
                text = str(value[1])
                if symbol.type == "string":
                    return f'"{text}"'
                if text[:1].isdigit() or text[:1] == "-":
                    return text
    return None
