"""Runs nsfix on cases and holds its answers against what is expected of it."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import re
import shutil
import signal
import subprocess
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import nsfix as nsfix_package
from nsfix import cli
from nsfix.model import reserved_for
from tests.cases import Concrete, Pairs

TIMEOUT = 120
MISSING_RULES = ("missing-import", "reserved-namespace", "wrong-spelling")


@dataclass(frozen=True)
class Result:
    """What one run of nsfix left: exit code, stdout as bytes, stderr as text."""

    code: int
    out: bytes
    err: str

    @property
    def said(self) -> str:
        """Both streams as text, for messages and for expressions."""
        return self.out.decode("utf-8", "replace") + self.err


def nsfix(*words: str | Path, cwd: Path, stdin: bytes = b"", user: int | None = None) -> Result:
    """Runs nsfix with these words in `cwd`, in a forked process: all but the start of Python.

    `user` is the number of the user to be, where the tests run as root.
    """
    if user is not None:
        _import_everything()
    with TemporaryDirectory() as scratch:
        paths = [Path(scratch, name) for name in ("stdin", "stdout", "stderr")]
        paths[0].write_bytes(stdin)
        child = os.fork()
        if child == 0:
            _become_nsfix([str(word) for word in words], cwd, paths, user)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        result = Result(code, paths[1].read_bytes(), paths[2].read_bytes().decode("utf-8", "replace"))
    assert "Traceback (most recent call last)" not in result.err, result.err
    assert code >= 0, f"nsfix died of {signal.Signals(-code).name}\n{result.said}"
    return result


def _import_everything() -> None:
    """Another user may not be able to read what is imported only when it is needed."""
    for module in pkgutil.walk_packages(nsfix_package.__path__, "nsfix."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _become_nsfix(words: list[str], cwd: Path, paths: list[Path], user: int | None) -> NoReturn:
    """The child: streams, directory, environment and cache of its own, then the command."""
    code = 70
    try:
        signal.alarm(TIMEOUT)
        for number, path in enumerate(paths):
            flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT
            os.dup2(os.open(path, flags, 0o600), number)
        sys.stdin, sys.stdout, sys.stderr = map(os.fdopen, range(3), ("r", "w", "w"))
        os.chdir(cwd)
        for name in ("M", "KDIR", "O", "ARCH", "MAKEFLAGS", "MAKELEVEL", "PYTEST_CURRENT_TEST"):
            os.environ.pop(name, None)
        os.environ["XDG_CACHE_HOME"] = str(cwd.parent / "xdg-cache")
        sys.argv = ["nsfix", *words]
        if user is not None:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
        code = _exit_code()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)


def _exit_code() -> int:
    try:
        cli.main()
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    return 0


def words_for(case: Concrete, directory: Path, kdir: Path) -> list[str]:
    """The words that name the module and the kernel, as one would give them to make."""
    further = [word.replace("{dir}", str(directory)) for word in case.words]
    return [f"M={directory}", f"KDIR={kdir}", *further]


def missing_by_nsfix(report: dict[str, Any]) -> Pairs:
    """From the JSON of `check`: what modules need, less what they import in effect."""
    missing = set()
    for module in report["modules"]:
        imported = {entry["namespace"] for entry in module["imports"] if entry["effective"]}
        needed = {entry["namespace"] for entry in module["needs"]} - imported
        missing |= {(module["path"], ns) for ns in needed if not reserved_for(ns, module["name"])}
    return frozenset(missing)


def found_by_nsfix(report: dict[str, Any]) -> Pairs:
    """From the JSON of `check`: what the findings call missing."""
    rules = {f["rule"] for f in report["findings"]}
    return frozenset(
        (f["module"], f["namespace"])
        for f in report["findings"]
        if f["rule"] in MISSING_RULES and f["namespace"] and rules
    )


def assert_check(case: Concrete, directory: Path, kdir: Path, missing: Pairs) -> None:
    """`check --format json` names exactly the pairs `missing`, and the rules that the case names."""
    before = snapshot(directory)
    result = nsfix("check", "--format", "json", *words_for(case, directory, kdir), cwd=directory)
    assert result.code in (0, 1), result.said
    report = json.loads(result.out)
    assert report["schema"] == 1
    assert missing_by_nsfix(report) == missing, f"needs less imports\n{result.err}"
    assert found_by_nsfix(report) >= missing, f"findings: {report['findings']}"
    told = {finding["rule"] for finding in report["findings"]}
    assert told >= set(case.value("rules").split()), f"rules told: {told}"
    assert result.code == (1 if missing or told else 0), result.said
    assert snapshot(directory) == before, "check wrote something"


def assert_apply(case: Concrete, directory: Path, kdir: Path) -> None:
    """`apply` writes exactly the expected files and keeps modes and links; once more, it changes nothing."""
    first = snapshot(directory)
    result = nsfix("apply", *words_for(case, directory, kdir), cwd=directory)
    now = snapshot(directory)
    assert_files(case, directory, result.said)
    assert {p: (e.mode, e.link) for p, e in now.items()} == {p: (e.mode, e.link) for p, e in first.items()}
    assert_links(case, directory)
    assert result.code == case.exit, result.said
    for expression in case.refusals:
        assert re.search(expression, result.said, re.IGNORECASE), f"not told: {expression}\n{result.said}"
    again = nsfix("apply", *words_for(case, directory, kdir), cwd=directory)
    assert snapshot(directory) == now, "the second apply changed something"
    assert again.code == case.exit, again.said


def assert_diff(case: Concrete, directory: Path, kdir: Path) -> None:
    """`diff` writes nothing; git apply and patch make of its output, byte for byte, what apply is to make."""
    before = snapshot(directory)
    result = nsfix("diff", *words_for(case, directory, kdir), cwd=directory)
    assert snapshot(directory) == before, "diff wrote something"
    changes = case.before != case.after
    assert bool(result.out) == changes, result.said
    assert result.code == (1 if changes or case.refusals else 0), result.said
    linked = bool(case.value("symlink"))
    for tool in (["git", "apply", "-"], ["patch", "-p1", "--no-backup-if-mismatch"]):
        if not changes or linked:  # both tools decline to write through a link
            continue
        if shutil.which(tool[0]) is None:
            raise AssertionError(f"{tool[0]} is not installed: apt-get install {tool[0]}")
        copy = case.write(directory.parent / f"{directory.name}-{tool[0]}")
        done = subprocess.run(
            tool, cwd=copy, input=result.out, capture_output=True, timeout=TIMEOUT, check=False
        )
        assert done.returncode == 0, (done.stdout + done.stderr).decode() + result.said
        assert_files(case, copy, f"by {tool[0]}\n{result.said}")


def assert_files(case: Concrete, directory: Path, said: str) -> None:
    """Every file of the case is as it must be after the fix, and no file came or went."""
    for path, content in case.after.items():
        assert (directory / path).read_bytes() == content, f"{path}\n{said}"
    links = {case.value(key).split()[0] for key in ("symlink", "hardlink") if case.value(key)}
    inside = {path for path in case.after if not path.startswith("../")} | links
    assert set(snapshot(directory)) == inside, said


def assert_links(case: Concrete, directory: Path) -> None:
    """The links of the case are links still."""
    if case.value("symlink"):
        assert (directory / case.value("symlink").split()[0]).is_symlink()
    if case.value("hardlink"):
        one, other = (directory / path for path in case.value("hardlink").split())
        assert one.samefile(other), "the hard link was broken"


@dataclass(frozen=True)
class Entry:
    """A file as a snapshot has it."""

    content: bytes
    mode: int
    link: str


def snapshot(directory: Path) -> dict[str, Entry]:
    """Every file below a directory: content, mode, and where it points if it is a symlink."""
    files = sorted(path for path in directory.rglob("*") if path.is_symlink() or path.is_file())
    return {
        str(path.relative_to(directory)): Entry(
            path.read_bytes(), path.stat().st_mode, str(path.readlink()) if path.is_symlink() else ""
        )
        for path in files
    }
