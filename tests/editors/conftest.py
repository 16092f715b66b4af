"""Fixtures of the editors."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.editors.sandbox import Sandbox, end_services
from tests.kernel.building import Kernel
from tests.kernel.conftest import kernel_of


@pytest.fixture(scope="session")
def kernel() -> Kernel:
    """The kernel that all of these modules are built for."""
    return kernel_of("6.1")


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all editors, as a user has one."""
    return tmp_path_factory.mktemp("editors-cache")


@pytest.fixture
def sandbox(tmp_path: Path, kernel: Kernel, shared_cache: Path) -> Iterator[Sandbox]:
    """A home and a place for modules, empty; nothing of it runs on afterwards."""
    yield Sandbox(tmp_path / "sandbox", kernel.kdir, shared_cache)
    end_services(shared_cache)
