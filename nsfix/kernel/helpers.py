"""What the kernel's own makefiles define for Kbuild files: variables, and functions for `$(call …)`.

The functions of scripts/Makefile.compiler try out the compiler; here an option that is asked for counts as
known to it. Those of scripts/Kbuild.include are computed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from nsfix.kernel.make.expand import KernelFunction

# Names for characters that cannot stand for themselves (scripts/Kbuild.include).
CHARACTERS = {
    "comma": ",",
    "quote": '"',
    "squote": "'",
    "empty": "",
    "space": " ",
    "pound": "#",
    "newline": "\n",
}

_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda left, right: left == right,
    "-ne": lambda left, right: left != right,
    "-lt": lambda left, right: left < right,
    "-le": lambda left, right: left <= right,
    "-gt": lambda left, right: left > right,
    "-ge": lambda left, right: left >= right,
}
_LEADING_NUMBER = re.compile(r"\s*(\d+)")


def kernel_functions(config: Mapping[str, str]) -> dict[str, KernelFunction]:
    """Return the functions by name, for a kernel with this configuration (CONFIG_GCC_VERSION…)."""

    def at_least(symbol: str) -> KernelFunction:
        return lambda args: _yes(_number(config.get(symbol, "")) >= _number(_argument(args, 0)))

    def compiler_is(args: Sequence[str]) -> str:
        """cc-ifversion compares as `gcc -dumpversion` of old did: 4 digits, major and minor."""
        version = _number(config.get("CONFIG_GCC_VERSION", "")) // 100
        compare = _COMPARISONS.get(_argument(args, 0).strip())
        holds = compare is not None and compare(version, _number(_argument(args, 1)))
        return _argument(args, 2) if holds else _argument(args, 3)

    return {
        "cc-option": lambda args: _argument(args, 0),
        "__cc-option": lambda args: _argument(args, 2),
        "cc-option-yn": lambda args: "y",
        "cc-disable-warning": lambda args: f"-Wno-{_argument(args, 0).strip()}",
        "cc-ifversion": compiler_is,
        "cc-ldoption": lambda args: _argument(args, 0),
        "as-option": lambda args: _argument(args, 0),
        "as-instr": lambda args: _argument(args, 1),
        "ld-option": lambda args: _argument(args, 0),
        "rustc-option": lambda args: _argument(args, 0),
        "rustc-option-yn": lambda args: "y",
        "try-run": lambda args: _argument(args, 1),
        "gcc-min-version": at_least("CONFIG_GCC_VERSION"),
        "clang-min-version": at_least("CONFIG_CLANG_VERSION"),
        "rustc-min-version": at_least("CONFIG_RUSTC_VERSION"),
        "test-ge": _test("-ge"),
        "test-gt": _test("-gt"),
        "test-le": _test("-le"),
        "test-lt": _test("-lt"),
        "stringify": lambda args: f"'\"{_argument(args, 0)}\"'",
        "escsq": lambda args: _argument(args, 0).replace("'", "'\\''"),
        "name-fix-token": lambda args: _argument(args, 0).replace("-", "_").replace(",", "_"),
    }


def _argument(args: Sequence[str], number: int) -> str:
    return args[number] if number < len(args) else ""


def _number(text: str) -> int:
    found = _LEADING_NUMBER.match(text)
    return int(found.group(1)) if found else 0


def _yes(holds: bool) -> str:
    return "y" if holds else ""


def _test(operator: str) -> KernelFunction:
    compare = _COMPARISONS[operator]
    return lambda args: _yes(compare(_number(_argument(args, 0)), _number(_argument(args, 1))))
