"""Tables, links and lists of the documents, held against the code."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import click
import pytest

from nsfix import cli, model, settings
from tests.cases import load
from tests.docs.documents import DOCUMENTS, FENCE, ROOT
from tests.test_layers import MAY_IMPORT, SOURCES, imported, room_of

README = (ROOT / "README.md").read_text(encoding="utf-8")
USAGE = (ROOT / "docs/usage.md").read_text(encoding="utf-8")
DESIGN = (ROOT / "docs/design.md").read_text(encoding="utf-8")
TESTING = (ROOT / "docs/testing.md").read_text(encoding="utf-8")
ALL = ("apply", "diff", "check")
_CODE = re.compile(r"`([^`]+)`")


def rows(text: str, *head: str) -> list[list[str]]:
    """The rows of the first table whose head begins with `head`, as stripped cells."""
    lines = iter(text.splitlines())
    for line in lines:
        if _cells(line)[: len(head)] == list(head):
            next(lines)
            return list(_until_end(lines))
    raise AssertionError(f"no table with the head {head}")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("| ").split(" | ")] if line.startswith("|") else []


def _until_end(lines: Iterator[str]) -> Iterator[list[str]]:
    for line in lines:
        if not line.startswith("|"):
            return
        yield _cells(line)


def code(cell: str) -> list[str]:
    """What stands between backquotes."""
    return _CODE.findall(cell)


def _distributions(modules: set[str]) -> set[str]:
    known = packages_distributions()
    return {name.lower().replace("_", "-") for module in modules for name in known.get(module, ())}


def _project() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {"": project["dependencies"], **project["optional-dependencies"]}
    return {key: [re.split(r"[<>=~ ]", line)[0] for line in lines] for key, lines in wanted.items()}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert (document.parent / target).exists(), target
    for name in _CODE.findall(FENCE.sub("", text)):
        if re.match(r"(?:nsfix|tests|docs|samples|\.ci)/[\w./-]+$", name):
            assert (ROOT / name).exists(), f"{document.name} names {name}"


def test_the_table_beside_nsdeps_rests_on_cases() -> None:
    cases = {case.name: case for case in load("quick")}
    table = rows(README, "what is odd", "`make nsdeps`", "nsfix", "case")
    named = [name for row in table for name in code(row[3])]
    assert named
    for name in named:
        assert name in cases, f"{name} is no case"
        assert cases[name].value("peer", "7.x"), f"{name} is no odd case of make nsdeps"


def test_the_cases_of_the_good_rows_are_there() -> None:
    cases = {case.name for case in load("quick")}
    both = README.partition("Both do these well:")[2].partition("\n\n")[0]
    for name in re.findall(r"`([a-z]+(?:_[a-z0-9]+)+)`", both):
        assert name in cases, f"{name} is no case"


def commands() -> dict[str, click.Command]:
    """Every command by its words; a group of commands by those of its members."""
    return {
        name if member is command else f"{name} {member.name}": member
        for name, command in cli.cli.commands.items()
        for member in (command.commands.values() if isinstance(command, click.Group) else (command,))
    }


def test_usage_has_every_option_and_no_other() -> None:
    documented = {
        (name, command)
        for row in rows(USAGE, "option", "of")
        for name in code(row[0])
        for command in ((*ALL, *code(row[1])) if row[1].startswith("all") else code(row[1]))
    }
    real = {
        (name, name_of)
        for name_of, command in commands().items()
        for parameter in command.get_params(click.Context(command, help_option_names=["-h", "--help"]))
        if isinstance(parameter, click.Option)
        for name in parameter.opts
    }
    assert documented == real


def test_usage_has_every_command_and_no_other() -> None:
    documented = {name for row in rows(USAGE, "command") for name in code(row[0])}
    assert documented == {f"nsfix {name}" for name in commands()}


def test_usage_has_every_key_of_the_settings() -> None:
    assert [code(row[0])[0] for row in rows(USAGE, "key", "value")] == list(settings.KEYS)


def test_usage_has_the_rules_that_are_given() -> None:
    names = {
        value: name for name, value in vars(model).items() if isinstance(value, str) and value in model.RULES
    }
    given = {
        value
        for value, name in names.items()
        for path in (ROOT / "nsfix").rglob("*.py")
        if path.name != "model.py" and re.search(rf"\b{name}\b", path.read_text(encoding="utf-8"))
    }
    assert {code(row[0])[0] for row in rows(USAGE, "rule")} == given


def test_exit_codes_are_told_alike() -> None:
    told = [[row[0] for row in rows(text, "code", "`check`")] for text in (README, USAGE)]
    codes = [str(code) for code in (cli.NOTHING, cli.FINDINGS, cli.FAILURE)]
    assert told == [codes, codes]


def test_every_room_is_in_the_design_with_what_it_imports() -> None:
    table = {code(row[0])[0]: set(code(row[2])) for row in rows(DESIGN, "room")}
    real: dict[str, set[str]] = {}
    for source in SOURCES:
        names = {name[1] for name in imported(source) if name[0] == "nsfix" and len(name) > 1}
        real.setdefault(room_of(source), set()).update(names - {room_of(source), "__init__"})
    real = {room: names for room, names in real.items() if not room.startswith("__")}
    assert table.keys() == real.keys()
    for room, names in real.items():
        assert names <= table[room], f"{room} imports more than the design says"
        # A room that is missing from that table is the business of tests/test_layers.py.
        told = table[room] & MAY_IMPORT.keys()
        assert told <= MAY_IMPORT.get(room, told), f"the design says more of {room} than is allowed"


def test_every_dependency_has_its_reason() -> None:
    used = {name[0] for source in SOURCES for name in imported(source)}
    table = {
        code(row[0])[0]
        for row in rows(DESIGN, "package", "why", "version", "licence", "brings", "size", "wheel")
    }
    assert table == _distributions(used - {"nsfix"})
    assert table <= set(_project()[""])


def test_every_tool_for_development_has_its_reason() -> None:
    text = DESIGN.partition("For work on nsfix itself:")[2]
    assert {code(row[0])[0] for row in rows(text, "package")} == set(_project()["dev"])


def test_marks_are_those_of_the_project() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"][
        "ini_options"
    ]
    marks = {line.partition(":")[0] for line in options["markers"]}
    table = {row[0].strip("`"): row for row in rows(TESTING, "tier")}
    assert set(table) == marks | {"quick"}
    assert ("no test has this mark yet" in table["truth"][2]) != _is_marked("truth")


def _is_marked(mark: str) -> bool:
    """Whether any test has the mark `mark`."""
    return any(
        isinstance(node, ast.Attribute) and ast.unparse(node) == f"pytest.mark.{mark}"
        for path in (ROOT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )
