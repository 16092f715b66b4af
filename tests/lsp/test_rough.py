"""Rough input: half-typed texts, files and kernels that go away, positions beyond the end. Nothing is edited wrongly,
the server goes on, and says at most one line."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from lsprotocol import types

from tests.live.workspace import assert_only_imports_come
from tests.lsp.client import Editor, children_of
from tests.lsp.conftest import MakeModule
from tests.lsp.modules import FILES, HEAD, LAST, LICENCE, MENDED, ONE, PLAIN, USING

TEXTS = {
    "empty": "",
    "half-typed": HEAD + USING[:40] + LICENCE,
    "half an import": PLAIN + "MODULE_IMPORT_NS(",
    "half an import before the licence": HEAD + USING + "MODULE_IMPORT_NS(\n" + LICENCE,
    "an #if without its end": HEAD + "#if 1\n" + USING + LICENCE,
    "an #if round the licence": HEAD + USING + "#ifdef NEVER\n" + LICENCE,
    "#endif alone": HEAD + USING + "#endif\n" + LICENCE,
    "#else twice": HEAD + "#if 1\n#else\n#else\n#endif\n" + USING + LICENCE,
    "an open comment": HEAD + USING + "/* " + LICENCE,
    "an open comment behind": PLAIN + "/*",
    "an open string": HEAD + 'char *s = "\n' + USING + LICENCE,
    "an open string in the licence": HEAD + USING + 'MODULE_LICENSE("GPL);\n',
    "an open bracket": HEAD + USING.rstrip("}\n") + "\n" + LICENCE,
    "NUL bytes": HEAD + "\0\0" + USING + "\0" + LICENCE,
    "half a pair": HEAD + "/* \ud835 */\n" + USING + LICENCE,
    "a byte order mark": "\ufeff" + PLAIN,
    "markers of a conflict": HEAD + "<<<<<<< a\n" + USING + "=======\n>>>>>>> b\n" + LICENCE,
    "a file that includes itself": '#include "plain.c"\n' + PLAIN,
    "deeply nested": HEAD + "int x = " + "(" * 20_000 + ";\n" + USING + LICENCE,
    "a macro that is itself": HEAD + "#define dma_buf_put dma_buf_put\n" + USING + LICENCE,
    "a line that goes on at the end": PLAIN + "\\",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_that_is_no_source(editor: Editor, home: Path, name: str) -> None:
    path = home / "plain.c"
    editor.open(path)
    before = len(editor.lines())
    editor.retype(path, TEXTS[name])
    for action in editor.actions(path):
        for text in editor.edited(action.edit).values():
            assert_only_imports_come(encoded(TEXTS[name]), encoded(text))
    assert len(editor.lines()) - before <= 1, editor.lines()[before:]
    editor.retype(path, PLAIN)
    action = editor.fix_all(path)
    assert action is not None and editor.edited(action.edit) == {path: MENDED}


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def test_a_line_of_five_megabytes(editor: Editor, home: Path) -> None:
    path = home / "plain.c"
    text = HEAD + "/* " + "x" * 5_000_000 + " */ " + USING + LICENCE + LAST
    editor.open(path, text)
    action = editor.fix_all(path)
    assert action is not None
    (made,) = editor.edited(action.edit).values()
    assert made == text.replace(LICENCE, LICENCE + "MODULE_IMPORT_NS(DMA_BUF);\n")


@pytest.mark.parametrize("place", [(999, 0), (0, 999), (999, 999), (3, 999), (2**31 - 1, 2**31 - 1)])
def test_positions_beyond_the_end(editor: Editor, home: Path, place: tuple[int, int]) -> None:
    path = home / "plain.c"
    editor.open(path)
    before = len(editor.lines())
    at = types.TextDocumentPositionParams(editor.document(path), types.Position(*place))
    for method, params in (
        (types.TEXT_DOCUMENT_HOVER, types.HoverParams),
        (types.TEXT_DOCUMENT_DEFINITION, types.DefinitionParams),
        (types.TEXT_DOCUMENT_COMPLETION, types.CompletionParams),
    ):
        assert not editor.ask(method, params(at.text_document, at.position))
    where = types.Range(at.position, at.position)
    editor.change(path, types.TextDocumentContentChangePartial(range=where, text="/* here */"))
    text = editor.text(path)
    line = text.split("\n")[place[0]] if place[0] < text.count("\n") else None
    expected = text + "/* here */" if line is None else text.replace(line, line + "/* here */", 1)
    action = editor.fix_all(path)
    editor._texts[path] = expected
    if action is None:
        assert "/* here */" in expected
    else:
        (made,) = editor.edited(action.edit).values()
        assert made == expected.replace(LICENCE, LICENCE + "MODULE_IMPORT_NS(DMA_BUF);\n")
    assert editor.lines()[before:] == []


def test_a_range_that_goes_backwards(editor: Editor, home: Path) -> None:
    path = home / "plain.c"
    editor.open(path)
    where = types.Range(types.Position(3, 0), types.Position(1, 0))
    editor.change(path, types.TextDocumentContentChangePartial(range=where, text=""))
    action = editor.fix_all(path)
    assert action is not None and editor.edited(action.edit) == {path: MENDED}


def test_a_version_that_goes_backwards(editor: Editor, home: Path) -> None:
    path = home / "plain.c"
    editor.open(path, MENDED)
    assert editor.fix_all(path) is None
    editor._texts[path] = PLAIN
    editor.change(path, types.TextDocumentContentChangeWholeDocument(text=PLAIN), version=-7)
    action = editor.fix_all(path)
    assert action is not None and editor.edited(action.edit) == {path: MENDED}


def test_opened_twice_and_closed_twice(editor: Editor, home: Path) -> None:
    path = home / "plain.c"
    before = len(editor.lines())
    editor.open(path, MENDED)
    editor.open(path, PLAIN)
    action = editor.fix_all(path)
    assert action is not None and editor.edited(action.edit) == {path: MENDED}
    editor.notify(types.TEXT_DOCUMENT_DID_CLOSE, types.DidCloseTextDocumentParams(editor.document(path)))
    editor.close(path)
    assert editor.actions(path) == [] and editor.lines()[before:] == []


def test_a_file_outside_any_tree(editor: Editor, tmp_path: Path) -> None:
    path = tmp_path / "alone.c"
    path.write_text(PLAIN)
    before = len(editor.lines())
    editor.open(path)
    assert editor.actions(path) == [] and editor.findings(path) == []
    editor.replace(path, 0, 0, "\n")
    assert editor.actions(path) == [] and editor.hover(path, "dma_buf_get") is None
    assert len(editor.lines()) - before == 1, editor.lines()[before:]
    editor.close(path)


@pytest.mark.parametrize(
    "uri", ["untitled:Untitled-1", "git:/a/plain.c?x", "file:", "", "/plain.c", "http://x/a.c"]
)
def test_a_uri_that_is_no_file(editor: Editor, home: Path, uri: str) -> None:
    before = len(editor.lines())
    item = types.TextDocumentItem(uri, types.LanguageKind.C, 1, PLAIN)
    document = types.TextDocumentIdentifier(uri)
    editor.notify(types.TEXT_DOCUMENT_DID_OPEN, types.DidOpenTextDocumentParams(item))
    where = types.Range(types.Position(0, 0), types.Position(99, 0))
    context = types.CodeActionContext([])
    asked = types.CodeActionParams(document, where, context)
    assert not editor.ask(types.TEXT_DOCUMENT_CODE_ACTION, asked)
    assert not editor.ask(types.TEXT_DOCUMENT_HOVER, types.HoverParams(document, types.Position(5, 6)))
    editor.notify(types.TEXT_DOCUMENT_DID_CLOSE, types.DidCloseTextDocumentParams(document))
    editor.open(home / "plain.c")
    assert editor.lacking(home / "plain.c") == {"DMA_BUF"}
    assert len(editor.lines()) - before <= 1, editor.lines()[before:]


def test_a_file_that_is_deleted_and_comes_back(editor: Editor, home: Path) -> None:
    path = home / "plain.c"
    editor.open(path)
    assert editor.fix_all(path) is not None
    before = len(editor.lines())
    path.unlink()
    editor.replace(path, 0, 0, "\n")
    for action in editor.actions(path):
        assert editor.edited(action.edit).keys() <= {path}
    path.write_text(PLAIN)
    action = editor.fix_all(path)
    assert action is not None and editor.edited(action.edit) == {path: "\n" + MENDED}
    assert len(editor.lines()) - before <= 1, editor.lines()[before:]


def test_the_file_to_edit_is_deleted(editor: Editor, home: Path) -> None:
    path = home / "second.c"
    editor.open(path)
    assert editor.fix_all(path) is not None
    (home / "first.c").unlink()
    assert editor.fix_all(path) is None
    (home / "first.c").write_text(FILES["first.c"])
    action = editor.fix_all(path)
    assert action is not None and editor.edited(action.edit).keys() == {home / "first.c"}


def test_a_kernel_that_goes_away_and_comes_back(
    editor: Editor, module: MakeModule, tmp_path: Path, fake_kernels: dict[str, Path]
) -> None:
    home = module(ONE)
    kdir = tmp_path / "kernel"
    shutil.copytree(fake_kernels["6.12"], kdir)
    (home / ".nsfix.toml").write_text(f'kdir = "{kdir}"\n')
    path = home / "plain.c"
    editor.open(path)
    assert editor.lacking(path) == {"DMA_BUF"}
    before = len(editor.lines())
    kdir.rename(tmp_path / "gone")
    editor.replace(path, 0, 0, "\n")
    editor.actions(path)
    editor.replace(path, 0, 0, "\n")
    editor.actions(path)
    assert len(editor.lines()) - before <= 1, editor.lines()[before:]
    (tmp_path / "gone").rename(kdir)
    action = editor.fix_all(path)
    assert action is not None and editor.edited(action.edit) == {path: "\n\n" + MENDED}


def test_a_worker_that_is_killed(editor: Editor, home: Path) -> None:
    path = home / "plain.c"
    editor.open(path)
    assert editor.lacking(path) == {"DMA_BUF"}
    before = len(editor.lines())
    for pid in children_of(editor.process.pid):
        os.kill(pid, signal.SIGKILL)
    action = editor.fix_all(path) or editor.fix_all(path)
    assert action is not None and editor.edited(action.edit) == {path: MENDED}
    assert len(editor.lines()) - before <= 1, editor.lines()[before:]
    editor.substitute(path, USING, "")
    assert editor.findings(path) == []
