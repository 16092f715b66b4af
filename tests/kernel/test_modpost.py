"""The cases against real kernels: the real modpost is the judge of what is missing, before and after.

Cases that can stand together are given to nsfix together, as one directory with many modules: a run for
each would cost more than the builds do. The tests in tests/cases run it for each case, twice.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cases import SERIES, Case, load
from tests.kernel.conftest import Answers, Built, kernel_of, together
from tests.support import assert_apply, assert_check, assert_files, nsfix, words_for

pytestmark = pytest.mark.kernel
RUNS = [
    pytest.param(series, case, id=f"{series}-{case.name}")
    for series in SERIES
    for case in load("kernel")
    if series in case.series
]
everywhere = pytest.mark.parametrize(("series", "case"), RUNS)
from_logs = pytest.mark.parametrize(
    ("series", "case"),
    [
        pytest.param(series, case, id=f"{series}-{case.name}")
        for series in SERIES
        for case in load("kernel")
        if series in case.series
        and case.value("peer", series)
        and case.on(series).pairs("missing")
        and case.on(series).value("build") != "broken"
    ],
)


@everywhere
def test_modpost_says_what_the_case_says(series: str, case: Case, built: Callable[[str], Built]) -> None:
    here = case.on(series)
    _, judged = built(series).before[case.name]
    if here.value("build") == "broken":
        assert judged.status != 0 and judged.faults, f"this was to fail:\n{judged.log}"
    else:
        assert judged.missing == here.pairs("missing"), judged.log
    if case.name in built(series).after:
        _, judged = built(series).after[case.name]
        assert judged.missing == here.pairs("left"), judged.log
        assert judged.faults == () or here.value("faults"), judged.log


@everywhere
def test_check_says_what_modpost_says(
    series: str, case: Case, built: Callable[[str], Built], answers: Callable[[str], Answers]
) -> None:
    here = case.on(series)
    directory, judged = built(series).before[case.name]
    missing = here.pairs("missing") if here.value("build") == "broken" else judged.missing
    if together(here):
        expected = {(f"{case.name}/{module}", namespace) for module, namespace in missing}
        said = {pair for pair in answers(series).missing if pair[0].startswith(f"{case.name}/")}
        assert said == expected
    else:
        assert_check(here, directory, kernel_of(series).kdir, missing)


@everywhere
def test_apply_writes_what_was_built(
    series: str, case: Case, tmp_path: Path, answers: Callable[[str], Answers]
) -> None:
    """The state after the fix was built from the very bytes that apply is held against here."""
    here = case.on(series)
    if together(here):
        said = [line for line in answers(series).applied.said.splitlines() if f"{case.name}/" in line]
        assert_files(here, answers(series).mended / case.name, "\n".join(said))
    else:
        assert_apply(here, here.write(tmp_path / "m"), kernel_of(series).kdir)


@pytest.mark.parametrize("series", SERIES)
def test_apply_once_more_changes_nothing(series: str, answers: Callable[[str], Answers]) -> None:
    given = answers(series)
    assert given.unchanged, given.again.said
    cases = [case.on(series) for case in load("kernel") if series in case.series]
    code = max(case.exit for case in cases if together(case))
    assert (given.applied.code, given.again.code) == (code, code), given.again.said
    assert given.again.out == b""


@from_logs
def test_the_log_leads_to_the_same_edits(
    series: str, case: Case, built: Callable[[str], Built], tmp_path: Path
) -> None:
    """What modpost printed, given as --log, is enough for the very edits that the sources alone lead to."""
    here = case.on(series)
    _, judged = built(series).before[case.name]
    directory = here.write(tmp_path / "m")
    log = tmp_path / "make.log"
    log.write_text(judged.log.replace(f"{case.name}/", ""), encoding="utf-8")
    words = words_for(here, directory, kernel_of(series).kdir)
    applied = nsfix("apply", "--log", log, *words, cwd=directory)
    assert_files(here, directory, applied.said)
    assert applied.code == here.exit, applied.said
