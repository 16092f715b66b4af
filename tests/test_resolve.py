"""modpost's rule, on facts made by hand."""

from __future__ import annotations

import pytest

from nsfix.model import (
    MISSING_IMPORT,
    RESERVED_NAMESPACE,
    WRONG_SPELLING,
    Export,
    Import,
    Level,
    Licence,
    ModuleReading,
    Spelling,
    Use,
    gpl_compatible,
    reserved_for,
)
from nsfix.resolve import Resolved, resolve, symbols_shown

EXPORTS = {
    symbol.encode(): Export(symbol, namespace, True, "vmlinux")
    for symbol, namespace in {
        "a1": "A", "a2": "A", "a3": "A", "a4": "A", "a5": "A", "b1": "B", "kvm": "module:kvm,kvm-*,x",
    }.items()
}  # fmt: skip


def answer(
    *symbols: str, imports: tuple[Import, ...] = (), name: str = "t", spelling: Spelling = Spelling.STRING
) -> Resolved:
    uses = tuple(Use(symbol, "/m/t.c", line) for line, symbol in enumerate(symbols, 1))
    return resolve(ModuleReading(name, f"sub/{name}", ("/m/t.c",), uses, imports), EXPORTS, spelling)


def imported(namespace: str, effective: bool = True, **further: bool) -> Import:
    return Import(namespace, "/m/t.c", 9, effective, **further)  # type: ignore[arg-type]


def missing(resolved: Resolved) -> list[tuple[str, str]]:
    return [(f.rule, f.namespace) for f in resolved.findings]


def test_a_namespace_that_is_used_and_not_imported_is_missing() -> None:
    resolved = answer("a1", "b1")
    assert missing(resolved) == [(MISSING_IMPORT, "A"), (MISSING_IMPORT, "B")]
    first = resolved.findings[0]
    assert (first.level, first.module, first.file, first.line) == (Level.ERROR, "sub/t", "/m/t.c", 1)
    assert first.message == "t uses a1 from namespace A, but does not import it"


def test_a_namespace_is_missing_once_whatever_uses_it() -> None:
    resolved = answer("a1", "a2", "a1")
    assert missing(resolved) == [(MISSING_IMPORT, "A")]
    assert [use.symbol for use in resolved.module.needs[0].uses] == ["a1", "a2", "a1"]


def test_an_effective_import_mends_it_and_the_need_stays() -> None:
    resolved = answer("a1", imports=(imported("A"),))
    assert resolved.findings == ()
    assert [need.namespace for need in resolved.module.needs] == ["A"]


def test_an_import_that_is_not_effective_mends_nothing() -> None:
    assert missing(answer("a1", imports=(imported("A", False),))) == [(MISSING_IMPORT, "A")]


def test_an_import_of_another_namespace_mends_nothing() -> None:
    assert missing(answer("a1", imports=(imported("B"),))) == [(MISSING_IMPORT, "A")]


def test_an_import_that_nothing_needs_is_no_finding() -> None:
    assert answer(imports=(imported("A"),)).findings == ()


@pytest.mark.parametrize("spelling", [Spelling.STRING, Spelling.IDENTIFIER])
def test_a_wrong_spelling_is_a_finding_of_its_own(spelling: Spelling) -> None:
    entry = imported("A", False, misspelled=True)
    resolved = answer("a1", imports=(entry,), spelling=spelling)
    assert missing(resolved) == [(MISSING_IMPORT, "A"), (WRONG_SPELLING, "A")]
    finding = resolved.findings[1]
    right, wrong = '("A")', "(A)"
    if spelling is Spelling.IDENTIFIER:
        right, wrong = wrong, right
    assert finding.message.startswith(f"MODULE_IMPORT_NS{wrong} ")
    assert finding.message.endswith(f"MODULE_IMPORT_NS{right}")
    assert (finding.file, finding.line) == ("/m/t.c", 9)


def test_a_wrong_spelling_is_told_without_any_need() -> None:
    assert missing(answer(imports=(imported("A", False, misspelled=True),))) == [(WRONG_SPELLING, "A")]


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("kvm", True),
        ("kvm-amd", True),
        ("kvm-", True),
        ("x", True),
        ("kvmx", False),
        ("kvm_amd", False),
        ("xx", False),
    ],
)
def test_a_list_of_modules_names_whom_it_is_for(name: str, named: bool) -> None:
    resolved = answer("kvm", name=name)
    if named:
        assert resolved.findings == ()  # needed all the same, and granted without an import
        assert [need.namespace for need in resolved.module.needs] == ["module:kvm,kvm-*,x"]
    else:
        assert missing(resolved) == [(RESERVED_NAMESPACE, "module:kvm,kvm-*,x")]
        assert "reserved for the modules kvm, kvm-*, x" in resolved.findings[0].message


@pytest.mark.parametrize(
    ("namespace", "name", "expected"),
    [
        ("A", "t", None),
        ("", "t", None),
        ("module:t", "t", True),
        ("module:*", "t", True),
        ("module:a,t", "t", True),
        ("module:t", "t2", False),
        ("module:", "t", False),
        ("module:sub/t", "t", False),
        ("module:t*x", "tx", False),
    ],
)
def test_a_list_is_matched_as_modpost_matches_it(namespace: str, name: str, expected: bool | None) -> None:
    assert reserved_for(namespace, name) is expected


def test_a_message_names_three_symbols_and_counts_the_rest() -> None:
    assert symbols_shown(["a"]) == "a"
    assert symbols_shown(["a", "b", "c"]) == "a, b, c"
    assert symbols_shown(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    assert "a1, a2, a3 and 2 more" in answer("a1", "a2", "a3", "a4", "a5").findings[0].message


def test_nothing_used_is_nothing_missing() -> None:
    resolved = answer()
    assert (resolved.findings, resolved.module.needs, resolved.module.path) == ((), (), "sub/t")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["GPL"], True),
        (["GPL v2"], True),
        (["Dual BSD/GPL", "GPL"], True),
        (["GPL", "Proprietary"], False),
        (["GPLv2"], False),
        (["gpl"], False),
        (["GPL "], False),
        ([], False),
    ],
)
def test_licences_are_compared_exactly_and_one_spoils_all(values: list[str], expected: bool) -> None:
    assert gpl_compatible(tuple(Licence(value, "/m/t.c", 1) for value in values)) is expected
