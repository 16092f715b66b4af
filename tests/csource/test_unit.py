"""A unit: what it includes, in which order macros hold, and what the flags say."""

from __future__ import annotations

from pathlib import Path

import pytest

from nsfix.csource.includes import IncludePath, Listings
from nsfix.csource.program import read_source
from nsfix.csource.settled import Settled
from nsfix.csource.store import Loosened
from nsfix.csource.unit import Unit
from tests.csource.tools import active, gcc, make_unit, needs_gcc, unit_of, used

SYM = ["sym_a", "sym_b"]


def included(unit: Unit) -> list[str]:
    return list(unit.included)


def test_quoted_names_are_looked_for_beside_the_file_first() -> None:
    files = {"/m/t.c": '#include "a.h"\n', "/m/a.h": "", "/inc/a.h": ""}
    assert included(make_unit(files)) == ["/m/t.c", "/m/a.h"]


def test_angled_names_are_not_looked_for_beside_the_file() -> None:
    files = {"/m/t.c": "#include <a.h>\n", "/m/a.h": "", "/inc/a.h": ""}
    assert included(make_unit(files)) == ["/m/t.c", "/inc/a.h"]


def test_quoted_names_are_looked_for_beside_the_header_that_asks() -> None:
    files = {
        "/m/t.c": "#include <sub/a.h>\n",
        "/inc/sub/a.h": '#include "b.h"\n',
        "/inc/sub/b.h": "",
        "/m/b.h": "",
    }
    assert included(make_unit(files))[-1] == "/inc/sub/b.h"


def test_quoted_names_fall_back_to_the_path() -> None:
    assert included(make_unit({"/m/t.c": '#include "a.h"\n', "/inc/a.h": ""}))[-1] == "/inc/a.h"


def test_directories_are_searched_in_order() -> None:
    files = {"/m/t.c": "#include <a.h>\n#include <b.h>\n", "/one/a.h": "", "/two/a.h": "", "/two/b.h": ""}
    assert included(make_unit(files, path=("/one", "/two")))[1:] == ["/one/a.h", "/two/b.h"]


def test_the_quote_path_is_for_quoted_names_alone() -> None:
    files = {"/m/t.c": '#include "a.h"\n#include <b.h>\n', "/q/a.h": "", "/q/b.h": "", "/inc/a.h": ""}
    unit = make_unit(files, quote=("/q",))
    assert included(unit)[1:] == ["/q/a.h"]
    assert [name for _, _, name in unit.missing] == [b"b.h"]


def test_include_next_goes_on_behind_the_directory_of_the_file() -> None:
    files = {
        "/m/t.c": "#include <a.h>\n",
        "/one/a.h": "#include_next <a.h>\n",
        "/two/a.h": "#include_next <a.h>\n",
        "/three/a.h": "int last;\n",
    }
    unit = make_unit(files, path=("/one", "/two", "/three"))
    assert included(unit)[1:] == ["/one/a.h", "/two/a.h", "/three/a.h"]


def test_include_next_without_a_next_is_missing() -> None:
    unit = make_unit({"/m/t.c": "#include <a.h>\n", "/inc/a.h": "#include_next <a.h>\n"})
    assert unit.missing == [("/inc/a.h", 0, b"a.h")]


def test_a_name_with_dots_leads_up() -> None:
    files = {"/m/sub/t.c": '#include "../a.h"\n', "/m/a.h": ""}
    assert included(make_unit(files, main="/m/sub/t.c"))[-1] == "/m/a.h"


def test_an_absolute_name_is_taken_as_it_is() -> None:
    assert included(make_unit({"/m/t.c": '#include "/x/a.h"\n', "/x/a.h": ""}))[-1] == "/x/a.h"


@pytest.mark.parametrize(
    "line",
    [
        "#define WHICH <a.h>\n#include WHICH",
        '#define WHICH "a.h"\n#include WHICH',
        "#define A a.h\n#include <A>",
    ],
)
def test_the_name_may_be_a_macro(line: str) -> None:
    unit = unit_of(f"{line}\n", a="")
    assert included(unit)[1:] == (["/inc/a.h"] if "WHICH" in line else [])


