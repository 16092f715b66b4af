"""Helix on a terminal, set up by the sample: what is on disk after `:write`, and that it talks to the server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.editors.modules import LACKING, crlf, mended, single
from tests.editors.provision import COMMAND, program
from tests.editors.sandbox import Sandbox, needs
from tests.editors.terminal import Terminal

pytestmark = pytest.mark.kernel

LOG = ".cache/helix.log"


@pytest.fixture
def helix(sandbox: Sandbox) -> Sandbox:
    """Helix, with the sample where it says that it belongs."""
    if program("hx") is None:
        pytest.skip(f"no Helix here; get it with: {COMMAND}")
    sandbox.configure("helix/languages.toml", ".config/helix/languages.toml")
    (sandbox.home / LOG).parent.mkdir()
    return sandbox


def opened(helix: Sandbox, source: Path) -> Terminal:
    """Helix with this file open, and its log where the sandbox finds it."""
    words = [str(program("hx")), "-vv", "--log", str(helix.home / LOG), str(source)]
    return Terminal(words, source.parent, helix.environment | {"TERM": "xterm-256color"})


def log_of(helix: Sandbox) -> str:
    """What Helix has logged so far."""
    log = helix.home / LOG
    return log.read_text("utf-8", "replace") if log.is_file() else ""


@pytest.mark.parametrize("change", [bytes, crlf], ids=["plain", "crlf"])
def test_the_filter_mends_what_is_saved(helix: Sandbox, change: type[bytes]) -> None:
    source = single(helix, change(LACKING))
    with opened(helix, source) as terminal:
        assert terminal.wait(lambda: b"single_init" in terminal.drawn), terminal.drawn
        terminal.press(":write\r")
        assert terminal.wait(lambda: source.read_bytes() == change(mended(LACKING))), source.read_text()
        terminal.press(":write\r")
        terminal.idle(3)
    assert source.read_bytes() == change(mended(LACKING))


def test_the_server_tells_beside_clangd(helix: Sandbox) -> None:
    needs("clangd")
    source = single(helix, LACKING)

    def told() -> bool:
        lines = [line for line in log_of(helix).splitlines() if "nsfix <- " in line]
        return any("publishDiagnostics" in line and "DMA_BUF" in line for line in lines)

    with opened(helix, source) as terminal:
        assert terminal.wait(told), log_of(helix)[-3000:]
        assert terminal.wait(lambda: "clangd <- " in log_of(helix)), log_of(helix)[-3000:]
