"""The command's end: what is on stdin goes to the service, its answer to stdout.

Whatever goes wrong, the buffer comes out as it went in, and the exit code tells.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Sequence
from typing import Any, NoReturn

from nsfix.filter.meeting import meeting_point, packed, receive

FAILED = 2
_PATIENCE = 10.0  # seconds in which a service has to come up
_STAYS = 900.0  # seconds that a service stays without being asked
_VALUES = {"--stdin-filename": "path", "--config": "config", "--guard": "guard", "--since": "since"}
_MANY = {"-C": "kdir", "--kdir": "kdir"}
_OFF = "--no-server"


def parse(words: Sequence[str]) -> dict[str, Any] | None:
    """What the words of the command line ask for; None where they are for the parser of all commands to tell."""
    asked: dict[str, Any] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word == _OFF:
            asked["alone"] = True
            continue
        name, mark, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if not mark:
            if not rest:
                return None
            value = rest.pop(0)
        if name in _VALUES:
            asked[_VALUES[name]] = value
        elif name in _MANY:
            asked.setdefault(_MANY[name], []).append(value)
        else:
            return None
    return asked if asked.get("path") else None


def run(asked: dict[str, Any]) -> NoReturn:
    """Filter stdin to stdout as `asked`, and leave with the exit code."""
    text = sys.stdin.buffer.read()
    try:
        head, result = _answer(asked, text)
        messages, code = head["messages"], int(head["code"])
        if text and not result:  # no mending leaves nothing
            messages, code, result = ["nothing came back"], FAILED, text
    except KeyboardInterrupt:
        messages, code, result = ["interrupted"], FAILED, text
    except Exception as error:
        messages, code, result = [f"a fault of nsfix: {error!r}"], FAILED, text
    for message in messages:
        line = str(message).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        print(f"nsfix: {line}", file=sys.stderr)
    try:
        sys.stdout.buffer.write(result)
        sys.stdout.buffer.flush()
    except OSError:
        code = FAILED
    sys.stderr.flush()
    os._exit(code)


def _answer(asked: dict[str, Any], text: bytes) -> tuple[dict[str, Any], bytes]:
    request = {**asked, "path": os.path.abspath(asked["path"]), "base": os.getcwd()}
    if not asked.get("alone") and os.environ.get("NSFIX_SERVER") != "off":
        connection = _connected()
        if connection is not None:
            with connection:
                connection.sendall(packed(request, text))
                return receive(connection)
    from nsfix.filter.direct import answer

    return answer(request, text)


def _connected() -> socket.socket | None:
    """A connection to the service, which is started if it is not there; None where there can be none."""
    path = meeting_point()
    if path is None:
        return None
    found = _connect(path)
    if found is not None:
        return found
    from nsfix.live.starting import start_service

    start_service(path, _STAYS)
    until = time.monotonic() + _PATIENCE
    while found is None and time.monotonic() < until:
        time.sleep(0.01)
        found = _connect(path)
    return found


def _connect(path: str) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        return None
    return connection
