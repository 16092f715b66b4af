"""Conditions: what follows from what, and how they are said."""

from __future__ import annotations

import pytest

from nsfix.condition import ALWAYS, Clause, Condition, Literal, any_of, joined

A, B, C = (Literal(f"CONFIG_{name}") for name in "ABC")
NOT_A, NOT_B = Literal("CONFIG_A", "n"), Literal("CONFIG_B", "n")
A_BUILT_IN = Literal("CONFIG_A", "y")


def when(*clauses: Clause) -> Condition:
    return Condition(clauses)


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (ALWAYS, ""),
        (when((A,), (NOT_B,)), "CONFIG_A && !CONFIG_B"),
        (when((A, B)), "CONFIG_A || CONFIG_B"),
        (when((A, NOT_B), (C,)), "(CONFIG_A || !CONFIG_B) && CONFIG_C"),
        (when((A_BUILT_IN,)), "CONFIG_A=y"),
        (when((Literal("CONFIG_A", "m"),), (Literal("CONFIG_B", "mn"),)), "CONFIG_A=m && CONFIG_B!=y"),
    ],
)
def test_it_is_said_as_people_write_it(condition: Condition, text: str) -> None:
    assert str(condition) == text


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (when((A,)), ALWAYS, True),
        (ALWAYS, when((A,)), False),
        (when((A,), (B,)), when((B,)), True),
        (when((A,)), when((A, B)), True),
        (when((A, B)), when((A,)), False),
        (when((A_BUILT_IN,)), when((A,)), True),
        (when((A,)), when((A_BUILT_IN,)), False),
        (when((NOT_A,)), when((A,)), False),
        (Condition(((A,),), frozenset({(B,)})), when((B,)), True),
    ],
)
def test_what_follows_from_what(first: Condition, second: Condition, expected: bool) -> None:
    assert first.implies(second) is expected


@pytest.mark.parametrize(
    ("conditions", "text"),
    [
        ([when((A,)), ALWAYS], None),
        ([when((A,))], "CONFIG_A"),
        ([when((A,)), when((A,), (B,))], "CONFIG_A"),
        ([when((A,)), when((B,))], "CONFIG_A || CONFIG_B"),
        ([when((C,), (A,)), when((C,), (B,))], "CONFIG_C && (CONFIG_A || CONFIG_B)"),
        ([when((A,), (B,)), when((C,))], "(CONFIG_A && CONFIG_B) || CONFIG_C"),
        (
            [when((Literal(f"CONFIG_{n}"),)) for n in "ABCDE"],
            "CONFIG_A || CONFIG_B || CONFIG_C || 2 more",
        ),
    ],
)
def test_several_are_told_as_one(conditions: list[Condition], text: str | None) -> None:
    assert any_of(conditions) == text


def test_clauses_that_follow_are_left_out() -> None:
    assert joined([(A, B), (A,), (C,), (C,)]) == ((A,), (C,))


def test_what_is_left_where_a_clause_is_false() -> None:
    assert str(when((A,)).without((B,))) == "CONFIG_A && !CONFIG_B"
    assert str(when((A,)).without((B, C))) == "CONFIG_A"