def test_a_missing_header_is_noted_with_its_place_and_the_rest_is_read() -> None:
    unit = unit_of("int a;\n#include <none.h>\n#define B\n#ifdef B\nint b;\n#endif\n")
    assert unit.missing == [("/m/t.c", 7, b"none.h")]
    assert active(unit) == "int a; int b;"


@pytest.mark.parametrize(
    "guard", ["#ifndef A_H\n#define A_H\n%s#endif\n", "#if !defined(A_H)\n#define A_H\n%s#endif\n"]
)
def test_a_guard_lets_a_header_in_once(guard: str) -> None:
    header = guard % "#ifdef SEEN\n#define TWICE\n#endif\n#define SEEN\n"
    unit = unit_of("#include <a.h>\n#include <a.h>\n", a=header)
    assert b"SEEN" in unit.macros
    assert b"TWICE" not in unit.macros


def test_pragma_once_lets_a_header_in_once() -> None:
    header = "#pragma once\n#ifdef SEEN\n#define TWICE\n#endif\n#define SEEN\n"
    assert b"TWICE" not in unit_of("#include <a.h>\n#include <a.h>\n", a=header).macros


def test_a_header_without_guard_is_run_every_time() -> None:
    header = "#ifdef SEEN\n#define TWICE\n#endif\n#define SEEN\n"
    assert b"TWICE" in unit_of("#include <a.h>\n#include <a.h>\n", a=header).macros


def test_a_guard_that_the_source_defines_keeps_the_header_out() -> None:
    assert (
        b"INSIDE"
        not in unit_of("#define A_H\n#include <a.h>\n", a="#ifndef A_H\n#define INSIDE\n#endif\n").macros
    )


@pytest.mark.parametrize("line", ["#ifndef A", "#if !defined(A)"])
def test_a_source_that_is_all_under_one_condition_is_asked_it(line: str) -> None:
    assert active(make_unit({"/m/t.c": f"{line}\nyes\n#endif\n"}, defines=((b"A", b"1"),))) == ""


def test_a_header_that_its_guard_keeps_out_says_nothing() -> None:
    unit = unit_of(
        "#define A_H\n#include <a.h>\n",
        a="#ifndef A_H\nint sym_a(int);\nint f(int x) { return sym_a(x); }\n#endif\n",
    )
    assert used(unit, SYM) == set()


def test_a_header_that_includes_itself_ends() -> None:
    assert included(unit_of("#include <a.h>\nint x;\n", a="#include <a.h>\nint y;\n")) == [
        "/m/t.c",
        "/inc/a.h",
    ]


def test_a_header_included_twice_with_other_macros_is_active_as_either_has_it() -> None:
    header = "#ifdef FIRST\nint first;\n#else\nint second;\n#endif\n"
    unit = unit_of("#define FIRST\n#include <a.h>\n#undef FIRST\n#include <a.h>\n", a=header)
    assert active(unit, "/inc/a.h") == "int first; int second;"


def test_an_include_under_a_false_condition_is_not_followed() -> None:
    assert included(unit_of("#if 0\n#include <a.h>\n#endif\n", a="")) == ["/m/t.c"]


def test_macros_of_the_source_hold_from_their_line_to_the_next() -> None:
    text = "A\n#define A 1\nA\n#undef A\nA\n#define A 2\nA\n"
    unit = unit_of(text)
    lookup = unit.lookup_in("/m/t.c")
    found = [lookup(b"A", offset) for offset in (0, 14, 25, text.rindex("A"))]
    assert [m.argument.strip() if m else None for m in found] == [None, b"1", None, b"2"]


def test_a_macro_of_a_header_that_the_source_takes_back_holds_before() -> None:
    text = "#include <a.h>\nA\n#undef A\nA\n"
    lookup = unit_of(text, a="#define A 1\n").lookup_in("/m/t.c")
    assert lookup(b"A", text.index("\nA") + 1) is not None
    assert lookup(b"A", text.rindex("A")) is None


def test_a_macro_of_a_header_below_the_code_does_not_reach_up() -> None:
    text = "int A;\n#include <a.h>\nA\n"
    lookup = unit_of(text, a="#define A 1\n").lookup_in("/m/t.c")
    assert lookup(b"A", 4) is None
    assert lookup(b"A", text.rindex("A")) is not None


