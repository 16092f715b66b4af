"""What is read of a text, and where it says it stands."""

from __future__ import annotations

from nsfix.csource.lexer import blank_comments
from nsfix.csource.statements import Statement, read_layout

TEXT = b"""\
/* MODULE_AUTHOR("no"); */
#include <linux/module.h>
static int __init t_init(void)
{
	if ('{') { module_put(m); }
	return 0;
}
module_init(t_init);
#ifdef A
MODULE_LICENSE /* l */ (
	"GPL" /* (v2 */
) ;
#else /* not
a */
# if B
T_MODULE_LICENSE(GPL);
# endif
#endif
void module_free(struct module *m);
int module_make(struct module *m)
{
}
drm_module_pci_driver(d);
MODULE_ALIAS("a);\\"") MODULE_X(MODULE_Y(1));
static int x = MODULE_Z(2);
"""


def statements(text: bytes) -> list[Statement]:
    return list(read_layout("t.c", text).statements)


def test_statements_in_order() -> None:
    assert [(s.macro, s.argument, s.line) for s in statements(TEXT)] == [
        ("module_put", b"m", 5),
        ("module_init", b"t_init", 8),
        ("MODULE_LICENSE", b'"GPL"', 10),
        ("T_MODULE_LICENSE", b"GPL", 16),
        ("drm_module_pci_driver", b"d", 23),
        ("MODULE_ALIAS", b'"a);\\""', 24),
        ("MODULE_X", b"MODULE_Y(1)", 24),
    ]


def test_where_they_stand() -> None:
    outer, inner = TEXT.index(b"#ifdef A"), TEXT.index(b"# if B")
    put, init, licence, wrapper, *_ = statements(TEXT)
    assert put.in_function and not init.in_function
    assert licence.arms == ((outer, 0),)
    assert wrapper.arms == ((outer, 1), (inner, 0))
    assert TEXT[licence.start : licence.end].startswith(b"MODULE_LICENSE") and TEXT[: licence.end].endswith(
        b") ;"
    )
    conditional = read_layout("t.c", TEXT).conditional(inner)
    assert TEXT[conditional.start : conditional.end].endswith(b"# endif")


def test_comments_may_be_blanked_before() -> None:
    assert read_layout("t.c", TEXT, blank_comments(TEXT)) == read_layout("t.c", TEXT)


def test_a_text_without_the_words() -> None:
    assert statements(b"#ifdef A\nint x;\n") == []


def test_what_never_ends() -> None:
    assert statements(b'MODULE_LICENSE("GPL"\n') == []
    assert statements(b'/* MODULE_LICENSE("GPL");\n') == []
    assert [s.macro for s in statements(b"#ifdef A\nmodule_init(f)")] == ["module_init"]


def test_an_arm_that_is_never_compiled_leaves_no_braces_open() -> None:
    assert [s.in_function for s in statements(b"#if 0\nint f() {\n#endif\nMODULE_LICENSE(0);\n")] == [False]
