"""A client that writes whatever bytes it is told to, for what pytest-lsp's would never send."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from tests.lsp.client import COMMAND, TIMEOUT, environment, uri_of


class RawClient:
    """A server of its own, with its answers and its stderr."""

    def __init__(self, root: Path, initialize: bool = True) -> None:
        self.process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=root,
            env=environment(root),
        )
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self.seen: list[dict[str, Any]] = []
        self.stderr: list[str] = []
        self._number = 0
        self._threads = [
            threading.Thread(target=target, daemon=True) for target in (self._read, self._read_stderr)
        ]
        for thread in self._threads:
            thread.start()
        if initialize:
            params = {"processId": None, "rootUri": uri_of(root), "capabilities": {}}
            assert "capabilities" in self.ask("initialize", params)["result"]
            self.notify("initialized", {})

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while line := stream.readline():
            size = 0
            while line.strip():
                name, _, value = line.partition(b":")
                size = int(value) if name == b"Content-Length" else size
                line = stream.readline()
            self._messages.put(json.loads(stream.read(size)))

    def _read_stderr(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.stderr.append(line.decode().rstrip())

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, content: bytes) -> None:
        """Send bytes as a message."""
        self.write(b"Content-Length: %d\r\n\r\n" % len(content) + content)

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self.send(json.dumps({"jsonrpc": "2.0", "method": method, "params": params}).encode())

    def request(self, method: str, params: Any) -> int:
        """Send a request; its number."""
        self._number += 1
        message = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        self.send(json.dumps(message).encode())
        return self._number

    def answer(self, number: int, timeout: float = 15) -> dict[str, Any]:
        """The answer to the request of that number."""
        end = time.monotonic() + timeout
        while True:
            message = self._messages.get(timeout=max(end - time.monotonic(), 0.01))
            if message.get("id") == number and "method" not in message:
                return message
            self.seen.append(message)

    def ask(self, method: str, params: Any) -> dict[str, Any]:
        """The answer to a request, with its number and all."""
        return self.answer(self.request(method, params))

    def logged(self) -> list[str]:
        """What the server has logged, once it had the time to."""
        time.sleep(0.1)
        told = [m["params"]["message"] for m in self.seen if m.get("method") == "window/logMessage"]
        return told + self.stderr

    def wait(self) -> int:
        """The exit code, once it has ended."""
        code = self.process.wait(TIMEOUT)
        for thread in self._threads:
            thread.join(TIMEOUT)
        return code

    def kill(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.wait()


def ended(pid: int, timeout: float = 10.0) -> bool:
    """Whether a process ends within some seconds."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":  # whoever inherits it does not ask
            return True
        time.sleep(0.05)
    return False
