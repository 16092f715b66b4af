"""What the looks at raw bytes take for worth reading: they may err on the side of too much only."""

from __future__ import annotations

import pytest

from nsfix.csource.includes import IncludePath
from nsfix.model import Spelling
from nsfix.scan.carriers import Carriers, close_over
from nsfix.scan.declared import Declared
from nsfix.scan.given import given_to
from nsfix.scan.headers import KernelHeaders
from nsfix.scan.shallow import plain_imports, quiet_statements
from nsfix.scan.sieve import ModuleSieve, Sieve, export_macros
from nsfix.scan.survey import _is_list

HEADER = b"int foo_bar(void);\nint foo_go(void);\n"


def sieve_of(files: dict[str, bytes], symbols: set[bytes]) -> Sieve:
    """A sieve for `symbols` in a tree of `files`; those below /k/ are the kernel's headers."""
    headers = headers_of(files)
    carriers = close_over(symbols, headers)
    declared = Declared(sorted(carriers.words), headers)
    return Sieve(carriers, headers, declared, frozenset())


def headers_of(files: dict[str, bytes]) -> KernelHeaders:
    headers = [path for path in files if path.startswith("/k/")]
    return KernelHeaders(headers, IncludePath(("/k",)), files.get)


def keeps(text: bytes, own: frozenset[bytes] = frozenset(), **headers: bytes) -> bool:
    files = {"/m/a.c": text, "/k/foo.h": HEADER, **{f"/m/{name}.h": t for name, t in headers.items()}}
    there = [f"/m/{name}.h" for name in headers]
    sieve = sieve_of(files, {b"foo_bar", b"foo_go"})
    return ModuleSieve(sieve, own, ["/m/a.c"], there).keeps("/m/a.c", there, frozenset({"/k/foo.h"}))


def test_a_source_with_one_of_the_words_is_kept() -> None:
    assert keeps(b"int x(void) { return foo_bar(); }")
    assert not keeps(b"int x(void) { return foo_baz(); }")


def test_what_the_module_exports_by_itself_is_not_looked_for() -> None:
    text = b"int x(void) { return foo_bar(); }"
    assert not keeps(text, own=frozenset({b"foo_bar"}))
    assert keeps(text, own=frozenset({b"foo_go"}))


@pytest.mark.parametrize(
    ("header", "text", "kept"),
    [
        (b"#define CALL(x) foo_##x()", b"CALL(bar)", True),
        (b"#define CALL(x) foo_##x()", b"CALL(other)", False),
        (b"#define CALL(x, y) x##y()", b"CALL(foo_, bar)", True),
        (b"#define CALL(x, y) x##_##y()", b"CALL(foo, bar)", True),
        (b"#define CALL(x, y) x##_##y()", b"CALL(foo, no) bar", False),
        (b"#define IN(x) foo_##x()\n#define CALL(x) IN(x)", b"CALL(bar)", True),
        (b"#define JOIN(x, y) x##y\n#define CALL(x) JOIN(foo, _##x)", b"CALL(bar)", True),
        (b"#define ONE(x) foo_##x();\n#define LIST(f) f(bar) f(other)", b"LIST(ONE)", True),
        (b"#define ONE(x) foo_##x();\n#define LIST(f) f(no) f(other)", b"LIST(ONE)", False),
        (b"#define WORD bar\n#define IN(x) foo_##x()\n#define CALL(x) IN(x)", b"CALL(WORD)", True),
    ],
)
def test_a_name_that_a_macro_pastes_is_kept_where_it_can_be_made(
    header: bytes, text: bytes, kept: bool
) -> None:
    assert keeps(b"int x(void) { " + text + b"; }\n", own_header=header + b"\n") is kept


def test_a_pasted_name_that_no_header_in_reach_spells_is_none() -> None:
    files = {"/m/a.c": b"#define CALL(x) foo_##x()\nCALL(bar);\n", "/k/foo.h": HEADER}
    sieve = sieve_of(files, {b"foo_bar"})
    module = ModuleSieve(sieve, frozenset(), ["/m/a.c"], [])
    assert module.keeps("/m/a.c", [], frozenset({"/k/foo.h"}))
    assert not module.keeps("/m/a.c", [], frozenset())


def test_what_a_header_includes_is_in_reach() -> None:
    files = {"/k/a.h": b"#include <b.h>\n", "/k/b.h": b"#include <a.h>\n#include <c.h>\n", "/k/c.h": HEADER}
    declared = Declared([b"foo_bar", b"foo_go", b"other"], headers_of(files))
    assert declared.reached(["/k/c.h"]) == {b"foo_bar", b"foo_go"}
    assert declared.anywhere == {b"foo_bar", b"foo_go"}
    assert declared.reached(["/k/none.h"]) == frozenset()


def test_a_tree_may_have_very_many_names() -> None:
    names = frozenset(b"name_%d" % number for number in range(16000))
    headers = headers_of({"/k/a.h": b"name_15999;"})
    assert Sieve(Carriers(names, {}), headers, Declared(sorted(names), headers), frozenset()).state


def test_names_are_pasted_of_pasted_names_in_two_steps() -> None:
    texts = [b"#define P(x, y) x##y\n#define Q(x, y) P(x, y)\nint v = Q(Q(foo, _), bar);\n"]
    given = given_to({b"P": [(b"*", b"*")]}, texts, {})[b"P"]
    assert given.make((b"*", b"*"), b"foo_bar")
    assert not given.make((b"*", b"*"), b"foo_baz")


