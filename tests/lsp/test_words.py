"""Hover, definition and completion."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.client import Editor, uri_of
from tests.lsp.modules import ANCHOR, FILES, LICENCE, MENDED, PLAIN, write_files, write_module
from tests.lsp.texts import applied


def shown(hover: types.Hover | None) -> str:
    assert hover is not None and isinstance(hover.contents, types.MarkupContent)
    return hover.contents.value


class TestHover:
    def test_a_symbol_that_lacks_its_import(self, editor: Editor, home: Path) -> None:
        path = home / "plain.c"
        editor.open(path)
        editor.findings(path)
        found = editor.hover(path, "dma_buf_get")
        text = shown(found)
        assert "`dma_buf_get` is exported into DMA_BUF" in text and "vmlinux" in text
        assert "`plain` uses" in text and "`dma_buf_put`" in text and "**not imported**" in text
        at = editor.at(path, "dma_buf_get")
        assert found is not None and found.range is not None and found.range.start == at.position

    def test_a_namespace(self, editor: Editor, home: Path) -> None:
        path = home / "plain.c"
        editor.open(path, MENDED)
        editor.findings(path)
        text = shown(editor.hover(path, "DMA_BUF"))
        assert "a symbol namespace of vmlinux" in text and "; imported" in text

    def test_a_namespace_that_is_none(self, editor: Editor, home: Path) -> None:
        path = home / "plain.c"
        editor.open(path, PLAIN + "MODULE_IMPORT_NS(NONE_SUCH);\n")
        editor.findings(path)
        assert "nothing is exported" in shown(editor.hover(path, "NONE_SUCH"))

    @pytest.mark.parametrize("word", ["MODULE_LICENSE", "return", "int use", "#include"])
    def test_any_other_word(self, editor: Editor, home: Path, word: str) -> None:
        path = home / "plain.c"
        editor.open(path)
        editor.findings(path)
        assert editor.hover(path, word) is None

    def test_many_symbols(self, editor: Editor, home: Path) -> None:
        path = home / "plain.c"
        editor.open(path, MENDED + "MODULE_IMPORT_NS(USB_STORAGE);\n")
        editor.findings(path)
        text = shown(editor.hover(path, "USB_STORAGE"))
        assert "uses nothing of it" in text and "drivers/usb/storage/usb-storage" in text


OWN = {
    "Kbuild": FILES["Kbuild"] + "obj-m += giving.o taking.o\n",
    "giving.c": "#include <linux/module.h>\nint given(void);\nint given(void) { return 0; }\n"
    "EXPORT_SYMBOL_NS_GPL(given, OWN);\n" + LICENCE,
    "taking.c": "#include <linux/module.h>\nint given(void);\nint use(void) { return given(); }\n"
    + LICENCE
    + "MODULE_IMPORT_NS(OWN);\n",
}


class TestDefinition:
    """In a module that exports into a namespace itself; the kernel's own sources are not at hand."""

    def definition(self, editor: Editor, path: Path, word: str) -> list[tuple[str, int]]:
        at = editor.at(path, word, 1)
        params = types.DefinitionParams(at.text_document, at.position)
        found = editor.ask(types.TEXT_DOCUMENT_DEFINITION, params) or []
        return [(place.uri, place.range.start.line) for place in found]

    def test_a_namespace_leads_to_its_exports(self, editor: Editor, home: Path) -> None:
        write_files(home, OWN)
        path = home / "taking.c"
        editor.open(path)
        assert editor.findings(path) == []
        assert self.definition(editor, path, "OWN") == [(uri_of(home / "giving.c"), 3)]

    def test_a_symbol_is_left_to_others(self, editor: Editor, home: Path) -> None:
        write_files(home, OWN)
        path = home / "taking.c"
        editor.open(path)
        editor.findings(path)
        assert self.definition(editor, path, "given()") == []

    def test_what_is_nowhere_at_hand(self, editor: Editor, home: Path) -> None:
        path = home / "plain.c"
        editor.open(path, MENDED)
        editor.findings(path)
        assert self.definition(editor, path, "DMA_BUF") == []


