"""Which run a file in an editor belongs to: its kernel's tree, or the outermost directory that builds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from nsfix.errors import InputError
from nsfix.model import Guard
from nsfix.project import Request, request_for
from nsfix.settings import Settings, read_settings
from tests.fake_kernel import make_kernel
from tests.kbuild.kernel_files import write

SOURCE = '#include <linux/module.h>\nMODULE_LICENSE("GPL");\n'
# What a project of another kind has in its Makefile; Kbuild would make nothing of it.
USERSPACE = "OBJS = main.o\nall: tool\ntool: $(OBJS)\n\tcc -o $@ $(OBJS)\n"

NONE = Settings()
Place = Callable[..., str]


@pytest.fixture
def place(tmp_path: Path, fake_kernels: dict[str, Path]) -> Place:
    """Write a project of files, and tell where one of them belongs, relative to the project; the project is the
    boundary."""

    def run(files: Mapping[str, str], name: str, settings: Settings = NONE, boundary: str | None = "") -> str:
        top = tmp_path / "p"
        write(top, files)
        settings = settings.over(Settings(kdirs=(str(fake_kernels["7.x"]),)))
        tops = [str(top / boundary)] if boundary is not None else []
        found = request_for(str(top / name), settings, tops)
        return str(Path(found.directory).relative_to(top))

    return run


def fails(place: Place, *words: object, **further: object) -> str:
    with pytest.raises(InputError) as raised:
        place(*words, **further)
    return str(raised.value)


NESTED = {"Makefile": "obj-m += sub/\n", "sub/Makefile": "obj-m := foo.o\n", "sub/foo.c": SOURCE}


def test_the_outermost_directory_that_builds_it(place: Place) -> None:
    assert place(NESTED, "sub/foo.c") == "."


def test_a_makefile_of_another_kind_further_up(place: Place) -> None:
    deeper = {f"kernel/{name}": text for name, text in NESTED.items()}
    assert place({"Makefile": USERSPACE, **deeper}, "kernel/sub/foo.c") == "kernel"


@pytest.mark.parametrize(
    "text",
    [
        "$(error run configure first)\n",
        "a = $(a)\nobj-m := $(a)\n",
        "include none.mk\n",
        "ifeq (a\n",
        "obj-m := other.o\n",
        "\0\xff",
    ],
)
def test_a_makefile_further_up_that_fails_is_passed_over(text: str, place: Place) -> None:
    deeper = {f"kernel/{name}": each for name, each in NESTED.items()}
    assert place({"Makefile": text, "other.c": SOURCE, **deeper}, "kernel/sub/foo.c") == "kernel"


def test_directories_without_a_kbuild_file_are_passed(place: Place) -> None:
    files = {"Kbuild": "obj-m := foo.o\nfoo-y := src/core/one.o src/two.o\n"}
    files |= dict.fromkeys(("src/core/one.c", "src/two.c"), SOURCE)
    assert place(files, "src/core/one.c") == "."


def test_a_makefile_that_calls_the_kernels_make(place: Place) -> None:
    files = {"Makefile": "all:\n\t$(MAKE) -C $(KDIR) M=$(PWD)/src CONFIG_X=m modules\n"}
    files |= {"src/Kbuild": "obj-$(CONFIG_X) := foo.o\n", "src/foo.c": SOURCE}
    assert place(files, "src/foo.c") == "."


def test_a_dkms_conf_without_a_makefile(place: Place) -> None:
    files = {
        "dkms.conf": "PACKAGE_NAME=p\nPACKAGE_VERSION=1\n"
        'MAKE="make -C $kernel_source_dir M=$dkms_tree/p/1/build/src CONFIG_X=m"\n',
        "src/Kbuild": "obj-$(CONFIG_X) := foo.o\n",
        "src/foo.c": SOURCE,
    }
    assert place(files, "src/foo.c") == "."


def test_a_part_of_a_crate(place: Place) -> None:
    files = {
        "Kbuild": "obj-m := src/foo.o\n",
        "src/foo.rs": 'mod part;\nmodule! { type: T, name: "foo", license: "GPL" }\n',
        "src/part.rs": "fn f() {}\n",
        "src/apart.rs": "fn f() {}\n",
    }
    assert place(files, "src/part.rs") == "."
    assert "no module is built" in fails(place, files, "src/apart.rs")


HEADERS = {
    **NESTED,
    "sub/inc/foo.h": "",
    "include/foo.h": "",
    "apart/Makefile": "obj-m := bar.o\n",
    "apart/bar.c": SOURCE,
    "apart/bar.h": "",
}


@pytest.mark.parametrize(
    ("name", "found"),
    [("sub/inc/foo.h", "."), ("include/foo.h", "."), ("apart/bar.h", "apart"), ("sub/new.h", ".")],
)
def test_a_header_goes_with_the_sources_beside_or_below_it(name: str, found: str, place: Place) -> None:
    assert place(HEADERS, name) == found


def test_a_header_beside_the_directory_that_includes_it(place: Place) -> None:
    files = {
        "Makefile": USERSPACE,
        "a/Kbuild": "obj-m := a.o\n",
        "a/a.c": SOURCE,
        "b/Kbuild": "obj-m := b.o\nccflags-y := -I$(src)/../include\n",
        "b/b.c": '#include "shared/b.h"\n' + SOURCE,
        "include/shared/b.h": "",
        "include/shared/nobody.h": "",
    }
    assert place(files, "include/shared/b.h") == "b"
    assert "no module is built" in fails(place, files, "include/shared/nobody.h")


def test_a_source_of_a_directory_beside(place: Place) -> None:
    files = {
        "a/Kbuild": "obj-m := a.o\n",
        "a/a.c": SOURCE,
        "drv/Kbuild": "obj-m := drv.o\ndrv-y := main.o ../shared/memory.o\n",
        "drv/main.c": SOURCE,
        "shared/memory.c": SOURCE,
    }
    assert place(files, "shared/memory.c") == "drv"


def test_a_source_that_another_one_includes(place: Place) -> None:
    files = {**NESTED, "sub/foo.c": '#include "parts/part.c"\n' + SOURCE, "sub/parts/part.c": ""}
    assert place(files, "sub/parts/part.c") == "."
    assert "no module is built" in fails(place, files, "sub/parts/rest.c")


def test_a_file_that_no_module_is_built_from(place: Place, tmp_path: Path) -> None:
    files = {"tool/Makefile": USERSPACE, "tool/main.c": "", **NESTED}
    said = fails(place, files, "tool/main.c")
    top = tmp_path / "p"
    assert said == (
        f"{top}/tool/main.c: no module is built from this file in {top}/tool, nor in {top}; "
        f"{top}/tool: nothing is built: no obj-m names an object"
    )
    assert "pass CONFIG_X=m" in fails(place, {"x/Kbuild": "obj-$(CONFIG_X) := x.o\n"}, "x/x.c")
    lonely = fails(place, files, "docs/a/main.c", boundary="docs")
    assert lonely == (
        f"{top}/docs/a/main.c: no module is built from this file: there is no Kbuild file, Makefile or dkms.conf "
        f"above it up to {top}/docs"
    )


def test_the_boundary_is_the_outermost_of_workspace_and_repository(place: Place, tmp_path: Path) -> None:
    assert place(NESTED, "sub/foo.c", boundary="sub") == "sub"
    (tmp_path / "p/.git").write_text("gitdir: elsewhere\n")  # as in a worktree
    assert place(NESTED, "sub/foo.c", boundary="sub") == "."
    assert place(NESTED, "sub/foo.c", boundary=None) == "."
    write(tmp_path, {"Makefile": "obj-m += p/\n"})
    assert place(NESTED, "sub/foo.c", boundary=None) == "."
    assert place(NESTED, "sub/foo.c", boundary="apart") == "."  # no folder that it lies in


def test_the_home_directory_is_no_module(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "p"))
    assert place(NESTED, "sub/foo.c") == "sub"
    assert place({"foo.c": SOURCE, "Kbuild": "obj-m := foo.o\n", **NESTED}, "sub/foo.c") == "sub"
    assert "above it" in fails(place, NESTED, "foo.c")


def test_without_any_boundary_up_to_the_root(place: Place, tmp_path: Path) -> None:
    write(tmp_path, {"Makefile": "obj-m += p/\n"})
    with pytest.raises(ValueError, match="not in the subpath"):  # that is, above the project
        place(NESTED, "sub/foo.c", boundary=None)


def test_the_module_of_the_settings_decides(place: Place, tmp_path: Path) -> None:
    settings = Settings(module=str(tmp_path / "p/sub"))
    assert place(NESTED, "sub/foo.c", settings) == "sub"
    assert place(NESTED, "sub/foo.h", settings) == "sub"
    assert place(HEADERS, "apart/bar.c", settings) == "apart"  # which is not built there
    assert place(HEADERS, "apart/bar.h", settings) == "apart"
    assert "no module is built" in fails(place, NESTED, "sub/rest.c", settings)


def test_what_the_settings_say_stands_in_the_request(tmp_path: Path, fake_kernels: dict[str, Path]) -> None:
    write(tmp_path, NESTED)
    kdirs = (str(fake_kernels["6.12"]), str(fake_kernels["7.x"]))
    settings = Settings(kdirs, None, "/config", "x86", Guard.IFDEF, "5.10", frozenset(("CXL",)))
    assert request_for(str(tmp_path / "sub/foo.c"), settings, [str(tmp_path)]) == Request(
        directory=str(tmp_path),
        kdir=kdirs[0],
        further=kdirs[1:],
        since="5.10",
        guard=Guard.IFDEF,
        arch="x86",
        config=None,  # an external module has that of its kernel
        ignored=frozenset(("CXL",)),
    )


def test_a_file_that_only_the_second_kernel_builds(tmp_path: Path, fake_kernels: dict[str, Path]) -> None:
    write(tmp_path, {"Kbuild": "obj-m := a.o\nifeq ($(VERSION),7)\nobj-m += b.o\nendif\n"})
    settings = Settings((str(fake_kernels["6.12"]), str(fake_kernels["7.x"])))
    found = request_for(str(tmp_path / "b.c"), settings, [str(tmp_path)])
    assert (found.directory, found.kdir) == (str(tmp_path), settings.kdirs[0])


def test_what_is_given_by_word_counts_in_a_tree_too(tmp_path: Path, fake_kernels: dict[str, Path]) -> None:
    tree = kernel_tree(tmp_path / "linux")
    found = settings_at(tmp_path, kdir=str(fake_kernels["6.12"]), arch="arm64", config="none")
    given = Settings(kdirs=(str(fake_kernels["7.x"]),), arch="x86")
    request = request_for(str(tree / "drivers/foo/deep/deep.c"), found, given=given)
    assert request == Request(str(tree / "drivers/foo/deep"), str(fake_kernels["7.x"]), arch="x86")


def test_a_header_of_the_kernel_that_modules_are_built_for(fake_kernels: dict[str, Path]) -> None:
    kdir = fake_kernels["7.x"]
    with pytest.raises(InputError, match="a part of the kernel"):
        request_for(str(kdir / "include/linux/module.h"), Settings((str(kdir),)))


def test_without_a_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, NESTED)
    for module in ("loading", "place"):
        monkeypatch.setattr(f"nsfix.project.{module}.default_kdir", lambda: "/none/build")
    with pytest.raises(InputError, match="headers are not installed"):
        request_for(str(tmp_path / "sub/foo.c"), Settings(), [str(tmp_path)])
    found = request_for(str(tmp_path / "sub/foo.c"), Settings(since="5.10"), [str(tmp_path)])
    assert (found.directory, found.kdir, found.since) == (str(tmp_path), None, "5.10")


def kernel_tree(top: Path) -> Path:
    make_kernel(top, "7.x")
    write(
        top,
        {
            "Kbuild": "obj-y += drivers/\n",
            "Kconfig": "",
            "init/main.c": "",
            "drivers/Makefile": "obj-y += foo/\n",
            "drivers/foo/Makefile": "obj-m := foo.o deep/\n",
            "drivers/foo/foo.c": SOURCE,
            "drivers/foo/deep/Makefile": "obj-m := deep.o\n",
            "drivers/foo/deep/deep.c": SOURCE,
        },
    )
    return top


def settings_at(directory: Path, **values: str) -> Settings:
    (directory / ".nsfix.toml").write_text("".join(f'{key} = "{value}"\n' for key, value in values.items()))
    return read_settings(str(directory / ".nsfix.toml"))


def test_a_file_of_a_kernels_own_tree(tmp_path: Path, fake_kernels: dict[str, Path]) -> None:
    tree = kernel_tree(tmp_path / "linux")
    (tmp_path / "config").write_text("CONFIG_X86=y\n")
    above = settings_at(
        tmp_path, kdir=str(fake_kernels["6.12"]), config="config", since="5.10", module="mine", arch="x86"
    )
    for settings in (
        above,
        Settings(kdirs=above.kdirs).over(above),
    ):  # nor those that a client gives for all it opens
        for name in ("drivers/foo/foo.c", "include/linux/module.h", "kernel/new.c"):
            found = request_for(str(tree / name), settings, [str(tmp_path)])
            assert found == Request(str(tree), config=str(tmp_path / "config"), arch="x86")


@pytest.mark.parametrize(
    ("home", "values", "found"),
    [
        ("drivers/foo", {}, "drivers/foo"),
        ("drivers/foo/deep", {}, "drivers/foo/deep"),
        ("", {}, "drivers/foo/deep"),  # the nearest: further out, it would be the kernel's own
        ("", {"module": "drivers/foo"}, "drivers/foo"),
        ("..", {"module": "linux/drivers/foo"}, "drivers/foo"),
    ],
)
def test_a_kernel_that_a_part_of_the_tree_names(
    home: str, values: dict[str, str], found: str, tmp_path: Path, fake_kernels: dict[str, Path]
) -> None:
    tree = kernel_tree(tmp_path / "linux")
    settings = settings_at(tree / home, kdir=str(fake_kernels["6.12"]), **values)
    request = request_for(str(tree / "drivers/foo/deep/deep.c"), settings, [str(tmp_path)])
    assert (request.directory, request.kdir) == (str(tree / found), str(fake_kernels["6.12"]))
