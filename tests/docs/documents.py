"""Reads the documents and runs what their `console` blocks show.

The words behind the fence are `console`, or `console kernel` where a real kernel is needed. A line
`$ COMMAND` begins a command, the lines up to the next one are what it prints on both streams; `[...]` stands
for any text in a line.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
CI = ROOT / ".ci/run"
TIMEOUT = 300
ANY = "[...]"
MARK = "=== docs ==="
# What a document calls the headers of a series; each tier has its own.
HEADERS = {
    "6.12": re.compile(r"/usr/src/linux-headers-6\.12[\w.+-]*-amd64"),
    "7.x": re.compile(r"/usr/src/linux-headers-7\.[\w.+-]*-amd64"),
}
FENCE = re.compile(r"^( *)```(.*)\n((?:.*\n)*?)\1```$", re.MULTILINE)
_SET_UP = re.compile(
    r"(?:sudo )?apt(?:-get)? |python3 -m venv |\.venv/bin/(?:pip|pytest|ruff|mypy)\b"
    r"|\.venv/bin/python -m tests\.|(?:\w+=\S+ )*\.ci/run"
)
_TOOLS = {"nsfix": "nsfix", "python": ""}


@dataclass(frozen=True)
class Command:
    """One `$` line: the words as shown, and the lines of output shown below it."""

    text: str
    shown: tuple[str, ...]

    @property
    def parts(self) -> list[str]:
        """The commands that `&&` joins."""
        return self.text.split(" && ")

    @property
    def set_up(self) -> list[str]:
        """Those parts that install, fetch or run all tests: never run, but held against what CI runs."""
        return [part for part in self.parts if _SET_UP.match(part)]

    @property
    def runnable(self) -> str:
        """The rest, joined again; empty where there is none."""
        return " && ".join(part for part in self.parts if not _SET_UP.match(part))


@dataclass(frozen=True)
class Block:
    """One fenced block of a document. `line` counts from 1."""

    document: str
    line: int
    words: tuple[str, ...]
    body: str

    @property
    def is_console(self) -> bool:
        """Whether the block shows commands."""
        return self.words[:1] == ("console",)

    @property
    def needs_kernel(self) -> bool:
        """Whether the block runs against real kernels only."""
        return "kernel" in self.words[1:]

    @property
    def commands(self) -> list[Command]:
        """The commands of a console block. Raises ValueError for text before the first one."""
        found: list[tuple[str, list[str]]] = []
        for line in self.body.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif found:
                found[-1][1].append(line)
            else:
                raise ValueError(f"{self.document}:{self.line}: output before any command")
        return [Command(text, tuple(shown)) for text, shown in found]

    @property
    def runs(self) -> bool:
        """Whether any of it is to be run."""
        return self.is_console and any(command.runnable for command in self.commands)


def read_blocks(name: str, text: str) -> list[Block]:
    """Every fenced block of a document."""
    return [
        Block(name, text.count("\n", 0, match.start()) + 1, tuple(match[2].split()), match[3])
        for match in FENCE.finditer(text)
    ]


def all_blocks() -> list[Block]:
    """Every fenced block of all documents."""
    return [
        block
        for path in DOCUMENTS
        for block in read_blocks(str(path.relative_to(ROOT)), path.read_text(encoding="utf-8"))
    ]


def scratch_copy(home: Path) -> Path:
    """A copy of the project with a `.venv` whose programs are those that run these tests."""
    copy = home / "nsfix"
    left_out = shutil.ignore_patterns(".git", ".venv", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis")
    shutil.copytree(ROOT, copy, ignore=left_out, symlinks=True)
    programs = copy / ".venv/bin"
    programs.mkdir(parents=True)
    for name, module in _TOOLS.items():
        words = f"-m {module} " if module else ""
        program = programs / name
        program.write_text(f'#!/bin/sh\nPYTHONPATH="{copy}" exec "{sys.executable}" {words}"$@"\n')
        program.chmod(0o755)
    return copy


def run_block(block: Block, copy: Path, kdir: Callable[[str], Path]) -> list[tuple[Command, list[str]]]:
    """Run the commands of `block` in one shell in `copy`, against the headers that `kdir` gives for a series.

    Gives each command that was run with the lines that it printed.
    """
    commands = [command for command in block.commands if command.runnable]
    script = [f"printf '\\n%s\\n' '{MARK}'"]
    for command in commands:
        text = command.runnable
        for series in [series for series, pattern in HEADERS.items() if pattern.search(text)]:
            text = HEADERS[series].sub(str(kdir(series)), text)
        script.append(text)
        script.append(f"status=$?; printf '\\n%s\\n' '{MARK}'; (exit $status)")
    dropped = ("M", "KDIR", "O", "ARCH", "MAKEFLAGS", "MAKELEVEL", "PYTHONPATH", "NO_COLOR")
    environment = {name: value for name, value in os.environ.items() if name not in dropped}
    environment |= {"NSFIX_SERVER": "off"}  # a service would stay behind
    environment |= {"LC_ALL": "C.UTF-8", "PATH": f"{copy / '.venv/bin'}:{environment['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=copy,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIMEOUT,
        check=False,
    )
    printed = done.stdout.decode("utf-8", "replace").split(f"\n{MARK}\n")[1:]
    assert len(printed) == len(commands) + 1, done.stdout.decode("utf-8", "replace")
    return [(command, text.splitlines()) for command, text in zip(commands, printed, strict=False)]


def agrees(shown: tuple[str, ...], printed: list[str]) -> bool:
    """Whether a command printed what the document shows of it."""
    if len(shown) != len(printed):
        return False
    patterns = [".*".join(map(re.escape, line.split(ANY))) for line in shown]
    return all(
        re.fullmatch(pattern, line) is not None for pattern, line in zip(patterns, printed, strict=True)
    )


def ci_commands() -> list[str]:
    """Every line of .ci/run, continuations joined, and those with a tier's mark once for each tier."""
    text = CI.read_text(encoding="utf-8").replace("\\\n", " ")
    tiers = re.search(r"^for tier in ([\w ]+); do$", text, re.MULTILINE)
    assert tiers is not None, ".ci/run has no loop over tiers"
    lines = [" ".join(line.split()) for line in text.splitlines()]
    marked = [line.partition(" || ")[0] for line in lines if '-m "$1"' in line]
    return lines + [line.replace('"$1"', tier) for line in marked for tier in tiers[1].split()]