@pytest.fixture(scope="module")
def strings(editor: Editor, fake_kernels: dict[str, Path]) -> Path:
    """The workshop for a kernel that takes strings."""
    home = write_module(editor.root / "strings", FILES, fake_kernels["7.x"])
    editor.open(home / ANCHOR)
    return home


@pytest.fixture(params=["6.12", "7.x"])
def both(
    request: pytest.FixtureRequest, editor: Editor, workshop: Path, strings: Path
) -> Iterator[tuple[Path, str]]:
    """A source for each spelling, and the quote that this has."""
    home, quote = (workshop, "") if request.param == "6.12" else (strings, '"')
    yield home / "plain.c", quote
    editor.close_all(workshop / ANCHOR, strings / ANCHOR)


TYPED = {
    "nothing": ("MODULE_IMPORT_NS(", ""),
    "a quote": ('MODULE_IMPORT_NS("', ""),
    "some letters": ("MODULE_IMPORT_NS(DM", ""),
    "a quote and letters": ('MODULE_IMPORT_NS("DM', ""),
    "a bracket that was closed": ("MODULE_IMPORT_NS(", ");"),
    "a quote and bracket that were closed": ('MODULE_IMPORT_NS("', '");'),
    "letters, quote and bracket": ('MODULE_IMPORT_NS("DM', '");'),
    "spaces": ("  MODULE_IMPORT_NS ( ", " )"),
    "in the middle": ("MODULE_IMPORT_NS(DMA", "_XXX);"),
}


class TestCompletion:
    def complete(self, editor: Editor, path: Path, typed: str, rest: str) -> list[types.CompletionItem]:
        editor.open(path, PLAIN + typed + rest + "\n")
        editor.findings(path)
        at = editor.at(path, PLAIN + typed, len(PLAIN + typed))
        params = types.CompletionParams(at.text_document, at.position)
        found = editor.ask(types.TEXT_DOCUMENT_COMPLETION, params)
        return sorted(found.items, key=lambda item: item.sort_text) if found is not None else []

    @pytest.mark.parametrize("name", TYPED)
    def test_in_the_kernels_spelling(self, editor: Editor, both: tuple[Path, str], name: str) -> None:
        path, quote = both
        typed, rest = TYPED[name]
        items = self.complete(editor, path, typed, rest)
        first = items[0]
        assert first.label == "DMA_BUF" and first.preselect and "lacking" in (first.detail or "")
        assert {"CXL", "IIO_ADISLIB", "USB_STORAGE"} <= {item.label for item in items}
        assert not any(item.label.startswith("module:") for item in items)
        assert isinstance(first.text_edit, types.TextEdit)
        after = applied(editor.text(path), [first.text_edit], editor.encoding)[len(PLAIN) :]
        closing = rest.lstrip('"') if name != "in the middle" else ");"
        assert after.replace(" ", "") == f"MODULE_IMPORT_NS({quote}DMA_BUF{quote}{closing}\n".replace(" ", "")

    def test_the_lacking_first_the_imported_last(self, editor: Editor, both: tuple[Path, str]) -> None:
        path, quote = both
        imported = f"MODULE_IMPORT_NS({quote}CXL{quote});\n"
        items = self.complete(editor, path, imported + "MODULE_IMPORT_NS(", "")
        assert items[0].label == "DMA_BUF" and items[-1].label == "CXL"

    @pytest.mark.parametrize(
        "typed", ["", "MODULE_LICENSE(", "MODULE_IMPORT_NS", 'MODULE_IMPORT_NS("A"', "x("]
    )
    def test_nowhere_else(self, editor: Editor, both: tuple[Path, str], typed: str) -> None:
        assert self.complete(editor, both[0], typed, "") == []

    def test_behind_characters_beyond_the_basic_plane(self, editor: Editor, both: tuple[Path, str]) -> None:
        path, quote = both
        items = self.complete(editor, path, "/* 🐧𝒳 */ MODULE_IMPORT_NS(", ");")
        assert isinstance(items[0].text_edit, types.TextEdit)
        after = applied(editor.text(path), [items[0].text_edit], editor.encoding)
        assert after == PLAIN + f"/* 🐧𝒳 */ MODULE_IMPORT_NS({quote}DMA_BUF{quote});\n"
