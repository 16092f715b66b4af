"""What an expression of Kconfig takes: the values that symbols must have for it not to be n."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nsfix.kernel.kconfig import Expr

VALUES = "nmy"


def operand(expr: Expr, at: int) -> Expr:
    """The operand of `expr` at the index `at`."""
    inner = expr[at]
    assert isinstance(inner, tuple)
    return inner


def gather(expr: Expr, found: set[str]) -> None:
    """Add the symbols of `expr` to `found`."""
    if expr[0] == "sym":
        found.add(str(expr[1]))
    elif expr[0] != "str":
        for inner in expr[1:]:
            if isinstance(inner, tuple):
                gather(inner, found)


def needed(expr: Expr) -> dict[str, str]:
    """The values that symbols must have for `expr` not to be n."""
    kind = expr[0]
    if kind == "sym":
        return {str(expr[1]): "my"}
    if kind == "&&":
        found = dict(needed(operand(expr, 1)))
        for name, values in needed(operand(expr, 2)).items():
            found[name] = met(found.get(name), values)
        return found
    if kind == "||":
        return _agreed(needed(operand(expr, 1)), needed(operand(expr, 2)))
    if kind == "!" and operand(expr, 1)[0] == "sym":
        return {str(operand(expr, 1)[1]): "nm"}
    if kind in ("=", "!="):
        left, right = operand(expr, 1), operand(expr, 2)
        if left[0] == "sym" and right[0] == "str" and right[1] in ("y", "m", "n"):
            rest = "".join(v for v in VALUES if v != right[1])
            return {str(left[1]): str(right[1]) if kind == "=" else rest}
    return {}


def agreement(ways: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What holds on each of `ways`."""
    found = dict(ways[0]) if ways else {}
    for way in ways[1:]:
        found = _agreed(found, way)
    return found


def _agreed(left: Mapping[str, str], right: Mapping[str, str]) -> dict[str, str]:
    """What holds whichever of the two does."""
    return {
        name: "".join(v for v in VALUES if v in left[name] or v in right[name])
        for name in left
        if name in right
    }


def met(left: str | None, right: str) -> str:
    """The values that are among `left`, if that is known, and among `right`."""
    return right if left is None else "".join(v for v in left if v in right)


def meet(parts: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What holds where all of `parts` do."""
    found: dict[str, str] = {}
    for part in parts:
        for name, values in part.items():
            found[name] = met(found.get(name), values)
    return found
