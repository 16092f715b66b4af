"""Fixtures that every tier shares."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_kernel import make_kernel


@pytest.fixture(scope="session")
def fake_kernels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A fake kernel for each spelling: "6.12" (identifier) and "7.x" (string)."""
    home = tmp_path_factory.mktemp("fake-kernels")
    return {series: make_kernel(home / series, series) for series in ("6.12", "7.x")}
