"""The language server: what of the protocol it answers, on stdio, through pygls."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO, NoReturn, cast

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from nsfix import __version__
from nsfix.errors import InputError
from nsfix.live.desk import Desk
from nsfix.live.starting import Worker
from nsfix.lsp import knowledge
from nsfix.lsp.buffers import path_of
from nsfix.lsp.mending import FIX_ALL, edits_of, fix_all_title, quick_fix_title, workspace_edit
from nsfix.lsp.positions import Encoding
from nsfix.lsp.session import Session
from nsfix.lsp.wire import NAME, Frames, OneLine, Protocol, told_once
from nsfix.settings import Settings, settings_from

FIX_ON_SAVE = "fixOnSave"
_WATCHED = "**/{Kbuild,Makefile,.config,.nsfix.toml,dkms.conf,Module.symvers}"


class Server(LanguageServer):
    """The server with its session."""

    def __init__(self, spare: Worker | None = None) -> None:
        super().__init__(NAME, __version__, protocol_cls=Protocol)
        self.session = Session(self)
        self.spare = spare
        self.fix_on_save = False
        self._reading: dict[int, str] = {}

    # What the session tells.

    def publish(self, uri: str, version: int | None, diagnostics: list[types.Diagnostic]) -> None:
        """Show these diagnostics of a file instead of all others."""
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, version))

    def log(self, message: str) -> None:
        """Put a line into the client's log."""
        self.window_log_message(types.LogMessageParams(types.MessageType.Warning, f"nsfix: {message}"))

    def failed(self, error: BaseException) -> None:
        """Log what was not done; end where the client is gone."""
        if isinstance(error, OSError | ValueError):  # ValueError is what writing to a closed stream is
            self.session.close()
            os._exit(1)
        logging.getLogger(NAME).error("%r", error)

    def warn(self, message: str) -> None:
        """Show a message to the user."""
        self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"nsfix: {message}"))

    def show_progress(self, desk: Desk, done: int, total: int) -> None:
        """Show how far a long reading is."""
        window = self.client_capabilities.window
        if window is None or not window.work_done_progress:
            return
        token = self._reading.get(id(desk))
        if done >= total:
            if token is not None:
                del self._reading[id(desk)]
                self.work_done_progress.end(token, types.WorkDoneProgressEnd())
            return
        percentage = 100 * done // max(total, 1)
        if token is None:
            token = self._reading[id(desk)] = f"nsfix-{id(desk)}"
            self.work_done_progress.create(token)
            begin = types.WorkDoneProgressBegin(title="nsfix: reading sources", percentage=percentage)
            self.work_done_progress.begin(token, begin)
        else:
            self.work_done_progress.report(token, types.WorkDoneProgressReport(percentage=percentage))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """A message that could not be handled is one line of the log."""
        logging.getLogger(NAME).error("%s", str(error) or repr(error))

    # What the client can do.

    def configure(self, options: object, boundary: list[str] | None) -> None:
        """Take the client's settings; those that cannot be used are told, and left out."""
        values = dict(options) if isinstance(options, Mapping) else {}
        self.fix_on_save = bool(values.pop(FIX_ON_SAVE, False))
        given = {key: value for key, value in values.items() if value not in (None, "", [])}
        base = boundary[0] if boundary else os.getcwd()
        try:
            settings = settings_from(given, base, "the client's settings")
        except InputError as error:
            self.warn(str(error))
            settings = Settings()
        spare, self.spare = self.spare, None
        self.session.configure(settings, boundary, spare)

    @property
    def takes_versions(self) -> bool:
        """Whether the client takes edits with the versions that they are for."""
        workspace = self.client_capabilities.workspace
        edit = workspace.workspace_edit if workspace is not None else None
        return bool(edit is not None and edit.document_changes)

    @property
    def takes_edits(self) -> bool:
        """Whether the client makes edits that it is asked to."""
        workspace = self.client_capabilities.workspace
        return bool(workspace is not None and workspace.apply_edit)


def make_server(spare: Worker | None = None) -> Server:
    """The server with all that it answers."""
    server = Server(spare)
    _lifecycle(server)
    _documents(server)
    _actions(server)
    _words(server)
    return server


