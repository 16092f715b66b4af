"""read_log against captured logs, every accepted form, and what looks alike but is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nsfix.evidence.modpost_log import LogFacts, read_log

LOGS = Path(__file__).parent / "logs"
OLD = (
    b"ERROR: modpost: module ums-karma uses symbol usb_probe from namespace USB_STORAGE,"
    b" but does not import it."
)
NEW = (
    b"ERROR: modpost: drivers/usb/ums-karma.ko: module uses symbol 'usb_probe' from namespace 'USB_STORAGE',"
    b" but does not import it."
)
LOADER = b"ums_karma: module uses symbol (usb_probe) from namespace USB_STORAGE, but does not import it."
BASE = ("ums-karma", "usb_probe", "USB_STORAGE")
PATH = ("drivers/usb/ums-karma", "usb_probe", "USB_STORAGE")
LOADED = ("ums_karma", "usb_probe", "USB_STORAGE")


def read(*lines: bytes) -> LogFacts:
    return read_log([line + b"\n" for line in lines], "log")


def found(facts: LogFacts) -> list[tuple[str, str, str]]:
    return [(m.module, m.symbol, m.namespace) for m in facts.missing]


DMA_CXL = {("t", "DMA_BUF"), ("t", "CXL")}
FILES = {("comp", "DMA_BUF"), ("comp", "CXL"), ("single-dash", "USB_STORAGE")}
SIX = {(m, ns) for m in ("a1", "a2", "a3", "b1", "b2", "b3") for ns in ("DMA_BUF", "CXL", "USB_STORAGE")}
UMS = "alauda cypress datafab eneub6250 freecom isd200 jumpshot karma onetouch realtek sddr09 sddr55 usbat"
KVM = "module:kvm,kvm-amd,kvm-intel"
PAIRS: dict[str, tuple[int, set[tuple[str, str]]]] = {
    "6.1-pwmlpss.log": (0, set()),
    "6.1-syn-files.log": (3, FILES),
    "6.1-syn-gpl-incompatible.log": (2, DMA_CXL),
    "6.1-syn-interleaved-j2.log": (18, SIX),
    "6.1-syn-keep-going.log": (2, DMA_CXL),
    "6.1-syn-modpost-warn.log": (1, {("t", "DMA_BUF")}),
    "6.1-syn-no-license.log": (2, DMA_CXL),
    "6.1-syn-nsdeps-flag.log": (2, DMA_CXL),
    "6.1-syn-undefined-15.log": (1, {("t", "DMA_BUF")}),
    "6.1-syn-wrong-quote.log": (1, {("t", "DMA_BUF")}),
    "6.1-ums.log": (170, {("ums-" + m, "USB_STORAGE") for m in UMS.split()}),
    "6.12-syn-basic.log": (2, DMA_CXL),
    "6.12-syn-files.log": (3, FILES),
    "6.12-syn-interleaved-j2.log": (18, SIX),
    "6.12-syn-interleaved-midline-8x.log": (18, SIX),
    "6.12-syn-module-ns.log": (2, {("t", "DMA_BUF"), ("t", "module:kvm")}),
    "6.12-virtgpu.log": (0, set()),
    "7.3-syn-allow-missing-ns.log": (2, DMA_CXL),
    "7.3-syn-files.log": (3, FILES),
    "7.3-syn-gpl-incompatible.log": (2, DMA_CXL),
    "7.3-syn-interleaved-j2.log": (18, SIX),
    "7.3-syn-module-ns-explicit.log": (0, set()),
    "7.3-syn-module-ns-multi.log": (2, {("t", KVM), ("t", "module:kvm")}),
    "7.3-syn-no-license.log": (2, DMA_CXL),
    "7.3-syn-silent.log": (2, DMA_CXL),
    "7.3-syn-undefined-15.log": (1, {("t", "DMA_BUF")}),
    "7.3-syn-verbose.log": (2, DMA_CXL),
    "7.3-syn-wrong-quote.log": (0, set()),
    "7.3-virtgpu.log": (7, {("virtio-gpu", "DMA_BUF")}),
    "probe-plain.log": (2, {("probe", "DMA_BUF")}),
}


@pytest.mark.parametrize("name", sorted(PAIRS))
def test_captured_log(name: str) -> None:
    count, pairs = PAIRS[name]
    facts = read_log((LOGS / name).read_bytes().splitlines(keepends=True), name)
    assert {(m.module, m.namespace) for m in facts.missing} == pairs
    assert len(facts.missing) == count
    assert facts.remarks == ()


@pytest.mark.parametrize("name", sorted(path.name for path in LOGS.glob("*.log")))
def test_counts_agree_with_plain_words(name: str) -> None:
    """The words around the names are fixed, so splitting at blanks finds them too."""
    expected: dict[tuple[str, str, str], int] = {}
    lines = (LOGS / name).read_text().splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        words = [word.strip("',") for word in line.split()]
        if "namespace" not in words or "module" not in words or "importing" in words:
            continue
        symbol, namespace = words[words.index("symbol") + 1], words[words.index("namespace") + 1]
        at = words.index("module")
        module = words[at - 1].removesuffix(".ko:") if words[at + 1] == "uses" else words[at + 1]
        expected.setdefault((module, symbol, namespace), number)
    facts = read_log([line.encode() for line in lines], name)
    assert {(m.module, m.symbol, m.namespace): m.line for m in facts.missing} == expected


def test_every_captured_log_is_covered() -> None:
    assert set(PAIRS) | {"6.12-sof.log", "7.3-sof.log"} == {path.name for path in LOGS.glob("*.log")}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (OLD.replace(b"ERROR: modpost: ", b"WARNING: "), BASE),
        (OLD, BASE),
        (OLD.replace(b"ERROR", b"WARNING"), BASE),
        (NEW, PATH),
        (NEW.replace(b"ERROR", b"WARNING"), PATH),
        (LOADER, LOADED),
        (b"[   12.345678] " + LOADER, LOADED),
        (b"<4>[   12.345678] " + LOADER, LOADED),
        (b"<3>" + LOADER, LOADED),
        (b"[   12.345678][  T812] " + LOADER, LOADED),
        (b"kern  :err   : [   12.345678] " + LOADER, LOADED),
        (b"Nov 21 12:00:00 host kernel: " + LOADER, LOADED),
        (b"2026-11-21T12:00:00+0000 host kernel: " + LOADER, LOADED),
        (b">> " + OLD, BASE),
        (b">>>" + OLD, BASE),
        (b"> > >> " + NEW, PATH),
        (b">" + NEW.removeprefix(b"ERROR: modpost: "), PATH),
        (b"  | " + OLD, BASE),
        (OLD + b"\r", BASE),
        (NEW + b"\r", PATH),
        (b"\x1b[1;31mERROR:\x1b[0m modpost: " + OLD.removeprefix(b"ERROR: modpost: ") + b"\x1b[m", BASE),
        (b"ERROR: ERROR: modpost: modpost: " + OLD.removeprefix(b"ERROR: modpost: "), BASE),
        (OLD.removeprefix(b"ERROR: "), BASE),
        (OLD.removeprefix(b"ERROR: modpost: "), BASE),
        (b"  CC [M]  x.oERROR: modpost: " + OLD.removeprefix(b"ERROR: modpost: "), BASE),
        (b"2026-11-21T12:00:00.1234567Z " + OLD, BASE),
        (b"\xff\xfe \xe9 " + OLD, BASE),
        (OLD.replace(b"USB_STORAGE", b"SPI_PXA2xx"), (*BASE[:2], "SPI_PXA2xx")),
        (OLD.replace(b"USB_STORAGE", b"module:kvm,kvm-*"), (*BASE[:2], "module:kvm,kvm-*")),
        (NEW.replace(b"USB_STORAGE", b"module:8250"), (*PATH[:2], "module:8250")),
    ],
)
def test_accepted_forms(line: bytes, expected: tuple[str, str, str]) -> None:
    facts = read(b"  MODPOST Module.symvers", line, b"make: *** Error 2")
    assert found(facts) == [expected]
    assert facts.missing[0].line == 2
    assert facts.remarks == ()


def test_a_path_that_is_not_utf8_stays_usable() -> None:
    facts = read(NEW.replace(b"drivers", b"d\xe9"))
    assert facts.missing[0].module.encode("utf-8", "surrogateescape") == b"d\xe9/usb/ums-karma"


def test_duplicates_keep_the_first_line() -> None:
    facts = read(b"", OLD, OLD, b"> " + OLD)
    assert [(m.line, m.symbol) for m in facts.missing] == [(2, "usb_probe")]


@pytest.mark.parametrize(
    "line",
    [
        OLD.replace(b"USB_STORAGE", b".o: $(deps_/usr/src/linux/x.o)"),
        OLD.replace(b"USB_STORAGE, but does not import it.", b".o: $(deps_/usr/src/"),
        OLD.replace(b"USB_STORAGE", b".o:"),
        OLD.replace(b"USB_STORAGE", b'"USB_STORAGE"'),
        OLD.replace(b"USB_STORAGE", b"9P"),
        OLD.replace(b"USB_STORAGE", b"module:"),
        OLD.replace(b"USB_STORAGE", b"USB\xff"),
        OLD.replace(b"usb_probe", b"%s"),
        OLD.replace(b"usb_probe", b"9p"),
        OLD.replace(b"ums-karma", b"%s"),
        NEW.replace(b"usb_probe", b"usb probe"),
        NEW.replace(b"'USB_STORAGE'", b"''"),
        OLD.removesuffix(b"ORAGE, but does not import it."),
        OLD.removesuffix(b" not import it."),
        b"uses symbol usb_probe from namespace USB_STORAGE, but does not import it.",
        OLD[:50] + b"ERROR: modpost: ",
    ],
)
def test_refused_with_a_remark(line: bytes) -> None:
    facts = read(b"", line, b"")
    assert facts.missing == ()
    assert [(r.file, r.line) for r in facts.remarks] == [("log", 2)]
    assert facts.remarks[0].message.isprintable()


def test_the_remark_names_a_garbage_namespace() -> None:
    (remark,) = read(OLD.replace(b"USB_STORAGE", b".o: $(deps_/usr/src/linux/x.o)")).remarks
    assert ".o: $(deps_/usr/src/linux/x.o)" in remark.message
    assert "no valid namespace" in remark.message


def test_a_whole_report_inside_a_torn_one_counts() -> None:
    facts = read(OLD[:60] + NEW)
    assert found(facts) == [PATH]
    assert len(facts.remarks) == 1


@pytest.mark.parametrize(
    "line",
    [
        b"ERROR: modpost: GPL-incompatible module x.ko uses GPL-only symbol 'usb_probe'",
        b"ERROR: modpost: x.ko: GPL-incompatible module uses GPL-only symbol 'usb_probe'",
        b'ERROR: modpost: "usb_probe" [drivers/x.ko] undefined!',
        b"ERROR: modpost: x.ko: symbol 'usb_probe' undefined!",
        b"ERROR: modpost: missing MODULE_LICENSE() in drivers/x.o",
        b"ERROR: modpost: x.ko: missing MODULE_LICENSE()",
        b"ERROR: modpost: x.ko: explicitly importing namespace 'module:kvm' is not allowed.",
        b'ERROR: modpost: x: explicitly importing namespace "module:kvm" is not allowed.',
        b"WARNING: modpost: suppressed 5 unresolved symbol warnings because there were too many)",
        b'ERROR: "usb_probe" [drivers/x.ko] undefined!',
    ],
)
def test_neighbours_are_no_missing_imports(line: bytes) -> None:
    facts = read(b"", b">> " + line + b"\r", line)
    assert facts.missing == ()
    assert facts.remarks == ()
    assert [remark.line for remark in facts.other_errors] == [2]


@pytest.mark.parametrize(
    "line",
    [
        b"using namespace std; // module uses symbols",
        b"  CC      kernel/pid_namespace.o",
        b"net/core/net_namespace.c:12: warning: unused variable 'x' from namespace scope",
        b"the module imports USB_STORAGE, but does not import it.",
        b"x.c:3: undefined reference to `usb_probe'",
        b"modpost: usb_probe is fine",
    ],
)
def test_unrelated_lines_say_nothing(line: bytes) -> None:
    assert read(line, b"", line) == LogFacts((), (), ())


def test_neighbours_of_a_captured_log() -> None:
    name = "7.3-syn-undefined-15.log"
    facts = read_log((LOGS / name).read_bytes().splitlines(keepends=True), name)
    assert [remark.line for remark in facts.other_errors] == list(range(7, 18))
    assert facts.other_errors[0].message == "module t uses symbol 'no_such_a', which nothing exports"


@pytest.mark.parametrize("report", [OLD, NEW])
@pytest.mark.parametrize("quoting", [b">> ", b"> > ", b""])
def test_a_report_wrapped_at_any_blank(report: bytes, quoting: bytes) -> None:
    words = report.split(b" ")
    expected = [BASE if report is OLD else PATH]
    for at in range(1, len(words)):
        lines = [quoting + b" ".join(words[:at]), quoting + b" ".join(words[at:]), quoting + b"end"]
        facts = read(b"start", *lines)
        assert found(facts) == expected, lines
        assert facts.remarks == (), lines
        assert facts.missing[0].line == (3 if report is NEW and at <= 2 else 2), lines


def test_many_wrapped_reports_in_a_row() -> None:
    lines: list[bytes] = []
    for letter in (b"a", b"b", b"c"):
        report = OLD.replace(b"usb_probe", b"usb_" + letter)
        lines += [
            b"> " + report[:79].rsplit(b" ", 1)[0],
            b"> " + report[:79].rsplit(b" ", 1)[1] + report[79:],
        ]
    facts = read(*lines)
    assert [(m.symbol, m.line) for m in facts.missing] == [("usb_a", 1), ("usb_b", 3), ("usb_c", 5)]
    assert facts.remarks == ()


def test_a_report_broken_in_a_word_is_refused() -> None:
    for report in (OLD, NEW):
        for at in range(len("ERROR: modpost: d"), len(report) - 1):
            if b" " in (report[at - 1 : at], report[at : at + 1]) or report[at:] == b".":
                continue
            facts = read(report[:at], report[at:])
            assert facts.missing == (), (report[:at], report[at:])


def test_crossed_ends_are_refused() -> None:
    """Two heads, then two ends: which belongs to which cannot be known."""
    head, end = OLD.split(b"namespace ")
    facts = read(head + b"namespace", head + b"namespace", end, b"OTHER, but does not import it.")
    assert facts.missing == ()
    assert facts.remarks != ()


def test_reports_at_the_seams_of_batches() -> None:
    filler = b"  CC [M]  x.o\n"
    for before in (2044, 2045, 2046, 2047, 2048, 2049, 4095, 4096):
        lines = [filler] * before + [
            OLD[:79].rsplit(b" ", 1)[0] + b"\n",
            OLD[:79].rsplit(b" ", 1)[1] + OLD[79:],
        ]
        facts = read_log(lines, "log")
        assert [(m.symbol, m.line) for m in facts.missing] == [("usb_probe", before + 1)]


MARKS = (b"\n", b"\r\n", b" ", b"> ", b"\0", b"\x1b[", b"\x1b]", b"'")
WORDS = (b"ERROR: modpost: ", b"module ", b"x.ko: ", b"uses symbol ", b"from namespace ", b"undefined!")
PIECES = st.sampled_from((OLD, NEW, LOADER, b", but does not import it", *MARKS, *WORDS))


@pytest.mark.parametrize("junk", [b"a", b"]", b"a>", b"> ", b"\x1b]", b"\x1b[", b".ko: module ", b'" [b'])
def test_a_long_line_of_junk_takes_no_long_time(junk: bytes) -> None:
    """Quadratic work on these would take hours, not milliseconds."""
    assert read(b"namespace undefined! " + junk * 40_000).missing == ()


@given(st.lists(st.one_of(PIECES, st.binary(max_size=20))).map(b"".join))
def test_any_bytes_are_read(data: bytes) -> None:
    facts = read_log(data.splitlines(keepends=True), "log")
    for missing in facts.missing:
        assert missing.symbol.isidentifier() and missing.namespace.isascii()
        assert 1 <= missing.line <= len(data.splitlines())
    for remark in (*facts.remarks, *facts.other_errors):
        assert remark.message.isprintable()


@given(st.lists(st.binary(max_size=60)))
def test_any_lines_are_read(lines: list[bytes]) -> None:
    read_log(lines, "log")
