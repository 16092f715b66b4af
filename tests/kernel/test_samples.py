"""The samples, built to the end: real modpost complains, nsfix mends, and the build is silent."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cases import SERIES, Pairs
from tests.kernel.building import build_alone
from tests.kernel.conftest import kernel_of
from tests.support import missing_by_nsfix, nsfix, snapshot

pytestmark = pytest.mark.kernel
SAMPLES = Path(__file__).parents[2] / "samples"
MISSING: dict[str, Pairs] = {
    "single": frozenset({("single", "DMA_BUF")}),
    "composite": frozenset({("composite", "DMA_BUF")}),
    "pair": frozenset({("pair_user", "PAIR")}),
    "guarded": frozenset({("guarded", "DMA_BUF")}),
    "inline": frozenset({("inline_user", "IIO_ADISLIB")}),
    "evidence/demo": frozenset({("demo", "CXL"), ("demo", "DMA_BUF")}),
}


@pytest.mark.parametrize("sample", MISSING)
@pytest.mark.parametrize("series", SERIES)
def test_a_sample_is_mended(series: str, sample: str, tmp_path: Path) -> None:
    kernel = kernel_of(series)
    words = [f"M={tmp_path / 'm'}", f"KDIR={kernel.kdir}"]
    shutil.copytree(SAMPLES / sample, tmp_path / "clean")
    directory = shutil.copytree(SAMPLES / sample, tmp_path / "m")

    checked = nsfix("check", "--format", "json", *words, cwd=directory)
    assert checked.code == 1, checked.said
    assert missing_by_nsfix(json.loads(checked.out)) == MISSING[sample]

    before = build_alone(kernel, directory)
    assert before.status != 0
    assert before.missing == MISSING[sample], before.log

    applied = nsfix("apply", *words, cwd=directory)
    assert applied.code == 0, applied.said
    after = build_alone(kernel, directory)
    assert after.missing == frozenset(), after.log
    assert after.status == 0, after.log

    once = {path: snapshot(directory)[path] for path in snapshot(tmp_path / "clean")}
    assert nsfix("apply", *words, cwd=directory).code == 0
    assert {path: snapshot(directory)[path] for path in once} == once
