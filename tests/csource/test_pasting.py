"""What macros may paste, as patterns, and whether a name can come of a pattern."""

from __future__ import annotations

import pytest

from nsfix.csource.macros import Macro
from nsfix.csource.pasting import ANYTHING, NameSet, is_made_of, own_patterns


@pytest.mark.parametrize(
    ("definition", "patterns"),
    [
        (b"(x) usb_stor_##x", {b"usb_stor_*"}),
        (b"(x) x##_show(x)", {b"*_show"}),
        (b"(x) trace_##x##_enabled()", {b"trace_*_enabled"}),
        (b"(a, b) a##b", {ANYTHING}),
        (b"(a, b) a##_##b", {ANYTHING}),
        (b"(f, a...) printk(f, ## a)", set()),
        (b'(x) L##"text"', set()),
        (b"(x) one_##x + two_##x", {b"one_*", b"two_*"}),
    ],
)
def test_a_body_has_the_patterns_of_what_it_pastes(definition: bytes, patterns: set[bytes]) -> None:
    assert own_patterns(Macro(b"M", definition)) == patterns


def test_what_is_pasted_inside_a_joining_call_may_be_longer() -> None:
    assert own_patterns(Macro(b"M", b"(x) JOIN(a, usb_##x)"), {b"JOIN"}) == {b"*usb_**"}


@pytest.mark.parametrize(
    ("pattern", "words", "expected"),
    [
        (b"usb_*", {b"probe"}, True),
        (b"usb_*", {b"remove"}, False),
        (b"*_probe", {b"usb"}, True),
        (b"us*_pro*", {b"b", b"be"}, True),
        (b"dma_*", {b"1", b"x"}, True),
        (ANYTHING, {b"usb", b"_probe"}, True),
        (b"probe_*", {b"usb"}, False),
    ],
)
def test_a_pattern_makes_a_name_from_spelled_words(pattern: bytes, words: set[bytes], expected: bool) -> None:
    assert NameSet([b"usb_probe", b"dma_32"]).may_make(pattern, lambda: frozenset(words)) is expected


def test_numbers_are_always_there_to_be_pasted() -> None:
    assert is_made_of(b"reg16x2", frozenset({b"reg", b"x"}))
    assert not is_made_of(b"reg16y2", frozenset({b"reg", b"x"}))
