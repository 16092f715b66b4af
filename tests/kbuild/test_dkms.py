"""dkms.conf: read without a shell, held against bash where there is one, and followed to the modules."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from nsfix.errors import InputError
from nsfix.kernel.dkms import read_dkms
from nsfix.kernel.external import read_modules
from nsfix.kernel.kbuild import KbuildFacts, NothingBuilt
from nsfix.kernel.tree import KernelBuild
from tests.kbuild.kernel_files import write

PACKAGE = 'PACKAGE_NAME="pkg"\nPACKAGE_VERSION=1.0\n'
BUILD = "${dkms_tree}/${PACKAGE_NAME}/${PACKAGE_VERSION}/build"
MODULE = {"Makefile": "obj-m := m.o\nobj-$(CONFIG_MORE) += more.o\n", "m.c": "", "more.c": ""}

CONFS = {
    "plain": f'MAKE[0]="make -C ${{kernel_source_dir}} M={BUILD} CONFIG_MORE=m"\n',
    "without_index": "MAKE='make all'\n",
    "quoted_make": "MAKE[0]=\"'make' -j4 KVER=$kernelver\"\n",
    "own_variables": 'DIR="$dkms_tree/$PACKAGE_NAME"\nARGS="-C x M=$DIR/1.0/build"\nMAKE="make ${ARGS} V=1"\n',
    "continued": 'MAKE[0]="make -C a M=b \\\n  && make -C c \\\n M=d"\n',
    "over_lines": 'MAKE[0]="make one\nmake two"\n',
    "added_to": "MAKE=make\nMAKE+=' all'\n",
    "number_computed": 'i=0\nOTHER[$i]=x\ni=$((i+1))\nMAKE[$((i-1))]="make n$i"\n',
    "comments": "# MAKE=no\nMAKE=make # all\nMAKE[0]=\"make # $kernelver\"\n",
    "module_and_version": 'MAKE="make NAME=$module V=${module_version}"\n',
    "later_wins": "MAKE=one\nMAKE[0]='make two'\n",
    "list": "MAKE=('make a' \"make b\")\nMAKE_MATCH[1]='^9'\n",
    "match": "MAKE[0]='make old'\nMAKE[1]='make six'\nMAKE_MATCH[1]='^[67]\\.'\nMAKE[2]=no\nMAKE_MATCH[2]='^2'\n",
    "match_of_the_first": "MAKE[0]='make old'\nMAKE_MATCH[0]='^2\\.'\nMAKE[1]='make new'\nMAKE_MATCH[1]='.'\n",
}  # fmt: skip
# What dkms does with MAKE and MAKE_MATCH, by its manual, in a shell.
CHOOSE = """
[ "${MAKE_MATCH[0]}" ] || chosen="${MAKE[0]}"
for i in "${!MAKE[@]}"; do
    [ "${MAKE_MATCH[$i]}" ] && [[ $kernelver =~ ${MAKE_MATCH[$i]} ]] && chosen="${MAKE[$i]}"
done
printf %s "$chosen"
"""


def by_bash(text: str, directory: Path, kernel: KernelBuild) -> str:
    """The MAKE that a shell comes to, with the package's own directory as nsfix shows it."""
    given = {
        "dkms_tree": "/var/lib/dkms",
        "source_tree": "/usr/src",
        "kernelver": kernel.release,
        "kernel_source_dir": kernel.build_dir,
        "module": "pkg",
        "module_version": "1.0",
    }
    setting = "".join(f"{name}='{value}'\n" for name, value in given.items())
    done = subprocess.run(
        ["bash", "-c", setting + text + CHOOSE], stdout=subprocess.PIPE, text=True, check=False
    )
    found = done.stdout.replace("/var/lib/dkms/pkg/1.0/build", str(directory))
    return f"make KERNELRELEASE={kernel.release}{found[4:]}" if found.startswith("make") else found


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash; get it with: apt install bash")
@pytest.mark.parametrize("name", CONFS)
def test_make_is_what_a_shell_reads(name: str, tmp_path: Path, kernel: KernelBuild) -> None:
    write(tmp_path, {"dkms.conf": PACKAGE + CONFS[name]})
    conf = read_dkms(str(tmp_path), kernel)
    assert conf is not None
    assert conf.make == by_bash(PACKAGE + CONFS[name], tmp_path, kernel)
    assert conf.make
    assert conf.remarks == []


