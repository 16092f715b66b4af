"""The JSON contract against its schema, and the lines of text."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from nsfix.edits import Edit
from nsfix.model import MISSING_IMPORT, Finding, Import, Level, Licence, Module, Need, Spelling, Use, Via
from nsfix.views import json_view, text
from nsfix.views.report import FileFix, Outcome, Report

SCHEMA = Path(__file__).parents[2] / "docs" / "check.schema.json"
USE = Use("cxl_f", "/w/t.c", 5, (Via("cxl_g", "/w/a.h", 9),), "drivers/cxl/core/cxl_core", "CONFIG_X")
MODULE = Module(
    "t",
    "sub/t",
    ("/w/t.c", "/w/\udcff.c"),
    (Licence("GPL", "/w/t.c", 7),),
    (Need("CXL", (USE, Use("cxl_h", "/w/t.c", 6))),),
    (Import("PWM", "/w/t.c", 8, False, "CONFIG_X", "it is not compiled"),),
)


def finding(line: int, file: str = "/w/t.c") -> Finding:
    return Finding(MISSING_IMPORT, Level.ERROR, "sub/t", "CXL", "t needs CXL", file, line)


REPORT = Report(
    "6.13.0",
    Spelling.STRING,
    "/w/.config",
    (MODULE, Module("empty", "empty", ())),
    (
        Outcome(finding(12), None, "no MODULE_LICENSE"),
        Outcome(finding(5), FileFix("/w/t.c", (Edit(3, 3, b"J\xf6\xc3\xb6\r\n"),))),
        Outcome(finding(1, "/w/a.c")),
    ),
    lambda path: path.removeprefix("/w/"),
)


def test_json_keeps_its_schema_and_says_all() -> None:
    rendered = json_view.render(REPORT)
    loaded = json.loads(rendered)
    jsonschema.validate(loaded, json.loads(SCHEMA.read_text()))
    assert rendered.isascii() and rendered.endswith("}\n")
    assert loaded["kernel"] == {"release": "6.13.0", "spelling": "string", "config": ".config"}
    [module, empty] = loaded["modules"]
    assert module["sources"] == ["t.c", "\udcff.c"]
    assert module["gpl_compatible"] and not empty["gpl_compatible"]
    assert module["needs"][0]["uses"][0] == {
        "symbol": "cxl_f",
        "file": "t.c",
        "line": 5,
        "via": [{"name": "cxl_g", "file": "a.h", "line": 9}],
        "exporter": "drivers/cxl/core/cxl_core",
        "condition": "CONFIG_X",
    }
    assert module["imports"] == [
        {"namespace": "PWM", "file": "t.c", "line": 8, "condition": "CONFIG_X", "effective": False}
    ]


def test_json_findings_are_sorted_and_their_edits_are_bytes_again() -> None:
    findings = json.loads(json_view.render(REPORT))["findings"]
    assert [(f["file"], f["line"]) for f in findings] == [("a.c", 1), ("t.c", 5), ("t.c", 12)]
    assert [f["refusal"] for f in findings] == [None, None, "no MODULE_LICENSE"]
    [edit] = findings[1]["fix"]["edits"]
    assert edit["new"].encode("utf-8", "surrogateescape") == b"J\xf6\xc3\xb6\r\n"


def test_json_of_nothing() -> None:
    nothing = Report("6.1", Spelling.IDENTIFIER, "any", (), ())
    loaded = json.loads(json_view.render(nothing))
    jsonschema.validate(loaded, json.loads(SCHEMA.read_text()))
    assert (loaded["modules"], loaded["findings"], loaded["kernel"]["config"]) == ([], [], "any")


def test_text_lines() -> None:
    assert text.render(REPORT).splitlines() == [
        "a.c:1: missing-import: t needs CXL",
        "t.c:5: missing-import: t needs CXL",
        "t.c:12: missing-import: t needs CXL",
        "    not mended: no MODULE_LICENSE",
    ]


def test_text_with_its_reasons() -> None:
    assert text.render(REPORT, verbose=True).splitlines()[:4] == [
        "a.c:1: missing-import: t needs CXL",
        "    t.c:5: uses cxl_f, exported by drivers/cxl/core/cxl_core, if CONFIG_X",
        "        through cxl_g at a.h:9",
        "    t.c:6: uses cxl_h",
    ]