def _lifecycle(server: Server) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        session = server.session
        session.buffers.encoding = Encoding(_plain(server.workspace.position_encoding or "utf-16"))
        documents = params.capabilities.text_document
        published = documents.publish_diagnostics if documents is not None else None
        session.related = bool(published is not None and published.related_information)
        folders = [path_of(folder.uri) for folder in params.workspace_folders or ()]
        root = path_of(params.root_uri) if params.root_uri else params.root_path
        boundary = [path for path in (folders or [root]) if path]
        server.configure(params.initialization_options, boundary)
        if server.fix_on_save:
            _on_save(server)

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        workspace = server.client_capabilities.workspace
        watching = workspace.did_change_watched_files if workspace is not None else None
        if watching is None or not watching.dynamic_registration:
            return
        options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(_WATCHED)])
        watch = types.Registration("nsfix-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
        await server.client_register_capability_async(types.RegistrationParams([watch]))

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configured(params: types.DidChangeConfigurationParams) -> None:
        settings = params.settings
        if isinstance(settings, Mapping) and isinstance(settings.get(NAME), Mapping):
            server.configure(settings[NAME], None)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def folders(_: types.DidChangeWorkspaceFoldersParams) -> None:
        server.session.look_everywhere()

    @server.feature(types.SHUTDOWN)
    def shutdown(_: None) -> None:
        server.session.close()

    @server.feature(types.EXIT)
    def leave(_: None) -> None:
        server.session.close()
        sys.stdout.flush()
        os._exit(0 if server.protocol._shutdown else 1)  # the thread that reads stdin would be waited for


def _documents(server: Server) -> None:
    session = server.session

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        session.opened(params.text_document)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        session.changed(params)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        session.saved(path_of(params.text_document.uri))

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        session.closed(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(_: types.DidChangeWatchedFilesParams) -> None:
        session.look_everywhere()


def _actions(server: Server) -> None:
    kinds = [types.CodeActionKind.QuickFix, FIX_ALL]
    options = types.CodeActionOptions(code_action_kinds=kinds)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, options)
    async def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        path = path_of(params.text_document.uri)
        only = params.context.only
        if path is None or not any(map(_wanted(only), kinds)):
            return []
        found = await server.session.mending(path)
        if found is None:
            return []
        reply, edits = found
        buffers = server.session.buffers
        made: list[types.CodeAction] = []
        for told in reply.findings if _wanted(only)(types.CodeActionKind.QuickFix) else ():
            own = edits_of(told, reply, buffers)
            here = told.finding.file == path and _touches(params.range, told.finding.line)
            if own and (here or told.file == path):
                diagnostics = [d for d in params.context.diagnostics if _is_about(d, told.finding)]
                edit = workspace_edit(own, buffers, server.takes_versions)
                title = quick_fix_title(told, path)
                kind = types.CodeActionKind.QuickFix
                made.append(types.CodeAction(title, kind, diagnostics or None, is_preferred=True, edit=edit))
        if edits and _wanted(only)(FIX_ALL):
            edit = workspace_edit(edits, buffers, server.takes_versions)
            made.append(types.CodeAction(fix_all_title(edits, path), FIX_ALL, edit=edit))
        return made


def _wanted(only: Any) -> Any:
    """Tells whether a kind of action is asked for, by itself or by one that it is a part of."""

    def wanted(kind: str) -> bool:
        return not only or any(kind == one or kind.startswith(f"{one}.") for one in map(_plain, only))

    return wanted


def _plain(word: Any) -> str:
    """One of the protocol's own words, or another, as it goes over the wire."""
    return str(getattr(word, "value", word))


def _touches(span: types.Range, line: int) -> bool:
    """Whether `span` reaches into the 1-based `line`."""
    return span.start.line <= line - 1 <= span.end.line


def _is_about(diagnostic: types.Diagnostic, finding: Any) -> bool:
    return (
        diagnostic.code == finding.rule
        and diagnostic.range.start.line == finding.line - 1
        and f" {finding.namespace}" in diagnostic.message.replace("(", " ").replace('"', " ")
    )


def _on_save(server: Server) -> None:
    """Mend on save by the protocol's own means, for clients without actions on save."""

    @server.feature(types.TEXT_DOCUMENT_WILL_SAVE_WAIT_UNTIL)
    async def saving(params: types.WillSaveTextDocumentParams) -> list[types.TextEdit]:
        path = path_of(params.text_document.uri)
        found = await server.session.mending(path) if path is not None and server.fix_on_save else None
        if found is None or path is None:
            return []
        _, edits = found
        others = {file: some for file, some in edits.items() if file != path}
        if others and server.takes_edits:
            task = asyncio.get_running_loop().create_task(_edit_others(server, others))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return edits.get(path, [])


async def _edit_others(server: Server, edits: dict[str, list[types.TextEdit]]) -> None:
    """Have the client edit other files of the module than the one that it saves, and say so."""
    edit = workspace_edit(edits, server.session.buffers, server.takes_versions)
    names = ", ".join(sorted(os.path.basename(path) for path in edits))
    label = f"Import what the module lacks in {names}"
    answer = await server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, label))
    if answer.applied:
        server.window_show_message(
            types.ShowMessageParams(
                types.MessageType.Info,
                f"nsfix: the module's imports stand in {names}, which has them now; save it too",
            )
        )


def _words(server: Server) -> None:
    session = server.session

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        buffer = session.buffers.at(path_of(params.text_document.uri))
        return await knowledge.hover(session, buffer, params.position) if buffer is not None else None

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    async def definition(params: types.DefinitionParams) -> list[types.Location] | None:
        buffer = session.buffers.at(path_of(params.text_document.uri))
        return await knowledge.definition(session, buffer, params.position) if buffer is not None else None

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=["(", '"']))
    async def completion(params: types.CompletionParams) -> types.CompletionList | None:
        buffer = session.buffers.at(path_of(params.text_document.uri))
        return await knowledge.completion(session, buffer, params.position) if buffer is not None else None


def serve(spare: Worker | None = None) -> NoReturn:
    """Serve on stdin and stdout until the client ends it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    handler.addFilter(told_once)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    server = make_server(spare)
    try:
        server.start_io(cast(BinaryIO, Frames(sys.stdin.buffer)))
    finally:
        server.session.close()
        os._exit(1)  # the client went away without a word