def read(top: Path, conf: str, files: dict[str, str], kernel: KernelBuild, **words: str) -> KbuildFacts:
    write(top, {"dkms.conf": PACKAGE + conf, **files})
    return read_modules(str(top), kernel, words)


def names(facts: KbuildFacts) -> list[str]:
    return [module.path for module in facts.modules]


def test_variables_of_the_make_line(tmp_path: Path, kernel: KernelBuild) -> None:
    facts = read(tmp_path, CONFS["plain"], MODULE, kernel)
    assert names(facts) == ["m", "more"]
    assert [(r.message, r.file, r.line, r.doubt) for r in facts.remarks] == [
        ("read as this make command says: M=. CONFIG_MORE=m", str(tmp_path / "dkms.conf"), 3, False)
    ]


def test_the_users_words_win(tmp_path: Path, kernel: KernelBuild) -> None:
    assert names(read(tmp_path, CONFS["plain"], MODULE, kernel, CONFIG_MORE="n")) == ["m"]


def test_what_changes_nothing_is_not_told(tmp_path: Path, kernel: KernelBuild) -> None:
    facts = read(tmp_path, f'MAKE="make -C $kernel_source_dir M={BUILD} V=1"\n', MODULE, kernel)
    assert names(facts) == ["m"]
    assert facts.remarks == ()


def test_what_the_make_line_gives_is_no_doubt(tmp_path: Path, kernel: KernelBuild) -> None:
    makefile = (
        "ifeq ($(STAMP),)\nifneq ($(shell git describe),)\nccflags-y += -DSTAMP\nendif\nendif\nobj-m := m.o\n"
    )
    files = {"Makefile": makefile, "m.c": ""}
    plain = read(tmp_path / "a", "PACKAGE_NAME=m\n", files, kernel)
    assert any("git describe" in remark.message for remark in plain.remarks)
    told = read(tmp_path / "b", f'MAKE="make -C $kernel_source_dir M={BUILD} STAMP=1"\n', files, kernel)
    assert not any("git describe" in remark.message for remark in told.remarks)


def test_no_make_line(tmp_path: Path, kernel: KernelBuild) -> None:
    facts = read(tmp_path, "", MODULE, kernel)
    assert (names(facts), facts.remarks) == (["m"], ())


@pytest.mark.parametrize(
    "make",
    [
        f"make -C $kernel_source_dir M={BUILD}/src",
        "make -C $kernel_source_dir M=/usr/src/${PACKAGE_NAME}-${PACKAGE_VERSION}/src",
        "make -C $kernel_source_dir M=$source_tree/$module-$module_version/src modules",
        "cd src; make -C $kernel_source_dir M=$(pwd)",
        "'make' -C wrapped",
        "'make' KDIR=$kernel_source_dir",
        "(./configure && 'make')",
    ],
)
def test_where_the_make_line_leads(make: str, tmp_path: Path, kernel: KernelBuild) -> None:
    files = {
        "src/Makefile": "obj-m := m.o\n",
        "src/m.c": "",
        "Makefile": "ifeq ($(KERNELRELEASE),)\nall:\n\t$(MAKE) -C wrapped\nendif\n",
        "wrapped/Makefile": "all:\n\t$(MAKE) -C $(KDIR) M=$(CURDIR)/../src modules\n",
    }
    assert names(read(tmp_path, f'MAKE="{make}"\n', files, kernel)) == ["m"]


def test_dkms_gives_kernelrelease_to_a_make_that_is_not_quoted(tmp_path: Path, kernel: KernelBuild) -> None:
    call = "$(MAKE) -C $(KDIR) M=$(PWD) CONFIG_A=m"
    text = f"ifneq ($(KERNELRELEASE),)\nobj-$(CONFIG_A) := a.o\nelse\nall:\n\t{call}\nendif\n"
    files = {"Makefile": text, "a.c": ""}
    assert names(read(tmp_path, "MAKE=\"'make'\"\n", files, kernel)) == ["a"]
    conf = read_dkms(str(tmp_path), kernel)
    assert conf is not None and conf.make == "'make'"
    write(tmp_path, {"dkms.conf": PACKAGE + "MAKE=make\n"})
    conf = read_dkms(str(tmp_path), kernel)
    assert conf is not None and conf.make == f"make KERNELRELEASE={kernel.release}"


