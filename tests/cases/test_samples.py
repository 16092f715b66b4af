"""The samples as far as they need no kernel: the first command of the README, and that none is forgotten."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.kernel.test_samples import MISSING, SAMPLES
from tests.support import nsfix


def test_every_sample_is_tried() -> None:
    made = {str(file.parent.relative_to(SAMPLES)) for file in SAMPLES.rglob("Kbuild")}
    assert made == set(MISSING)


def test_a_log_is_enough(tmp_path: Path) -> None:
    """What the README shows first: no kernel headers, only the log of a build."""
    directory = shutil.copytree(SAMPLES / "evidence/demo", tmp_path / "m")
    log = SAMPLES / "evidence/make.log"
    result = nsfix("diff", "--log", log, f"M={directory}", cwd=directory)
    assert result.code == 1, result.said
    assert [line for line in result.out.splitlines() if line.startswith(b"+MODULE")] == [
        b'+MODULE_IMPORT_NS("CXL");',
        b'+MODULE_IMPORT_NS("DMA_BUF");',
    ]
