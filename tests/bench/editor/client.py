"""A language client that measures: requests on stdio, each with the seconds that its answer took."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

_PATIENCE = 300.0


class Client:
    """A server that was started as `command`. Notifications of the server are kept with the time that they came at."""

    def __init__(self, command: Sequence[str], root: Path, options: Mapping[str, object]) -> None:
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
        )
        self._inbox: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
        self._kept: list[tuple[float, dict[str, Any]]] = []
        self._number = 0
        threading.Thread(target=self._listen, daemon=True).start()
        capabilities = {
            "textDocument": {
                "publishDiagnostics": {},
                "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}},
            },
            "workspace": {"workspaceEdit": {"documentChanges": True}},
        }
        self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri(),
                "capabilities": capabilities,
                "initializationOptions": dict(options),
            },
        )
        self.notify("initialized", {})

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline().strip()) or not length:
                if not line and self._process.poll() is not None:
                    return
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            message = json.loads(stream.read(length))
            self._inbox.put((time.perf_counter(), message))

    def _send(self, message: dict[str, Any]) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stream = self._process.stdin
        assert stream is not None
        stream.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)
        stream.flush()

    def notify(self, method: str, params: object) -> None:
        """Send a notification."""
        self._send({"method": method, "params": params})

    def request(self, method: str, params: object) -> Any:
        """The answer to a request."""
        return self.timed(method, params)[1]

    def timed(self, method: str, params: object) -> tuple[float, Any]:
        """The answer to a request, and the seconds until it was there."""
        self._number += 1
        begun = time.perf_counter()
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            came, message = self._inbox.get(timeout=_PATIENCE)
            if message.get("id") == self._number and "method" not in message:
                return came - begun, message.get("result")
            self._take(came, message)

    def _take(self, came: float, message: dict[str, Any]) -> None:
        if "id" in message and "method" in message:  # the server asks: whatever it is, it is granted
            self._send({"id": message["id"], "result": None})
        else:
            self._kept.append((came, message))

    def wait(self, method: str) -> float:
        """When the first notification of that kind came that was not asked for yet."""
        while True:
            for place, (came, message) in enumerate(self._kept):
                if message.get("method") == method:
                    del self._kept[: place + 1]
                    return came
            self._take(*self._inbox.get(timeout=_PATIENCE))

    def close(self) -> None:
        """Have the server end."""
        self.request("shutdown", None)
        self.notify("exit", None)
        self._process.wait(_PATIENCE)
