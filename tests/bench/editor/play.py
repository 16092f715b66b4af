"""Plays the session on a server, and measures what its user waits for."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.editor.client import Client
from tests.bench.editor.script import Buffer, Change, Save, session

FIX_ALL = "source.fixAll.nsfix"
# Seconds between two edits, and between the last one and the save.
PACES = {"typed": (0.12, 0.3), "at once": (0.0, 0.0)}


@dataclass
class Played:
    """What one session took: seconds of each save action, and of requests between edits. `mended` counts the saves
    that changed something; `steps` is what was sent, for another server to be played the same."""

    saves: list[float] = field(default_factory=list)
    between: list[float] = field(default_factory=list)
    mended: int = 0
    steps: list[Change | Save] = field(default_factory=list)


def play(
    client: Client, path: Path, text: str, pace: str, steps: list[Change | Save] | None = None
) -> Played:
    """Play the session on a file that is open with `text`; or `steps` as they were."""
    uri, buffer, played = path.as_uri(), Buffer(text), Played()
    edit_pause, save_pause = PACES[pace]
    ours = steps is None
    for step in session(buffer) if steps is None else steps:
        if isinstance(step, Change):
            time.sleep(edit_pause)
            _send(client, uri, buffer, step, played)
            if len(played.between) < len(played.steps) // 8 and ours:
                seconds, _ = client.timed("textDocument/completion", _at(uri, buffer, step.start))
                played.between.append(seconds)
            continue
        time.sleep(save_pause)
        seconds, actions = client.timed("textDocument/codeAction", _asking(uri, buffer, ours))
        played.saves.append(seconds)
        played.steps.append(step)
        if ours and actions:
            played.mended += 1
            for edit in _edits(actions, uri):
                start, end = (buffer.offset(edit["range"][key]) for key in ("start", "end"))
                _send(client, uri, buffer, Change(start, end, edit["newText"]), played)
    return played


def _send(client: Client, uri: str, buffer: Buffer, change: Change, played: Played) -> None:
    sent = buffer.change(change)
    document = {"uri": uri, "version": buffer.version}
    client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [sent]})
    played.steps.append(change)


def _at(uri: str, buffer: Buffer, offset: int) -> dict[str, object]:
    return {"textDocument": {"uri": uri}, "position": buffer.position(offset)}


def _asking(uri: str, buffer: Buffer, ours: bool) -> dict[str, object]:
    """What is asked of a server: the action on save of ours, the actions at the top of another."""
    end = buffer.position(len(buffer.text)) if ours else {"line": 0, "character": 0}
    context: dict[str, object] = {"diagnostics": []}
    if ours:
        context["only"] = [FIX_ALL]
    return {
        "textDocument": {"uri": uri},
        "range": {"start": {"line": 0, "character": 0}, "end": end},
        "context": context,
    }


def _edits(actions: list[dict[str, Any]], uri: str) -> list[dict[str, Any]]:
    """The edits of the first action on this file, the last in the text first."""
    changes = actions[0]["edit"]["documentChanges"]
    edits = [edit for change in changes if change["textDocument"]["uri"] == uri for edit in change["edits"]]
    return sorted(
        edits, key=lambda edit: (-edit["range"]["start"]["line"], -edit["range"]["start"]["character"])
    )
