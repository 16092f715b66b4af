"""How a server begins, ends and goes on: shutdown, a client that goes away, malformed messages, cancelled requests."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lsp.client import children_of, uri_of
from tests.lsp.modules import ONE, PLAIN, write_module
from tests.lsp.raw import RawClient, ended

ACTION = "textDocument/codeAction"


def action_params(path: Path) -> dict[str, Any]:
    place = {"line": 0, "character": 0}
    where = {"start": place, "end": {"line": 99, "character": 0}}
    return {
        "textDocument": {"uri": uri_of(path)},
        "range": where,
        "context": {"diagnostics": [], "only": ["source.fixAll"]},
    }


def open_params(path: Path, text: str = PLAIN) -> dict[str, Any]:
    return {"textDocument": {"uri": uri_of(path), "languageId": "c", "version": 1, "text": text}}


@pytest.fixture
def path(tmp_path: Path, fake_kernels: dict[str, Path]) -> Path:
    return write_module(tmp_path / "m", ONE, fake_kernels["6.12"]) / "plain.c"


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[RawClient]:
    client = RawClient(tmp_path)
    yield client
    client.kill()


class TestEnd:
    """With a server of its own each."""

    def read(self, raw: RawClient, path: Path) -> list[int]:
        """Have the server read a module; the processes that it has started."""
        raw.notify("textDocument/didOpen", open_params(path))
        assert len(raw.ask(ACTION, action_params(path))["result"]) == 1
        workers = children_of(raw.process.pid)
        assert workers
        return workers

    def test_shutdown_and_exit(self, raw: RawClient, path: Path) -> None:
        workers = self.read(raw, path)
        assert raw.ask("shutdown", None)["result"] is None
        raw.notify("exit", None)
        assert raw.wait() == 0
        assert all(map(ended, workers))
        assert raw.logged() == []

    def test_exit_without_shutdown(self, raw: RawClient, path: Path) -> None:
        workers = self.read(raw, path)
        raw.notify("exit", None)
        assert raw.wait() == 1
        assert all(map(ended, workers))

    def test_a_client_that_goes_away(self, raw: RawClient, path: Path) -> None:
        workers = self.read(raw, path)
        assert raw.process.stdin is not None
        raw.process.stdin.close()
        assert raw.wait() == 1
        assert all(map(ended, workers))

    def test_a_server_that_is_killed(self, raw: RawClient, path: Path) -> None:
        workers = self.read(raw, path)
        raw.process.kill()
        raw.wait()
        assert all(map(ended, workers))

    def test_a_client_that_goes_away_at_once(self, tmp_path: Path) -> None:
        client = RawClient(tmp_path, initialize=False)
        assert client.process.stdin is not None
        client.process.stdin.close()
        assert client.wait() == 1


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, fake_kernels: dict[str, Path]
) -> Iterator[tuple[RawClient, Path]]:
    """A server with an open file, which all that follows is done to."""
    home = tmp_path_factory.mktemp("served")
    path = write_module(home / "m", ONE, fake_kernels["6.12"]) / "plain.c"
    client = RawClient(home)
    client.notify("textDocument/didOpen", open_params(path))
    assert len(client.ask(ACTION, action_params(path))["result"]) == 1
    yield client, path
    assert client.ask("shutdown", None)["result"] is None
    client.notify("exit", None)
    assert client.wait() == 0


def message(**members: Any) -> bytes:
    content = json.dumps(members).encode()
    return b"Content-Length: %d\r\n\r\n" % len(content) + content


def framed(content: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n" % len(content) + content


MALFORMED = {
    "no JSON": framed(b'{"jsonrpc": "2.0", "id": 900, "method"'),
    "no UTF-8": framed(b'{"jsonrpc": "2.0", "id": 900, "method": "\xff\xfe"}'),
    "a list": framed(b"[1, 2]"),
    "a number": framed(b"7"),
    "nothing of the protocol": framed(b'{"a": 1}'),
    "deeply nested": framed(b"[" * 100_000),
    "another protocol": message(jsonrpc="1.0", id=900, method="shutdown"),
    "an unknown notification": message(jsonrpc="2.0", method="textDocument/none", params={}),
    "a notification without parameters": message(jsonrpc="2.0", method="textDocument/didOpen"),
    "a notification with wrong ones": message(jsonrpc="2.0", method="textDocument/didChange", params=[1]),
    "a change of a file that is not open": message(
        jsonrpc="2.0",
        method="textDocument/didChange",
        params={"textDocument": {"uri": "file:///nowhere.c", "version": 2}, "contentChanges": []},
    ),
    "an answer that nobody waits for": message(jsonrpc="2.0", id="none", result=None),
    "a cancelled request that is none": message(jsonrpc="2.0", method="$/cancelRequest", params={"id": 4711}),
    "a length that is no number": b"Content-Length: many\r\n\r\n{}\r\n",
    "a negative length": b"Content-Length: -5\r\n\r\n{}\r\n",
    "a length of nothing": b"Content-Length: 0\r\n\r\n",
    "a length in another line": b"Content-Length:\r\n 5\r\n\r\n",
    "headers alone": b"Content-Type: text/plain\r\n\r\n",
    "noise": b"\x00\x01\x02 noise\r\n\r\n",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_one_line_and_the_next_request_is_answered(
    served: tuple[RawClient, Path], name: str
) -> None:
    raw, path = served
    before = len(raw.logged())
    raw.write(MALFORMED[name])
    assert len(raw.ask(ACTION, action_params(path))["result"]) == 1
    said = raw.logged()[before:]
    assert len(said) <= 1, said


def test_a_length_that_is_wrong_and_no_line_behind_it(served: tuple[RawClient, Path]) -> None:
    raw, path = served
    raw.write(b'Content-Length: many\r\n\r\n{"jsonrpc": "2.0", "method": "exit"}')
    assert len(raw.ask(ACTION, action_params(path))["result"]) == 1


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("textDocument/none", {}, -32601),
        (ACTION, {}, -32602),
        (ACTION, {"textDocument": 5}, -32602),
        ("textDocument/hover", {"textDocument": {"uri": "file:///a.c"}, "position": "here"}, -32602),
    ],
)
def test_a_request_that_is_wrong_is_answered_so(
    served: tuple[RawClient, Path], method: str, params: Any, code: int
) -> None:
    raw, path = served
    before = len(raw.logged())
    answer = raw.answer(raw.request(method, params), 10)
    assert answer["error"]["code"] == code
    assert len(raw.ask(ACTION, action_params(path))["result"]) == 1
    said = raw.logged()[before:]
    assert len(said) == 1, said


def test_what_is_malformed_is_logged(served: tuple[RawClient, Path]) -> None:
    raw, path = served
    before = len(raw.logged())
    raw.write(MALFORMED["no JSON"])
    raw.ask(ACTION, action_params(path))
    (line,) = raw.logged()[before:]
    assert line.startswith("nsfix lsp: ")


def test_a_cancelled_request_is_answered_as_such_and_the_next_is_answered(
    served: tuple[RawClient, Path],
) -> None:
    raw, path = served
    (worker,) = children_of(raw.process.pid)
    before = len(raw.logged())
    os.kill(worker, signal.SIGSTOP)
    try:
        number = raw.request(ACTION, action_params(path))
        raw.notify("$/cancelRequest", {"id": number})
        assert raw.answer(number, 10)["error"]["code"] == -32800
    finally:
        os.kill(worker, signal.SIGCONT)
    assert len(raw.ask(ACTION, action_params(path))["result"]) == 1
    assert raw.logged()[before:] == []


def test_a_request_that_was_answered_may_be_cancelled(served: tuple[RawClient, Path]) -> None:
    raw, path = served
    before = len(raw.logged())
    number = raw.request(ACTION, action_params(path))
    raw.answer(number)
    raw.notify("$/cancelRequest", {"id": number})
    assert len(raw.ask(ACTION, action_params(path))["result"]) == 1
    assert raw.logged()[before:] == []
