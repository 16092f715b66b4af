"""What stands around the builds of packages: what is removed, what is recorded, what is compared."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.dkms.building import HERE, read_package, remove_imports
from tests.dkms.calls import read_calls
from tests.dkms.comparing import Said, Truth, compare

SYMVERS = "".join(
    f"0x0\t{symbol}\t{exporter}\tEXPORT_SYMBOL\t\n"
    for symbol, exporter in (("one", "drivers/a"), ("two", "vmlinux"), ("memcpy", "vmlinux"))
)


@pytest.mark.parametrize(
    ("text", "left", "count"),
    [
        (b"MODULE_IMPORT_NS(A);\nint x;\n", b"\nint x;\n", 1),
        (
            b'#if N\n  MODULE_IMPORT_NS("A");\n#else\nMODULE_IMPORT_NS(A);\n#endif\n',
            b"#if N\n\n#else\n\n#endif\n",
            2,
        ),
        (b"#define IMPORT(x) MODULE_IMPORT_NS(x)\n", b"#define IMPORT(x) MODULE_IMPORT_NS(x)\n", 0),
        (b"#ifdef MODULE_IMPORT_NS\n#endif\n", b"#ifdef MODULE_IMPORT_NS\n#endif\n", 0),
        (b"MODULE_IMPORT_NS(\n\tA\n);\r\n", b"\r\n", 1),
    ],
)
def test_only_statements_are_removed(text: bytes, left: bytes, count: int, tmp_path: Path) -> None:
    path = tmp_path / "t.c"
    path.write_bytes(text)
    assert remove_imports(path) == count
    assert path.read_bytes() == left


def test_a_package_is_called_what_its_conf_says(tmp_path: Path) -> None:
    (tmp_path / "dkms.conf").write_text('N=demo\nPACKAGE_NAME="$N"\nPACKAGE_VERSION=$(echo 1-2)\n')
    package = read_package(tmp_path)
    assert (package.name, package.version) == ("demo", "1-2")


def test_what_a_wrapper_hands_down_is_recorded(tmp_path: Path) -> None:
    """Words of the command line, words that come through MAKEFLAGS, exported variables; and no call that cleans."""
    tree, record = tmp_path / "tree", tmp_path / "record"
    record.mkdir()
    (tree / "sub").mkdir(parents=True)
    (tree / "kernel.mk").write_text("modules:\n\techo sub/t.ko > $(M)/modules.order\nclean:\n")
    (tree / "Makefile").write_text(
        "export HANDED := down\nall:\n\t$(MAKE) -f kernel.mk M=$(CURDIR) clean\n"
        "\t$(MAKE) -f kernel.mk M=$(CURDIR) LOCAL='b c' modules\n"
    )
    environment = {**os.environ, "PATH": f"{HERE / 'bin'}:{os.environ['PATH']}"}
    environment |= {"RECORD": str(record), "RECORD_TREE": str(tree), "PWD": "/elsewhere"}
    subprocess.run(["make", "OVER=a $$ d"], cwd=tree, env=environment, check=True, capture_output=True)
    (call,) = read_calls(record, tree, tmp_path / "kernel")
    assert call.directory == tree
    assert sorted(call.words) == ["LOCAL=b c", "OVER=a $$ d"]
    assert dict(call.environment)["HANDED"] == "down"
    assert dict(call.environment)["PWD"] == "/elsewhere"
    assert call.modules == (str(tree / "sub/t"),)
    assert (call.snapshot / "Makefile").is_file() and not (call.snapshot / "modules.order").exists()


def test_what_is_compared_leaves_out_what_the_compiler_adds(tmp_path: Path) -> None:
    (tmp_path / "Module.symvers").write_text(SYMVERS)
    truth = Truth(frozenset({"/m"}), frozenset({("/m", "one"), ("/m", "memcpy")}))
    said = Said(0, "", needed=frozenset({("/m", "two")}), places={("/m", "two"): "t.c:1"})
    compared = compare(truth, [said], tmp_path)
    assert [len(part) for part in compared.parts] == [1, 1, 1, 1, 0, 1]
    assert compared.unexplained == frozenset({("/m", "one")})
