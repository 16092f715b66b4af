"""read_mod, read_modules_order, source_of_object and inside."""

from __future__ import annotations

from pathlib import Path

import pytest

from nsfix.errors import InputError
from nsfix.evidence.built import BuiltObjects, inside, read_mod, read_modules_order, source_of_object


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory of modules, and another one beside it whose name it begins with."""
    (tmp_path / "m" / "sub").mkdir(parents=True)
    (tmp_path / "m-other").mkdir()
    return tmp_path / "m"


def mod(root: Path, data: str, name: str = "comp.mod") -> BuiltObjects:
    (root / name).write_text(data)
    return read_mod(str(root / name), str(root))


@pytest.mark.parametrize(
    "data",
    [
        "{root}/m.o\n{root}/sub/s.o\n",
        "./m.o\n./sub/s.o\n",
        "m.o\nsub/s.o\n",
        "{root}/m.o {root}/sub/s.o\n\n",
        "{root}/m.o {root}/sub/s.o\nprintk dma_buf_get\n",
        "{root}/sub/../m.o\nsub/s.o",
    ],
)
def test_mod_forms(root: Path, data: str) -> None:
    expected = BuiltObjects("comp", (f"{root}/m.o", f"{root}/sub/s.o"))
    assert mod(root, data.format(root=root)) == expected


def test_mod_in_a_nested_directory_is_relative_to_the_root(root: Path) -> None:
    assert mod(root, "sub/n.o\n", "sub/n.mod") == BuiltObjects("sub/n", (f"{root}/sub/n.o",))


@pytest.mark.parametrize("outside", ["../m-other/x.o", "/etc/x.o", "sub/../../m-other/x.o", "away/x.o"])
def test_mod_that_leads_outside(root: Path, outside: str) -> None:
    (root / "away").symlink_to(root.parent / "m-other")
    with pytest.raises(InputError, match="outside") as caught:
        mod(root, f"./m.o\n{outside}\n")
    assert caught.value.line == 2
    assert caught.value.file == str(root / "comp.mod")


def test_mod_may_lead_to_another_named_directory(root: Path) -> None:
    (root / "comp.mod").write_text("../m-other/x.o\n")
    built = read_mod(str(root / "comp.mod"), str(root), also=(str(root.parent / "m-other"),))
    assert built.objects == (f"{root.parent}/m-other/x.o",)


def test_mod_dots_behind_a_link_are_followed(root: Path) -> None:
    (root / "deep" / "er").mkdir(parents=True)
    (root / "link").symlink_to(root / "deep" / "er")
    assert mod(root, "link/../x.o\n").objects == (f"{root}/deep/x.o",)


@pytest.mark.parametrize("data", ["", "\n", "printk\n"])
def test_mod_without_objects(root: Path, data: str) -> None:
    with pytest.raises(InputError, match="names no object"):
        mod(root, data)


def test_mod_that_is_not_there(root: Path) -> None:
    with pytest.raises(InputError, match="cannot read it"):
        read_mod(str(root / "none.mod"), str(root))


def test_mod_with_a_zero_byte(root: Path) -> None:
    with pytest.raises(InputError, match="no path"):
        mod(root, "m\0.o\n")


@pytest.mark.parametrize(
    "lines", ["{root}/t.ko\n{root}/sub/n.ko\n", "{root}/t.o\n{root}/sub/n.o\n", "t.o\nsub/n.o\n"]
)
def test_modules_order(root: Path, lines: str) -> None:
    raw = lines.format(root=root).encode().splitlines(keepends=True)
    assert read_modules_order(raw, "modules.order", str(root)) == ("t", "sub/n")


def test_modules_order_through_a_link_to_the_root(root: Path) -> None:
    (root.parent / "link").symlink_to(root)
    assert read_modules_order([b"%s/sub/n.o\n" % str(root).encode()], "o", str(root.parent / "link")) == (
        "sub/n",
    )


@pytest.mark.parametrize("line", [b"../m-other/x.o", b"/etc/x.ko", b"t.c", b"t", b"a b.o", b".o"])
def test_modules_order_refuses(root: Path, line: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_modules_order([b"t.o\n", line + b"\n"], "modules.order", str(root))
    assert str(caught.value).startswith("modules.order:2: ")


def command(root: Path, name: str, text: str) -> None:
    (root / name).write_text(text.format(root=root))


def test_source_recorded_absolute(root: Path) -> None:
    (root / "other.c").touch()
    (root / "m.c").touch()
    command(
        root, ".m.o.cmd", "cmd_{root}/m.o := gcc -c\n\nsource_{root}/m.o := {root}/other.c\n\ndeps_x := \\\n"
    )
    assert source_of_object(f"{root}/m.o") == f"{root}/other.c"


def test_source_recorded_relative(root: Path) -> None:
    (root / "sub" / "s.S").touch()
    (root / "sub" / "s.c").touch()
    command(root, "sub/.s.o.cmd", "savedcmd_sub/s.o := gcc -c\n\nsource_sub/s.o := sub/s.S\n\n")
    assert source_of_object(f"{root}/sub/s.o") == f"{root}/sub/s.S"


def test_source_in_another_directory(root: Path) -> None:
    (root.parent / "m-other" / "x.c").touch()
    command(root, ".x.o.cmd", "savedcmd_./x.o := gcc -c\n\nsource_./x.o := ./../m-other/x.c\n\n")
    assert source_of_object(f"{root}/x.o") == f"{root.parent}/m-other/x.c"


def test_a_linked_object_has_no_source(root: Path) -> None:
    (root / "comp.c").touch()
    command(root, ".comp.o.cmd", "savedcmd_comp.o := ld -r -o comp.o @comp.mod\n")
    assert source_of_object(f"{root}/comp.o") is None


def test_a_recorded_source_that_is_gone(root: Path) -> None:
    (root / "m.c").touch()
    command(root, ".m.o.cmd", "savedcmd_m.o := gcc\n\nsource_m.o := /gone/m.c\n")
    assert source_of_object(f"{root}/m.o") == f"{root}/m.c"
    command(root, ".m.o.cmd", "savedcmd_m.o := gcc\n\nsource_other/m.o := other/m.c\n")
    assert source_of_object(f"{root}/m.o") == f"{root}/m.c"


@pytest.mark.parametrize("suffix", [".c", ".S"])
def test_source_beside_the_object(root: Path, suffix: str) -> None:
    (root / f"m{suffix}").touch()
    assert source_of_object(f"{root}/m.o") == f"{root}/m{suffix}"


def test_no_source_at_all(root: Path) -> None:
    assert source_of_object(f"{root}/m.o") is None


def test_inside(root: Path) -> None:
    (root / "away").symlink_to(root.parent / "m-other")
    (root.parent / "link").symlink_to(root)
    roots = (str(root),)
    assert inside(f"{root}/sub/x.c", roots)
    assert inside(str(root), roots)
    assert inside(f"{root}/sub/../x.c", roots)
    assert inside(f"{root.parent}/link/x.c", roots)
    assert inside(f"{root}/x.c", (f"{root.parent}/link/",))
    assert inside("/etc/passwd", ("/",))
    assert not inside(f"{root}/away/x.c", roots)
    assert not inside(f"{root}/../m-other/x.c", roots)
    assert not inside(f"{root.parent}/m-other/x.c", roots)
    assert not inside(f"{root}/x.c", ())
