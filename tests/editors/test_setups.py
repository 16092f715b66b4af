"""The set-ups as texts: they parse, agree with the server, and are what the document shows. Needs no editor."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from nsfix.lsp.mending import FIX_ALL
from nsfix.lsp.server import FIX_ON_SAVE
from nsfix.settings import KEYS
from tests.editors.sandbox import ROOT, SETUPS, needs

DOCUMENT = (ROOT / "docs/editors.md").read_text(encoding="utf-8")
OPTIONS = {*KEYS, FIX_ON_SAVE}
SHOWN = sorted(path for path in SETUPS.rglob("*") if path.is_file() and "vscode" not in path.parts)
EXTENSION = SETUPS / "vscode"
ON_SAVE = ["neovim-0.7.lua", "neovim-0.11.lua", "LSP.sublime-settings", "vscode/README.md"]


def read_json(path: Path) -> Any:
    """The JSON of a sample."""
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("sample", SHOWN, ids=lambda path: path.name)
def test_the_document_shows_the_sample(sample: Path) -> None:
    name = sample.relative_to(ROOT)
    to_fence = r"(?:(?!```).)*?\n```\w*\n(.*?)^```$"
    block = re.search(rf"`{re.escape(str(name))}`{to_fence}", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert block, f"docs/editors.md does not show {name}"
    assert block[1] == sample.read_text(encoding="utf-8")


def test_the_settings_of_vs_code_are_those_that_its_readme_shows() -> None:
    shown = re.findall(r"```json\n(.*?)```", (EXTENSION / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(shown) == 1 and shown[0] in DOCUMENT
    on_save = json.loads(shown[0])["[c]"]["editor.codeActionsOnSave"]
    assert on_save == {FIX_ALL: "explicit"}


@pytest.mark.parametrize("sample", ON_SAVE)
def test_only_the_action_of_nsfix_runs_on_save(sample: str) -> None:
    text = (SETUPS / sample).read_text(encoding="utf-8")
    assert set(re.findall(r"source\.[\w.]+", text)) - {"source.c"} == {FIX_ALL}


def test_the_extension_has_the_settings_of_the_server() -> None:
    manifest = read_json(EXTENSION / "package.json")
    settings = manifest["contributes"]["configuration"]["properties"]
    assert set(settings) == {"nsfix.path", *(f"nsfix.{option}" for option in OPTIONS)}
    passed = re.search(r"OPTIONS = \[(.*?)\]", (EXTENSION / "extension.js").read_text(encoding="utf-8"))
    assert passed and set(re.findall(r"'(\w+)'", passed[1])) == OPTIONS
    assert all(settings[f"nsfix.{option}"]["default"] is None for option in OPTIONS), (
        "a default beats .nsfix.toml"
    )


def test_a_missing_editor_is_told_with_the_line_for_apt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(
        pytest.skip.Exception, match=r"no nvim, clangd here; .* apt-get install neovim clangd"
    ):
        needs("nvim", "clangd")


def test_the_extension_is_javascript() -> None:
    needs("node")
    for source in EXTENSION.glob("*.js"):
        checked = subprocess.run(["node", "--check", source], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr


def test_the_extension_packs_what_it_is_to_have(tmp_path: Path) -> None:
    needs("npm")
    copy = tmp_path / "vscode"
    shutil.copytree(EXTENSION, copy)
    words = ["npm", "pack", "--dry-run", "--json", "--offline", "--no-update-notifier"]
    packed = subprocess.run(words, cwd=copy, capture_output=True, text=True, timeout=60, check=False)
    assert packed.returncode == 0, packed.stderr
    answer = json.loads(packed.stdout)
    listed = answer[0] if isinstance(answer, list) else next(iter(answer.values()))
    files = {file["path"] for file in listed["files"]}
    assert files == {"package.json", "extension.js", "README.md", ".vscodeignore"}


def test_the_options_of_the_other_set_ups_are_options_of_the_server() -> None:
    kate = read_json(SETUPS / "kate.json")["servers"]
    sublime = read_json(SETUPS / "LSP.sublime-settings")
    helix = tomllib.loads((SETUPS / "helix/languages.toml").read_text(encoding="utf-8"))
    assert kate["nsfix"]["command"] == ["nsfix", "lsp"] and kate["c"]["use"] == "nsfix"
    assert set(kate["nsfix"]["initializationOptions"]) <= OPTIONS
    assert sublime["clients"]["nsfix"]["command"] == ["nsfix", "lsp"]
    assert set(sublime["clients"]["nsfix"]["initializationOptions"]) <= OPTIONS
    assert set(sublime["lsp_code_actions_on_save"]) == {FIX_ALL}
    assert helix["language-server"]["nsfix"] == {"command": "nsfix", "args": ["lsp"]}
    language = helix["language"][0]
    assert language["language-servers"] == ["clangd", "nsfix"]
    assert language["formatter"]["args"][:2] == ["filter", "--stdin-filename"]
