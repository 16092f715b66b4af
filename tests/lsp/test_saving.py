"""Mending on save by the protocol's own means, for clients that are set to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.client import Editor, capabilities
from tests.lsp.modules import ANCHOR, FILES, MENDED, write_module
from tests.lsp.texts import applied


@pytest.fixture(scope="module")
def saving(tmp_path_factory: pytest.TempPathFactory, fake_kernels: dict[str, Path]) -> Iterator[Editor]:
    root = tmp_path_factory.mktemp("saving")
    home = write_module(root / "m", FILES, fake_kernels["6.12"])
    editor = Editor(root, {"fixOnSave": True})
    editor.open(home / ANCHOR)
    yield editor
    assert editor.end() == 0


def will_save(editor: Editor, path: Path) -> str:
    """The text that is saved."""
    params = types.WillSaveTextDocumentParams(editor.document(path), types.TextDocumentSaveReason.Manual)
    edits = editor.ask(types.TEXT_DOCUMENT_WILL_SAVE_WAIT_UNTIL, params) or []
    return applied(editor.text(path), edits, editor.encoding)


def test_it_is_announced(saving: Editor) -> None:
    sync = saving.server.capabilities.text_document_sync
    assert isinstance(sync, types.TextDocumentSyncOptions) and sync.will_save_wait_until


def test_the_import_is_there_once_after_two_saves(saving: Editor) -> None:
    path = saving.root / "m/plain.c"
    saving.open(path)
    for _ in range(2):
        text = will_save(saving, path)
        assert text == MENDED
        saving.retype(path, text)
        saving.save(path)
    saving.close(path)


def test_another_file_is_edited_through_the_client_which_is_told(saving: Editor) -> None:
    first, second = saving.root / "m/first.c", saving.root / "m/second.c"
    saving.open(first)
    saving.open(second)
    assert will_save(saving, second) == FILES["second.c"]
    saving.wait(lambda: saving.asked_edits and saving.client.messages)
    (asked,) = saving.asked_edits
    ((path, text),) = saving.edited(asked.edit).items()
    assert path == first and text.count("MODULE_IMPORT_NS(DMA_BUF);") == 1
    assert "first.c" in (asked.label or "") and "first.c" in saving.client.messages[-1].message
    saving.retype(first, text)
    assert will_save(saving, second) == FILES["second.c"]
    assert will_save(saving, first) == text
    assert len(saving.asked_edits) == 1


def test_without_the_setting_nothing_is_done_on_save(editor: Editor, home: Path) -> None:
    sync = editor.server.capabilities.text_document_sync
    assert isinstance(sync, types.TextDocumentSyncOptions) and not sync.will_save_wait_until


def test_a_client_that_makes_no_edits_is_not_asked(tmp_path: Path, fake_kernels: dict[str, Path]) -> None:
    editor = Editor(tmp_path, {"fixOnSave": True}, able=capabilities(apply_edit=False))
    path = write_module(tmp_path / "m", FILES, fake_kernels["6.12"]) / "second.c"
    editor.open(path)
    assert will_save(editor, path) == FILES["second.c"]
    assert editor.asked_edits == []
    assert editor.end() == 0