def test_several_directories(tmp_path: Path, kernel: KernelBuild) -> None:
    line = f"make -C $kernel_source_dir M={BUILD}"
    files = {
        f"{each}/{name}": text
        for each in ("a", "b")
        for name, text in (("Kbuild", "obj-m := x.o\n"), ("x.c", ""))
    }
    facts = read(tmp_path, f'MAKE="{line}/a modules \\\n && {line}/b modules"\n', files, kernel)
    assert names(facts) == ["a/x", "b/x"]


def test_a_conf_above(tmp_path: Path, kernel: KernelBuild) -> None:
    files = {f"src/{name}": text for name, text in MODULE.items()}
    write(
        tmp_path,
        {
            "dkms.conf": f'{PACKAGE}MAKE="make -C x M={BUILD}/src CONFIG_MORE=m"\n',
            "other/Kbuild": "obj-m := o.o\n",
            "other/o.c": "",
            **files,
        },
    )
    assert names(read_modules(str(tmp_path / "src"), kernel, {})) == ["m", "more"]
    beside = read_modules(str(tmp_path / "other"), kernel, {})
    assert (names(beside), beside.remarks) == (["o"], ())


def test_a_module_that_is_not_found(tmp_path: Path, kernel: KernelBuild) -> None:
    conf = (
        'BUILT_MODULE_NAME[0]="m"\nBUILT_MODULE_LOCATION[0]="."\nDEST_MODULE_LOCATION[0]=/updates\n'
        "BUILT_MODULE_NAME[1]=gone\nif x; then\n  OTHER=1\nfi\n"
    )
    facts = read(tmp_path, conf, MODULE, kernel)
    assert [(r.message, r.line) for r in facts.remarks] == [
        ("gone is to be built, but no module of that name is found", 6)
    ]


def test_names_under_a_condition_are_not_missed(tmp_path: Path, kernel: KernelBuild) -> None:
    conf = 'if [ "$kernelver" ]; then\n  BUILT_MODULE_NAME[1]=gone\nfi\nBUILT_MODULE_NAME[0]=m\n'
    assert read(tmp_path, conf, MODULE, kernel).remarks == ()


UNKNOWN = {
    "condition": ('if x; then\n  MAKE="make a"\nfi\n', "depends on the condition or loop around MAKE"),
    "case": ('case $kernelver in\n 5*) MAKE="make a" ;;\nesac\n', "depends on the condition or loop around MAKE"),
    "command": ('MAKE="make -C x M=`ls`"\n', "M= depends on `ls`"),
    "expansion": ('MAKE="make -C x M=${kernelver%.*}"\n', "M= depends on ${kernelver%.*}"),
    "pattern": ("MAKE[0]=make\nMAKE[1]='make b'\nMAKE_MATCH[1]='('\n", "cannot be told from MAKE_MATCH"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_unknown_is_said(name: str, tmp_path: Path, kernel: KernelBuild) -> None:
    conf, reason = UNKNOWN[name]
    facts = read(tmp_path, conf, MODULE, kernel)
    assert names(facts) == ["m"]
    assert [
        r
        for r in facts.remarks
        if r.message.startswith("dkms.conf is not followed: ") and reason in r.message
    ]
    with pytest.raises(NothingBuilt) as caught:
        read(tmp_path, conf, {"Makefile": ""}, kernel)
    assert reason in caught.value.message


def test_what_runs_before_is_named_where_nothing_is_built(tmp_path: Path, kernel: KernelBuild) -> None:
    with pytest.raises(NothingBuilt, match=r"PRE_BUILD is not run: \./configure"):
        read(tmp_path, "MAKE=make\nPRE_BUILD=./configure\n", {}, kernel)


def test_a_file_that_cannot_be_read(
    tmp_path: Path, kernel: KernelBuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    write(tmp_path, {"dkms.conf": PACKAGE, **MODULE})
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied") as caught:
        read_dkms(str(tmp_path), kernel)
    assert caught.value.file == str(tmp_path / "dkms.conf")


def test_a_make_line_that_is_led_by_a_configure_step(tmp_path: Path, kernel: KernelBuild) -> None:
    conf = 'PRE_BUILD="configure\n  --with-linux=$(\n  if [ -e x ]; then echo x; fi\n)"\nMAKE="make"\n'
    with pytest.raises(NothingBuilt) as caught:
        read(tmp_path, conf, {"Makefile.in": "", "m.c": ""}, kernel)
    assert "where there is no Makefile until Makefile.in there is configured" in caught.value.message
    assert (
        ":3: dkms.conf is not followed: PRE_BUILD is not run: what it says is known only to a shell"
        in str(caught.value)
    )
