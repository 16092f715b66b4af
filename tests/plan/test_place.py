"""Which line: each odd text as it must look afterwards."""

from __future__ import annotations

import pytest

from nsfix.model import Spelling
from tests.plan.marked import assert_becomes, assert_planned, refusal, view

A = "CXL"
B = "DMA_BUF"

PLACES = {
    "right after the licence": """
MODULE_DESCRIPTION("d");
MODULE_LICENSE("GPL");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
MODULE_AUTHOR("a");
""",
    "with its indentation": """
\t MODULE_LICENSE("GPL");
+\t MODULE_IMPORT_NS("CXL");
+\t MODULE_IMPORT_NS("DMA_BUF");
""",
    "after a comment of two lines behind it": """
MODULE_LICENSE("GPL"); /* one
			* two */ // and three
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
MODULE_AUTHOR("a");
""",
    "after a line comment that goes on": """
MODULE_LICENSE("GPL"); // one \\
two
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
int x;
""",
    "after a statement of several lines, behind which another begins": """
MODULE_LICENSE(
	"GPL"
); MODULE_DESCRIPTION("d"
	"e");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
""",
    "not into a function that begins on the same line": """
MODULE_LICENSE("GPL");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
static int f(void) { return 0; }
""",
    "without a semicolon": """
MODULE_LICENSE("GPL")
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
MODULE_AUTHOR("a")
""",
    "after the imports of the block, above the licence or below": """
MODULE_IMPORT_NS("ADIS");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("BETA");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
MODULE_AUTHOR("a");
""",
    "at the sorted place among sorted imports": """
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("ADIS");
+MODULE_IMPORT_NS("CXL");
MODULE_IMPORT_NS("DMA"); /* d
 */
+MODULE_IMPORT_NS("DMA_BUF");
MODULE_IMPORT_NS("PWM");
""",
    "before the first of sorted imports and its comment": """
MODULE_LICENSE("GPL"); /* c
 */

+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
/* for p
 * w m */
// really
MODULE_IMPORT_NS("PWM");
""",
    "after the line where the first of sorted imports is not alone": """
MODULE_LICENSE("GPL"); MODULE_IMPORT_NS("PWM");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
""",
    "after the last of unsorted imports": """
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("PWM");
MODULE_IMPORT_NS("ADIS");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
""",
    "after an import whose argument is a macro": """
#define T_NS "ZED"
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(T_NS);
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
""",
    "not to an import away from the block": """
MODULE_IMPORT_NS("ADIS");
static int x;
MODULE_LICENSE("GPL");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
""",
    "not to an import under an #if": """
#ifdef CONFIG_PM
MODULE_IMPORT_NS("ADIS");
#endif
MODULE_LICENSE("GPL");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
#if 0
MODULE_IMPORT_NS("BETA");
#else
MODULE_IMPORT_NS("CXL");
#endif
""",
    "over an #if to the imports behind it": """
MODULE_LICENSE("GPL");
#ifdef CONFIG_PM
MODULE_IMPORT_NS("ADIS");
#endif
MODULE_IMPORT_NS("BETA");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
""",
    "after the #endif of two licences": """
#ifdef X /* x */
MODULE_LICENSE("GPL v2");
#else
MODULE_LICENSE("GPL");
#endif /* not
	x */
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
MODULE_AUTHOR("a");
""",
    "after the outer #endif of nested licences": """
#ifdef MODULE
# ifdef X
#  ifdef Y
MODULE_LICENSE("GPL v2");
#  endif
# else
MODULE_LICENSE("GPL");
# endif
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
#endif
""",
    "after a semicolon that stands behind the #endif": """
#ifdef X
MODULE_LICENSE("GPL v2")
#else
MODULE_LICENSE("GPL")
#endif
;
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
""",
    "in the only arm that has a licence": """
#ifdef MODULE
MODULE_LICENSE("GPL");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
#else
MODULE_AUTHOR("a");
#endif
""",
    "from an arm to the imports behind it": """
#ifdef MODULE
MODULE_LICENSE("GPL");
#endif
MODULE_IMPORT_NS("ADIS");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
""",
    "in the arm that holds the whole driver and is compiled": """
#ifdef X
module_init(one);
MODULE_LICENSE("GPL"); // dead
#else
module_init(other);
MODULE_LICENSE("GPL");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
#endif
""",
    "next to the licence that is compiled": """
#ifdef X
MODULE_LICENSE("GPL"); // dead
#endif
static int x;
MODULE_LICENSE("GPL");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
""",
    "not to the words in comments, strings, macros and functions": """
// MODULE_LICENSE("no");
/* MODULE_LICENSE("no"); */
#define L MODULE_LICENSE("no"); \\
	MODULE_LICENSE("no");
static const char *s = "MODULE_LICENSE(no);";
static int f(void) { if ('{') { } MODULE_LICENSE("no"); }
MODULE_LICENSE("GPL");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
""",
    "below a function with two heads": """
#ifdef X
static int f(int a) {
#else
static int f(void) {
#endif
	return 0;
}
MODULE_LICENSE("GPL");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
""",
    "after MODULE_INFO of the licence, where that is it": """
module_init(f);
MODULE_INFO(license, "GPL");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
MODULE_AUTHOR("a");
""",
    "after the last statement, without any licence": """
MODULE_DEVICE_TABLE(usb, ids);
module_usb_driver(drv);
MODULE_AUTHOR("a");
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
#ifdef X
MODULE_FIRMWARE("f");
#endif
""",
    "after module_init, without anything else": """
module_param(x, int, 0);
module_init(f);
+MODULE_IMPORT_NS("CXL");
+MODULE_IMPORT_NS("DMA_BUF");
module_exit(g);
""",
}


