"""`.nsfix.toml`: what is accepted, where relative paths start, and which line an error names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nsfix.errors import InputError
from nsfix.model import Guard
from nsfix.settings import KEYS, Settings, find_settings_file, read_settings, settings_from

WHOLE = """
# all there is
kdir = [
  "kernels/one",  # from here
  "/usr/src/two",
]
module = "driver/src"
config = "../config"
arch = "arm64"
guard = "ifdef"
since = "5.10"
ignore = ["CXL", "module:kvm"]
"""


def read(directory: Path, text: str | bytes) -> Settings:
    path = directory / ".nsfix.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_settings(str(path))


def refused(directory: Path, text: str | bytes) -> InputError:
    with pytest.raises(InputError) as raised:
        read(directory, text)
    assert raised.value.file == str(directory / ".nsfix.toml")
    return raised.value


def test_every_key_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE)
    assert found == Settings(
        kdirs=(str(tmp_path / "kernels/one"), "/usr/src/two"),
        module=str(tmp_path / "driver/src"),
        config=str(tmp_path.parent / "config"),
        arch="arm64",
        guard=Guard.IFDEF,
        since="5.10",
        ignore=frozenset(("CXL", "module:kvm")),
        file=str(tmp_path / ".nsfix.toml"),
        kdirs_from=str(tmp_path),
    )
    assert all(f"{key} = " in WHOLE for key in KEYS)


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "") == Settings(file=str(tmp_path / ".nsfix.toml"))


def test_one_kernel_is_a_text(tmp_path: Path) -> None:
    assert read(tmp_path, 'kdir = "k"\n').kdirs == (str(tmp_path / "k"),)


def test_home_and_variables_in_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("KERNELS", "/srv/kernels")
    found = read(tmp_path, 'kdir = ["~/linux", "$KERNELS/a", "${KERNELS}/b", "$NONE/c"]\n')
    assert found.kdirs == (
        "/home/somebody/linux",
        "/srv/kernels/a",
        "/srv/kernels/b",
        str(tmp_path / "$NONE/c"),
    )


def test_any_configuration_is_no_path(tmp_path: Path) -> None:
    assert read(tmp_path, 'config = "any"\n').config == "any"
    assert read(tmp_path, 'config = "./any"\n').config == str(tmp_path / "any")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('kdir = "a"\n\nkdri = "b"\n', 3, "unknown key 'kdri'; kdir may be meant; there are kdir, module,"),
        ('kernel = "b"\n', 1, "unknown key 'kernel'; there are kdir"),
        ('KDIR = "b"\n', 1, "kdir may be meant"),
        ('arch = "x"\n[nsfix]\nkdir = "b"\n', 2, "unknown key 'nsfix'"),
        ("fixOnSave = true\n", 1, "unknown key 'fixOnSave'"),
        ('ignore = [\n  "A",\n]\n# kdri = 1\n\nkdri = [\n  "b",\n]\n', 6, "unknown key 'kdri'"),
        ("arch = 'x'\nsince = 6.10\n", 2, "since is to be a text in quotes, not 6.1"),
        ("guard = true\n", 1, "guard is to be a text in quotes, not True"),
        ('guard = "both"\n', 1, "guard is to be one of version, ifdef, none, not 'both'"),
        ("module = ''\n", 1, "module is to be a text in quotes, not ''"),
        ('config = "a\\u0000b"\n', 1, "config is to be a text in quotes"),
        ("kdir = 612\n", 1, "kdir is to be a text in quotes or a list of such, not 612"),
        ('arch = "x"\nkdir = [\n  "a",\n  7,\n]\n', 2, "kdir is to have texts in quotes only, not 7"),
        ('ignore = "CXL"\n', 1, "ignore is to be a list of texts in quotes, not 'CXL'"),
        ("ignore = [['CXL']]\n", 1, "ignore is to have texts in quotes only, not a list"),
        ("ignore.a = 1\n", 1, "ignore is to be a list of texts in quotes, not a dict"),
        ('arch = "x"\nkdir = b\n', 2, "is no TOML: Invalid value at column 8"),
        ('arch = "x"\nkdir = [\n\n', 3, "is no TOML:"),
        ('arch = "x"\narch = "y"\n', 2, "is no TOML: Cannot overwrite a value"),
        (b'arch = "x"\n# \xe9\n', 2, "is not UTF-8"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    text: str | bytes, line: int, words: str, tmp_path: Path
) -> None:
    error = refused(tmp_path, text)
    assert words in error.message
    assert error.line == line


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / ".nsfix.toml").symlink_to("nowhere")
    path = find_settings_file(str(tmp_path))
    assert path is not None
    with pytest.raises(InputError, match="cannot be read: No such file"):
        read_settings(path)


def test_the_nearest_file_above_is_found(tmp_path: Path) -> None:
    below = tmp_path / "a/b/c"
    below.mkdir(parents=True)
    (tmp_path / ".nsfix.toml").write_text("")
    assert find_settings_file(str(below)) == str(tmp_path / ".nsfix.toml")
    (tmp_path / "a/b/.nsfix.toml").write_text("")
    (tmp_path / "a/b/c/.nsfix.toml").mkdir()  # no file
    assert find_settings_file(str(below)) == str(tmp_path / "a/b/.nsfix.toml")
    assert find_settings_file(str(tmp_path / "a")) == str(tmp_path / ".nsfix.toml")
    assert find_settings_file(str(below / "not/there")) == str(tmp_path / "a/b/.nsfix.toml")


def test_a_relative_directory_is_looked_above_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / ".nsfix.toml").write_text("")
    monkeypatch.chdir(tmp_path / "a")
    assert find_settings_file(".") == str(tmp_path / ".nsfix.toml")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_somebody_else_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = tmp_path / "shared/mine", tmp_path / "shared/.nsfix.toml"
    mine.mkdir(parents=True)
    (tmp_path / ".nsfix.toml").write_text("")
    theirs.write_text("")
    os.chown(theirs, 12345, 12345)
    assert find_settings_file(str(mine)) == str(tmp_path / ".nsfix.toml")
    os.chown(mine, 12345, 12345)  # what lies there is theirs all the same
    assert find_settings_file(str(mine)) == str(theirs)
    os.chown(mine, 0, 0)
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert find_settings_file(str(mine)) == str(theirs)
    os.chown(mine, 12345, 12345)
    os.chown(theirs, 54321, 54321)
    assert find_settings_file(str(mine)) == str(tmp_path / ".nsfix.toml")  # which is root's


def test_settings_that_a_client_gives(tmp_path: Path) -> None:
    found = settings_from({"kdir": "k", "ignore": ["A"]}, str(tmp_path), "initialization options")
    assert found == Settings(kdirs=(str(tmp_path / "k"),), ignore=frozenset("A"))
    with pytest.raises(InputError) as raised:
        settings_from({"kdri": "k"}, str(tmp_path), "initialization options")
    assert str(raised.value).startswith("initialization options: unknown key 'kdri'; kdir may be meant")
    with pytest.raises(InputError, match="arch is to be a text"):
        settings_from({"arch": 64}, str(tmp_path), "initialization options")
    assert settings_from(dict.fromkeys(KEYS), "/", "options") == Settings()


def test_one_says_what_the_other_leaves_open(tmp_path: Path) -> None:
    whole = read(tmp_path, WHOLE)
    assert Settings().over(whole) == whole
    assert whole.over(Settings(arch="x", kdirs=("/k",), kdirs_from="/")) == whole
    named = Settings(kdirs=("/k",), guard=Guard.NONE).over(whole)
    assert (named.kdirs, named.kdirs_from, named.guard) == (("/k",), None, Guard.NONE)
    assert (named.arch, named.file, named.ignore) == (whole.arch, whole.file, whole.ignore)
    assert Settings(arch="").over(whole).arch == ""  # said, if nothing
