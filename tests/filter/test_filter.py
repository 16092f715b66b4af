"""The buffer goes in, and comes out with what it lacks: with the service and without it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.filter.conftest import IMPORT, SOURCE, Filters

MakeModule = Callable[..., Path]
USE = "#include <linux/dma-buf.h>\nint demo_use(void) { return dma_buf_get(3) ? 0 : 1; }\n"
MAIN = """\
#include <linux/module.h>
extern int demo_use(void);
int demo_other(void) { return demo_use(); }
MODULE_LICENSE("GPL");
"""
TWO = {"kbuild": "obj-m := demo.o\ndemo-y := main.o use.o\n", "main": MAIN, "use": USE}


def test_what_lacks_an_import_has_it_then_and_once(filtered: Filters, module: MakeModule) -> None:
    file = module() / "demo.c"
    first = filtered(file, SOURCE)
    assert (first.code, first.out.decode(), first.err) == (0, SOURCE + IMPORT, "")
    again = filtered(file, first.out)
    assert (again.code, again.out, again.err) == (0, first.out, "")
    assert file.read_text() == SOURCE  # it is a filter: nothing is written


def test_the_buffer_counts_and_not_what_is_on_disk(filtered: Filters, module: MakeModule) -> None:
    file = module() / "demo.c"
    without = SOURCE.replace("dma_buf_get(3) ? 0 : 1", "0")
    assert filtered(file, without).out.decode() == without
    assert filtered(file, SOURCE).out.decode() == SOURCE + IMPORT
    assert filtered(file, without).out.decode() == without


def test_a_string_for_a_kernel_that_wants_one(filtered: Filters, module: MakeModule) -> None:
    file = module("7.x") / "demo.c"
    assert filtered(file, SOURCE).out.decode() == SOURCE + 'MODULE_IMPORT_NS("DMA_BUF");\n'


@pytest.mark.parametrize(
    "text",
    [
        SOURCE.replace("\n", "\r\n").encode(),
        SOURCE.encode() + "/* Grüße */\n".encode("latin-1"),
        SOURCE.encode().rstrip(b"\n"),
        SOURCE.encode() + b"\x00\x0c\xff\xfe\n",
        SOURCE.encode() + "/* 𝒳 \u2028 */".encode(),
    ],
    ids=["crlf", "latin-1", "no-newline-at-the-end", "odd-bytes", "beyond-the-basic-plane"],
)
def test_no_other_byte_changes(filtered: Filters, module: MakeModule, text: bytes) -> None:
    found = filtered(module() / "demo.c", text)
    line = next(line for line in found.out.splitlines(True) if b"IMPORT_NS" in line)
    assert found.code == 0
    assert found.out.replace(line, b"", 1).rstrip(b"\r\n") == text.rstrip(b"\r\n")


def test_the_import_belongs_into_another_file(filtered: Filters, module: MakeModule) -> None:
    home = module(**TWO)
    found = filtered(home / "use.c", USE)
    assert (found.code, found.out.decode()) == (1, USE)
    assert "the import belongs into main.c; `nsfix apply` makes it there" in found.err
    other = filtered(home / "main.c", MAIN)
    assert (other.code, other.out.decode()) == (0, MAIN + IMPORT)


def test_what_can_be_mended_is_where_something_else_is_left(filtered: Filters, module: MakeModule) -> None:
    other = USE + '#include <linux/module.h>\nMODULE_IMPORT_NS("PWM");\n'  # a string imports nothing there
    home = module(**{**TWO, "use": other})
    found = filtered(home / "main.c", MAIN)
    assert (found.code, found.out.decode()) == (1, MAIN + IMPORT)
    assert "use.c:4: wrong-spelling" in found.err


def test_what_cannot_be_mended_is_told(filtered: Filters, module: MakeModule) -> None:
    text = SOURCE.replace('MODULE_LICENSE("GPL");\n', "")
    found = filtered(module() / "demo.c", text)
    assert (found.code, found.out.decode()) == (1, text)
    assert "not mended: no MODULE_LICENSE in any source of module demo" in found.err


@pytest.mark.parametrize(
    "text",
    [
        SOURCE.replace("#include <linux/dma-buf.h>\n", "#include <linux/dma-buf.h>\n#if 0\n"),
        SOURCE.replace("static int", "/* static int"),
        SOURCE.replace("dma_buf_get(3)", 'dma_buf_get("'),
        SOURCE[: len(SOURCE) // 2],
        "",
        "MODULE_",
        "<<<<<<< ours\n" + SOURCE,
    ],
    ids=["unbalanced-if", "open-comment", "open-string", "half", "empty", "one-word", "conflict"],
)
def test_a_half_typed_buffer_loses_nothing(filtered: Filters, module: MakeModule, text: str) -> None:
    found = filtered(module() / "demo.c", text)
    assert found.code in (0, 1, 2)
    assert found.out.decode().replace(IMPORT, "", 1) == text.replace(IMPORT, "", 1)


def test_a_module_that_nothing_builds_is_an_error(filtered: Filters, module: MakeModule) -> None:
    home = module()
    found = filtered(home / "stray.c", SOURCE)
    assert (found.code, found.out.decode()) == (2, SOURCE)
    assert "no module is built from this file" in found.err


def test_a_file_that_is_no_part_of_a_kernel_is_left_alone(filtered: Filters, tmp_path: Path) -> None:
    text = "int main(void) { return 0; }\n"
    found = filtered(tmp_path / "main.c", text)
    assert (found.code, found.out.decode(), found.err) == (0, text, "")


def test_settings_that_are_wrong_are_an_error(filtered: Filters, module: MakeModule) -> None:
    home = module()
    (home / ".nsfix.toml").write_text("kdri = 1\n")
    found = filtered(home / "demo.c", SOURCE)
    assert (found.code, found.out.decode()) == (2, SOURCE)
    assert ".nsfix.toml:1" in found.err


def test_what_is_said_by_word_wins(
    filtered: Filters, module: MakeModule, fake_kernels: dict[str, Path]
) -> None:
    file = module("6.12") / "demo.c"
    found = filtered(file, SOURCE, "--kdir", os.path.relpath(fake_kernels["7.x"], file.parent))
    assert found.out.decode() == SOURCE + 'MODULE_IMPORT_NS("DMA_BUF");\n'


def test_the_name_may_be_relative(filtered: Filters, module: MakeModule) -> None:
    home = module()
    found = filtered(Path("demo.c"), SOURCE, cwd=home)
    assert found.out.decode() == SOURCE + IMPORT


def test_a_changed_kbuild_file_is_heeded(filtered: Filters, module: MakeModule) -> None:
    home = module(**TWO)
    assert filtered(home / "main.c", MAIN).out.decode() == MAIN + IMPORT
    (home / "Kbuild").write_text("obj-m := demo.o\ndemo-y := main.o\n")
    assert filtered(home / "main.c", MAIN).out.decode() == MAIN


def test_a_file_that_is_built_from_elsewhere_by_now(filtered: Filters, module: MakeModule) -> None:
    home = module(kbuild="", other="")
    inner = home / "inner"
    inner.mkdir()
    (inner / "Kbuild").write_text("obj-m := demo.o\n")
    (inner / "demo.c").write_text(SOURCE)
    assert filtered(inner / "demo.c", SOURCE).out.decode() == SOURCE + IMPORT
    (inner / "Kbuild").unlink()
    (home / "Kbuild").write_text("obj-m := whole.o\nwhole-y := inner/demo.o\n")
    filtered(inner / "demo.c", SOURCE)  # the first may be an error
    assert filtered(inner / "demo.c", SOURCE).out.decode() == SOURCE + IMPORT


def test_words_that_are_wrong(filtered: Filters, module: MakeModule) -> None:
    found = filtered(module() / "demo.c", SOURCE, "--nonsense")
    assert found.code == 2
    assert "No such option" in found.err


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Filters:
    """The command with a service that only this test has."""
    return Filters(tmp_path_factory.mktemp("home"))


def test_the_service_is_the_users_alone(served: Filters, module: MakeModule) -> None:
    served(module() / "demo.c", SOURCE)
    (path,) = served.sockets
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
    served.end()


def test_a_directory_that_others_may_write_to_is_not_used(served: Filters, module: MakeModule) -> None:
    (served.runtime / "nsfix").mkdir(mode=0o777)
    (served.runtime / "nsfix").chmod(0o777)
    (served.home / "cache").mkdir()
    (served.home / "cache" / "nsfix").write_text("in the way")
    assert served(module() / "demo.c", SOURCE).out.decode() == SOURCE + IMPORT
    assert not served.sockets


def test_a_service_that_died_is_replaced(served: Filters, module: MakeModule) -> None:
    file = module() / "demo.c"
    served(file, SOURCE)
    for process in served.services():
        os.kill(process, 9)
    assert served.sockets  # nobody took it away
    assert served(file, SOURCE).out.decode() == SOURCE + IMPORT
    served.end()


def test_a_service_that_answers_nonsense_costs_no_buffer(served: Filters, module: MakeModule) -> None:
    file = module() / "demo.c"
    served(file, SOURCE)
    (path,) = served.sockets
    served.end()
    with socket.socket(socket.AF_UNIX) as nonsense:
        nonsense.bind(str(path))
        nonsense.listen()
        pid = os.fork()
        if not pid:
            connection, _ = nonsense.accept()
            connection.sendall(b"\0" * 7 + b"\x02{}" + b"\0" * 8)
            os._exit(0)
        found = served(file, SOURCE)
        os.waitpid(pid, 0)
    path.unlink()
    assert (found.code, found.out.decode()) == (2, SOURCE)


def test_another_environment_has_another_service(served: Filters, module: MakeModule) -> None:
    """Makefiles read the environment."""
    home = module(kbuild="obj-m := $(WHAT).o\n", demo=SOURCE)
    served.environment["WHAT"] = "demo"
    assert served(home / "demo.c", SOURCE).out.decode() == SOURCE + IMPORT
    served.environment["WHAT"] = "other"
    assert served(home / "demo.c", SOURCE).code == 2
    assert len(served.sockets) == 2
    served.end()
