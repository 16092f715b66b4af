"""Findings come, go and are cleared, for the texts as the editor has them; what mends them edits what it says."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types

from tests.lsp.client import Editor
from tests.lsp.modules import FILES, HEAD, IMPORT, LAST, LICENCE, MENDED, USING


def test_a_finding_is_shown_without_being_asked_for(editor: Editor, home: Path) -> None:
    path = home / "plain.c"
    editor.open(path)
    editor.wait(lambda: editor.shown(path))
    (found,) = editor.shown(path)
    assert (found.source, found.code, found.severity) == (
        "nsfix",
        "missing-import",
        types.DiagnosticSeverity.Error,
    )
    assert "DMA_BUF" in found.message


def test_closing_clears(editor: Editor, home: Path) -> None:
    path = home / "plain.c"
    editor.open(path)
    assert editor.lacking(path) == {"DMA_BUF"}
    editor.close(path)
    editor.wait(lambda: not editor.shown(path))


def test_an_unsaved_use_is_a_finding_and_goes_again(editor: Editor, home: Path) -> None:
    path = home / "plain.c"
    editor.open(path, HEAD + LICENCE + LAST)
    assert editor.lacking(path) == set()
    editor.replace(path, len(HEAD), len(HEAD), USING)
    editor.wait(lambda: editor.shown(path))
    assert editor.lacking(path) == {"DMA_BUF"}
    editor.substitute(path, USING, "")
    editor.wait(lambda: not editor.shown(path))


def test_saving_keeps_what_is_said(editor: Editor, home: Path) -> None:
    path = home / "plain.c"
    editor.open(path, MENDED)
    assert editor.lacking(path) == set()
    editor.substitute(path, IMPORT, "")
    editor.save(path)
    assert editor.lacking(path) == {"DMA_BUF"}


def test_the_reason_is_shown_where_it_stands(editor: Editor, home: Path) -> None:
    editor.open(home / "headed.c")
    (found,) = editor.findings(home / "own.h", of=home / "headed.c")
    assert found.range.start.line == 1
    shown = {
        (r.location.uri.rsplit("/", 1)[1], r.location.range.start.line)
        for r in found.related_information or ()
    }
    assert ("own.h", 1) in shown


class TestParted:
    """A module of two sources: the use in one, the licence in the other."""

    def test_the_finding_is_where_the_use_is(self, editor: Editor, home: Path) -> None:
        editor.open(home / "first.c")
        editor.open(home / "second.c")
        assert editor.lacking(home / "second.c") == {"DMA_BUF"}
        assert editor.lacking(home / "first.c") == set()

    def test_the_other_file_is_edited_and_named(self, editor: Editor, home: Path) -> None:
        editor.open(home / "second.c")
        for action in editor.actions(home / "second.c"):
            assert "first.c" in action.title
            assert editor.edited(action.edit).keys() == {home / "first.c"}

    def test_the_file_with_the_licence_is_told_nothing_of_itself(self, editor: Editor, home: Path) -> None:
        editor.open(home / "first.c")
        editor.open(home / "second.c")
        action = editor.fix_all(home / "first.c")
        assert action is not None and "first.c" not in action.title

    def test_a_file_that_is_not_open_has_its_finding(self, editor: Editor, home: Path) -> None:
        editor.open(home / "first.c")
        assert editor.lacking(home / "second.c", of=home / "first.c") == {"DMA_BUF"}
        editor.close(home / "first.c")
        editor.wait(lambda: not editor.shown(home / "second.c"))

    def test_the_open_text_of_the_other_file_counts(self, editor: Editor, home: Path) -> None:
        first, second = home / "first.c", home / "second.c"
        editor.open(first)
        editor.open(second)
        action = editor.fix_all(second)
        assert action is not None
        editor.apply(action.edit)
        assert editor.text(first).count("MODULE_IMPORT_NS(DMA_BUF);") == 1
        assert editor.fix_all(second) is None
        assert editor.lacking(second) == set()

    def test_a_file_on_disk_is_edited_once(self, editor: Editor, home: Path) -> None:
        editor.open(home / "second.c")
        action = editor.fix_all(home / "second.c")
        assert action is not None
        editor.apply(action.edit)
        assert (home / "first.c").read_text().count("MODULE_IMPORT_NS(DMA_BUF);") == 1
        assert editor.fix_all(home / "second.c") is None


def test_a_header_that_is_open_and_not_saved(editor: Editor, home: Path) -> None:
    path, header = home / "headed.c", home / "own.h"
    editor.open(path)
    editor.open(header, "static inline void own(void) { }\n")
    assert editor.lacking(header, of=path) == set()
    editor.retype(header, FILES["own.h"])
    assert editor.lacking(header, of=path) == {"DMA_BUF"}
    action = editor.fix_all(header)
    assert action is not None and "headed.c" in action.title
    editor.retype(header, "static inline void own(void) { }\n")
    assert editor.fix_all(path) is None
    editor.close(header)
    assert editor.lacking(header, of=path) == {"DMA_BUF"}
