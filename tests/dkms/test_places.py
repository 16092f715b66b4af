"""Debian's packages of modules: from any of its files, an editor is led to the directory of the package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from nsfix.errors import InputError
from nsfix.kernel.external import read_modules
from nsfix.kernel.tree import read_kernel_build
from nsfix.project import request_for
from nsfix.settings import Settings
from tests.dkms.provision import sources
from tests.kernel.conftest import kernel_of

pytestmark = pytest.mark.dkms
SERIES = "6.1"  # on which most of them build
SOURCES = [pytest.param(source, id=name) for name, found in sources().items() for source in found]
MOST = 6


def some(paths: Sequence[Path]) -> Sequence[Path]:
    """A few of them, from all over."""
    return paths[:: max(1, len(paths) // MOST)]


@pytest.mark.parametrize("source", SOURCES)
def test_a_file_belongs_to_its_package(source: Path) -> None:
    kdir = str(kernel_of(SERIES).kdir)
    try:
        modules = read_modules(str(source), read_kernel_build(kdir), {}).modules
    except InputError as error:
        pytest.skip(f"no module is found in the package as a whole: {error.message}")
    compiled = sorted({Path(s.path) for module in modules for s in module.sources})
    headers = sorted(source.rglob("*.h"))
    for path in (*some([path for path in compiled if path.is_file()]), *some(headers)):
        assert request_for(str(path), Settings((kdir,))).directory == str(source), path
