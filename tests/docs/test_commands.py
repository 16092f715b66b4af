"""Every command in a document is run, or is what CI runs; what is shown below it is what it prints."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.documents import (
    CI,
    DOCUMENTS,
    ROOT,
    Block,
    Command,
    agrees,
    all_blocks,
    ci_commands,
    read_blocks,
    run_block,
    scratch_copy,
)
from tests.kernel.conftest import kernel_of

BLOCKS = all_blocks()
# Set-ups of editors have the name of their language behind the fence; tests/editors holds them.
LANGUAGES = ("elisp", "json", "lua", "toml", "vim")
SHOWN = {(), ("console",), ("console", "kernel"), *((language,) for language in LANGUAGES)}
SET_UP = [
    (block, part)
    for block in BLOCKS
    if block.is_console
    for command in block.commands
    for part in command.set_up
]


def _name(block: Block) -> str:
    return f"{block.document}:{block.line}"


def _hold(block: Block, home: Path, kdir: Callable[[str], Path]) -> None:
    for command, printed in run_block(block, scratch_copy(home), kdir):
        place = f"{_name(block)}: $ {command.text}"
        assert agrees(command.shown, printed), f"{place}\nprinted:\n" + "\n".join(printed)


@pytest.mark.parametrize("block", [b for b in BLOCKS if b.runs and not b.needs_kernel], ids=_name)
def test_a_block_prints_what_it_shows(block: Block, tmp_path: Path, fake_kernels: dict[str, Path]) -> None:
    _hold(block, tmp_path, fake_kernels.__getitem__)


@pytest.mark.kernel
@pytest.mark.parametrize("block", [b for b in BLOCKS if b.runs], ids=_name)
def test_a_block_prints_that_with_a_real_kernel(block: Block, tmp_path: Path) -> None:
    _hold(block, tmp_path, lambda series: kernel_of(series).kdir)


@pytest.mark.parametrize(("block", "part"), SET_UP, ids=[f"{_name(b)}-{p}" for b, p in SET_UP])
def test_set_up_is_what_ci_runs(block: Block, part: str) -> None:
    words = shlex.split(part)
    settings = [word.partition("=")[0] for word in words if re.match(r"[A-Z_]+=", word)]
    if words[len(settings) :] == [".ci/run"]:
        assert os.access(CI, os.X_OK)
        assert all(f"${{{name}:-" in CI.read_text(encoding="utf-8") for name in settings)
    elif words[-3:-1] == [".venv/bin/python", "-m"] and words[-1] == "tests.bench":
        done = subprocess.run(
            [sys.executable, *words[1:], "--help"], cwd=ROOT, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
    else:
        assert part in ci_commands()


def test_packages_that_the_reader_installs_are_those_of_ci() -> None:
    installed = " ".join(line for line in ci_commands() if "apt-get install" in line).split()
    texts = [path.read_text(encoding="utf-8") for path in DOCUMENTS]
    named = [match[1].split() for text in texts for match in re.finditer(r"apt install ([\w -]+)", text)]
    assert named
    assert all(set(packages) <= set(installed) for packages in named)


def test_the_readme_sets_up_in_two_commands() -> None:
    """The first shows a patch of a sample, the second runs the tests; nothing else comes before."""
    readme = [block for block in BLOCKS if block.document == "README.md" and block.is_console]
    first, second = readme[0].commands, readme[1].commands
    assert len(first) == len(second) == 1
    assert "nsfix diff --log samples/" in first[0].text
    assert any(line.startswith("+MODULE_IMPORT_NS(") for line in first[0].shown)
    assert second[0].text == ".venv/bin/pytest"


def test_commands_stand_in_console_blocks_only() -> None:
    for block in BLOCKS:
        assert block.words in SHOWN, f"{_name(block)}: {block.words}"
        if not block.is_console:
            assert not re.search(r"^(?:\$ |nsfix |make )", block.body, re.MULTILINE), _name(block)


def test_a_wrong_output_is_noticed(tmp_path: Path, fake_kernels: dict[str, Path]) -> None:
    """The tests above can fail: one line more, one less, another exit code, another text."""
    text = "```console\n$ echo one; false\none\n$ echo $?\n1\n$ printf x\nx\n```\n"
    (block,) = read_blocks("made-up.md", text)
    printed = [lines for _, lines in run_block(block, scratch_copy(tmp_path), fake_kernels["6.12"])]
    assert printed == [["one"], ["1"], ["x"]]
    assert agrees(("a [...] c",), ["a b c"])
    assert not agrees(("a [...] c",), ["a b d"])
    assert not agrees(("one",), ["one", "two"])
    assert not agrees(("one", "two"), ["one"])
    assert not agrees(("one.",), ["one!"])


def test_what_is_not_run_is_known() -> None:
    command = Command("python3 -m venv .venv && .venv/bin/pip install -q x && nsfix diff", ())
    assert command.set_up == ["python3 -m venv .venv", ".venv/bin/pip install -q x"]
    assert command.runnable == "nsfix diff"
    assert ".venv/bin/pip install -q x" not in ci_commands()
    assert ".venv/bin/pytest -m kernel" in ci_commands()
