"""What has changed in a tree, told by its files' sizes and times."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from nsfix.scan.stamps import (
    Changes,
    Stamps,
    changed_between,
    different,
    digest_of_stamps,
    stamps_below,
    touched_since,
    unsettled,
)

NOTHING = Changes(frozenset(), frozenset())


@pytest.fixture
def top(tmp_path: Path) -> Path:
    for name in ("Makefile", "drivers/pwm/core.c", "drivers/pwm/deep/er/est.h", "drivers/late.c"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def stamps(top: Path) -> Stamps:
    return stamps_below(str(top))


def test_nothing_has_changed(top: Path) -> None:
    first = stamps(top)
    assert changed_between(first, stamps(top)) == NOTHING
    assert digest_of_stamps(first) == digest_of_stamps(stamps(top))


def test_two_processes_find_what_one_does(top: Path) -> None:
    assert digest_of_stamps(stamps_below(str(top), 2)) == digest_of_stamps(stamps(top))


@pytest.mark.parametrize("name", ["Makefile", "drivers/pwm/core.c", "drivers/pwm/deep/er/est.h"])
def test_a_file_that_changes_is_named(top: Path, name: str) -> None:
    before = stamps(top)
    found = (top / name).stat()
    os.utime(top / name, ns=(found.st_atime_ns, found.st_mtime_ns + 1))
    assert changed_between(before, stamps(top)) == Changes(frozenset([str(top / name)]), frozenset())


def test_a_file_that_is_replaced_is_named(top: Path) -> None:
    before = stamps(top)
    old = (top / "Makefile").stat()
    (top / "new").write_text("makefilE")
    os.utime(top / "new", ns=(old.st_atime_ns, old.st_mtime_ns))
    os.replace(top / "new", top / "Makefile")
    assert changed_between(before, stamps(top)) == Changes(frozenset([str(top / "Makefile")]), frozenset())


def test_files_that_come_or_go_are_named(top: Path) -> None:
    before = stamps(top)
    (top / "drivers/new.c").touch()
    (top / "drivers/pwm/deep/er/est.h").unlink()
    moved = {str(top / "drivers/new.c"), str(top / "drivers/pwm/deep/er/est.h")}
    assert changed_between(before, stamps(top)) == Changes(frozenset(), frozenset(moved))
    assert changed_between(stamps(top), before) == Changes(frozenset(), frozenset(moved))


def test_directories_that_come_or_go_do_so_with_their_files(top: Path) -> None:
    before = stamps(top)
    shutil.rmtree(top / "drivers/pwm/deep")
    after = stamps(top)
    assert changed_between(before, after).moved == {str(top / "drivers/pwm/deep/er/est.h")}
    assert changed_between({**before, **different(before, after)}, after) == NOTHING


def test_an_empty_directory_is_like_none(top: Path) -> None:
    before = stamps(top)
    (top / "drivers/empty").mkdir()
    assert changed_between(before, stamps(top)) == NOTHING


@pytest.mark.parametrize(
    "name", [".core.c.swp", "core.c~", "#core.c#", "core.o", ".core.o.cmd", "core.ko", "core.mod"]
)
def test_what_builds_and_editors_leave_behind_is_not_asked_for(top: Path, name: str) -> None:
    before = stamps(top)
    (top / "drivers/pwm" / name).touch()
    assert changed_between(before, stamps(top)) == NOTHING


def test_an_object_without_a_source_counts(top: Path) -> None:
    before = stamps(top)
    (top / "drivers/pwm/shipped.o").touch()
    assert changed_between(before, stamps(top)).moved == {str(top / "drivers/pwm/shipped.o")}


def test_a_link_to_nowhere_as_emacs_makes_it_is_passed_over(top: Path) -> None:
    before = stamps(top)
    (top / "drivers/pwm/.#core.c").symlink_to("user@host.1234")
    assert changed_between(before, stamps(top)) == NOTHING


def test_a_file_touched_just_now_counts_as_changed_the_next_time(top: Path) -> None:
    late = top / "drivers/late.c"
    moment = max(path.stat().st_ctime_ns for path in top.rglob("*") if path.is_file())
    os.utime(late, ns=(moment, moment + 10**9))
    found = stamps(top)
    touched = touched_since(found, moment)
    assert str(top / "drivers") in touched
    kept = unsettled(found, touched, moment)
    assert str(late) in changed_between(kept, found).changed
    assert digest_of_stamps(found) == digest_of_stamps(stamps(top))
