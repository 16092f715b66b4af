"""Modules for an editor to open, and an editor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lsp.client import Editor
from tests.lsp.modules import ANCHOR, FILES, write_files, write_module

MakeModule = Callable[..., Path]


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """An editor without any settings: the modules bring theirs."""
    made = Editor(tmp_path_factory.mktemp("editor"))
    yield made
    assert made.end() == 0


@pytest.fixture(scope="module")
def workshop(editor: Editor, fake_kernels: dict[str, Path]) -> Path:
    """A directory with all of FILES, one of them open all the time, so that the server stays at it."""
    home = write_module(editor.root / "workshop", FILES, fake_kernels["6.12"])
    editor.open(home / ANCHOR)
    return home


@pytest.fixture
def home(editor: Editor, workshop: Path) -> Iterator[Path]:
    """The workshop as it is at first; what a test does to it is undone."""
    yield workshop
    editor.close_all(workshop / ANCHOR)
    different = {name: text for name, text in FILES.items() if (workshop / name).read_text() != text}
    write_files(workshop, different)


@pytest.fixture
def module(editor: Editor, tmp_path: Path, fake_kernels: dict[str, Path]) -> Iterator[MakeModule]:
    """Makes a module directory of its own, for the fake 6.12 or another series."""

    def make(files: dict[str, str], series: str = "6.12", settings: str = "") -> Path:
        return write_module(tmp_path / "module", files, fake_kernels[series], settings)

    yield make
    editor.close_all()
