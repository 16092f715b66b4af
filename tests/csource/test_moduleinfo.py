"""What goes into .modinfo, and what is exported, through the kernel's own macros of each age."""

from __future__ import annotations

import pytest

from nsfix.csource.includes import IncludePath
from nsfix.csource.moduleinfo import InfoEntry, ModuleInfoReader, SourceExport, unescape
from nsfix.csource.session import Session
from nsfix.csource.store import Compilation
from nsfix.csource.unit import Unit
from tests.csource.tools import Defines, Names, make_store, make_unit

MODULE = """#ifndef MODULE_H
#define MODULE_H
#include <export.h>
#define __NAME_2(tag, line) __info_##tag##line
#define __NAME(tag, line) __NAME_2(tag, line)
#define __MODULE_INFO(tag, name, info) static const char __NAME(tag, __LINE__)[] __attribute__((used)) = #tag "=" info
#define MODULE_INFO(tag, info) __MODULE_INFO(tag, tag, info)
#define MODULE_LICENSE(text) MODULE_INFO(license, text)
#define MODULE_AUTHOR(text) MODULE_INFO(author, text)
#define MODULE_IMPORT_NS(ns) MODULE_INFO(import_ns, %s)
#endif
"""
STRINGIFY = "#define __stringify_1(x...) #x\n#define __stringify(x...) __stringify_1(x)\n"
# From 6.4 on, a section that modpost reads; the shape of include/linux/export.h.
NEW_EXPORT = (
    STRINGIFY
    + """
#define ___EXPORT_SYMBOL(sym, license, ns...) .section ".export_symbol","a" ; __export_symbol_##sym: ; \\
	.asciz license ; .ascii ns "\\0" ; .balign 8 ; .quad sym ; .previous
#define __EXPORT_SYMBOL(sym, license, ns) extern typeof(sym) sym; asm(__stringify(___EXPORT_SYMBOL(sym, license, ns)))
#ifdef DEFAULT_SYMBOL_NAMESPACE
#define _EXPORT_SYMBOL(sym, license) __EXPORT_SYMBOL(sym, license, %(default)s)
#else
#define _EXPORT_SYMBOL(sym, license) __EXPORT_SYMBOL(sym, license, "")
#endif
#define EXPORT_SYMBOL(sym) _EXPORT_SYMBOL(sym, "")
#define EXPORT_SYMBOL_GPL(sym) _EXPORT_SYMBOL(sym, "GPL")
#define EXPORT_SYMBOL_NS(sym, ns) __EXPORT_SYMBOL(sym, "", %(ns)s)
#define EXPORT_SYMBOL_NS_GPL(sym, ns) __EXPORT_SYMBOL(sym, "GPL", %(ns)s)
#define EXPORT_SYMBOL_FOR_MODULES(sym, mods) __EXPORT_SYMBOL(sym, "GPL", "module:" mods)
"""
)
# Before: the namespace beside the name, the licence in the name of a section.
OLD_EXPORT = (
    STRINGIFY
    + """
#define __KSYMTAB_ENTRY(sym, sec) asm("	.section \\"___ksymtab" sec "+" #sym "\\", \\"a\\"	\\n" "	.previous	\\n")
#define ___EXPORT_SYMBOL(sym, sec, ns) extern typeof(sym) sym; \\
	asm("	.section \\"__ksymtab_strings\\",\\"aMS\\",%%progbits,1	\\n" \\
	"__kstrtab_" #sym ":	\\n" "	.asciz \\"" #sym "\\"	\\n" \\
	"__kstrtabns_" #sym ":	\\n" "	.asciz \\"" ns "\\"	\\n" "	.previous	\\n"); \\
	__KSYMTAB_ENTRY(sym, sec)
#define __EXPORT_SYMBOL(sym, sec, ns) ___EXPORT_SYMBOL(sym, sec, ns)
#ifdef DEFAULT_SYMBOL_NAMESPACE
#define _EXPORT_SYMBOL(sym, sec) __EXPORT_SYMBOL(sym, sec, %(default)s)
#else
#define _EXPORT_SYMBOL(sym, sec) __EXPORT_SYMBOL(sym, sec, "")
#endif
#define EXPORT_SYMBOL(sym) _EXPORT_SYMBOL(sym, "")
#define EXPORT_SYMBOL_GPL(sym) _EXPORT_SYMBOL(sym, "_gpl")
#define EXPORT_SYMBOL_NS(sym, ns) __EXPORT_SYMBOL(sym, "", %(ns)s)
#define EXPORT_SYMBOL_NS_GPL(sym, ns) __EXPORT_SYMBOL(sym, "_gpl", %(ns)s)
"""
)
BARE = {"ns": "__stringify(ns)", "default": "__stringify(DEFAULT_SYMBOL_NAMESPACE)"}
QUOTED = {"ns": "ns", "default": "DEFAULT_SYMBOL_NAMESPACE"}
KERNELS = {
    "old": {"/inc/export.h": OLD_EXPORT % BARE, "/inc/module.h": MODULE % "__stringify(ns)"},
    "middle": {"/inc/export.h": NEW_EXPORT % BARE, "/inc/module.h": MODULE % "__stringify(ns)"},
    "new": {"/inc/export.h": NEW_EXPORT % QUOTED, "/inc/module.h": MODULE % "ns"},
}
every = pytest.mark.parametrize("kernel", KERNELS)


