"""The planned edits as the client takes them: versioned, in its units, for the very text they were planned for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from lsprotocol import types

from nsfix.edits import Edit
from nsfix.live.reply import Reply, Told
from nsfix.lsp.buffers import Buffers, read_file
from nsfix.lsp.positions import Text, decoded

FIX_ALL = "source.fixAll.nsfix"


def text_edits(
    edits: Iterable[Edit], before: bytes, path: str, buffers: Buffers
) -> list[types.TextEdit] | None:
    """`edits` of the file at `path`; None where its text is another one than `before`, for which they were planned."""
    buffer = buffers.at(path)
    if buffer is not None:
        if buffer.text.data != before:
            return None
        text = buffer.text
    else:
        if read_file(path) != before:
            return None
        text = Text(decoded(before))
    return [_text_edit(edit, text, text.data == before, buffers) for edit in edits]


def _text_edit(edit: Edit, text: Text, same: bool, buffers: Buffers) -> types.TextEdit:
    def place(offset: int) -> types.Position:
        # A file on disk that is no UTF-8 has a character for each byte.
        found = text.position_of_byte if same else text.position
        return types.Position(*found(offset, buffers.encoding))

    return types.TextEdit(types.Range(place(edit.start), place(edit.end)), decoded(edit.new))


def workspace_edit(
    by_path: Mapping[str, Sequence[types.TextEdit]], buffers: Buffers, versioned: bool
) -> types.WorkspaceEdit:
    """One edit of several files; `versioned` tells whether the client takes the versions that it is for."""
    if not versioned:
        return types.WorkspaceEdit(
            changes={buffers.uri(path): list(edits) for path, edits in by_path.items()}
        )
    changes: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    for path, edits in by_path.items():
        buffer = buffers.at(path)
        version = buffer.version if buffer is not None else None
        document = types.OptionalVersionedTextDocumentIdentifier(buffers.uri(path), version)
        changes.append(types.TextDocumentEdit(document, list(edits)))
    return types.WorkspaceEdit(document_changes=changes)


def all_edits(reply: Reply, buffers: Buffers) -> dict[str, list[types.TextEdit]] | None:
    """What mends all that can be mended, by path; None where a text is no longer the one that `reply` is about."""
    found: dict[str, list[types.TextEdit]] = {}
    for path, mending in reply.mendings.items():
        edits = text_edits(mending.edits, mending.before, path, buffers)
        if edits is None:
            return None
        found[path] = edits
    return found


def edits_of(told: Told, reply: Reply, buffers: Buffers) -> dict[str, list[types.TextEdit]]:
    """What mends one finding; nothing where that is not possible, or not for the text as it is now."""
    if told.file is None or not told.edits:
        return {}
    edits = text_edits(told.edits, reply.mendings[told.file].before, told.file, buffers)
    return {told.file: edits} if edits is not None else {}


def quick_fix_title(told: Told, path: str) -> str:
    """What a quick fix does, with the file where it is not the one at `path`."""
    namespace = told.finding.namespace
    adds = any(edit.start == edit.end for edit in told.edits)
    what = f"Import namespace {namespace}" if adds else f"Respell the import of {namespace}"
    return what + (f" in {os.path.basename(told.file)}" if told.file and told.file != path else "")


def fix_all_title(edited: Iterable[str], path: str) -> str:
    """What the action on save does, with the files that are others than the one at `path`."""
    others = sorted(os.path.basename(file) for file in edited if file != path)
    return "Import all namespaces that the module lacks" + (f" (edits {', '.join(others)})" if others else "")
