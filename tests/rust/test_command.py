"""What the command line says of Rust modules outside a kernel tree, and that it never writes Rust."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.fake_kernel import make_kernel
from tests.rust.fixtures import BLOCK, HEAD, USING, add_rust, write_module
from tests.support import Result, nsfix

C_PART = (
    "#include <linux/module.h>\nvoid part(void);\nvoid part(void) {}\n"
    'MODULE_LICENSE("GPL");\nMODULE_DESCRIPTION("c");\n'
)
COMPOSITE = "obj-m := demo.o\ndemo-y := main.o part.o\n"


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return add_rust(make_kernel(tmp_path_factory.mktemp("new"), "7.x"))


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return add_rust(make_kernel(tmp_path_factory.mktemp("old"), "6.12"), imports=False)


def run(command: str, directory: Path, kernel: Path, *words: str) -> Result:
    return nsfix(command, *words, "M=.", f"KDIR={kernel}", cwd=directory)


def report(directory: Path, kernel: Path) -> Any:
    return json.loads(run("check", directory, kernel, "--format", "json").out)


def texts(directory: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def with_import(text: str, *names: str) -> str:
    """`text` with imports_ns behind its licence."""
    listed = ", ".join(f'"{name}"' for name in names)
    return text.replace('license: "GPL",\n', f'license: "GPL",\n    imports_ns: [{listed}],\n')


def test_a_missing_import_is_told_with_the_line_to_add(tmp_path: Path, new: Path) -> None:
    directory = write_module(tmp_path / "m", {"demo.rs": HEAD + BLOCK + USING})
    before = texts(directory)
    result = run("check", directory, new)
    assert (result.code, result.out.decode()) == (
        1,
        "demo.rs:11: missing-import: demo uses dma_buf_put from namespace DMA_BUF, but does not import it\n"
        f'    not mended: {directory}/demo.rs:7: Rust is not edited: add the line `imports_ns: ["DMA_BUF"],` '
        "after line 7, behind `license`, in module!\n",
    )
    for command in ("diff", "apply"):
        result = run(command, directory, new)
        assert (result.code, result.out) == (1, b""), result.said
        assert 'add the line `imports_ns: ["DMA_BUF"],` after line 7' in result.err
    assert texts(directory) == before


def test_what_is_told_to_be_added_mends_it(tmp_path: Path, new: Path) -> None:
    directory = write_module(tmp_path / "m", {"demo.rs": with_import(HEAD + BLOCK + USING, "DMA_BUF")})
    before = texts(directory)
    assert run("check", directory, new).out == b""
    first, second = run("apply", directory, new), run("apply", directory, new)
    assert (first.code, first.out) == (second.code, second.out) == (0, b""), first.said
    assert texts(directory) == before
    (module,) = report(directory, new)["modules"]
    assert module["imports"] == [
        {"namespace": "DMA_BUF", "file": "demo.rs", "line": 8, "condition": None, "effective": True}
    ]
    assert module["licenses"] == [{"value": "GPL", "file": "demo.rs", "line": 7}]
    assert [need["namespace"] for need in module["needs"]] == ["DMA_BUF"]
    assert module["needs"][0]["uses"][0]["exporter"] == "vmlinux"


@pytest.mark.parametrize(
    ("block", "advice"),
    [
        (
            BLOCK.replace("license", 'params: {},\n    imports_ns: ["PWM"],\n    license'),
            'demo.rs:8: Rust is not edited: add "DMA_BUF" to imports_ns, in module!',
        ),
        (
            BLOCK.replace(
                '"GPL",\n', '"GPL",\n    firmware: [\n        "a",\n    ],\n    params: {\n    },\n'
            ),
            "after line 10, behind `firmware`, in module!",
        ),
        (
            'kernel::module_pwm_demo_driver! {\n    type: Demo,\n    name: "demo",\n    license: "GPL",\n}\n',
            'use the macro that it is made of, with `imports_ns: ["PWM", "DMA_BUF"],`',
        ),
        (
            'module! { type: Demo, name: "demo", license: "GPL", }\n',
            'demo.rs:4: Rust is not edited: add `imports_ns: ["DMA_BUF"],` behind `license`, in module!',
        ),
        ("", "no module! of demo is compiled in its Rust sources"),
        ("#[cfg(CONFIG_OFF)]\n" + BLOCK, "no module! of demo is compiled in its Rust sources"),
    ],
)
def test_where_the_line_goes(tmp_path: Path, new: Path, block: str, advice: str) -> None:
    directory = write_module(tmp_path / "m", {"demo.rs": HEAD + block + USING})
    result = run("check", directory, new)
    assert result.code == 1
    assert advice in result.out.decode()


def test_an_import_that_is_cut_out_does_not_count(tmp_path: Path, new: Path) -> None:
    text = HEAD + "#[cfg(CONFIG_OFF)]\n" + with_import(BLOCK, "DMA_BUF") + BLOCK + USING
    directory = write_module(tmp_path / "m", {"demo.rs": text})
    (module,) = report(directory, new)["modules"]
    assert [(i["condition"], i["effective"]) for i in module["imports"]] == [("cfg(CONFIG_OFF)", False)]
    assert run("check", directory, new).code == 1


def test_a_need_through_the_kernels_crate_says_so(tmp_path: Path, new: Path) -> None:
    text = HEAD + "use kernel::pwm;\n" + BLOCK + "pub fn f() {\n    pwm::Chip::new(1);\n}\n"
    directory = write_module(tmp_path / "m", {"demo.rs": text})
    found = run("check", directory, new, "-v").out.decode()
    assert "demo uses pwm_get from namespace PWM, but does not import it; it does so through" in found
    assert "kernel::pwm::Chip::new, which Rust compiles into what uses it" in found
    assert f"through kernel::pwm::Chip::new at {new}/rust/kernel/pwm.rs:8" in found
    directory = write_module(tmp_path / "m", {"demo.rs": text.replace("module!", "module_pwm_demo_driver!")})
    assert run("check", directory, new).code == 0


def test_what_is_only_suspected_is_a_remark(tmp_path: Path, new: Path) -> None:
    text = HEAD + "use kernel::pwm::Chip;\n" + BLOCK + "pub fn f(c: &Chip<u8>) { c.apply(); }\n"
    directory = write_module(tmp_path / "m", {"demo.rs": text})
    result = run("check", directory, new)
    assert (result.code, result.out) == (0, b"")
    assert "demo may need namespace PWM: kernel::pwm::Chip::apply, which calls pwm_apply_might" in result.err
    text = text.replace("module!", "kernel::module_pwm_demo_driver!")
    result = run("check", write_module(tmp_path / "m", {"demo.rs": text}), new)
    assert (result.code, result.err) == (0, "nsfix: nothing to say: no import is missing\n")


def test_a_kernel_whose_macro_knows_no_imports(tmp_path: Path, old: Path) -> None:
    directory = write_module(tmp_path / "m", {"demo.rs": HEAD + BLOCK + USING})
    result = run("check", directory, old)
    assert result.code == 1
    assert "module! of this kernel knows no imports_ns (rust/macros/module.rs)" in result.out.decode()
    directory = write_module(tmp_path / "m", {"demo.rs": with_import(HEAD + BLOCK + USING, "DMA_BUF")})
    result = run("check", directory, old)
    assert result.code == 1, "an import that stops the build imports nothing"
    assert "demo.rs:8: module! of this kernel knows no imports_ns" in result.err


def test_headers_without_rust_are_said_to_lack_it(tmp_path: Path) -> None:
    kernel = make_kernel(tmp_path / "bare", "7.x")
    directory = write_module(tmp_path / "m", {"demo.rs": HEAD + BLOCK + USING})
    result = run("check", directory, kernel)
    assert result.code == 1
    assert "whether this kernel knows imports_ns could not be seen" in result.out.decode()
    assert "the kernel's own Rust sources are not here" in result.err
    text = HEAD + BLOCK.replace("module!", "kernel::module_far_driver!") + USING
    (finding,) = report(write_module(tmp_path / "m", {"demo.rs": text}), kernel)["findings"]
    assert finding["level"] == "warning"
    assert "as far as is known: module_far_driver! is defined in no source at hand" in finding["message"]


@pytest.mark.parametrize("block", ["", BLOCK])
def test_beside_c_with_the_licence_the_import_goes_there(tmp_path: Path, new: Path, block: str) -> None:
    files = {"main.rs": HEAD + block + USING, "part.c": C_PART}
    directory = write_module(tmp_path / "m", files, COMPOSITE)
    rust = (directory / "main.rs").read_bytes()
    first = run("apply", directory, new)
    assert (first.code, first.out) == (0, b"part.c: imports DMA_BUF\n"), first.said
    assert 'MODULE_LICENSE("GPL");\nMODULE_IMPORT_NS("DMA_BUF");\n' in (directory / "part.c").read_text()
    assert (directory / "main.rs").read_bytes() == rust
    second = run("apply", directory, new)
    assert (second.code, second.out) == (0, b""), second.said


def test_beside_c_without_licence_nothing_is_written(tmp_path: Path, new: Path) -> None:
    plain = C_PART.replace('MODULE_LICENSE("GPL");\n', "")
    directory = write_module(tmp_path / "m", {"main.rs": HEAD + BLOCK + USING, "part.c": plain}, COMPOSITE)
    before = texts(directory)
    result = run("apply", directory, new)
    assert result.code == 1
    assert "Rust is not edited: add the line" in result.err
    assert texts(directory) == before


def test_the_block_may_stand_in_the_second_rust_object(tmp_path: Path, new: Path) -> None:
    files = {"part.rs": HEAD + USING, "main.rs": HEAD + BLOCK}
    directory = write_module(tmp_path / "m", files, "obj-m := demo.o\ndemo-y := part.o main.o\n")
    said = run("check", directory, new).out.decode()
    assert "part.rs:6: missing-import" in said
    assert f"{directory}/main.rs:7: Rust is not edited: add the line" in said


def test_without_any_licence_that_is_what_is_said(tmp_path: Path, new: Path) -> None:
    plain = C_PART.replace('MODULE_LICENSE("GPL");\n', "")
    directory = write_module(tmp_path / "m", {"main.rs": HEAD + USING, "part.c": plain}, COMPOSITE)
    assert "no MODULE_LICENSE in any source of module demo" in run("check", directory, new).out.decode()


def test_an_import_of_rust_counts_for_c_and_one_of_c_for_rust(tmp_path: Path, new: Path) -> None:
    call = "void dma_buf_put(void *);\nvoid part(void);\nvoid part(void) { dma_buf_put((void *)0); }\n"
    files = {"main.rs": with_import(HEAD + BLOCK, "DMA_BUF"), "part.c": call}
    assert run("check", write_module(tmp_path / "a", files, COMPOSITE), new).code == 0
    imported = C_PART + 'MODULE_IMPORT_NS("DMA_BUF");\n'
    files = {"main.rs": HEAD + BLOCK + USING, "part.c": imported}
    assert run("check", write_module(tmp_path / "b", files, COMPOSITE), new).code == 0


def test_c_that_lacks_an_import_beside_a_rust_licence_is_refused(tmp_path: Path, new: Path) -> None:
    call = "void dma_buf_put(void *);\nvoid part(void);\nvoid part(void) { dma_buf_put((void *)0); }\n"
    directory = write_module(tmp_path / "m", {"main.rs": HEAD + BLOCK, "part.c": call}, COMPOSITE)
    before = texts(directory)
    result = run("apply", directory, new)
    assert (result.code, texts(directory)) == (1, before)
    assert 'add the line `imports_ns: ["DMA_BUF"],` after line 7' in result.err


def test_the_files_of_the_crate_are_listed(tmp_path: Path, new: Path) -> None:
    files = {
        "demo.rs": HEAD + BLOCK + "mod inner;\n#[cfg(CONFIG_OFF)]\nmod off;\n",
        "inner.rs": "",
        "off.rs": "",
    }
    (module,) = report(write_module(tmp_path / "m", files), new)["modules"]
    assert module["sources"] == ["demo.rs", "inner.rs"]


def test_a_file_of_a_crate_narrows_the_work(tmp_path: Path, new: Path) -> None:
    files = {"demo.rs": HEAD + BLOCK + "mod inner;\n", "inner.rs": "", "other.rs": HEAD + BLOCK + USING}
    directory = write_module(tmp_path / "m", files, "obj-m := demo.o other.o\n")
    assert run("check", directory, new, "inner.rs").code == 0
    assert run("check", directory, new, "other.rs").code == 1
    assert run("check", directory, new, "none.rs").code == 2


def test_a_file_that_is_not_there_is_named(tmp_path: Path, new: Path) -> None:
    directory = write_module(tmp_path / "m", {"demo.rs": HEAD + BLOCK + "mod inner;\n"})
    assert "demo.rs:9: inner.rs is not found" in run("check", directory, new).err


def test_a_string_without_end_is_named(tmp_path: Path, new: Path) -> None:
    directory = write_module(tmp_path / "m", {"demo.rs": HEAD + BLOCK + 'fn f() { g("\n}\n'})
    assert "demo.rs:9: a string or comment begins here and never ends" in run("check", directory, new).err


@pytest.mark.parametrize(("flags", "code"), [("", 1), ("rustflags-y", 0), ("RUSTFLAGS_demo.o", 0)])
def test_a_condition_from_the_makefile(tmp_path: Path, new: Path, flags: str, code: int) -> None:
    text = HEAD + BLOCK + "struct Demo;\n#[cfg(not(own))]\n" + USING.partition("\n")[2]
    kbuild = "obj-m := demo.o\n" + (f"{flags} := --cfg own\n" if flags else "")
    directory = write_module(tmp_path / "m", {"demo.rs": text}, kbuild)
    assert run("check", directory, new).code == code


@pytest.mark.parametrize("command", ["check", "apply"])
def test_a_log_is_answered_in_the_same_words(tmp_path: Path, new: Path, command: str) -> None:
    directory = write_module(tmp_path / "m", {"demo.rs": HEAD + BLOCK + USING})
    (tmp_path / "log").write_text(
        "ERROR: modpost: demo.ko: module uses symbol 'dma_buf_put' from namespace 'DMA_BUF', but does not import it.\n"
    )
    before = texts(directory)
    for words in ((f"KDIR={new}",), ()):
        result = nsfix(command, "--log", str(tmp_path / "log"), f"M={directory}", *words, cwd=directory)
        assert result.code == 1, result.said
        assert 'add the line `imports_ns: ["DMA_BUF"],` after line 7' in result.said
    assert texts(directory) == before


def test_a_log_alone_does_not_tell_of_a_guard(tmp_path: Path, new: Path) -> None:
    text = HEAD + "#[cfg(CONFIG_PM)]\n" + with_import(BLOCK, "DMA_BUF") + USING
    directory = write_module(tmp_path / "m", {"demo.rs": text})
    (tmp_path / "log").write_text(
        "ERROR: modpost: demo.ko: module uses symbol 'dma_buf_put' from namespace 'DMA_BUF', but does not import it.\n"
    )
    for words, code in (((), 1), ((f"KDIR={new}",), 0)):
        result = nsfix("apply", "--log", str(tmp_path / "log"), f"M={directory}", *words, cwd=directory)
        assert result.code == code, result.said


def test_an_old_log_is_seen_to_be_old(tmp_path: Path, new: Path) -> None:
    directory = write_module(tmp_path / "m", {"demo.rs": with_import(HEAD + BLOCK + USING, "DMA_BUF")})
    (tmp_path / "log").write_text(
        "ERROR: modpost: demo.ko: module uses symbol 'dma_buf_put' from namespace 'DMA_BUF', but does not import it.\n"
    )
    for words in ((f"KDIR={new}",), ()):
        result = nsfix("apply", "--log", str(tmp_path / "log"), f"M={directory}", *words, cwd=directory)
        assert result.code == 0, result.said
        assert "demo imports DMA_BUF by now, at line 8" in result.err
