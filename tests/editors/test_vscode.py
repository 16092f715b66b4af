"""The extension for VS Code: it packs, and with the real language client it mends what is saved."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.editors.modules import LACKING, assert_builds, mended, single
from tests.editors.sandbox import SETUPS, Answer, Sandbox, needs
from tests.kernel.building import Kernel

pytestmark = pytest.mark.kernel

EXTENSION = SETUPS / "vscode"
SESSION = Path(__file__).with_name("vscode") / "session.js"
LIMIT = 300
TYPED = b"/* typed just now */\n"


def npm(*words: str, cwd: Path, limit: int = LIMIT) -> subprocess.CompletedProcess[str]:
    """Runs npm as the user who runs the tests has set it up."""
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier"]
    return subprocess.run(
        ["npm", *words, *quiet], cwd=cwd, capture_output=True, text=True, timeout=limit, check=False
    )


@pytest.fixture(scope="session")
def extension(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the extension with the packages that it needs, from npm's registry."""
    needs("node", "npm")
    home = tmp_path_factory.mktemp("vscode")
    try:
        asked = npm("view", "vscode-languageclient", "version", "--fetch-retries=0", cwd=home, limit=30)
        reached, why = asked.returncode == 0, asked.stderr.strip().splitlines()[-1:]
    except subprocess.TimeoutExpired:
        reached, why = False, ["it does not answer"]
    if not reached:
        pytest.skip(f"npm's registry is out of reach, so the extension is not tried: {why}")
    copy = home / "extension"
    shutil.copytree(EXTENSION, copy)
    installed = npm("install", "--no-package-lock", cwd=copy)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return copy


def session(extension: Path, sandbox: Sandbox, source: Path, **settings: object) -> Answer:
    """Edits and saves the source twice, in the way of VS Code, and gives what happened."""
    chosen = json.dumps({f"nsfix.{name}": value for name, value in settings.items()})
    said = sandbox.run("node", SESSION, extension, source, chosen, cwd=source.parent)
    assert said.code == 0, said.text
    lines = [line for line in said.text.splitlines() if line.startswith("{")]
    return Answer(json.loads(lines[0]), said)


@pytest.mark.parametrize("on_save", [{}, {"fixOnSave": True}], ids=["codeActionsOnSave", "fixOnSave"])
def test_what_is_saved_has_the_import(
    extension: Path, sandbox: Sandbox, kernel: Kernel, on_save: dict[str, object]
) -> None:
    source = single(sandbox, LACKING)
    answer = session(extension, sandbox, source, **on_save)
    before, place, after = mended(LACKING).partition(b"static int fd")
    sandbox.assert_file(source, before + TYPED + place + after, answer.said)
    assert answer.value["same"] and not answer.value["errors"], answer
    assert set(answer.value["kinds"]) == {"quickfix", "source.fixAll.nsfix"}
    assert "Kbuild" in answer.value["watched"][0] and ".nsfix.toml" in answer.value["watched"][0]
    assert_builds(kernel, source.parent)


def test_settings_reach_the_server(extension: Path, sandbox: Sandbox) -> None:
    source = single(sandbox, LACKING)
    (source.parent / ".nsfix.toml").unlink()
    answer = session(extension, sandbox, source, kdir=str(sandbox.kdir))
    assert b"MODULE_IMPORT_NS" in source.read_bytes(), answer.said.text


def test_a_program_that_is_not_there_is_told(extension: Path, sandbox: Sandbox) -> None:
    source = single(sandbox, LACKING)
    answer = session(extension, sandbox, source, path="/nonexistent/nsfix")
    assert any("nsfix.path" in error for error in answer.value["errors"]), answer
    sandbox.assert_file(source, LACKING, answer.said)


def test_the_extension_packs(extension: Path) -> None:
    begun = time.monotonic()
    packed = npm("run", "package", cwd=extension)
    assert packed.returncode == 0, packed.stdout + packed.stderr
    archive = next(extension.glob("nsfix-*.vsix"))
    listed = subprocess.run(
        ["python3", "-m", "zipfile", "-l", archive], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    for wanted in (
        "extension/extension.js",
        "extension/package.json",
        "node_modules/vscode-languageclient/node.js",
    ):
        assert wanted in listed, listed
    for unwanted in ("@vscode/vsce", ".vscodeignore"):
        assert unwanted not in listed
    print(f"packed in {time.monotonic() - begun:.1f} s, {archive.stat().st_size} bytes")
