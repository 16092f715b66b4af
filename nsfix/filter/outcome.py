"""What becomes of a buffer, from what is known of its modules."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nsfix.edits import apply
from nsfix.errors import NsfixError
from nsfix.live.reply import Reply, Told
from nsfix.model import Level
from nsfix.settings import SETTINGS_FILE, Settings, settings_from

MENDED, UNMENDED, FAILED = 0, 1, 2
_KEYS = ("kdir", "config", "guard", "since")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The text for stdout, the exit code, and the lines for stderr."""

    text: bytes
    code: int = MENDED
    messages: tuple[str, ...] = ()

    @property
    def head(self) -> dict[str, Any]:
        """The head of a message with it (meeting.py)."""
        return {"code": self.code, "messages": list(self.messages)}


def settings_in(request: Mapping[str, Any]) -> Settings:
    """The settings that a request brings. Raises InputError for what cannot be used."""
    values = {key: request[key] for key in _KEYS if request.get(key)}
    return settings_from(values, request["base"], "the command line")


def outcome_of(reply: Reply, path: str, text: bytes) -> Outcome:
    """The outcome for the file `path`, whose `text` the reply is about."""
    mending = reply.mendings.get(path)
    messages: list[str] = []
    code = MENDED
    for told in reply.findings:
        if told.finding.level is Level.NOTE or told.file == path:
            continue
        code = UNMENDED
        messages += _left(told, path)
    if mending is None or mending.before != text:
        return Outcome(text, code, tuple(messages))
    return Outcome(apply(text, mending.edits), code, tuple(messages))


def _left(told: Told, path: str) -> list[str]:
    """What to say of a finding that this buffer is not edited for."""
    finding = told.finding
    lines = [f"{_short(finding.file, path)}:{finding.line}: {finding.rule}: {finding.message}"]
    if told.refusal is not None:
        lines.append(f"    not mended: {told.refusal}")
    elif told.file is not None:
        lines.append(f"    the import belongs into {_short(told.file, path)}; `nsfix apply` makes it there")
    return lines


def _short(path: str, beside: str) -> str:
    """A path as seen from the directory of another."""
    directory = os.path.dirname(beside) + "/"
    return path.removeprefix(directory)


def outcome_of_error(error: NsfixError, text: bytes) -> Outcome:
    """The outcome where nothing could be found out: the buffer as it is. A file that belongs to no module, and that has
    no statement of a module either, is none of nsfix's business."""
    settings = error.file is not None and error.file.endswith(SETTINGS_FILE)
    if b"MODULE_" not in text and not settings:
        return Outcome(text)
    return Outcome(text, FAILED, (str(error),))
