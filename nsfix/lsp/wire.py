"""What goes over the wire, taken with patience: a message that is wrong is a line of the log, and the next is read."""

from __future__ import annotations

import logging
import re
from collections.abc import Generator
from typing import Any, BinaryIO

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.protocol import LanguageServerProtocol, lsp_method

NAME = "nsfix"
_LENGTH = re.compile(rb"Content-Length:[ \t]*(\d{1,9})[ \t]*\r?\n\Z", re.IGNORECASE)
_HEADER = re.compile(rb"[\w-]+:[^\r\n]*\r?\n", re.IGNORECASE)


class Frames:
    """The messages in `stream` as pygls wants them: a line with the length, an empty one, and what `read` gives.

    Accepted is what LSP 3.17 ("Base Protocol") has: header lines, an empty line, so many bytes. All else is skipped up
    to the next length, even one that stands right behind what a message with a wrong length has left.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._after: bytes | None = None

    def readline(self) -> bytes:
        """The next line of a header that is right; empty at the end."""
        if self._after is not None:
            line, self._after = self._after, None
            return line
        size = self._next()
        if size is None:
            return b""
        self._after = b"\r\n"
        return b"Content-Length: %d\r\n" % size

    def read(self, size: int) -> bytes:
        """So many bytes; less at the end."""
        return self._stream.read(size)

    def _next(self) -> int | None:
        """The length of the next message, behind whose header the stream stands; None at the end."""
        size, noise = 0, b""
        while line := self._stream.readline():
            found = _LENGTH.search(line)
            if found is not None:
                size = int(found[1])
                noise = noise or line[: found.start()]
            elif line.strip():
                noise = noise or (b"" if _HEADER.fullmatch(line) and b"ength" not in line else line)
            elif size:
                if noise:
                    logging.getLogger(NAME).error("no message, and skipped: %r", noise[:80])
                return size
            else:
                noise = noise or b"a message without its length"
        return None


class Protocol(LanguageServerProtocol):
    """Leaves the texts of open files to the session: pygls has ends of lines where the protocol has none. Answers a
    request whose parameters are wrong; pygls leaves whoever asked waiting."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            method = data.get("method")
            told = JsonRpcInvalidParams(f"wrong parameters of {method}") if method else error
            if method and isinstance(data.get("id"), (int, str)):
                self._send_response(data["id"], error=told.to_response_error())
            raise told from error

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: Any) -> Generator[Any, Any, None]:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_OPEN], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: Any) -> Generator[Any, Any, None]:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CHANGE], (params,), None

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: Any) -> Generator[Any, Any, None]:
        yield self.fm.features[types.TEXT_DOCUMENT_DID_CLOSE], (params,), None


class OneLine(logging.Formatter):
    """One line for each record, whatever it is about."""

    def format(self, record: logging.LogRecord) -> str:
        message = " ".join(record.getMessage().split())
        if record.exc_info and record.exc_info[1] is not None:
            message += f": {record.exc_info[1]!r}"
        return f"nsfix lsp: {message[:500]}"


# What pygls tells by the way, of what it then reports, or of what is usual: a request may have been answered already
# when it is cancelled, and what begins with "$/" may be left unknown.
_TOLD_TWICE = (
    "Failed to handle request",
    "Unable to",
    "Exception occurred",
    "Cancel notification for unknown",
    "Ignoring notification for unknown method '$/",
)


def told_once(record: logging.LogRecord) -> bool:
    """Whether a record is to be a line of the log."""
    return not (record.name.startswith("pygls") and record.getMessage().startswith(_TOLD_TWICE))
