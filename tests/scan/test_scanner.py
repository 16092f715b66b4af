"""Modules read against a small kernel: flags, siblings, assembler, prebuilt objects, words of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from nsfix.errors import InputError
from nsfix.evidence.symvers import read_symvers
from nsfix.kernel.tree import KernelBuild, read_kernel_build
from nsfix.model import BuiltModule, ModuleReading, SourceFile, SourceKind
from nsfix.scan import ScanFacts, Scanner, layouts_of, read_file, readings_of
from nsfix.scan.units import read_flags
from tests.cases.elf import elf_object

KINDS = {".c": SourceKind.C, ".S": SourceKind.ASSEMBLER, ".o": SourceKind.SHIPPED}
CALL = "int cxl_bus_rescan(void);\nint f(void) { return cxl_bus_rescan(); }\n"


@pytest.fixture(params=["6.12", "7.x"])
def kernel(request: pytest.FixtureRequest, fake_kernels: dict[str, Path]) -> KernelBuild:
    return read_kernel_build(str(fake_kernels[request.param]))


def write(root: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def module(root: Path, path: str, *sources: str, flags: tuple[str, ...] = ()) -> BuiltModule:
    """A module of these sources below `root`, all with the same flags."""
    files = tuple(SourceFile(str(root / s), KINDS[Path(s).suffix], flags) for s in sources)
    return BuiltModule(path.rpartition("/")[2], path, files, str(root / "Kbuild"), 1)


def scan(kernel: KernelBuild, *modules: BuiltModule) -> ScanFacts:
    return Scanner(kernel, read_symvers(kernel.symvers).namespaced).scan(modules)


def read(kernel: KernelBuild, *modules: BuiltModule) -> list[ModuleReading]:
    facts = scan(kernel, *modules)
    return readings_of(facts, layouts_of(facts.modules, read_file))


def symbols(reading: ModuleReading) -> set[str]:
    return {use.symbol for use in reading.uses}


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (
            ("-I/a", "-I", "/b", "-isystem", "/c", "-iquote/d", "-idirafter", "/e"),
            (("/a", "/b", "/c", "/d", "/e"), (), ()),
        ),
        (
            ("-DA", "-DB=2", "-D", "C=3", "-UA", "-U", "B"),
            ((), ((b"A", b"1"), (b"B", b"2"), (b"C", b"3"), (b"A", None), (b"B", None)), ()),
        ),
        (("-DF(x)=x+1",), ((), ((b"F", b"(x) x+1"),), ())),
        (("-DEMPTY=", '-DT="a b"', "-DE=a=b"), ((), ((b"EMPTY", b""), (b"T", b'"a b"'), (b"E", b"a=b")), ())),
        (("-include", "/f.h", "-include"), ((), (), ("/f.h",))),
        (("-O2", "-Wall", "-fno-pic", "-include-not"), ((), (), ())),
        ((), ((), (), ())),
    ],
)
def test_flags_say_where_to_search_and_what_to_define(flags: tuple[str, ...], expected: object) -> None:
    assert read_flags(flags) == expected


def test_flags_decide_what_is_compiled(kernel: KernelBuild, tmp_path: Path) -> None:
    write(tmp_path, {"t.c": f"#ifdef WITH\n{CALL}#endif\n", "sub/own.h": "#define WITH\n"})
    plain = module(tmp_path, "plain", "t.c")
    flagged = module(tmp_path, "flagged", "t.c", flags=("-DWITH",))
    taken = module(tmp_path, "taken", "t.c", flags=("-DWITH", "-UWITH"))
    forced = module(tmp_path, "forced", "t.c", flags=("-include", str(tmp_path / "sub" / "own.h")))
    answers = {r.name: symbols(r) for r in read(kernel, plain, flagged, taken, forced)}
    cxl = {"cxl_bus_rescan"}
    assert answers == {"plain": set(), "flagged": cxl, "taken": set(), "forced": cxl}


def test_an_inline_is_read_as_each_source_compiles_it(kernel: KernelBuild, tmp_path: Path) -> None:
    header = Path(kernel.source_dir) / "include/linux/stub_or_not.h"
    header.write_text(
        "int cxl_bus_rescan(void);\nint cxl_bus_drain(void);\nstatic inline int f(void)\n{\n#ifdef WITH\n"
        "\tcxl_bus_rescan();\n#endif\n\treturn cxl_bus_drain();\n}\n"
    )
    text = "#include <linux/stub_or_not.h>\nint g(void) { return f(); }\n"
    write(tmp_path, {"with.c": f"#define WITH 1\n{text}", "without.c": text})
    for order in (("with", "without"), ("without", "with")):
        modules = [module(tmp_path, name, f"{name}.c") for name in order]
        answers = {r.name: symbols(r) for r in read(kernel, *modules)}
        assert answers == {"with": {"cxl_bus_rescan", "cxl_bus_drain"}, "without": {"cxl_bus_drain"}}
    header.unlink()


def test_flags_lead_to_headers(kernel: KernelBuild, tmp_path: Path) -> None:
    write(tmp_path, {"t.c": "#include <own.h>\nint g(void) { return CALL; }\n"})
    write(tmp_path, {"sub/own.h": "int cxl_bus_rescan(void);\n#define CALL cxl_bus_rescan()\n"})
    (reading,) = read(kernel, module(tmp_path, "t", "t.c", flags=(f"-I{tmp_path}/sub",)))
    assert symbols(reading) == {"cxl_bus_rescan"}
    (without,) = read(kernel, module(tmp_path, "t", "t.c"))
    assert symbols(without) == set()


def test_the_module_s_own_name_is_defined(kernel: KernelBuild, tmp_path: Path) -> None:
    write(
        tmp_path,
        {"t-x.c": '#include <linux/module.h>\nMODULE_LICENSE(KBUILD_MODNAME " " KBUILD_BASENAME);\n'},
    )
    (reading,) = read(kernel, module(tmp_path, "sub/my-mod", "t-x.c"))
    assert [licence.value for licence in reading.licenses] == ["my_mod t_x"]


def test_what_one_source_defines_another_does_not_need(kernel: KernelBuild, tmp_path: Path) -> None:
    write(tmp_path, {"a.c": CALL, "b.c": "int cxl_bus_rescan(void) { return 0; }\n"})
    (both,) = read(kernel, module(tmp_path, "t", "a.c", "b.c"))
    assert symbols(both) == set()
    (alone,) = read(kernel, module(tmp_path, "t", "a.c"))
    assert symbols(alone) == {"cxl_bus_rescan"}


def test_a_static_function_of_another_source_helps_nobody(kernel: KernelBuild, tmp_path: Path) -> None:
    write(tmp_path, {"a.c": CALL, "b.c": "static int cxl_bus_rescan(void) { return 0; }\n"})
    (reading,) = read(kernel, module(tmp_path, "t", "a.c", "b.c"))
    assert symbols(reading) == {"cxl_bus_rescan"}


def test_a_sibling_s_export_counts_for_the_others(kernel: KernelBuild, tmp_path: Path) -> None:
    ns = '"OURS"' if kernel.spelling.value == "string" else "OURS"
    write(
        tmp_path,
        {
            "core.c": f"#include <linux/export.h>\nint ours(void) {{ return 1; }}\nEXPORT_SYMBOL_NS_GPL(ours, {ns});\n"
        },
    )
    write(tmp_path, {"user.c": "int ours(void);\nint f(void) { return ours(); }\n"})
    facts = scan(kernel, module(tmp_path, "sub/core", "core.c"), module(tmp_path, "user", "user.c"))
    export = facts.exports[b"ours"]
    assert (export.namespace, export.gpl, export.exporter) == ("OURS", True, "sub/core")
    core, user = readings_of(facts, layouts_of(facts.modules, read_file))
    assert (symbols(core), symbols(user)) == (set(), {"ours"})
    assert user.uses[0].exporter == "sub/core"


@pytest.mark.parametrize("order", [("core", "user"), ("user", "core")])
def test_a_sibling_s_export_may_come_through_a_header_and_in_any_order(
    order: tuple[str, str], kernel: KernelBuild, tmp_path: Path
) -> None:
    ns = '"OURS"' if kernel.spelling.value == "string" else "OURS"
    write(tmp_path, {"out.h": f"#include <linux/export.h>\n#define SHARE(x) EXPORT_SYMBOL_NS(x, {ns})\n"})
    write(tmp_path, {"core.c": '#include "out.h"\nint ours(void) { return 1; }\nSHARE(ours);\n'})
    write(tmp_path, {"user.c": "int ours(void);\nint f(void) { return ours(); }\n"})
    answers = {r.name: symbols(r) for r in read(kernel, *(module(tmp_path, n, f"{n}.c") for n in order))}
    assert answers == {"core": set(), "user": {"ours"}}


def test_an_own_export_into_no_namespace_hides_the_kernel_s(kernel: KernelBuild, tmp_path: Path) -> None:
    core = (
        "#include <linux/export.h>\nint cxl_bus_rescan(void) { return 1; }\nEXPORT_SYMBOL(cxl_bus_rescan);\n"
    )
    write(tmp_path, {"core.c": core, "user.c": CALL})
    answers = {
        r.name: symbols(r)
        for r in read(kernel, module(tmp_path, "core", "core.c"), module(tmp_path, "user", "user.c"))
    }
    assert answers == {"core": set(), "user": set()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\tcall cxl_bus_rescan\n", {"cxl_bus_rescan"}),
        ("\t.quad cxl_bus_rescan, dma_buf_get\n", {"cxl_bus_rescan", "dma_buf_get"}),
        (
            "#include <linux/linkage.h>\nSYM_FUNC_START(f)\n\tjmp cxl_bus_rescan\nSYM_FUNC_END(f)\n",
            {"cxl_bus_rescan"},
        ),
        (".globl cxl_bus_rescan\n", set()),
        ("cxl_bus_rescan:\n\tret\n\tcall cxl_bus_rescan\n", set()),
        ("#include <linux/linkage.h>\nSYM_FUNC_START(cxl_bus_rescan)\n\tret\n", set()),
        ("/* call cxl_bus_rescan */\n\tret\n", set()),
        ('\t.asciz "cxl_bus_rescan"\n', set()),
        ("#ifdef NONE\n\tcall cxl_bus_rescan\n#endif\n", set()),
        ("#ifdef __ASSEMBLY__\n\tcall cxl_bus_rescan\n#endif\n", {"cxl_bus_rescan"}),
        ("\tcall my_cxl_bus_rescan\n", set()),
    ],
)
def test_an_assembler_source_uses_what_stands_as_an_operand(
    text: str, expected: set[str], kernel: KernelBuild, tmp_path: Path
) -> None:
    write(tmp_path, {"t.S": text})
    (reading,) = read(kernel, module(tmp_path, "t", "t.S"))
    assert symbols(reading) == expected


def test_a_prebuilt_object_uses_what_it_leaves_undefined(kernel: KernelBuild, tmp_path: Path) -> None:
    write(tmp_path, {"t.o": elf_object(["defined: mine", "undefined: cxl_bus_rescan", "undefined: kfree"])})
    (reading,) = read(kernel, module(tmp_path, "t", "t.o"))
    assert symbols(reading) == {"cxl_bus_rescan"}
    assert (reading.uses[0].file, reading.uses[0].line) == (str(tmp_path / "t.o"), 1)


def test_a_prebuilt_object_defines_for_the_others(kernel: KernelBuild, tmp_path: Path) -> None:
    write(tmp_path, {"a.c": CALL, "t.o": elf_object(["defined: cxl_bus_rescan"])})
    (reading,) = read(kernel, module(tmp_path, "t", "a.c", "t.o"))
    assert symbols(reading) == set()


def test_a_prebuilt_object_that_is_none_is_told(kernel: KernelBuild, tmp_path: Path) -> None:
    write(tmp_path, {"t.o": b"\x7fEL"})
    (remark,) = scan(kernel, module(tmp_path, "t", "t.o")).remarks
    assert remark.file == str(tmp_path / "t.o")
    assert "no ELF object" in remark.message


def test_a_source_with_a_config_word_of_its_own(kernel: KernelBuild, tmp_path: Path) -> None:
    under = f"#if IS_ENABLED(CONFIG_OWN)\n{CALL}#endif\n"
    write(
        tmp_path,
        {
            "a.c": f"#define CONFIG_OWN 1\n{under}",
            "b.c": under,
            "c.c": f"#undef CONFIG_PM\n#ifndef CONFIG_PM\n{CALL}#endif\n",
        },
    )
    write(tmp_path, {"d.c": f"#include <linux/types.h>\n#ifndef CONFIG_PM\n{CALL}#endif\n"})
    answers = {r.name: symbols(r) for r in read(kernel, *(module(tmp_path, n, f"{n}.c") for n in "abcd"))}
    cxl = {"cxl_bus_rescan"}
    assert answers == {"a": cxl, "b": set(), "c": cxl, "d": set()}


def test_a_config_word_from_the_flags(kernel: KernelBuild, tmp_path: Path) -> None:
    write(tmp_path, {"t.c": f"#ifdef CONFIG_OWN\n{CALL}#endif\n"})
    first = module(tmp_path, "a", "t.c", flags=("-DCONFIG_OWN",))
    answers = {r.name: symbols(r) for r in read(kernel, first, module(tmp_path, "b", "t.c"))}
    assert answers == {"a": {"cxl_bus_rescan"}, "b": set()}


def test_a_source_that_is_gone_is_an_error(kernel: KernelBuild, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(kernel, module(tmp_path, "t", "none.c"))
    assert caught.value.file == str(tmp_path / "none.c")


def test_progress_goes_to_the_end(kernel: KernelBuild, tmp_path: Path) -> None:
    write(tmp_path, {"a.c": "", "b.c": ""})
    told: list[tuple[int, int]] = []
    modules = [module(tmp_path, "t", "a.c", "b.c")]
    Scanner(kernel, {}).scan(modules, lambda done, total: told.append((done, total)))
    assert told[-1] == (2, 2)


def test_the_text_may_come_from_an_open_buffer(kernel: KernelBuild, tmp_path: Path) -> None:
    write(tmp_path, {"t.c": ""})
    exports = read_symvers(kernel.symvers).namespaced
    buffers = {str(tmp_path / "t.c"): CALL.encode()}
    scanner = Scanner(kernel, exports, lambda path: buffers.get(path) or read_file(path))
    (facts,) = scanner.scan([module(tmp_path, "t", "t.c")]).modules
    assert [use.symbol for use in facts.sources[0].uses] == [b"cxl_bus_rescan"]


def imports(kernel: KernelBuild, root: Path, text: str) -> list[tuple[str, bool, str | None, bool, bool]]:
    right, wrong = ('"CXL"', "CXL") if kernel.spelling.value == "string" else ("CXL", '"CXL"')
    write(root, {"t.c": "#include <linux/module.h>\n" + text.replace("@", right).replace("!", wrong)})
    (reading,) = read(kernel, module(root, "t", "t.c"))
    return [(i.namespace, i.effective, i.condition, i.misspelled, i.compiles) for i in reading.imports]


def test_an_import_is_effective_where_it_is_compiled(kernel: KernelBuild, tmp_path: Path) -> None:
    assert imports(kernel, tmp_path, "MODULE_IMPORT_NS(@);\n") == [("CXL", True, None, False, True)]


def test_an_import_under_a_condition_names_it(kernel: KernelBuild, tmp_path: Path) -> None:
    text = "#ifdef CONFIG_PM\nMODULE_IMPORT_NS(@);\n#endif\n"
    assert imports(kernel, tmp_path, text) == [("CXL", True, "defined(CONFIG_PM)", False, True)]


def test_an_import_that_is_not_compiled_stays_in_sight(kernel: KernelBuild, tmp_path: Path) -> None:
    text = "#ifdef CONFIG_NONE\nMODULE_IMPORT_NS(@);\n#endif\n"
    assert imports(kernel, tmp_path, text) == [("CXL", False, "defined(CONFIG_NONE)", False, True)]


def test_an_import_in_the_wrong_spelling_imports_nothing(kernel: KernelBuild, tmp_path: Path) -> None:
    compiles = kernel.spelling.value == "identifier"
    assert imports(kernel, tmp_path, "MODULE_IMPORT_NS(!);\n") == [("CXL", False, None, True, compiles)]
