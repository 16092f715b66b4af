"""Settings from the client and from `.nsfix.toml`, and what becomes of those that cannot be used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from tests.lsp.client import Editor
from tests.lsp.modules import MENDED, ONE, write_files, write_module

Start = Callable[..., Editor]
GUARDED = (
    "#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)\n"
    'MODULE_IMPORT_NS("DMA_BUF");\n#else\nMODULE_IMPORT_NS(DMA_BUF);\n#endif\n'
)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts an editor with these settings, in a directory with a module that has none of its own."""
    started: list[Editor] = []

    def begin(options: Any, files: dict[str, str] | None = None) -> Editor:
        write_files(tmp_path / "m", files or ONE)
        started.append(Editor(tmp_path, options))
        return started[-1]

    yield begin
    for editor in started:
        assert editor.end() == 0


def mended(editor: Editor, path: Path) -> str | None:
    action = editor.fix_all(path)
    return editor.edited(action.edit)[path] if action is not None else None


def configure(editor: Editor, settings: Any) -> None:
    params = types.DidChangeConfigurationParams({"nsfix": settings})
    editor.notify(types.WORKSPACE_DID_CHANGE_CONFIGURATION, params)


def test_settings_of_the_client(start: Start, tmp_path: Path, fake_kernels: dict[str, Path]) -> None:
    path = tmp_path / "m/plain.c"
    editor = start({"kdir": str(fake_kernels["7.x"])})
    editor.open(path)
    assert mended(editor, path) == MENDED.replace("(DMA_BUF)", '("DMA_BUF")')
    configure(editor, {"kdir": str(fake_kernels["6.12"])})
    assert mended(editor, path) == MENDED
    configure(editor, {"kdir": str(fake_kernels["6.12"]), "ignore": ["DMA_BUF"]})
    assert mended(editor, path) is None and editor.findings(path) == []
    both = [str(fake_kernels[series]) for series in ("6.12", "7.x")]
    configure(editor, {"kdir": both, "ignore": [], "guard": None})
    text = mended(editor, path)
    assert text is not None and GUARDED in text and "#include <linux/version.h>" in text
    configure(editor, {"kdir": both, "guard": "none"})
    assert mended(editor, path) is None
    assert [d.code for d in editor.shown(path)] == ["missing-import"]
    assert "not mended" in editor.shown(path)[0].message


@pytest.fixture(scope="module")
def settable(
    tmp_path_factory: pytest.TempPathFactory, fake_kernels: dict[str, Path]
) -> Iterator[tuple[Editor, Path]]:
    """An editor whose first settings were wrong, and a module that has its own."""
    root = tmp_path_factory.mktemp("settable")
    path = write_module(root / "m", ONE, fake_kernels["6.12"]) / "plain.c"
    editor = Editor(root, {"kdri": "/usr/src"})
    editor.open(path)
    yield editor, path
    assert editor.end() == 0


def test_a_first_setting_that_is_wrong(settable: tuple[Editor, Path]) -> None:
    editor, path = settable
    assert mended(editor, path) == MENDED
    (said,) = [message.message for message in editor.client.messages]
    assert "settings" in said and "kdri" in said and "kdir may be meant" in said


@pytest.mark.parametrize(
    "options",
    [{"kdri": "/usr/src"}, {"kdir": 5}, {"kdir": [["a"]]}, {"ignore": "DMA_BUF"}, {"guard": "sometimes"}],
)
def test_a_setting_that_is_wrong_is_told_and_left_out(
    settable: tuple[Editor, Path], options: dict[str, Any]
) -> None:
    editor, path = settable
    before = len(editor.client.messages)
    configure(editor, options)
    assert mended(editor, path) == MENDED
    (said,) = [message.message for message in editor.client.messages[before:]]
    assert "settings" in said and next(iter(options)) in said


@pytest.mark.parametrize("options", [None, [], "x", 5, {}, {"fixOnSave": "perhaps"}])
def test_settings_that_are_none(settable: tuple[Editor, Path], options: Any) -> None:
    editor, path = settable
    before = editor.lines(), len(editor.client.messages)
    configure(editor, options)
    assert mended(editor, path) == MENDED
    assert (editor.lines(), len(editor.client.messages)) == before


def test_a_kernel_that_is_not_there_is_told(start: Start, tmp_path: Path) -> None:
    editor = start({"kdir": str(tmp_path / "none")})
    path = tmp_path / "m/plain.c"
    editor.open(path)
    assert mended(editor, path) is None
    editor.replace(path, 0, 0, "\n")
    assert mended(editor, path) is None
    assert len(editor.lines()) == 1 and str(tmp_path / "none") in editor.lines()[0]


class TestFile:
    """`.nsfix.toml` changes while files are open."""

    def test_another_kernel(self, editor: Editor, tmp_path: Path, fake_kernels: dict[str, Path]) -> None:
        path = write_module(tmp_path, ONE, fake_kernels["6.12"]) / "plain.c"
        editor.open(path)
        assert mended(editor, path) == MENDED
        write_module(tmp_path, ONE, fake_kernels["7.x"])
        assert mended(editor, path) == MENDED.replace("(DMA_BUF)", '("DMA_BUF")')
        write_module(tmp_path, ONE, fake_kernels["7.x"], 'ignore = ["DMA_BUF"]\n')
        assert mended(editor, path) is None
        editor.close(path)

    def test_without_a_question(self, editor: Editor, tmp_path: Path, fake_kernels: dict[str, Path]) -> None:
        path = write_module(tmp_path, ONE, fake_kernels["6.12"]) / "plain.c"
        editor.open(path)
        editor.wait(lambda: editor.shown(path))
        settings = tmp_path / ".nsfix.toml"
        editor.open(settings, settings.read_text() + 'ignore = ["DMA_BUF"]\n')
        editor.save(settings)
        editor.wait(lambda: not editor.shown(path))
        editor.close_all()

    def test_one_that_is_wrong_is_told_and_may_be_mended(
        self, editor: Editor, tmp_path: Path, fake_kernels: dict[str, Path]
    ) -> None:
        path = write_module(tmp_path, ONE, fake_kernels["6.12"]) / "plain.c"
        editor.open(path)
        assert mended(editor, path) == MENDED
        before = len(editor.client.messages)
        right = (tmp_path / ".nsfix.toml").read_text()
        (tmp_path / ".nsfix.toml").write_text(right + "kdir = \n")
        assert mended(editor, path) is None and editor.shown(path) == []
        assert mended(editor, path) is None
        (said,) = editor.client.messages[before:]
        assert ".nsfix.toml:2" in said.message
        (tmp_path / ".nsfix.toml").write_text(right)
        assert mended(editor, path) == MENDED
        editor.close(path)

    def test_the_nearest_counts(self, editor: Editor, tmp_path: Path, fake_kernels: dict[str, Path]) -> None:
        write_module(tmp_path, {}, fake_kernels["7.x"])
        path = write_module(tmp_path / "inner", ONE, fake_kernels["6.12"]) / "plain.c"
        editor.open(path)
        assert mended(editor, path) == MENDED
        (tmp_path / "inner/.nsfix.toml").unlink()
        assert mended(editor, path) == MENDED.replace("(DMA_BUF)", '("DMA_BUF")')
        editor.close(path)
