"""Writing: only what changed, whole or not at all, and nothing left behind."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from nsfix.errors import InputError
from nsfix.files import PartlyWritten, Write, read_bytes, write_all, write_if_changed

OLD, NEW = b"old\xff\r\n", b"old\xff\r\nand new\r\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "t.c"
    path.write_bytes(OLD)
    return path


def failing(fault: BaseException) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> object:
        raise fault

    return fail


def test_writes_and_keeps_the_mode(file: Path) -> None:
    file.chmod(0o640)
    assert write_if_changed(str(file), NEW, OLD)
    assert file.read_bytes() == NEW
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert os.listdir(file.parent) == ["t.c"]


def test_what_is_there_already_is_not_written(file: Path) -> None:
    before = file.stat()
    assert not write_if_changed(str(file), OLD, OLD)
    assert not write_if_changed(str(file), OLD, b"something else")
    after = file.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_what_changed_meanwhile_is_refused(file: Path) -> None:
    with pytest.raises(InputError, match="changed while nsfix ran"):
        write_if_changed(str(file), NEW, b"older")
    assert file.read_bytes() == OLD


def test_a_symbolic_link_stays(file: Path, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    link = tmp_path / "d" / "link.c"
    link.symlink_to("../t.c")
    assert write_if_changed(str(link), NEW, OLD)
    assert link.is_symlink() and file.read_bytes() == NEW


@pytest.mark.parametrize("new", [NEW, b"o"])
def test_a_hard_link_stays(file: Path, tmp_path: Path, new: bytes) -> None:
    other = tmp_path / "other.c"
    other.hardlink_to(file)
    assert write_if_changed(str(file), new, OLD)
    assert other.samefile(file) and other.read_bytes() == new


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("function", ["posix_fallocate", "pwrite"])
def test_a_hard_link_is_whole_when_writing_fails(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, fault: BaseException
) -> None:
    (tmp_path / "other.c").hardlink_to(file)
    real = getattr(os, function)
    calls: list[object] = []

    def once(*words: object) -> object:
        calls.append(words)
        if len(calls) == 1:
            raise fault
        return real(*words)

    monkeypatch.setattr(os, function, once)
    with pytest.raises((InputError, KeyboardInterrupt)):
        write_if_changed(str(file), NEW, OLD)
    assert file.read_bytes() == OLD


@pytest.mark.parametrize("function", ["fchmod", "fsync", "replace"])
@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_nothing_is_left_when_writing_fails(
    file: Path, monkeypatch: pytest.MonkeyPatch, function: str, fault: BaseException
) -> None:
    monkeypatch.setattr(os, function, failing(fault))
    with pytest.raises((InputError, KeyboardInterrupt)):
        write_if_changed(str(file), NEW, OLD)
    monkeypatch.undo()
    assert file.read_bytes() == OLD
    assert os.listdir(file.parent) == ["t.c"]


def test_a_foreign_owner_is_no_fault(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fchown", failing(PermissionError(1, "Operation not permitted")))
    assert write_if_changed(str(file), NEW, OLD)


def test_read_only_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.chmod(0o444)
    if os.geteuid() == 0:  # whom no mode stops
        monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(InputError, match="read-only"):
        write_if_changed(str(file), NEW, OLD)
    assert file.read_bytes() == OLD


def test_a_read_only_directory_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.parent.chmod(0o555)
    if os.geteuid() == 0:
        monkeypatch.setattr("tempfile.mkstemp", failing(PermissionError(13, "Permission denied")))
    try:
        with pytest.raises(InputError, match="Permission denied"):
            write_if_changed(str(file), NEW, OLD)
    finally:
        file.parent.chmod(0o755)
    assert file.read_bytes() == OLD


@pytest.mark.parametrize("name", ["gone.c", "dir", "pipe", "loop", "nul\0"])
def test_what_is_no_readable_file(tmp_path: Path, name: str) -> None:
    (tmp_path / "dir").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError) as caught:
        read_bytes(str(tmp_path / name))
    assert caught.value.file == str(tmp_path / name)


def test_one_that_cannot_be_written_keeps_no_other_from_it(file: Path, tmp_path: Path) -> None:
    last = tmp_path / "last.c"
    last.write_bytes(OLD)
    writes = [
        Write(str(file), OLD, NEW),
        Write(str(tmp_path / "gone.c"), OLD, NEW),
        Write(str(last), OLD, NEW),
    ]
    with pytest.raises(
        PartlyWritten, match=r"not written: .*gone\.c: .*\(written: .*t\.c, .*last\.c\)"
    ) as caught:
        write_all(writes)
    assert caught.value.written == (str(file), str(last))
    assert caught.value.unwritten == (str(tmp_path / "gone.c"),)
    assert file.read_bytes() == last.read_bytes() == NEW


def test_all_written(file: Path) -> None:
    assert write_all([Write(str(file), OLD, NEW)]) == (str(file),)
    assert write_all([Write(str(file), NEW, NEW)]) == ()