def test_a_header_that_takes_back_a_macro_of_the_source_does_so_from_there() -> None:
    text = "#define A 1\nint x = A;\n#include <a.h>\nint y = A;\n"
    lookup = unit_of(text, a="#undef A\n").lookup_in("/m/t.c")
    assert lookup(b"A", text.index("= A") + 2) is not None


@pytest.mark.xfail(strict=True, reason="the history knows only the source's own directives")
def test_a_macro_that_a_header_takes_back_is_gone_below_it() -> None:
    text = "#define A 1\nint x = A;\n#include <a.h>\nint y = A;\n"
    assert unit_of(text, a="#undef A\n").lookup_in("/m/t.c")(b"A", text.rindex("A")) is None


@pytest.mark.xfail(strict=True, reason="the history knows only the source's own directives")
def test_a_macro_that_a_header_defines_anew_has_its_new_value_below_it() -> None:
    text = "int sym_a(int); int sym_b(int);\n#define CALL sym_a\n#include <a.h>\nint f(int x) { return CALL(x); }\n"
    assert used(unit_of(text, a="#undef CALL\n#define CALL sym_b\n"), SYM) == {"sym_b"}


def test_flags_define_and_undefine_in_order() -> None:
    defines = ((b"A", b"1"), (b"B", b"2"), (b"A", None), (b"C", b""), (b"F", b"(x) x"), (b"B", b"3"))
    unit = make_unit(
        {"/m/t.c": "#if !defined(A) && B == 3 && defined(C) && F(1)\nyes\n#endif\n"}, defines=defines
    )
    assert active(unit) == "yes"


def test_a_flag_takes_back_what_the_compiler_defines() -> None:
    text = {"/m/t.c": "#ifdef OTHER\nyes\n#else\nno\n#endif\n"}
    assert active(make_unit(text, macros={"OTHER": "1"})) == "yes"
    assert active(make_unit(text, macros={"OTHER": "1"}, defines=((b"OTHER", None),))) == "no"


def test_forced_headers_come_first_in_order() -> None:
    files = {
        "/m/t.c": "#if A == 2\nyes\n#endif\n",
        "/f/1.h": "#define A 1\n",
        "/f/2.h": "#undef A\n#define A 2\n",
    }
    unit = make_unit(files, forced=("/f/1.h", "/f/2.h"))
    assert active(unit) == "yes"
    assert included(unit) == ["/f/1.h", "/f/2.h", "/m/t.c"]


def test_a_forced_header_that_is_not_there_is_passed_over() -> None:
    assert active(make_unit({"/m/t.c": "yes\n"}, forced=("/f/none.h",))) == "yes"


def test_a_source_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        make_unit({"/m/other.c": ""})


@pytest.mark.parametrize("line", ["#define CONFIG_X 1", "#undef CONFIG_X", "#if 1\n#define CONFIG_X\n#endif"])
def test_a_source_that_defines_a_config_word_loosens_it(line: str) -> None:
    with pytest.raises(Loosened) as caught:
        unit_of(f"{line}\n")
    assert caught.value.words == {b"CONFIG_X"}


def test_a_header_that_defines_a_config_word_loosens_it() -> None:
    with pytest.raises(Loosened):
        unit_of("#include <a.h>\n", a="#define CONFIG_X\n")


def test_the_kernel_s_own_configuration_header_loosens_nothing() -> None:
    """Its macros are among the settled ones, so that the file itself adds nothing."""
    files = {
        "/m/t.c": "#include <generated/autoconf.h>\n",
        "/kernel/include/generated/autoconf.h": "#define CONFIG_X 1\n",
    }
    make_unit(files)


def test_a_flag_that_defines_a_config_word_loosens_it() -> None:
    with pytest.raises(Loosened) as caught:
        make_unit({"/m/t.c": ""}, defines=((b"CONFIG_X", b"1"), (b"OTHER", b"1")))
    assert caught.value.words == {b"CONFIG_X"}


def test_loosened_words_are_decided_by_the_unit() -> None:
    text = "#ifdef CONFIG_X\nearly\n#endif\n#define CONFIG_X 1\n#if IS_ENABLED_(CONFIG_X)\nlate\n#endif\n"
    unit = make_unit({"/m/t.c": "#define IS_ENABLED_(x) x\n" + text}, loose=["CONFIG_X"])
    assert active(unit) == "late"


