"""The files that are open in the client, with the texts that it has told."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

from nsfix.lsp.positions import Encoding, Text, decoded


@dataclass(slots=True)
class Buffer:
    """An open file; `version` is the client's number for the state of `text`."""

    uri: str
    path: str
    version: int
    text: Text


class Buffers:
    """The open files, by path. `encoding` is what the client counts columns in."""

    def __init__(self) -> None:
        self.encoding = Encoding.UTF16
        self._by_path: dict[str, Buffer] = {}

    def all(self) -> list[Buffer]:
        """All of them."""
        return list(self._by_path.values())

    def at(self, path: str | None) -> Buffer | None:
        """The open file at `path`."""
        return self._by_path.get(path) if path is not None else None

    def open(self, item: types.TextDocumentItem) -> Buffer | None:
        """A file is open from now on; None where it is none on this machine."""
        path = path_of(item.uri)
        if path is None:
            return None
        buffer = self._by_path[path] = Buffer(item.uri, path, item.version, Text(item.text))
        return buffer

    def change(self, params: types.DidChangeTextDocumentParams) -> Buffer | None:
        """A file has changed; None where it is not open."""
        buffer = self.at(path_of(params.text_document.uri))
        if buffer is None:
            return None
        for change in params.content_changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = change.range.start, change.range.end
                places = (start.line, start.character), (end.line, end.character)
                buffer.text = buffer.text.changed(*places, change.text, self.encoding)
            else:
                buffer.text = Text(change.text)
        buffer.version = params.text_document.version
        return buffer

    def close(self, uri: str) -> Buffer | None:
        """A file is open no more."""
        path = path_of(uri)
        return self._by_path.pop(path, None) if path is not None else None

    def uri(self, path: str) -> str:
        """What the client calls the file at `path`."""
        buffer = self._by_path.get(path)
        return buffer.uri if buffer is not None else uri_of(path)

    def text(self, path: str) -> Text | None:
        """The text of a file, open or on disk; None where it cannot be read."""
        buffer = self._by_path.get(path)
        if buffer is not None:
            return buffer.text
        data = read_file(path)
        return Text(decoded(data)) if data is not None else None


def read_file(path: str) -> bytes | None:
    """The bytes of a file on disk; None where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return None


def path_of(uri: str) -> str | None:
    """The path of a `file:` URI; None for any other."""
    if not uri.startswith("file:"):
        return None
    path = to_fs_path(uri)
    return os.path.abspath(path) if path else None


def uri_of(path: str) -> str:
    """The URI of a path."""
    return from_fs_path(path) or f"file://{path}"