def read(text: str, kernel: str, defines: Defines = (), **headers: str) -> tuple[ModuleInfoReader, Unit]:
    return read_files(
        {"/m/t.c": text} | {f"/m/{name}.h": header for name, header in headers.items()}, kernel, defines
    )


def read_files(files: dict[str, str], kernel: str, defines: Defines = ()) -> tuple[ModuleInfoReader, Unit]:
    unit = make_unit(files | KERNELS[kernel], defines=defines)
    return ModuleInfoReader(Session(unit.store, [], lambda path: path.startswith("/inc/"))), unit


def entries(text: str, kernel: str, **headers: str) -> list[InfoEntry]:
    reader, unit = read("#include <module.h>\n" + text, kernel, **headers)
    return reader.entries(unit)


def values(text: str, kernel: str, **headers: str) -> list[tuple[str, str | None]]:
    return [(entry.tag, entry.value) for entry in entries(text, kernel, **headers)]


def spelled(text: str, kernel: str) -> str:
    return text.replace('"NS"', '"NS"' if kernel == "new" else "NS")


@every
@pytest.mark.parametrize(
    "text",
    [
        'MODULE_IMPORT_NS("NS");',
        'MODULE_IMPORT_NS( "NS" ) ;',
        'MODULE_IMPORT_NS("NS")\nint x;',
        'MODULE_IMPORT_NS\n(\n"NS"\n);',
        'MODULE_IMPORT_NS(/* a */ "NS" /* b */);',
        '#if 1\nMODULE_IMPORT_NS("NS");\n#endif',
        '#ifdef MODULE_IMPORT_NS\nMODULE_IMPORT_NS("NS");\n#endif',
        '#define OURS "NS"\nMODULE_IMPORT_NS(OURS);',
        '#define WANT(x) MODULE_IMPORT_NS(x)\nWANT("NS");',
        '#define ALL MODULE_IMPORT_NS("NS")\nALL;',
        'MODULE_INFO(import_ns, "NS" );'.replace('"NS"', '"N" "S"'),
        '#include "own.h"',
    ],
)
def test_an_import_is_read_whatever_leads_to_it(text: str, kernel: str) -> None:
    header = spelled('MODULE_IMPORT_NS("NS");\n', kernel)
    assert values(spelled(text, kernel) + "\n", kernel, own=header) == [("import_ns", "NS")]


@every
@pytest.mark.parametrize(
    "text",
    [
        '// MODULE_IMPORT_NS("NS");',
        '/* MODULE_IMPORT_NS("NS"); */',
        '#if 0\nMODULE_IMPORT_NS("NS");\n#endif',
        '#ifndef MODULE_IMPORT_NS\nMODULE_IMPORT_NS("NS");\n#endif',
        'const char *s = "MODULE_IMPORT_NS(NS);";',
        "#define WANT(x) MODULE_IMPORT_NS(x)\nint x;",
        '#define MODULE_DROP(x)\nMODULE_DROP(MODULE_IMPORT_NS("NS"));',
        '#undef MODULE_IMPORT_NS\n#define MODULE_IMPORT_NS(x)\nMODULE_IMPORT_NS("NS");',
        'MODULE_AUTHOR("import_ns=NS");',
    ],
)
def test_what_is_no_import_gives_none(text: str, kernel: str) -> None:
    assert values(spelled(text, kernel) + "\n", kernel) == []


def test_the_old_kernels_keep_the_quotes_of_the_wrong_spelling() -> None:
    assert values('MODULE_IMPORT_NS("NS");\n', "middle") == [("import_ns", '"NS"')]


