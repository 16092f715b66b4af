"""The edits that are offered: right in every encoding, and the same as those of `nsfix apply`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.client import FIX_ALL, Editor, capabilities, plain, uri_of
from tests.lsp.modules import ANCHOR, FILES, HEAD, LAST, LICENCE, MENDED, ONE, PLAIN, USING, write_module
from tests.lsp.texts import ENCODINGS
from tests.support import nsfix

BEYOND = "/* 𝒳 and 🐧, é */"
TEXTS = {
    "plain": PLAIN,
    "before the licence": HEAD + f"{BEYOND}\n" + USING + LICENCE + LAST,
    "in the line of the licence": HEAD + USING + f"{BEYOND} " + LICENCE + LAST,
    "in the line of the use": HEAD + USING.replace("\tdma", f"\t{BEYOND} dma") + LICENCE + LAST,
    "crlf": (HEAD + f"{BEYOND}\n" + USING + LICENCE + LAST).replace("\n", "\r\n"),
    "no line end": HEAD + USING + f"{BEYOND} " + LICENCE.rstrip(),
    "separators of other standards": HEAD + "/* \u2028 \x0c \x85 */\n" + USING + LICENCE + LAST,
    "respelled": HEAD + USING + f"{BEYOND} " + LICENCE + f'{BEYOND} MODULE_IMPORT_NS("DMA_BUF");\n' + LAST,
    "a lone carriage return": HEAD + "/* a\rb */\n" + USING + LICENCE + LAST,
}


@pytest.fixture(scope="module", params=ENCODINGS)
def encoded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, fake_kernels: dict[str, Path]
) -> Iterator[tuple[Editor, Path]]:
    """An editor that counts columns in some unit, and a module."""
    editor = Editor(tmp_path_factory.mktemp("encoded"), able=capabilities(request.param))
    assert editor.encoding == request.param
    home = write_module(editor.root / "m", FILES, fake_kernels["6.12"])
    editor.open(home / ANCHOR)
    yield editor, home / "plain.c"
    assert editor.end() == 0


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory, fake_kernels: dict[str, Path]) -> dict[str, str]:
    """What `nsfix apply` writes for each text."""
    found = {}
    for name, text in TEXTS.items():
        home = tmp_path_factory.mktemp("applied")
        path = write_module(home / "m", ONE | {"plain.c": text}, fake_kernels["6.12"]) / "plain.c"
        assert nsfix("apply", cwd=path.parent).code == 0
        found[name] = path.read_bytes().decode()
    return found


@pytest.mark.parametrize("name", TEXTS)
def test_edits_are_those_of_apply(encoded: tuple[Editor, Path], applied: dict[str, str], name: str) -> None:
    editor, path = encoded
    editor.open(path, TEXTS[name])
    action = editor.fix_all(path)
    assert action is not None
    assert editor.edited(action.edit) == {path: applied[name]} != {path: TEXTS[name]}
    for fix in editor.actions(path, "quickfix"):
        assert editor.edited(fix.edit) == {path: applied[name]}
    editor.close(path)


@pytest.mark.parametrize("name", ["plain", "in the line of the use", "crlf"])
def test_ranges_are_those_of_the_symbol(encoded: tuple[Editor, Path], name: str) -> None:
    editor, path = encoded
    editor.open(path, TEXTS[name])
    (found,) = editor.findings(path)
    assert found.range == types.Range(
        editor.at(path, "dma_buf_put(").position, editor.at(path, "dma_buf_put(", len("dma_buf_put")).position
    ) or found.range == types.Range(
        editor.at(path, "dma_buf_get(").position, editor.at(path, "dma_buf_get(", len("dma_buf_get")).position
    )
    for related in found.related_information or ():
        if related.location.uri == uri_of(path):
            assert related.location.range.start.line == found.range.start.line
    editor.close(path)


def test_changes_behind_characters_beyond(encoded: tuple[Editor, Path], applied: dict[str, str]) -> None:
    editor, path = encoded
    editor.open(path, HEAD + LICENCE)
    editor.replace(path, len(HEAD), len(HEAD), f"{BEYOND} /* here */\n")
    editor.substitute(path, "here", "🐧𝒳")
    editor.substitute(path, "𝒳 */\n", "*/\n" + USING)
    action = editor.fix_all(path)
    assert action is not None
    text = editor.text(path)
    assert editor.edited(action.edit) == {
        path: text.replace(LICENCE, LICENCE + "MODULE_IMPORT_NS(DMA_BUF);\n")
    }
    editor.close(path)


class TestWhole:
    """With the editor that all tests share."""

    def test_whole_texts_and_parts_in_one_notification(self, editor: Editor, home: Path) -> None:
        path = home / "plain.c"
        editor.open(path, "")
        whole = types.TextDocumentContentChangeWholeDocument(text=HEAD + LICENCE)
        line = HEAD.count("\n")
        at = types.Range(types.Position(line, 0), types.Position(line, 0))
        editor._texts[path] = HEAD + USING + LICENCE
        editor.change(path, whole, types.TextDocumentContentChangePartial(range=at, text=USING))
        assert editor.lacking(path) == {"DMA_BUF"}

    def test_versions_go_along(self, editor: Editor, home: Path) -> None:
        path = home / "plain.c"
        editor.open(path)
        for number in range(2, 5):
            editor.replace(path, 0, 0, f"/* {number} */\n")
            action = editor.fix_all(path)
            assert action is not None and action.edit is not None and action.edit.document_changes
            change = action.edit.document_changes[0]
            assert isinstance(change, types.TextDocumentEdit) and change.text_document.version == number

    def test_applied_once(self, editor: Editor, home: Path) -> None:
        path = home / "plain.c"
        editor.open(path)
        action = editor.fix_all(path)
        assert action is not None
        editor.apply(action.edit)
        assert editor.text(path) == MENDED
        assert editor.actions(path) == []
        assert editor.findings(path) == []

    @pytest.mark.parametrize(
        ("only", "kinds"),
        [
            ((), {"quickfix", FIX_ALL}),
            (("quickfix",), {"quickfix"}),
            (("source",), {FIX_ALL}),
            (("source.fixAll",), {FIX_ALL}),
            ((FIX_ALL,), {FIX_ALL}),
            (("quickfix", "source.fixAll"), {"quickfix", FIX_ALL}),
            (("source.organizeImports",), set()),
            (("source.fixAll.other",), set()),
            (("source.fixAllOther",), set()),
            (("refactor",), set()),
        ],
    )
    def test_only_what_is_asked_for(
        self, editor: Editor, home: Path, only: tuple[str, ...], kinds: set[str]
    ) -> None:
        path = home / "plain.c"
        editor.open(path)
        found = editor.actions(path, *only)
        assert {plain(action.kind) for action in found} == kinds

    def test_a_quick_fix_is_offered_where_the_finding_is(self, editor: Editor, home: Path) -> None:
        path = home / "second.c"
        editor.open(path)
        (found,) = editor.findings(path)
        line = found.range.start.line
        (fix,) = editor.actions(path, "quickfix", lines=(line, line))
        assert fix.diagnostics is not None and [d.code for d in fix.diagnostics] == ["missing-import"]
        assert editor.actions(path, "quickfix", lines=(0, 0)) == []

    def test_nothing_that_others_do_is_announced(self, editor: Editor) -> None:
        able = editor.server.capabilities
        assert able.document_formatting_provider is None
        assert able.document_range_formatting_provider is None
        assert able.document_on_type_formatting_provider is None
        assert isinstance(able.code_action_provider, types.CodeActionOptions)
        kinds = {plain(k) for k in able.code_action_provider.code_action_kinds or ()}
        assert kinds == {"quickfix", FIX_ALL}
        sync = able.text_document_sync
        assert isinstance(sync, types.TextDocumentSyncOptions)
        assert sync.change == types.TextDocumentSyncKind.Incremental and not sync.will_save_wait_until


def test_clients_without_versions_and_reasons(tmp_path: Path, fake_kernels: dict[str, Path]) -> None:
    editor = Editor(tmp_path, able=capabilities(versions=False, related=False))
    path = write_module(tmp_path / "m", ONE, fake_kernels["6.12"]) / "plain.c"
    editor.open(path)
    action = editor.fix_all(path)
    assert action is not None and action.edit is not None
    assert action.edit.document_changes is None and action.edit.changes is not None
    assert editor.edited(action.edit) == {path: MENDED}
    assert [d.related_information for d in editor.shown(path)] == [None]
    assert editor.end() == 0
