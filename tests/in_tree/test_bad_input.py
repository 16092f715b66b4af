"""Input that no build would take, inside a kernel tree: it is said where it stands, and the rest goes on."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.in_tree.test_tree import FILES, LICENCE, missing, tree
from tests.support import Result, nsfix

__all__ = ["tree"]  # the fixture
STOR = {("drivers/stor/stor", "CORE"), ("drivers/stor/user", "STOR")}
PLAIN = ("drivers/late/plain", "EARLY")
ALL = STOR | {PLAIN, ("drivers/late/asm", "FLUSH")}
KCONFIG = (
    'config MODULES\n\tbool "m"\n\tmodules\nconfig X86\n\tdef_bool y\nconfig USB_STORAGE\n\ttristate "s"\n'
)
SOURCE = "drivers/late/plain.c"
KBUILD = "drivers/late/Makefile"
USE = "return late() + early();"
NOBODY = 65534
ANY = ("--config", "any", "ARCH=x86_64")


@pytest.fixture(params=["its configuration", "any"])
def words(request: pytest.FixtureRequest, tree: Path) -> tuple[str, ...]:
    """The words that name a configuration: none for the tree's own, and those for all of them."""
    (tree / "Kconfig").write_text(KCONFIG)
    return ANY if request.param == "any" else ()


def found(tree: Path, *words: str) -> tuple[set[tuple[str, str]], str]:
    """What is missing, and what is said on stderr."""
    result = nsfix("check", "--no-cache", "--format", "json", *words, cwd=tree)
    assert result.code in (0, 1), result.said
    return missing(json.loads(result.out)), result.err


def found_alike(tree: Path, *words: str) -> tuple[set[tuple[str, str]], str]:
    """The same, where the text has to agree with the JSON: it is made of another reading."""
    pairs, err = found(tree, *words)
    text = nsfix("check", "--no-cache", *words, cwd=tree)
    assert text.err == err
    lines = [line for line in text.out.decode().splitlines() if not line.startswith(" ")]
    assert len(lines) == len(pairs)
    assert all(any(f" {path.rpartition('/')[2]} uses" in line for line in lines) for path, _ in pairs)
    return pairs, err


def refused(tree: Path, *words: str) -> str:
    """What is said where a run ends with nothing but an error, the same for each command."""
    results = [nsfix(command, "--no-cache", *words, cwd=tree) for command in ("check", "diff", "apply")]
    assert [(r.code, r.out) for r in results] == [(2, b"")] * 3, results[0].said
    assert len({r.err for r in results}) == 1
    return results[0].err


def change(tree: Path, name: str, edit: Callable[[str], str]) -> None:
    path = tree / name
    path.write_text(edit(path.read_text() if path.exists() else ""))


# A configuration that does not fit.


def test_a_configuration_decides_the_architecture(tree: Path, tmp_path: Path) -> None:
    (tree / "arch/arm64").mkdir()
    (tree / "arch/arm64/Makefile").write_text("")
    config = tmp_path / "config"
    config.write_text("CONFIG_ARM64=y\nCONFIG_MODULES=y\nCONFIG_USB_STORAGE=m\n")
    # What x86 alone exports is not there.
    assert found(tree, "--config", str(config)) == (STOR | {PLAIN}, "")
    assert found(tree, "--config", str(config), "ARCH=arm64") == (STOR | {PLAIN}, "")


@pytest.mark.parametrize(("symbol", "arch", "of"), [("ARM64", "x86_64", "arm64"), ("X86", "arm64", "x86")])
def test_a_configuration_for_another_architecture(
    tree: Path, tmp_path: Path, symbol: str, arch: str, of: str
) -> None:
    (tree / "arch/arm64").mkdir()
    config = tmp_path / "config"
    config.write_text(f"# made for it\nCONFIG_{symbol}=y\n")
    said = refused(tree, "--config", str(config), f"ARCH={arch}")
    assert f"{config}:2: this configuration is for {of}, not for ARCH={arch}" in said


def test_a_configuration_for_an_architecture_that_is_not_there(tree: Path, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("CONFIG_MODULES=y\nCONFIG_ARM64=y\n")
    for words in ((), ("ARCH=arm64",)):
        said = refused(tree, "--config", str(config), *words)
        assert said.startswith(
            f"nsfix: {config}:2: this configuration is for arm64, but this tree has no arch/"
        )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ": this file sets no CONFIG_ symbol"),
        (b"# only a comment\n", ": this file sets no CONFIG_ symbol"),
        (b"CONFIG_X86=y\nint main(void);\n", ":2: no line of a kernel configuration: int main(void);"),
        (bytes(range(256)), ":1: no line of a kernel configuration"),
        (b"CONFIG_X86=y\n=======\n", ":2: no line of a kernel configuration: ======="),
    ],
)
def test_what_is_no_configuration(tree: Path, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "config").write_bytes(content)
    assert f"config{said}" in refused(tree, "--config", str(tmp_path / "config"))


