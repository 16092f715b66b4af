"""The diff, judged by those who take it: git apply and patch."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nsfix.views.diff import Change, coloured, unified_diff

LONG = b"".join(b"line %d\n" % i for i in range(40))
TOOLS = {"git": ["git", "apply", "-"], "patch": ["patch", "-p1", "--no-backup-if-mismatch", "--binary"]}

CHANGES = {
    "insert in the middle": [Change("a.c", LONG, LONG.replace(b"line 20\n", b"line 20\nnew\n"))],
    "insert at both ends": [Change("a.c", LONG, b"first\n" + LONG + b"last\n")],
    "hunks that touch": [
        Change("a.c", LONG, LONG.replace(b"e 20\n", b"e 20\nx\n").replace(b"e 27\n", b"e 27\ny\n"))
    ],
    "hunks apart": [
        Change("a.c", LONG, LONG.replace(b"e 3\n", b"e 3\nx\n").replace(b"e 30\n", b"e 30\ny\n"))
    ],
    "a line replaced and one gone": [
        Change("a.c", LONG, LONG.replace(b"line 3\n", b"").replace(b"e 9\n", b"other\n"))
    ],
    "lines that occur often": [Change("a.c", b"\n}\n" * 30, b"\n}\n" * 10 + b"x\n\n}\n" + b"\n}\n" * 20)],
    "crlf": [Change("a.c", b"a\r\nb\r\n", b"a\r\nn\r\nb\r\n")],
    "latin-1, a lone CR and a form feed": [Change("a.c", b"\xf6\n\x0c\rx\n", b"\xf6\nn\n\x0c\rx\n")],
    "no final newline, before and after": [Change("a.c", b"a\nb", b"a\nb\nc")],
    "no final newline before": [Change("a.c", b"a\nb", b"a\nb\nc\n")],
    "no final newline, change far above": [Change("a.c", LONG + b"end", b"x\n" + LONG + b"end")],
    "no final newline, change near": [Change("a.c", b"a\nb\nc", b"a\nx\nb\nc")],
    "one line": [Change("a.c", b"a\n", b"a\nb\n")],
    "several files": [Change("a.c", b"a\n", b"a\nb\n"), Change("d/b.c", b"a\n", b"x\na\n")],
    "a name with spaces": [Change("my dir/a file.c", b"a\n", b"a\nb\n")],
    "a name with odd bytes": [Change("d/\udcf6 \u00fc.c", b"a\n", b"a\nb\n")],
    "a name with a quote and a backslash": [Change('d/a"b\\c.c', b"a\n", b"a\nb\n")],
    "a name with a tab": [Change("a\tb.c", b"a\n", b"a\nb\n")],
}


def judge(tool: str, changes: list[Change], directory: Path) -> None:
    """The tool turns every old text into the new one, without fuzz or offset."""
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} IS NOT INSTALLED: the diff is not judged by it")
    for change in changes:
        file = directory / change.path_shown
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(change.old)
    diff = unified_diff(changes)
    done = subprocess.run(TOOLS[tool], cwd=directory, input=diff, capture_output=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, (said, diff)
    assert b"fuzz" not in said and b"offset" not in said
    for change in changes:
        assert (directory / change.path_shown).read_bytes() == change.new


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES.keys())
def test_tools_take_it(tool: str, changes: list[Change], tmp_path: Path) -> None:
    judge(tool, changes, tmp_path)


LINES = st.lists(
    st.sampled_from([b"a\n", b"b\n", b"\n", b"}\n", b"c\r\n", b"-- d\n", b"\xff\n"]), max_size=30
)


@settings(max_examples=60, deadline=None)
@given(old=LINES, new=LINES, end=st.sampled_from([b"", b"x"]), tool=st.sampled_from(sorted(TOOLS)))
def test_tools_take_any(
    old: list[bytes], new: list[bytes], end: bytes, tool: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    change = Change("a.c", b"1\n" + b"".join(old) + end, b"1\n" + b"".join(new) + end)
    if change.old != change.new:
        judge(tool, [change], tmp_path_factory.mktemp("any"))


def test_nothing_changed_is_no_diff() -> None:
    assert unified_diff([Change("a.c", LONG, LONG)]) == b""


def test_hunks_say_where_they_are() -> None:
    change = Change("a.c", LONG, LONG.replace(b"line 20\n", b"line 20\nnew\n"))
    assert unified_diff([change]).splitlines()[:3] == [b"--- a/a.c", b"+++ b/a.c", b"@@ -19,6 +19,7 @@"]


def test_many_lines_take_no_time() -> None:
    lines = [b"}\n", b"\n", b"\tbreak;\n", b"\treturn 0;\n"] * 5000
    new = list(lines)
    for place in range(19000, 0, -4000):
        new.insert(place, b"new\n")
    new[1:2] = [b"\n", b"first\n"]
    started = time.process_time()
    diff = unified_diff([Change("a.c", b"".join(lines), b"".join(new))])
    assert time.process_time() - started < 5
    assert diff.count(b"\n+new") >= 5


def test_colours_leave_the_text() -> None:
    diff = unified_diff([Change("a.c", b"a\r\n", b"a\r\nb\r\n")])
    shown = coloured(diff)
    assert b"\x1b[32m+b\x1b[m\r\n" in shown
    for code in (b"\x1b[m", b"\x1b[1m", b"\x1b[31m", b"\x1b[32m", b"\x1b[36m"):
        shown = shown.replace(code, b"")
    assert shown == diff