def test_the_new_kernels_do_not_compile_the_wrong_spelling() -> None:
    (entry,) = entries("MODULE_IMPORT_NS(NS);\n", "new")
    assert (entry.value, entry.raw) == (None, "NS")


@every
def test_several_entries_stand_in_order_with_their_places(kernel: str) -> None:
    text = spelled(
        'MODULE_LICENSE("GPL");\n\nMODULE_IMPORT_NS("NS"); MODULE_LICENSE("Dual " "BSD/GPL");\n', kernel
    )
    found = entries(text, kernel)
    assert [(e.tag, e.value, e.line) for e in found] == [
        ("license", "GPL", 2),
        ("import_ns", "NS", 4),
        ("license", "Dual BSD/GPL", 4),
    ]
    whole = "#include <module.h>\n" + text
    assert [whole[e.start :].split("(")[0] for e in found] == [
        "MODULE_LICENSE",
        "MODULE_IMPORT_NS",
        "MODULE_LICENSE",
    ]


@every
def test_an_entry_of_a_header_has_the_header_s_place(kernel: str) -> None:
    (entry,) = entries('#include "own.h"\n', kernel, own='\nMODULE_LICENSE("GPL");\n')
    assert (entry.file, entry.line, entry.value) == ("/m/own.h", 2, "GPL")


def test_an_import_in_a_kernel_header_counts() -> None:
    files = {"/m/t.c": "#include <module.h>\n#include <pwm.h>\n"} | KERNELS["new"]
    unit = make_unit(files | {"/inc/pwm.h": '#include <module.h>\nMODULE_IMPORT_NS("PWM");\n'})
    reader = ModuleInfoReader(Session(unit.store, [], lambda path: path.startswith("/inc/")))
    assert [(e.value, e.file) for e in reader.entries(unit)] == [("PWM", "/inc/pwm.h")]


@pytest.mark.parametrize(
    ("text", "plain"),
    [(b"a\\n", b"a\n"), (b"\\x41\\102\\0", b"AB\0"), (b'\\"\\\\', b'"\\'), (b"\\t\\q", b"\tq"), (b"", b"")],
)
def test_escapes_stand_for_bytes(text: bytes, plain: bytes) -> None:
    assert unescape(text) == plain


def exports(text: str, kernel: str, defines: Defines = (), **headers: str) -> dict[str, tuple[str, bool]]:
    reader, unit = read(text, kernel, defines, **headers)
    return {e.symbol.decode(): (e.namespace, e.gpl) for e in reader.exports(unit)}


@every
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("EXPORT_SYMBOL(f);", ("", False)),
        ("EXPORT_SYMBOL_GPL(f);", ("", True)),
        ('EXPORT_SYMBOL_NS(f, "NS");', ("NS", False)),
        ('EXPORT_SYMBOL_NS_GPL(f, "NS");', ("NS", True)),
        ('#define MINE(x) EXPORT_SYMBOL_NS_GPL(x, "NS")\nMINE(f);', ("NS", True)),
        ('#define OURS "NS"\nEXPORT_SYMBOL_NS(f, OURS);', ("NS", False)),
    ],
)
def test_exports_of_every_form_of_every_age(line: str, expected: tuple[str, bool], kernel: str) -> None:
    assert exports(
        f"#include <export.h>\nint f(void) {{ return 1; }}\n{spelled(line, kernel)}\n", kernel
    ) == {"f": expected}


@every
@pytest.mark.parametrize(
    "line",
    [
        "// EXPORT_SYMBOL(f);",
        "#if 0\nEXPORT_SYMBOL(f);\n#endif",
        "#define MINE(x) EXPORT_SYMBOL(x)",
        "int EXPORT_OTHER;",
    ],
)
def test_what_exports_nothing(line: str, kernel: str) -> None:
    assert exports(f"#include <export.h>\n{line}\n", kernel) == {}


