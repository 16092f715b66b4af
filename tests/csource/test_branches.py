"""Branches of a text that hang on the configuration."""

from __future__ import annotations

import pytest

from nsfix.csource.branches import config_words, may_hold, read_branches, solve

TEXT = b"""
#ifdef CONFIG_A
one
#elif IS_ENABLED(CONFIG_B) && defined(OTHER)
two
#else
three
#if CONFIG_NUMBER > 3
four
#endif
#endif
#ifdef OTHER
five
#ifndef CONFIG_A
six
#endif
#endif
"""


def compiled(**values: str) -> list[str]:
    """The words of TEXT whose branches may be compiled."""
    given = {f"CONFIG_{name}".encode(): value for name, value in values.items()}
    found = [b for b in read_branches(TEXT) if may_hold(b, given.get)]
    return [TEXT[b.start : b.end].split()[0].decode() for b in found]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("y", "n", ["one"]),
        ("m", "n", ["three", "four", "six"]),
        ("n", "m", ["two", "three", "four", "six"]),
        ("n", "n", ["three", "four", "six"]),
    ],
)
def test_which_may_be_compiled(a: str, b: str, expected: list[str]) -> None:
    assert compiled(A=a, B=b) == expected


def test_what_has_to_change() -> None:
    base = {b"CONFIG_A": "m", b"CONFIG_B": "n"}
    values = {b"CONFIG_A": "nmy", b"CONFIG_B": "nmy"}
    one, two, three, *_ = read_branches(TEXT)
    assert solve(one, values, base) == {b"CONFIG_A": "y"}
    assert solve(two, values, base) == {b"CONFIG_B": "m"}
    assert solve(three, values, base) == {}
    assert solve(one, {b"CONFIG_A": "nm"}, base) is None
    assert solve(one, {}, base) is None


def test_the_macro_of_a_module_stands_for_its_symbol() -> None:
    assert config_words(b"CONFIG_B CONFIG_A_MODULE CONFIG_A") == [b"CONFIG_B", b"CONFIG_A"]
    (branch,) = read_branches(b"#ifdef CONFIG_A_MODULE\nx\n#endif\n")
    assert solve(branch, {b"CONFIG_A": "nmy"}, {b"CONFIG_A": "y"}) == {b"CONFIG_A": "m"}
