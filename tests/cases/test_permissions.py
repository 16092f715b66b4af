"""Sources that nsfix may not write to: said, never silent, and whole."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.cases import load
from tests.fake_kernel import make_kernel
from tests.support import nsfix, snapshot

NOBODY = 65534


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory that another user can reach too, which those of tmp_path cannot."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_source_without_permission_is_named_and_stays(shared: Path) -> None:
    kdir = make_kernel(shared / "kernel", "7.x")
    (case,) = (case for case in load("quick") if case.name == "plain")
    directory = case.on("7.x").write(shared / "m")
    for path in (*directory.iterdir(), directory):
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = snapshot(directory)
    user = NOBODY if os.geteuid() == 0 else None
    result = nsfix("apply", f"M={directory}", f"KDIR={kdir}", cwd=directory, user=user)
    directory.chmod(0o755)
    assert snapshot(directory) == before
    assert result.code != 0, result.said
    assert re.search(r"t\.c.*(permission|read-only)", result.err, re.IGNORECASE), result.said