def test_assembler_sources_export_by_a_macro_of_the_assembler() -> None:
    header = (
        ".macro ___EXPORT_SYMBOL name,val,sec\n\t.section ___ksymtab\\sec+\\name\n.endm\n#define KSYM_FUNC(x) x\n"
        "#define __EXPORT_SYMBOL(sym, val, sec) ___EXPORT_SYMBOL sym, val, sec\n"
        "#define EXPORT_SYMBOL(name) __EXPORT_SYMBOL(name, KSYM_FUNC(name),)\n"
        "#define EXPORT_SYMBOL_GPL(name) __EXPORT_SYMBOL(name, KSYM_FUNC(name), _gpl)\n"
    )
    text = (
        "#include <asm/export.h>\nplain:\n\tret\nEXPORT_SYMBOL(plain)\n.irp reg,a,b\n\tnop\n.endr\n"
        "#define THUNK(reg) EXPORT_SYMBOL_GPL(thunk_ ## reg)\nTHUNK(rax); THUNK(rbx)\n// EXPORT_SYMBOL(none)\n"
    )
    unit = make_unit({"/m/t.S": text, "/inc/asm/export.h": header}, main="/m/t.S")
    reader = ModuleInfoReader(Session(unit.store, [], lambda path: path.startswith("/inc/")))
    found = {(e.symbol, e.namespace, e.gpl) for e in reader.exports(unit)}
    assert found == {(b"plain", "", False), (b"thunk_rax", "", True), (b"thunk_rbx", "", True)}


def test_a_list_of_modules_is_a_namespace() -> None:
    assert exports('#include <export.h>\nEXPORT_SYMBOL_FOR_MODULES(f, "kvm,kvm-*");\n', "new") == {
        "f": ("module:kvm,kvm-*", True)
    }


@every
def test_an_export_tells_its_place(kernel: str) -> None:
    reader, unit = read("#include <export.h>\n\nEXPORT_SYMBOL_GPL(f);\n", kernel)
    assert reader.exports(unit) == [SourceExport(b"f", "", True, "/m/t.c", 3)]


@every
@pytest.mark.parametrize("place", ["/inc", "/m"])
def test_a_macro_applied_to_each_item_of_a_list_exports(kernel: str, place: str) -> None:
    """A list is included for several macros of one name; it is the kernel's, or lies beside the source."""
    text = (
        '#include <export.h>\n#define ITEM(x) int x##_a;\n#include "list.h"\n#undef ITEM\n'
        '#define ITEM(x) EXPORT_SYMBOL_GPL(x##_a);\n#include "list.h"\n#undef ITEM\n'
        '#define ITEM(x) EXPORT_SYMBOL(x##_b);\n#include "list.h"\n#undef ITEM\n'
    )
    items = "/* items */\nITEM(one)\n#ifndef ABSENT\nITEM(two)\n#endif\n"
    reader, unit = read_files({"/m/t.c": text, f"{place}/list.h": items}, kernel)
    assert {(e.symbol, e.gpl, e.file, e.line) for e in reader.exports(unit)} == {
        (b"one_a", True, f"{place}/list.h", 2),
        (b"one_b", False, f"{place}/list.h", 2),
        (b"two_a", True, f"{place}/list.h", 4),
        (b"two_b", False, f"{place}/list.h", 4),
    }


LISTS = "#define INNER M(one)\n#define LIST INNER M(two)\n"


@every
@pytest.mark.parametrize("undone", ["", "#undef M\n", "#undef M\n#define M(x)\n"])
@pytest.mark.parametrize(
    "text",
    [
        "#define M(x) int x; EXPORT_SYMBOL(up_##x);\nLIST\n",
        "#define MINE(x) EXPORT_SYMBOL(x)\n#define M(x) MINE(up_##x);\nLIST\n",
        "#define M(x) EXPORT_SYMBOL(up_##x);\n#define ALL LIST\nALL\n",
        "#define M(x) enum##x\nenum { LIST };\n#undef M\n#define M(x) EXPORT_SYMBOL(up_##x);\nLIST\n",
    ],
)
def test_a_list_in_a_header_exports_by_the_macro_of_the_source(kernel: str, text: str, undone: str) -> None:
    found = exports(f'#include <export.h>\n#include "lists.h"\n{text}{undone}', kernel, lists=LISTS)
    assert found == {"up_one": ("", False), "up_two": ("", False)}


def test_what_a_list_comes_to_is_the_affair_of_each_source() -> None:
    head = '#include <export.h>\n#include "lists.h"\n'
    texts = [
        "#define M(x) int x;\nLIST\n",
        "#define M(x) EXPORT_SYMBOL(x);\nLIST\n",
        "#define M(x) int x;\nLIST\n",
    ]
    files = {f"/m/{n}.c": head + text for n, text in enumerate(texts)}
    files |= {"/m/lists.h": LISTS} | KERNELS["new"]
    store = make_store(files)
    reader = ModuleInfoReader(Session(store, [], lambda path: path.startswith("/inc/")))
    compilation = Compilation(IncludePath(("/inc",), (), Names(files)), (), ())
    units = [Unit(f"/m/{n}.c", compilation, store) for n in range(len(texts))]
    assert [len(reader.exports(unit)) for unit in units] == [0, 2, 0]


