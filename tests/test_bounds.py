"""The judge of guards judged: what it says of texts whose meaning is plain."""

from __future__ import annotations

import pytest

from tests.bounds import bounds_in, imports_on, just_below, needs_gcc, version_code, versions_round

GUARDED = """#include <linux/module.h>
#include <linux/version.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS("CXL");
#elif defined(MODULE_IMPORT_NS)
MODULE_IMPORT_NS(CXL);
#endif
"""
BARE = "#include <linux/module.h>\nMODULE_IMPORT_NS(CXL);\n"
STRING = '#include <linux/module.h>\nMODULE_IMPORT_NS("CXL");\n'
REDHAT = """#include <linux/module.h>
#include <linux/version.h>
#ifndef RHEL_RELEASE_CODE
#define RHEL_RELEASE_CODE 0
#define RHEL_RELEASE_VERSION(a, b) 1
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0) || RHEL_RELEASE_CODE >= RHEL_RELEASE_VERSION(10, 1)
MODULE_IMPORT_NS("CXL");
#else
MODULE_IMPORT_NS(CXL);
#endif
"""


@needs_gcc
@pytest.mark.parametrize("version", [(5, 4, 0), (5, 10, 255), (6, 12, 255), (6, 13, 0), (7, 2, 1)])
def test_a_guard_is_right_on_both_sides(version: tuple[int, int, int]) -> None:
    assert imports_on(GUARDED, version) == {("CXL", True)}


@needs_gcc
def test_before_the_macro_there_is_nothing() -> None:
    assert imports_on(GUARDED, (5, 3, 255)) == set()
    assert imports_on(BARE, (5, 3, 255)) == {("MODULE_IMPORT_NS(CXL)", False)}


@needs_gcc
def test_the_wrong_spelling_is_seen() -> None:
    assert imports_on(BARE, (6, 12, 0)) == {("CXL", True)}
    assert imports_on(BARE, (6, 13, 0)) == {("CXL", False)}
    assert imports_on(STRING, (6, 13, 0)) == {("CXL", True)}
    assert imports_on(STRING, (6, 12, 0)) == {('\\"CXL\\"', False)}


@needs_gcc
def test_the_release_of_a_distribution_counts() -> None:
    assert imports_on(REDHAT, (6, 12, 0)) == {("CXL", True)}
    assert imports_on(REDHAT, (6, 12, 0), rhel=(10, 0)) == {("CXL", True)}
    assert imports_on(REDHAT, (6, 12, 0), rhel=(10, 1), quoted=True) == {("CXL", True)}
    assert imports_on(REDHAT, (6, 12, 0), rhel=(10, 0), quoted=True) == {("CXL", False)}


@needs_gcc
def test_a_macro_may_make_the_argument() -> None:
    source = '#include "own.h"\nTAKE(CXL);\nTAKE(DMA_BUF);\n'
    files = {"own.h": "#include <linux/module.h>\n#define TAKE(ns) MODULE_IMPORT_NS(#ns)\n"}
    assert imports_on(source, (7, 0, 0), files=files) == {("CXL", True), ("DMA_BUF", True)}


@needs_gcc
def test_literals_that_stand_together_are_one() -> None:
    source = '#include <linux/module.h>\nMODULE_IMPORT_NS("DMA" /* ) */ "_BUF");\n'
    assert imports_on(source, (7, 0, 0)) == {("DMA_BUF", True)}
    assert imports_on('#include <linux/module.h>\nMODULE_IMPORT_NS(X "_BUF");\n', (7, 0, 0)) == {
        ('X "_BUF"', False)
    }


@needs_gcc
def test_a_header_can_be_absent() -> None:
    source = "#include <linux/module.h>\n#if __has_include(<linux/x.h>)\nMODULE_IMPORT_NS(CXL);\n#endif\n"
    assert imports_on(source, (6, 1, 0)) == {("CXL", True)}
    assert imports_on(source, (6, 1, 0), absent=["linux/x.h"]) == set()


@needs_gcc
def test_a_version_that_nothing_defines_is_an_error() -> None:
    with pytest.raises(ValueError, match="missing binary operator"):
        imports_on(GUARDED.replace("#include <linux/version.h>\n", ""), (6, 1, 0))


def test_bounds_are_found_in_any_spelling() -> None:
    source = """
#define AT_LEAST(a, b, c) (LINUX_VERSION_CODE >= KERNEL_VERSION(a, b, c))
#if KERNEL_VERSION(6, 13 ,0) <= LINUX_VERSION_CODE
#  elif AT_LEAST(5,16,0) && \\
	KVER >= KERNEL_VERSION( 5, 4, 7 )
call(1, 2, 3);
"""
    assert bounds_in(source) == {(6, 13, 0), (5, 16, 0), (5, 4, 7)}


def test_versions_go_round_every_bound() -> None:
    assert just_below((6, 0, 0)) == (5, 255, 255)
    assert version_code((5, 4, 300)) == version_code((5, 4, 255))
    assert list(versions_round([(5, 16, 0)], (5, 10, 0))) == [
        (5, 10, 0),
        (5, 15, 255),
        (5, 16, 0),
        (6, 12, 255),
        (6, 13, 0),
    ]