@pytest.mark.parametrize("marked", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("eol", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_place(marked: str, eol: str) -> None:
    assert_planned(marked, B, A, eol=eol)


def test_identifier_spelling() -> None:
    assert_planned(
        'MODULE_LICENSE("GPL");\n+MODULE_IMPORT_NS(CXL);\nint x;\n', A, spelling=Spelling.IDENTIFIER
    )


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
def test_no_final_newline(eol: bytes) -> None:
    before = b'MODULE_AUTHOR("J\xf6rg");' + eol + b' MODULE_LICENSE("GPL"); // last'
    after = before + eol + b' MODULE_IMPORT_NS("CXL");' + eol + b' MODULE_IMPORT_NS("DMA_BUF");'
    assert_becomes(before, after, (A, B))


def test_beside_code_that_begins_on_the_same_line() -> None:
    before = b'MODULE_LICENSE("GPL"); static int f(void)\n{\n}\n'
    after = b'MODULE_LICENSE("GPL"); MODULE_IMPORT_NS("CXL"); static int f(void)\n{\n}\n'
    assert_becomes(before, after, (A,))


def test_byte_order_mark() -> None:
    assert_becomes(
        b'\xef\xbb\xbfMODULE_LICENSE("GPL");\n',
        b'\xef\xbb\xbfMODULE_LICENSE("GPL");\nMODULE_IMPORT_NS("CXL");\n',
        (A,),
    )


def test_without_a_kernel_two_conditionals_both_count() -> None:
    before = b'#ifdef X\nMODULE_LICENSE("a");\n#endif\n#ifndef X\nMODULE_LICENSE("b");\n#endif\n'
    assert_becomes(before, before + b'MODULE_IMPORT_NS("CXL");\n', (A,), certain=False)


def test_an_import_in_the_other_spelling_is_followed() -> None:
    before = b'MODULE_LICENSE("GPL");\nMODULE_IMPORT_NS("CXL");\n'
    assert_becomes(before, before + b"MODULE_IMPORT_NS(CXL);\n", (A,), Spelling.IDENTIFIER)


def test_each_edit_is_good_alone() -> None:
    before = b'MODULE_LICENSE("GPL");'
    fix = assert_becomes(before, before + b'\nMODULE_IMPORT_NS("CXL");\nMODULE_IMPORT_NS("DMA_BUF");', (B, A))
    assert fix.namespaces == (A, B)
    assert [edit.new for edit in fix.edits] == [
        b'\nMODULE_IMPORT_NS("CXL");',
        b'\nMODULE_IMPORT_NS("DMA_BUF");',
    ]


def test_conditionals_that_do_not_pair_are_refused() -> None:
    assert "#if" in refusal(view(b'#ifdef X\nMODULE_LICENSE("GPL");\n')).reason