def test_a_directory_is_no_configuration(tree: Path) -> None:
    assert "drivers: this configuration cannot be read: Is a directory" in refused(
        tree, "--config", "drivers"
    )


# A Kbuild file with a mistake. Each is put before what stands in the file, or after it.

WHOLE = {
    "an endif that is missing": ("ifdef CONFIG_MODULES\n", "", ":2: make stops here: an endif is missing"),
    "an endif too many": ("endif\n", "", ":1: make stops here: endif without its if"),
    "a missing directory": (
        "",
        "obj-m += nowhere/\n",
        ":2: nowhere/ has neither a Kbuild file nor a Makefile",
    ),
    "an open reference": ("", "obj-m += $(wildcard x\n", ":2: make stops here: unterminated reference"),
    "an open reference in flags": ("", "ccflags-y += $(call x\n", ":2: make stops here: unterminated"),
    "a define without end": ("", "define x\nobj-m += x.o\n", ":2: make stops here: an endef is missing"),
    "a missing include": ("include x.mk\n", "", ":1: make stops here: there is no x.mk to include"),
    "no line at all": ("nothing of make\n", "", ":1: make stops here: this is no line of a makefile"),
    "bytes that are no text": ("# \xff\xfe\n", "obj-m += b\xe4d.o\n", ":3: no source for b"),
    "a NUL": ("", "obj-m += a\0b.o\n", ":2: no source for a"),
    "a conflict": (
        "<<<<<<< HEAD\nobj-m += x.o\n=======\n>>>>>>> other\n",
        "",
        ":1: make stops here: this is no line of a makefile: '<<<<<<< HEAD'",
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_broken_line_is_told_and_the_others_are_read(tree: Path, words: tuple[str, ...], name: str) -> None:
    before, after, said = WHOLE[name]
    (tree / KBUILD).write_bytes((before + FILES[KBUILD] + after).encode("latin-1"))
    pairs, err = found_alike(tree, *words)
    assert pairs == ALL
    assert KBUILD + said in err


def test_a_stray_tab_outside_of_a_rule_is_a_line_as_any_other(tree: Path, words: tuple[str, ...]) -> None:
    change(tree, KBUILD, lambda text: f"\t{text}")
    assert found(tree, *words) == (ALL, "")


LOST = {
    "a variable that refers to itself": ("X = $(X) a.o\n", "obj-m += $(X)\n"),
    "a call without end": ("define X\n$(call X)\nendef\n", "obj-m += $(call X)\n"),
    "an eval without end": ("define X\n$(eval $(call X))\nendef\n", "$(eval $(call X))\n"),
    "lists that double": (
        "A0 = x.o x.o\n" + "".join(f"A{n + 1} = $(A{n}) $(A{n})\n" for n in range(40)),
        "obj-m += $(A40)\n",
    ),
    "a file that includes itself": ("include $(src)/Makefile\n", ""),
}


@pytest.mark.parametrize("name", LOST)
def test_a_kbuild_file_without_end_costs_its_directory_only(
    tree: Path, words: tuple[str, ...], name: str
) -> None:
    before, after = LOST[name]
    (tree / KBUILD).write_text(before + FILES[KBUILD] + after)
    result = nsfix("check", "--no-cache", "--format", "json", *words, cwd=tree)
    assert result.code == 1, result.said
    assert missing(json.loads(result.out)) == STOR
    # The same where nothing else is asked for: then there is no module, and that is no success.
    narrowed = nsfix("check", "--no-cache", "M=drivers/late", *words, cwd=tree)
    assert narrowed.code == 2, narrowed.said


def test_a_tree_without_any_module_names_what_is_broken(tree: Path, words: tuple[str, ...]) -> None:
    (tree / "Kbuild").write_text("X = $(X)\nobj-y = drivers/ $(X)\n")
    said = refused(tree, *words)
    assert "no module is built" in said
    assert "Kbuild:1: make stops here: variable X refers to itself" in said


def test_a_kconfig_file_that_sources_itself(tree: Path) -> None:
    (tree / "Kconfig").write_text('source "Kconfig"\nsource "./Kconfig"\n' + KCONFIG)
    assert found(tree, *ANY)[0] == ALL


NOTHING_BELOW = {
    "a define around all": ("define x\n", ":1: make stops here: an endef is missing"),
    "a conditional around all": ("ifdef CONFIG_NONE\n", ":4: make stops here: an endif is missing"),
    "a line of nothing": ("nothing of make\n", ":1: make stops here: this is no line of a makefile"),
}


@pytest.mark.parametrize("name", NOTHING_BELOW)
def test_a_broken_line_above_all_modules_is_told(tree: Path, words: tuple[str, ...], name: str) -> None:
    before, said = NOTHING_BELOW[name]
    change(tree, "drivers/stor/Makefile", lambda text: before + text)
    assert "drivers/stor/Makefile" + said in found(tree, *words)[1]
    change(tree, "drivers/Makefile", lambda text: "endif\n" + text)
    assert "drivers/Makefile:1: make stops here: endif without its if" in found(tree, *words)[1]


def test_what_is_broken_is_not_counted_among_what_is_generated(tree: Path) -> None:
    change(
        tree,
        KBUILD,
        lambda text: text + "obj-m += gone.o\n" * 1 + "".join(f"obj-m += x{n}.o\n" for n in range(9)),
    )
    change(tree, KBUILD, lambda text: text + "obj-m += $(x\n" + "obj-m += $(y\n")
    err = found(tree)[1]
    assert err.count("make stops here") == 2
    assert err.count("no source for") == 6
    assert "4 more files that a build would generate are not read" in err


def test_a_directory_of_the_tree_that_may_not_be_read(tree: Path) -> None:
    with TemporaryDirectory() as name:
        shared = Path(name)
        shared.chmod(0o755)
        shutil.copytree(tree, shared / "linux")
        (shared / "linux/secret").mkdir(mode=0)
        user = NOBODY if os.geteuid() == 0 else None
        expected = nsfix(*JSON, "--no-cache", cwd=shared / "linux", user=user)
        assert nsfix(*JSON, cwd=shared / "linux", user=user) == expected
        (shared / "linux/secret").chmod(0o755)


# Conflict markers.

MARKED = "<<<<<<< HEAD\n{0}=======\n{1}>>>>>>> other\n"
IN_SOURCE = {
    "at the top": lambda text: MARKED.format("", "") + text,
    "in a function": lambda text: text.replace(USE, MARKED.format("return late();\n", "return early();\n")),
    "around the licence": lambda text: text.replace(
        LICENCE, MARKED.format(LICENCE, 'MODULE_LICENSE("GPL v2");\n')
    ),
    "only one end": lambda text: text + ">>>>>>> other\n",
    "in a comment": lambda text: "/*\n" + MARKED.format("a\n", "b\n") + "*/\n" + text,
}


@pytest.mark.parametrize("name", IN_SOURCE)
def test_nothing_is_written_into_a_source_with_a_conflict(
    tree: Path, words: tuple[str, ...], name: str
) -> None:
    change(tree, SOURCE, IN_SOURCE[name])
    before = (tree / SOURCE).read_bytes()
    line = next(n for n, text in enumerate(before.splitlines(), 1) if text[:7] in (b"<<<<<<<", b">>>>>>>"))
    pairs, err = found_alike(tree, *words)
    assert pairs == ALL
    assert f"{SOURCE}:{line}: a conflict marker" in err
    patch = nsfix("diff", "--no-cache", *words, cwd=tree)
    assert (patch.code, SOURCE in patch.out.decode()) == (1, False)
    applied = nsfix("apply", "--no-cache", *words, cwd=tree)
    assert applied.code == 1, applied.said
    assert f"line {line} is the marker of a conflict: resolve that first" in applied.err
    assert (tree / SOURCE).read_bytes() == before
    assert applied.out.decode().splitlines() == [
        "drivers/late/asm.c: imports FLUSH",
        "drivers/stor/one.c: imports CORE",
        "drivers/stor/user.c: imports STOR",
    ]


def test_the_json_says_why_a_conflict_is_not_mended(tree: Path) -> None:
    change(tree, SOURCE, IN_SOURCE["at the top"])
    report = json.loads(nsfix("check", "--no-cache", "--format", "json", cwd=tree).out)
    (finding,) = [f for f in report["findings"] if f["module"] == PLAIN[0]]
    assert finding["fix"] is None
    assert "line 1 is the marker of a conflict" in finding["refusal"]


def test_what_only_looks_like_a_marker_is_none(tree: Path) -> None:
    marks = "/*\n=======\n <<<<<<< x\n<<<<<<<<\n>>>>>>>x\n*/\n"
    change(tree, SOURCE, lambda text: marks + text)
    assert found(tree) == (ALL, "")
    assert f"{SOURCE}: imports EARLY" in nsfix("apply", "--no-cache", cwd=tree).out.decode()


@pytest.mark.parametrize("header", ["drivers/late/own.h", "include/linux/own.h"])
def test_a_conflict_in_a_header_is_told_and_read_past(
    tree: Path, words: tuple[str, ...], header: str
) -> None:
    (tree / header).write_text(
        "int x;\n" + MARKED.format("int early(void);\n", "int early(void);\n#define NEW\n")
    )
    name = '"own.h"' if header.startswith("drivers") else "<linux/own.h>"
    change(tree, SOURCE, lambda text: f"#include {name}\n" + text)
    before = (tree / header).read_bytes()
    pairs, err = found(tree, *words)
    assert pairs == ALL
    assert f"{header}:2: a conflict marker: both sides of the conflict are read" in err
    assert nsfix("apply", "--no-cache", *words, cwd=tree).code == 0
    assert (tree / header).read_bytes() == before


# Headers that include themselves.

SELF = {
    "with a guard": ({"own.h": '#ifndef OWN\n#define OWN\n#include "own.h"\nint early(void);\n#endif\n'}, ""),
    "without one": ({"own.h": '#include "own.h"\nint early(void);\n'}, "drivers/late/own.h:1"),
    "twice": ({"own.h": '#include "own.h"\n#include "own.h"\n'}, "drivers/late/own.h:1"),
    "by a macro": ({"own.h": '#define H "own.h"\n#include H\n#include H\n'}, "drivers/late/own.h:2"),
    "each other": ({"own.h": '#include "b.h"\n' * 2, "b.h": '#include "own.h"\n' * 2}, "drivers/late/b.h:1"),
    "each other, guarded": (
        {
            "own.h": '#ifndef A\n#define A\n#include "b.h"\n#endif\n',
            "b.h": '#ifndef B\n#define B\n#include "own.h"\n#endif\n',
        },
        "",
    ),
}


@pytest.mark.parametrize("name", SELF)
def test_a_header_that_includes_itself(tree: Path, words: tuple[str, ...], name: str) -> None:
    headers, where = SELF[name]
    for header, text in headers.items():
        (tree / "drivers/late" / header).write_text(text)
    change(tree, SOURCE, lambda text: '#include "own.h"\n' + text)
    pairs, err = found_alike(tree, *words)
    assert pairs == ALL
    assert err == (f"nsfix: {where}: included without end; left aside from here on\n" if where else "")


def test_a_source_that_includes_itself_twice(tree: Path, words: tuple[str, ...]) -> None:
    change(tree, SOURCE, lambda text: '#include "plain.c"\n' * 2 + text)
    pairs, err = found(tree, *words)
    assert pairs >= ALL - {PLAIN}
    assert f"{SOURCE}:1: included without end" in err


def test_a_kernel_header_that_includes_itself(tree: Path, words: tuple[str, ...]) -> None:
    (tree / "include/linux/own.h").write_text("int x;\n" + "#include <linux/own.h>\n" * 2)
    for source in (SOURCE, "drivers/stor/user.c"):
        change(tree, source, lambda text: "#include <linux/own.h>\n" + text)
    pairs, err = found(tree, *words)
    assert pairs == ALL
    assert err.count("include/linux/own.h:2: included without end") == 1


# Macros that grow.

GROWING = {
    "words": ("#define A0 1\n" + "".join(f"#define A{n + 1} A{n} + A{n}\n" for n in range(40)), "A40", "A40"),
    "calls": (
        "#define F0(x) x\n" + "".join(f"#define F{n + 1}(x) F{n}(x) + F{n}(x)\n" for n in range(40)),
        "F40(1)",
        "F40",
    ),
    "arguments": ("#define T(x) (x) + (x)\n", "T(" * 40 + "1" + ")" * 40, "T"),
    "strings": (
        "#define S(x) #x #x\n#define X(x) S(x)\n",
        "sizeof(" + "X(" * 40 + "1" + ")" * 40 + ")",
        "X",
    ),
    "one long name": ("#define P(x) x##x\n#define Q(x) P(x)\n", "Q(" * 40 + "a" + ")" * 40, "Q"),
    "names": (
        "#define N0(a) a\n" + "".join(f"#define N{n + 1}(a) N{n}(a##x) + N{n}(a##y)\n" for n in range(40)),
        "N40(z)",
        "N40",
    ),
}
CALL = "#define GET() early()\n"


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that are reached soon."""
    monkeypatch.setattr("nsfix.csource.expansion._LIMIT", 20_000)
    monkeypatch.setattr("nsfix.csource.expansion._LONGEST", 200_000)


@pytest.mark.usefixtures("limited")
@pytest.mark.parametrize("place", ["source", "drivers/late/own.h", "include/linux/own.h"])
@pytest.mark.parametrize("name", GROWING)
def test_a_macro_that_never_ends_costs_only_itself(tree: Path, name: str, place: str) -> None:
    macros, use, told = GROWING[name]
    text = macros + CALL
    if place == "source":
        change(tree, SOURCE, lambda source: text + source)
    else:
        (tree / place).write_text(text)
        own = '"own.h"' if place.startswith("drivers") else "<linux/own.h>"
        change(tree, SOURCE, lambda source: f"#include {own}\n" + source)
    # The use comes through a macro as well, behind the one that grows, in the same function.
    change(tree, SOURCE, lambda source: source.replace(USE, f"if (x == {use})\nreturn 1;\nreturn GET();"))
    line = next(n for n, text in enumerate((tree / SOURCE).read_text().splitlines(), 1) if "if (x ==" in text)
    pairs, err = found(tree)
    assert pairs == ALL
    # Where no call has to be unfolded to know what is used, none is.
    assert err in (
        "",
        f"nsfix: {SOURCE}:{line}: the macro {told} grows without end; it is left as it stands\n",
    )
    assert err or name in ("arguments", "strings", "calls") or place.startswith("include")


@pytest.mark.usefixtures("limited")
def test_a_macro_that_never_ends_in_an_inline(tree: Path, words: tuple[str, ...]) -> None:
    inline = "static inline int through(void) { return A40 + GET(); }\n"
    (tree / "include/linux/own.h").write_text(GROWING["words"][0] + CALL + "int early(void);\n" + inline)
    change(tree, SOURCE, lambda text: "#include <linux/own.h>\n" + text.replace(USE, "return through();"))
    pairs, err = found_alike(tree, *words)
    assert pairs == ALL
    assert err == "nsfix: include/linux/own.h:44: the macro A40 grows without end; it is left as it stands\n"


@pytest.mark.usefixtures("limited")
def test_a_macro_that_never_ends_in_a_condition(tree: Path, words: tuple[str, ...]) -> None:
    change(tree, SOURCE, lambda text: GROWING["words"][0] + "#if A40\nint x;\n#endif\n" + text)
    assert found(tree, *words)[0] == ALL


def test_the_limits_hold_as_they_are(tree: Path) -> None:
    macros, use, told = GROWING["words"]
    change(tree, SOURCE, lambda text: macros + CALL + text.replace(USE, f"return {use} + GET();"))
    result: Result = nsfix("diff", "--no-cache", "M=drivers/late", cwd=tree)
    assert f"the macro {told} grows without end" in result.err
    assert '+MODULE_IMPORT_NS("EARLY");' in result.out.decode()


# A generated header of 50 MB. The lines are longer than those of real ones, to keep the quick tier quick: a list of
# 1.2 million short lines takes 5 s and 0.7 GB, the same with code 17 s and 1.3 GB, 10 million numbers in a line 9 s.

GREAT = 50_000_000
MOST = 3_000_000_000  # bytes of address space that one process may have


def registers() -> Iterator[str]:
    """A list of names for numbers, as register headers are."""
    for number in range(100_000):
        yield f"#define REGISTER_OF_A_CHIP_{number:07d} 0x{number:0480x}\n"


def registers_and_code() -> Iterator[str]:
    """The same with an inline, so that it is more than a list."""
    yield "int early(void);\nstatic inline int early_bird(void) { return early(); }\n"
    yield from registers()


def one_line() -> Iterator[str]:
    """An object whose initializer is one line."""
    yield "int early(void);\nstatic const unsigned char firmware[] = {"
    for _ in range(50_000):
        yield f"0x{0:0997x},"
    yield "};\n"


@pytest.mark.parametrize(
    ("make", "place"),
    [
        (registers, "include/generated/own.h"),
        # Half a minute together, which is too long for a quick tier.
        pytest.param(registers_and_code, "drivers/late/own.h", marks=pytest.mark.truth),
        pytest.param(one_line, "drivers/late/own.h", marks=pytest.mark.truth),
    ],
)
def test_a_generated_header_of_50_megabytes(
    tree: Path, make: Callable[[], Iterator[str]], place: str
) -> None:
    with (tree / place).open("w") as header:
        header.writelines(make())
    assert (tree / place).stat().st_size >= GREAT
    own = '"own.h"' if place.startswith("drivers") else "<generated/own.h>"
    change(tree, SOURCE, lambda text: f"#include {own}\n" + text)
    done = start(tree, "diff", "--no-cache", "M=drivers/late", memory=MOST).communicate(timeout=300)
    (tree / place).unlink()  # pytest keeps what tests leave
    assert done[1] == b""
    assert done[0].count(b"+MODULE_IMPORT_NS") == 2


# The cache, by real processes.


def start(
    tree: Path, *words: str, cache: Path | None = None, memory: int = 0, file: int = 0
) -> subprocess.Popen[bytes]:
    """A run in a process of its own. `memory` limits its address space, `file` what it may write into one file."""

    def limit() -> None:
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        if file:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file, file))

    environment = {**os.environ, "NSFIX_CACHE": str(cache or tree.parent / "cache")}
    return subprocess.Popen(
        [sys.executable, "-m", "nsfix", *words],
        cwd=tree,
        env=environment,
        preexec_fn=limit,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def answer(process: subprocess.Popen[bytes]) -> bytes:
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (1, b""), err.decode()
    return out


JSON = ("check", "--format", "json")


@pytest.fixture
def expected(tree: Path) -> bytes:
    """What a run without a cache answers. Files that changed just now would not be trusted."""
    time.sleep(0.05)
    return answer(start(tree, *JSON, "--no-cache"))


def test_runs_at_once_with_one_cache(tree: Path, expected: bytes) -> None:
    """Cold, with an answer kept, and with files that change between them."""
    for number in range(3):
        together = [start(tree, *JSON) for _ in range(4)]
        assert [answer(process) for process in together] == [expected] * 4
        if number == 1:
            change(tree, "drivers/stor/user.c", lambda text: text + 'MODULE_IMPORT_NS("STOR");\n')
            time.sleep(0.05)
            expected = answer(start(tree, *JSON, "--no-cache"))
    assert answer(start(tree, *JSON)) == expected


def test_a_cache_that_is_removed_while_runs_go_on(tree: Path, expected: bytes) -> None:
    cache = tree.parent / "cache"
    together = [start(tree, *JSON) for _ in range(4)]
    removed = 0
    while any(process.poll() is None for process in together):
        removed += cache.exists()
        shutil.rmtree(cache, ignore_errors=True)
    assert removed
    assert [answer(process) for process in together] == [expected] * 4


@pytest.mark.parametrize("place", ["/proc/nowhere", "/dev/null", "/dev/full", "a file", "a file/below"])
def test_a_cache_that_cannot_be_made(tree: Path, expected: bytes, place: str) -> None:
    (tree.parent / "a file").write_text("in the way")
    for _ in range(2):
        assert answer(start(tree, *JSON, cache=tree.parent / place)) == expected


def test_a_disk_that_is_full(tree: Path, expected: bytes) -> None:
    """Nothing that is torn is taken for an entry."""
    for _ in range(2):
        assert answer(start(tree, *JSON, file=100)) == expected
    assert not list((tree.parent / "cache").iterdir())
    assert answer(start(tree, *JSON)) == expected


def test_a_cache_that_may_not_be_read_or_written(tree: Path, expected: bytes) -> None:
    """As another user, since root may do both."""
    answer(start(tree, *JSON))
    with TemporaryDirectory() as name:  # another user cannot reach those of tmp_path
        shared = Path(name)
        shared.chmod(0o755)
        shutil.copytree(tree, shared / "linux")
        cache = shared / "xdg-cache/nsfix"
        shutil.copytree(tree.parent / "cache", cache)
        before = sorted(cache.iterdir())
        for mode in (0o555, 0o000):
            cache.chmod(mode)
            result = nsfix(*JSON, cwd=shared / "linux", user=NOBODY if os.geteuid() == 0 else None)
            cache.chmod(0o755)
            assert (result.code, result.out, result.err) == (1, expected, "")
            assert sorted(cache.iterdir()) == before
