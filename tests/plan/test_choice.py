"""Which file: licence first, then who else is built from it, module_init, link order; and when none."""

from __future__ import annotations

import pytest

from nsfix.model import Spelling
from nsfix.plan import Fix, SourceView, namespace_fault, plan_imports
from tests.plan.marked import refusal, view

LICENCE = b'MODULE_LICENSE("GPL");\n'
INIT = b"module_usb_driver(d);\n"


def chosen(*sources: SourceView) -> Fix:
    fix = plan_imports("t", ["CXL"], sources, Spelling.STRING)
    assert isinstance(fix, Fix), fix
    return fix


def test_the_source_with_the_licence() -> None:
    assert chosen(view(INIT, "a.c"), view(LICENCE, "b.c")).file == "b.c"


def test_of_several_the_one_no_other_module_has() -> None:
    assert chosen(view(LICENCE + INIT, "a.c", shared_with=("u",)), view(LICENCE, "b.c")).file == "b.c"


def test_of_several_the_one_with_module_init() -> None:
    assert chosen(view(LICENCE, "a.c"), view(LICENCE + INIT, "b.c")).file == "b.c"


def test_of_several_the_first() -> None:
    assert chosen(view(LICENCE, "b.c"), view(LICENCE, "a.c")).file == "b.c"


def test_shared_with_a_module_that_does_not_need_it_comes_last_and_is_said() -> None:
    common = view(LICENCE + INIT, "a.c", shared_with=("u",), shared_not_needing=("u",))
    assert chosen(common, view(LICENCE, "b.c")).note is None
    alone = chosen(common, view(INIT, "b.c"))
    assert alone.file == "a.c"
    assert alone.note is not None and "u" in alone.note


def test_a_licence_that_is_not_compiled_does_not_count() -> None:
    dead = b'#ifdef X\nMODULE_LICENSE("GPL"); // dead\n#endif\n' + INIT
    assert chosen(view(dead, "a.c"), view(LICENCE, "b.c")).file == "b.c"


def test_a_wrapper_that_compiles_to_a_licence_counts() -> None:
    wrapper = view(b"int x;\nT_MODULE_LICENSE(GPL);\n", "b.c", compiled={b"GPL": {"license": "GPL"}})
    fix = chosen(view(INIT, "a.c"), wrapper)
    assert (fix.file, fix.edits[0].start) == ("b.c", len(wrapper.layout.text))


def test_without_a_licence_the_source_with_its_info() -> None:
    info = view(b'MODULE_INFO(license, "GPL");\n', "b.c")
    assert chosen(view(INIT + b'MODULE_AUTHOR("a");\n', "a.c"), info).file == "b.c"


def test_without_a_licence_the_source_with_module_init() -> None:
    assert chosen(view(b'MODULE_AUTHOR("a");\n', "a.c"), view(INIT, "b.c")).file == "b.c"


@pytest.mark.parametrize("reason", [{"generated": True}, {"editable": "it lies outside the tree"}])
def test_the_next_best_with_a_licence_where_the_best_must_not_be_edited(reason: dict[str, object]) -> None:
    best = view(LICENCE + INIT, "a.c", **reason)  # type: ignore[arg-type]
    assert chosen(best, view(LICENCE, "b.c")).file == "b.c"
    refused = refusal(best, view(INIT, "b.c"))
    assert (refused.file, refused.line) == ("a.c", 1)
    assert "generated" in refused.reason or "outside the tree" in refused.reason


def test_never_a_header() -> None:
    assert "header" in refusal(view(LICENCE, "t.h")).reason


def test_no_licence_at_all() -> None:
    refused = refusal(view(INIT, "a.c"), licensed=False)
    assert refused.reason == (
        "no MODULE_LICENSE in any source of module t (a.c): "
        "modpost refuses the module before namespaces matter; add one"
    )


def test_a_dead_licence_is_all_there_is() -> None:
    refused = refusal(view(b'#if 0\nMODULE_LICENSE("GPL"); // dead\n#endif\n'), licensed=False)
    assert (refused.file, refused.line) == ("t.c", 2)
    assert "#if that is false" in refused.reason


def test_nothing_to_put_it_next_to() -> None:
    assert (
        "no source of module t (a.c, b.c) has" in refusal(view(b"int x;\n", "a.c"), view(b"", "b.c")).reason
    )
    in_function = view(b'static int f(void)\n{\n\tMODULE_LICENSE("GPL");\n}\n')
    assert "no source of module t" in refusal(in_function).reason


@pytest.mark.parametrize(
    ("namespace", "spelling", "fault"),
    [
        ("CXL", Spelling.IDENTIFIER, None),
        ("a-b c", Spelling.STRING, None),
        ("f\u00fcr", Spelling.STRING, None),
        ("CXL", Spelling.NONE, "no MODULE_IMPORT_NS"),
        ("a-b", Spelling.IDENTIFIER, "identifier"),
        ("1A", Spelling.IDENTIFIER, "identifier"),
        ("f\u00fcr", Spelling.IDENTIFIER, "identifier"),
        ("", Spelling.STRING, "no valid"),
        ('a"b', Spelling.STRING, "no valid"),
        ("a\\b", Spelling.STRING, "no valid"),
        ("a\nb", Spelling.STRING, "no valid"),
        ("a\ud800", Spelling.STRING, "no valid"),
        ("module:kvm", Spelling.STRING, "only whoever exports the symbol"),
        ("module:kvm", Spelling.IDENTIFIER, "only whoever exports the symbol"),
    ],
)
def test_namespaces_that_can_be_written(namespace: str, spelling: Spelling, fault: str | None) -> None:
    told = namespace_fault(namespace, spelling)
    assert told is None if fault is None else told is not None and fault in told


def test_one_bad_namespace_refuses_all() -> None:
    assert "module:kvm" in refusal(view(LICENCE), names=("CXL", "module:kvm")).reason