def test_a_macro_pastes_only_what_it_is_given_itself() -> None:
    texts = [
        b"#define P(x, y) x##_##y\n#define Q(x) left_##x\n#define R(x, y) P(x, y)\n",
        b"int v = R(foo, bar) + Q(go);\n",
    ]
    shapes = {b"P": [(b"*", b"_", b"*")], b"Q": [(b"left_", b"*")]}
    given = given_to(shapes, texts, {})
    assert given[b"P"].make((b"*", b"_", b"*"), b"foo_bar")
    assert not given[b"P"].make((b"*", b"_", b"*"), b"foo_go")
    assert given[b"Q"].make((b"left_", b"*"), b"left_go")
    assert not given[b"Q"].make((b"left_", b"*"), b"left_bar")


def test_a_macro_that_is_handed_on_gets_what_the_other_says() -> None:
    texts = [b"#define P(x) foo_##x\n#define EACH(F) F(bar) F(go)\nEACH(P)\n"]
    given = given_to({b"P": [(b"foo_", b"*")]}, texts, {})[b"P"]
    assert given.make((b"foo_", b"*"), b"foo_bar")
    assert not given.make((b"foo_", b"*"), b"foo_other")


KERNEL_STATEMENTS = b"""
#define MODULE_INFO(tag, info) __MODULE_INFO(tag, tag, info)
#define MODULE_FIRMWARE(f) MODULE_INFO(firmware, f)
#define MODULE_FILE MODULE_INFO(file, KBUILD_MODFILE);
#define MODULE_LICENSE(l) MODULE_FILE MODULE_INFO(license, l)
#define MODULE_IMPORT_NS(ns) MODULE_INFO(import_ns, ns)
#define MODULE_ALIAS(a) \\
	MODULE_FILE \\
	MODULE_INFO(alias, a)
#define MODULE_ANY(tag, x) MODULE_INFO(tag, x)
#define MODULE_BOTH(l) MODULE_LICENSE(l)
#define MODULE_UNKNOWN(l) MODULE_NEVER_SEEN(l)
"""


def test_statements_are_quiet_whose_entry_is_neither_licence_nor_import() -> None:
    assert quiet_statements([KERNEL_STATEMENTS]) == {b"MODULE_FIRMWARE", b"MODULE_FILE", b"MODULE_ALIAS"}
    assert b"MODULE_ALIAS" not in quiet_statements(
        [KERNEL_STATEMENTS, b"#define MODULE_ALIAS MODULE_IMPORT_NS\n"]
    )


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b'MODULE_IMPORT_NS("FOO");', {b"FOO"}),
        (b'MODULE_IMPORT_NS ( "FOO" ) ;\nMODULE_IMPORT_NS("BAR");', {b"FOO", b"BAR"}),
        (b"int import;", set()),
        (b"MODULE_IMPORT_NS(FOO);", None),
        (b'#if 1\nMODULE_IMPORT_NS("FOO");\n#endif', None),
        (b'/*\nMODULE_IMPORT_NS("FOO");\n*/', None),
        (b'\tMODULE_IMPORT_NS("FOO");', None),
        (b'MODULE_IMPORT_NS("FOO" "BAR");', None),
        (b"#define MY_IMPORT_NS(x) MODULE_IMPORT_NS(x)", None),
    ],
)
def test_imports_count_as_told_only_in_plain_sight(line: bytes, found: set[bytes] | None) -> None:
    text = b"#include <linux/module.h>\n" + line + b"\n"
    if found is None:
        with pytest.raises(ValueError, match=r"t\.c"):
            plain_imports("t.c", text, Spelling.STRING)
    else:
        assert plain_imports("t.c", text, Spelling.STRING) == found


NUMBERS = b"/* registers; of a card */\n" + b"#define REG_A  0x00FF\n#define REG_B__SHIFT 12\n" * 600


@pytest.mark.parametrize(
    ("more", "is_list"),
    [
        (b"", True),
        (b"// a comment\n", True),
        (b"/* a comment, which goes on\n here */\n", True),
        (b"int x;\n", False),
        (b"#define OTHER REG_A\n", False),
        (b"#define OTHER (1 << REG_A)\n", False),
        (b"#define OTHER(x) x\n", False),
        (b'#include "other.h"\n', False),
        (b"MODULE_LICENSE\n", False),
    ],
)
def test_only_a_header_of_mere_numbers_is_a_list(more: bytes, is_list: bool) -> None:
    assert _is_list(NUMBERS + more + NUMBERS.partition(b"\n")[2]) is is_list


def test_only_macros_that_are_given_a_symbol_export_one() -> None:
    header = b"""
#ifndef _LINUX_EXPORT_H
#define _LINUX_EXPORT_H
#define THIS_MODULE (&__this_module)
#define ___EXPORT_SYMBOL(sym, sec, ns) asm(ns)
#define EXPORT_SYMBOL(sym) ___EXPORT_SYMBOL(sym, "", "")
#define EXPORT_SYMBOL_NS(sym, ns) ___EXPORT_SYMBOL(sym, "", #ns)
#endif
"""
    assert export_macros(header) == {b"___EXPORT_SYMBOL", b"EXPORT_SYMBOL", b"EXPORT_SYMBOL_NS"}
