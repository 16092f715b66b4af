"""Every odd case against a fake kernel, for both spellings: check, diff and apply. No kernel is needed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import Case, load, parse
from tests.support import assert_apply, assert_check, assert_diff

CASES = load("quick")
RUNS = [
    pytest.param(case, series, id=f"{case.name}-{series}")
    for case in CASES
    for series in ("6.12", "7.x")
    if series in case.series
]
everywhere = pytest.mark.parametrize(("case", "series"), RUNS)


@everywhere
def test_check_names_what_is_missing(
    case: Case, series: str, tmp_path: Path, fake_kernels: dict[str, Path]
) -> None:
    here = case.on(series)
    assert_check(here, here.write(tmp_path / "m"), fake_kernels[series], here.pairs("missing"))


@everywhere
def test_diff_is_what_git_and_patch_take(
    case: Case, series: str, tmp_path: Path, fake_kernels: dict[str, Path]
) -> None:
    here = case.on(series)
    assert_diff(here, here.write(tmp_path / "m"), fake_kernels[series])


@everywhere
def test_apply_writes_that_and_once_only(
    case: Case, series: str, tmp_path: Path, fake_kernels: dict[str, Path]
) -> None:
    here = case.on(series)
    assert_apply(here, here.write(tmp_path / "m"), fake_kernels[series])


def test_a_case_with_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown key"):
        parse("x", "/// case: y\n/// mising: t: CXL\nint x;\n")


def test_a_case_without_expectation_is_refused() -> None:
    with pytest.raises(ValueError, match="missing"):
        parse("x", "/// case: y\nint x;\n")