def test_elif_after_a_true_arm_is_not_asked() -> None:
    text = "#if 1\none\n#elif 1 / 0\ntwo\n#else\nthree\n#endif\n"
    assert active(unit_of(text)) == "one"


@pytest.mark.parametrize(
    ("defines", "kept"),
    [("", "four"), ("A", "one"), ("B", "two"), ("C", "four"), ("A B", "one"), ("B C", "two")],
)
def test_arms_are_asked_in_order(defines: str, kept: str) -> None:
    lines = "".join(f"#define {word}\n" for word in defines.split())
    text = (
        "#ifdef A\none\n#elif defined(B)\ntwo\n#elif !defined(A) && defined(B)\nthree\n#else\nfour\n#endif\n"
    )
    assert active(unit_of(lines + text)) == kept


def test_an_arm_whose_condition_is_unknown_is_kept_beside_the_others() -> None:
    assert active(unit_of("#if 1 / 0\none\n#else\ntwo\n#endif\n")) == "one two"


def test_nested_conditions_in_a_dead_arm_are_dead() -> None:
    assert active(unit_of("#if 0\n#if 1\none\n#else\ntwo\n#endif\n#endif\nthree\n")) == "three"


def test_active_text_keeps_every_offset() -> None:
    text = "#if 0\r\nint a;\r\n#else\r\nint b; /* c */\r\n#endif\r\n"
    unit = unit_of(text)
    code = unit.active(unit.main)
    assert len(code) == len(text)
    assert code.index(b"int b;") == text.index("int b;")


def test_listings_know_what_a_directory_holds(tmp_path: Path) -> None:
    (tmp_path / "a.h").touch()
    listings = Listings()
    assert listings.has(f"{tmp_path}/a.h")
    assert not listings.has(f"{tmp_path}/b.h")
    assert not listings.has(f"{tmp_path}/none/a.h")


def test_a_directory_is_no_header(tmp_path: Path) -> None:
    (tmp_path / "one" / "linux").mkdir(parents=True)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.h").touch()
    place = IncludePath((f"{tmp_path}/one", f"{tmp_path}/two"))
    assert place.find(b"a.h") == f"{tmp_path}/two/a.h"


@needs_gcc
def test_the_search_goes_where_gcc_goes(tmp_path: Path) -> None:
    for path in ("m/a.h", "one/a.h", "one/b.h", "two/b.h", "two/c.h", "one/sub/d.h", "two/e.h", "one/e.h"):
        (tmp_path / path).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / path).write_text(f"int {path.replace('/', '_').replace('.', '_')};\n")
    (tmp_path / "one" / "b.h").write_text("int one_b;\n#include_next <b.h>\n")
    (tmp_path / "one" / "sub" / "d.h").write_text('int d;\n#include "../e.h"\n')
    (tmp_path / "m" / "t.c").write_text(
        '#include "a.h"\n#include <a.h>\n#include <b.h>\n#include "c.h"\n#include "sub/d.h"\n'
    )
    theirs = gcc("-E", "-P", "-Ione", "-Itwo", "m/t.c", cwd=tmp_path).stdout.split()
    files = {f"/{p.relative_to(tmp_path)}": p.read_text() for p in tmp_path.rglob("*.[ch]")}
    unit = make_unit(files, path=("/one", "/two"))
    ours = " ".join(active(unit, path) for path in unit.included).split()
    assert ours == theirs


@pytest.mark.parametrize(
    ("ending", "expected"),
    [
        ("", True),
        ("int x;\n", False),
        ("#define LAST 1\n", True),
        (" * more\n", True),
        ("/* a */ int x;\n", False),
    ],
)
def test_a_great_list_of_macros_is_seen_to_have_no_code(ending: str, expected: bool) -> None:
    lines = "".join(f"/* register {n} */\n#define REG_{n} {n} // at {n}\n" for n in range(2000))
    text = f"/*\n * Registers\n */\n{lines}{ending}".encode()
    assert read_source("/r.h", "/", text, Settled({})).codeless is expected
