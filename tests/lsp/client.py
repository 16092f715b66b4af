"""An editor as the tests have it: pytest-lsp's client on a thread of its own, with open files and what it shows."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.client import JsonRPCClient
from pygls.protocol import default_converter
from pygls.uris import from_fs_path, to_fs_path
from pytest_lsp import LanguageClient
from pytest_lsp.client import register_lsp_features

from tests.lsp.texts import applied, offset, span

COMMAND = (sys.executable, "-m", "nsfix", "lsp")
TIMEOUT = 60.0
FIX_ALL = "source.fixAll.nsfix"
_T = TypeVar("_T")


def uri_of(path: Path) -> str:
    """The URI of a path."""
    return from_fs_path(str(path)) or ""


def environment(home: Path) -> dict[str, str]:
    """The environment of a server that finds nothing of whoever runs the tests."""
    kept = {k: v for k, v in os.environ.items() if k not in ("KDIR", "M", "ARCH", "NSFIX_CACHE")}
    return {**kept, "XDG_CACHE_HOME": str(home / "cache"), "HOME": str(home)}


def capabilities(
    encoding: str = "utf-16",
    versions: bool = True,
    related: bool = True,
    apply_edit: bool = True,
    progress: bool = False,
) -> types.ClientCapabilities:
    """What a client can do."""
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind(encoding)]),
        workspace=types.WorkspaceClientCapabilities(
            apply_edit=apply_edit,
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=versions),
        ),
        window=types.WindowClientCapabilities(work_done_progress=progress),
        text_document=types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=related),
            completion=types.CompletionClientCapabilities(
                completion_item=types.ClientCompletionItemOptions(
                    preselect_support=True,
                    documentation_format=[types.MarkupKind.Markdown],
                )
            ),
            hover=types.HoverClientCapabilities(content_format=[types.MarkupKind.Markdown]),
            synchronization=types.TextDocumentSyncClientCapabilities(
                will_save_wait_until=True, did_save=True
            ),
            code_action=types.CodeActionClientCapabilities(
                code_action_literal_support=types.ClientCodeActionLiteralOptions(
                    types.ClientCodeActionKindOptions([types.CodeActionKind.QuickFix])
                ),
                is_preferred_support=True,
            ),
        ),
    )


class _Client(LanguageClient):
    """pytest-lsp's client, which keeps what the server writes to stderr."""

    def __init__(self) -> None:
        super().__init__(converter_factory=default_converter)
        register_lsp_features(self)
        self.stderr: list[str] = []

    async def start_io(self, cmd: str, *args: Any, **kwargs: Any) -> None:
        await JsonRPCClient.start_io(self, cmd, *args, **kwargs)
        self._stderr_forwarder = asyncio.create_task(self._keep_stderr())

    async def _keep_stderr(self) -> None:
        assert self._server is not None and self._server.stderr is not None
        while line := await self._server.stderr.readline():
            self.stderr.append(line.decode("utf-8", "replace").rstrip())


