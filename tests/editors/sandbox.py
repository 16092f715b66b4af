"""A home of its own for an editor: configuration, caches, the command nsfix, and a module to edit.

Nothing of the user's own set-up is read. Every process has a limit of time; what it said, and what the
language server wrote to its log, is part of the message when something is not as it must be.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "samples"
SETUPS = SAMPLES / "editors"
TIMEOUT = 90
DEBIAN = {
    "nvim": "neovim",
    "vim": "vim",
    "emacs": "emacs-nox elpa-eglot",
    "clangd": "clangd",
    "node": "nodejs",
    "npm": "npm",
}


def needs(*programs: str) -> None:
    """Skips the test, and says how to get them, where one of these programs is missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        packages = " ".join(DEBIAN[program] for program in missing)
        pytest.skip(f"no {', '.join(missing)} here; get it with: apt-get install {packages}")


@dataclass(frozen=True)
class Said:
    """What an editor left: its exit code, and everything that it and the language server wrote."""

    code: int
    text: str


@dataclass(frozen=True)
class Sandbox:
    """A directory with a home, a directory of programs and one of modules."""

    root: Path
    kdir: Path
    cache: Path

    def __post_init__(self) -> None:
        for name in ("home/.config", "home/.local/share", "bin", "tmp", "modules"):
            (self.root / name).mkdir(parents=True)
        program = self.root / "bin/nsfix"
        program.write_text(
            "#!/bin/sh\n"
            f'export PYTHONPATH="{ROOT}"\n'
            f'[ "$1" != lsp ] || exec 2>>"{self.log}"\n'
            f'exec "{sys.executable}" -P -m nsfix "$@"\n'
        )
        program.chmod(0o755)

    @property
    def home(self) -> Path:
        """What the editor takes for the user's home."""
        return self.root / "home"

    @property
    def log(self) -> Path:
        """What the language server writes to stderr."""
        return self.root / "server.log"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the editor: nothing of the user's."""
        return {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.home / ".local/share"),
            "XDG_STATE_HOME": str(self.home / ".local/state"),
            "XDG_CACHE_HOME": str(self.cache),
            "TMPDIR": str(self.root / "tmp"),
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "TERM": "dumb",
        }

    def configure(self, sample: str, place: str) -> Path:
        """Puts a sample, as it stands, where its editor looks for it below the home."""
        target = self.home / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SETUPS / sample, target)
        return target

    def module(self, name: str, files: Mapping[str, bytes] | None = None) -> Path:
        """A module directory: the sample of that name, or these files; its settings name the kernel."""
        directory = self.root / "modules" / name
        if files is None:
            shutil.copytree(SAMPLES / name, directory)
        for path, content in (files or {}).items():
            directory.mkdir(exist_ok=True)
            (directory / path).write_bytes(content)
        (directory / ".nsfix.toml").write_text(f'kdir = "{self.kdir}"\n')
        return directory

    def run(self, *words: str | Path, cwd: Path, more: Mapping[str, str] | None = None) -> Said:
        """Runs a program to its end; one that does not end in time is ended, and the test fails."""
        process = subprocess.Popen(
            [str(word) for word in words],
            cwd=cwd,
            env=self.environment | dict(more or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            out, _ = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, _ = process.communicate()
            pytest.fail(f"{words[0]} was still running after {TIMEOUT} s\n{self._all(out)}")
        return Said(process.returncode, self._all(out))

    def assert_file(self, path: Path, expected: bytes, said: Said) -> None:
        """The file has just these bytes."""
        found = path.read_bytes()
        assert found == expected, f"{path.name} is now:\n{found.decode('utf-8', 'replace')}\n{said.text}"

    def _all(self, out: bytes) -> str:
        said = f"--- the editor said:\n{out.decode('utf-8', 'replace')}\n"
        for log in (self.log, *sorted(self.home.rglob("*.log")), *sorted(self.cache.glob("nvim/*.log"))):
            if log.is_file():
                said += f"--- {log.name}:\n{log.read_text('utf-8', 'replace')[-6000:]}\n"
        return said


def end_services(cache: Path) -> None:
    """Ends what `nsfix filter` has left running for the next save: asked once more, it sees that its socket is gone."""
    for place in (cache / "nsfix/run").glob("*"):
        if place.is_socket():
            with socket.socket(socket.AF_UNIX) as connection:
                moved = place.rename(place.with_name(f"{place.name}.gone"))
                with suppress(ConnectionError):  # it has ended by itself
                    connection.connect(str(moved))
            moved.unlink()


@dataclass(frozen=True)
class Answer:
    """What the steps of a test gave, run inside an editor, and what was said meanwhile."""

    value: Any
    said: Said


def answer_in(path: Path, said: Said) -> Answer:
    """The JSON that a script of an editor left; without it, or with a bad exit code, the test fails."""
    assert path.is_file() and said.code == 0, f"the script ended with {said.code}\n{said.text}"
    return Answer(json.loads(path.read_text(encoding="utf-8")), said)
