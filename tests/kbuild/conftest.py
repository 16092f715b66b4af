"""Fixtures: two kernels, and a way to read an external module directory for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nsfix.kernel.kbuild import KbuildFacts, read_external
from nsfix.kernel.tree import KernelBuild
from tests.kbuild.kernel_files import make_kernel, write


@pytest.fixture
def old_kernel(tmp_path: Path) -> KernelBuild:
    """A 6.12 kernel: make runs in the build directory."""
    return make_kernel(tmp_path / "linux-6.12", (6, 12, 30))


@pytest.fixture
def new_kernel(tmp_path: Path) -> KernelBuild:
    """A 7.2 kernel: make runs in the module's directory."""
    return make_kernel(tmp_path / "linux-7.2", (7, 2, 1))


@pytest.fixture(params=["old_kernel", "new_kernel"])
def kernel(request: pytest.FixtureRequest) -> KernelBuild:
    """Either kernel, for what is the same in both."""
    found: KernelBuild = request.getfixturevalue(request.param)
    return found


Read = Callable[..., KbuildFacts]


@pytest.fixture
def read(tmp_path: Path, kernel: KernelBuild) -> Read:
    """Write the files of an external module directory and read it."""

    def run(files: Mapping[str, str], **variables: str) -> KbuildFacts:
        write(tmp_path / "mod", files)
        return read_external(str(tmp_path / "mod"), kernel, variables)

    return run


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own build variables out."""
    for name in ("KCFLAGS", "KCPPFLAGS", "KAFLAGS", "ARCH", "CC", "LD", "KBUILD_EXTRA_SYMBOLS"):
        monkeypatch.delenv(name, raising=False)