class Editor:
    """A client of a server of its own, started in `root`."""

    def __init__(
        self,
        root: Path,
        options: dict[str, Any] | None = None,
        able: types.ClientCapabilities | None = None,
        folders: Sequence[Path] = (),
    ) -> None:
        self.root = root
        self._able = able or capabilities()
        self._texts: dict[Path, str] = {}
        self._versions: dict[Path, int] = {}
        self.asked_edits: list[types.ApplyWorkspaceEditParams] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.client = self.run(self._start())
        self._answer_requests()
        shown = [types.WorkspaceFolder(uri_of(path), path.name) for path in folders or (root,)]
        params = types.InitializeParams(
            capabilities=self._able, workspace_folders=shown, initialization_options=options
        )
        self.server: types.InitializeResult = self.run(self.client.initialize_session(params))
        self.encoding = plain(self.server.capabilities.position_encoding or "utf-16")

    async def _start(self) -> _Client:
        client = _Client()
        await client.start_io(*COMMAND, env=environment(self.root), cwd=str(self.root))
        return client

    def _answer_requests(self) -> None:
        @self.client.feature(types.WORKSPACE_APPLY_EDIT)
        def apply_edit(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            self.asked_edits.append(params)
            self._apply(params.edit)
            return types.ApplyWorkspaceEditResult(applied=True)

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """What comes of `work` on the client's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(TIMEOUT)

    # What is open.

    def text(self, path: Path) -> str:
        """The text of a file as the editor has it."""
        return self._texts[path] if path in self._texts else path.read_bytes().decode()

    @property
    def opened(self) -> list[Path]:
        """The files that are open."""
        return list(self._texts)

    def document(self, path: Path) -> types.TextDocumentIdentifier:
        """What requests call a file."""
        return types.TextDocumentIdentifier(uri_of(path))

    def open(self, path: Path, text: str | None = None) -> None:
        """Open a file, with what is on disk or another text."""
        self._texts[path] = self.text(path) if text is None else text
        self._versions[path] = 1
        item = types.TextDocumentItem(uri_of(path), types.LanguageKind.C, 1, self._texts[path])
        self.notify(types.TEXT_DOCUMENT_DID_OPEN, types.DidOpenTextDocumentParams(item))

    def replace(self, path: Path, first: int, last: int, new: str) -> None:
        """Put `new` between two offsets, told as a part."""
        old = self._texts[path]
        where = span(old, first, last, self.encoding)
        self._texts[path] = old[: offset(old, where.start, self.encoding)] + new + old[last:]
        self.change(path, types.TextDocumentContentChangePartial(range=where, text=new))

    def substitute(self, path: Path, old: str, new: str) -> None:
        """Put `new` for the one `old`, told as a part."""
        assert self._texts[path].count(old) == 1, old
        first = self._texts[path].index(old)
        self.replace(path, first, first + len(old), new)

    def retype(self, path: Path, text: str) -> None:
        """Have another text, told as a whole."""
        self._texts[path] = text
        self.change(path, types.TextDocumentContentChangeWholeDocument(text=text))

    def change(self, path: Path, *changes: Any, version: int | None = None) -> None:
        """Tell changes that the editor's own text has already."""
        self._versions[path] = version if version is not None else self._versions[path] + 1
        document = types.VersionedTextDocumentIdentifier(self._versions[path], uri_of(path))
        params = types.DidChangeTextDocumentParams(document, list(changes))
        self.notify(types.TEXT_DOCUMENT_DID_CHANGE, params)

    def save(self, path: Path) -> None:
        """Write a file, and tell."""
        path.write_bytes(self._texts[path].encode())
        self.notify(types.TEXT_DOCUMENT_DID_SAVE, types.DidSaveTextDocumentParams(self.document(path)))

    def close(self, path: Path) -> None:
        """Close a file."""
        del self._texts[path]
        self.notify(types.TEXT_DOCUMENT_DID_CLOSE, types.DidCloseTextDocumentParams(self.document(path)))

    def close_all(self, *but: Path) -> None:
        """Close what is open, but for some."""
        for path in self._texts.keys() - {*but}:
            self.close(path)

    # What is asked.

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""

        async def send() -> None:
            self.client.protocol.notify(method, params)

        self.run(send())

    def ask(self, method: str, params: Any) -> Any:
        """The answer to a request."""
        return self.run(self.client.protocol.send_request_async(method, params))

    def actions(self, path: Path, *only: str, lines: tuple[int, int] = (0, 99999)) -> list[types.CodeAction]:
        """The code actions for some lines of a file, of some kinds."""
        where = types.Range(types.Position(lines[0], 0), types.Position(lines[1], 0))
        shown = list(self.client.diagnostics.get(uri_of(path), ()))
        context = types.CodeActionContext(shown, list(only) or None)  # type: ignore[arg-type]
        return (
            self.ask(
                types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionParams(self.document(path), where, context)
            )
            or []
        )

    def fix_all(self, path: Path) -> types.CodeAction | None:
        """The action on save."""
        found = self.actions(path, FIX_ALL)
        assert len(found) <= 1
        return found[0] if found else None

    def at(self, path: Path, word: str, after: int = 0) -> types.TextDocumentPositionParams:
        """The position in a file where `word` stands, `after` characters on."""
        text = self.text(path)
        assert word in text
        where = span(text, 0, text.index(word) + after, self.encoding).end
        return types.TextDocumentPositionParams(self.document(path), where)

    def hover(self, path: Path, word: str) -> types.Hover | None:
        """What hovering over a word shows."""
        at = self.at(path, word, 1)
        return self.ask(types.TEXT_DOCUMENT_HOVER, types.HoverParams(at.text_document, at.position))  # type: ignore[no-any-return]

    # What is shown.

    def shown(self, path: Path) -> list[types.Diagnostic]:
        """The diagnostics of a file that are shown."""
        return list(self.client.diagnostics.get(uri_of(path), ()))

    def findings(self, path: Path, of: Path | None = None) -> list[types.Diagnostic]:
        """The diagnostics of a file once the open file `of`, or that file, was read as it is now."""
        self.actions(of or path, FIX_ALL)
        return self.shown(path)

    def lacking(self, path: Path, of: Path | None = None) -> set[str]:
        """The namespaces that those diagnostics call missing."""
        return {lacked(one) for one in self.findings(path, of) if one.code == "missing-import"}

    def wait(self, holds: Callable[[], object], timeout: float = TIMEOUT) -> None:
        """Until something holds, with no request made."""
        end = time.monotonic() + timeout
        while not holds():
            assert time.monotonic() < end, f"not within {timeout} s; {self.lines()}"
            time.sleep(0.02)

    def apply(self, edit: types.WorkspaceEdit | None) -> None:
        """Edit open files, and others on disk, as the server wants; told as whole texts."""
        assert edit is not None
        for path, text in self._apply(edit).items():
            if path in self._texts:
                self.retype(path, text)
            else:
                path.write_bytes(text.encode())

    def edited(self, edit: types.WorkspaceEdit | None) -> dict[Path, str]:
        """The texts that an edit makes, by path. Versions have to be those that the editor has."""
        assert edit is not None
        found: dict[Path, list[types.TextEdit]] = {}
        if edit.document_changes is not None:
            assert edit.changes is None
            for change in edit.document_changes:
                assert isinstance(change, types.TextDocumentEdit)
                path = Path(to_fs_path(change.text_document.uri) or "")
                expected = self._versions[path] if path in self._texts else None
                assert change.text_document.version == expected
                found[path] = [e for e in change.edits if isinstance(e, types.TextEdit)]
        for uri, edits in (edit.changes or {}).items():
            found[Path(to_fs_path(uri) or "")] = list(edits)
        return {path: applied(self.text(path), edits, self.encoding) for path, edits in found.items()}

    _apply = edited

    def lines(self) -> list[str]:
        """What the server has logged so far, by the protocol and on stderr."""
        return [message.message for message in self.client.log_messages] + self.client.stderr

    # How it ends.

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The server."""
        assert self.client._server is not None
        return self.client._server

    def end(self) -> int | None:
        """Shut the server down as the protocol wants, if it still runs; its exit code."""
        if self.process.returncode is None:
            self.run(self.client.shutdown_session())
        self.run(self.client.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT)
        return self.process.returncode


def plain(word: Any) -> str:
    """A word of the protocol as it goes over the wire."""
    return str(getattr(word, "value", word))


def lacked(diagnostic: types.Diagnostic) -> str:
    """The namespace that a diagnostic of a missing import names."""
    return str(diagnostic.data["namespace"])  # type: ignore[index]


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that run."""
    shown = subprocess.run(["cat", f"/proc/{pid}/task/{pid}/children"], capture_output=True, text=True)
    return [int(word) for word in shown.stdout.split()]