@every
@pytest.mark.parametrize("widths", ["a", "ab"])
def test_a_template_exports_at_each_inclusion(kernel: str, widths: str) -> None:
    """What it is given differs from time to time, and the macros that it makes for itself are gone at its end."""
    template = (
        "#define JOIN_(a, b) a##b\n#define JOIN(a, b) JOIN_(a, b)\n#define NAME(x) JOIN(T, x)\n"
        "EXPORT_SYMBOL_GPL(NAME(_f));\n#undef NAME\nEXPORT_SYMBOL(NAME);\n"
    )
    given = "".join(f'#define T {width}\n#include "template.h"\n#undef T\n' for width in widths)
    files = {"/m/t.c": "#include <export.h>\n" + given, "/m/template.h": template}
    reader, unit = read_files(files, kernel)
    found = {(e.symbol.decode(), e.gpl, e.line) for e in reader.exports(unit)}
    assert found == {("NAME", False, 6), *((f"{width}_f", True, 4) for width in widths)}


@every
def test_a_macro_that_a_header_undefines_again_exports_and_imports(kernel: str) -> None:
    header = (
        "#define GIVE(x) EXPORT_SYMBOL(x)\n#define TAKE(x) MODULE_IMPORT_NS(x)\nGIVE(f);\n"
        + spelled('TAKE("NS");\n', kernel)
        + "#undef GIVE\n#undef TAKE\n"
    )
    reader, unit = read('#include <module.h>\n#include "own.h"\n', kernel, own=header)
    assert [(e.symbol, e.line) for e in reader.exports(unit)] == [(b"f", 3)]
    assert [(e.value, e.line) for e in reader.entries(unit)] == [("NS", 4)]


@every
def test_a_source_that_includes_itself_exports_again(kernel: str) -> None:
    text = (
        "#ifndef AGAIN\n#include <export.h>\n#define f quick_f\n#endif\nEXPORT_SYMBOL(f);\n"
        '#ifndef AGAIN\n#define AGAIN\n#undef f\n#define f slow_f\n#include "t.c"\n#endif\n'
    )
    assert exports(text, kernel) == {"quick_f": ("", False), "slow_f": ("", False)}


def default(kernel: str, name: str = "NS") -> bytes:
    return f'"{name}"'.encode() if kernel == "new" else name.encode()


@every
def test_a_default_namespace_from_the_flags_is_for_plain_exports(kernel: str) -> None:
    text = "#include <export.h>\n" + spelled('EXPORT_SYMBOL(f);\nEXPORT_SYMBOL_NS(g, "NS");\n', kernel)
    defines = ((b"DEFAULT_SYMBOL_NAMESPACE", default(kernel, "OURS")),)
    assert exports(text, kernel, defines) == {"f": ("OURS", False), "g": ("NS", False)}


@every
def test_a_default_namespace_defined_before_the_include_holds(kernel: str) -> None:
    text = f"#define DEFAULT_SYMBOL_NAMESPACE {default(kernel).decode()}\n#include <export.h>\nEXPORT_SYMBOL(f);\n"
    assert exports(text, kernel) == {"f": ("NS", False)}


@every
def test_a_default_namespace_defined_after_the_include_does_nothing(kernel: str) -> None:
    text = f"#include <export.h>\n#define DEFAULT_SYMBOL_NAMESPACE {default(kernel).decode()}\nEXPORT_SYMBOL(f);\n"
    assert exports(text, kernel) == {"f": ("", False)}


@every
def test_a_late_value_holds_where_the_flags_had_defined_one(kernel: str) -> None:
    text = (
        "#include <export.h>\nEXPORT_SYMBOL(f);\n#undef DEFAULT_SYMBOL_NAMESPACE\n"
        f"#define DEFAULT_SYMBOL_NAMESPACE {default(kernel, 'LATE').decode()}\nEXPORT_SYMBOL(g);\n"
    )
    defines = ((b"DEFAULT_SYMBOL_NAMESPACE", default(kernel)),)
    assert exports(text, kernel, defines) == {"f": ("NS", False), "g": ("LATE", False)}
