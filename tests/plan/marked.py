"""Texts with marks: what a plan must make of them.

A line that begins with `+` must appear and stands in no input. A statement whose line ends in `// dead` is
not compiled. A plan is held to its lines, to every byte around them, and to what is read of it afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

from nsfix.csource.statements import read_layout
from nsfix.edits import apply
from nsfix.model import Spelling
from nsfix.plan import Fix, Refusal, SourceView, plan_imports

DEAD = b"// dead"


def view(
    text: bytes,
    path: str = "t.c",
    *,
    certain: bool = True,
    generated: bool = False,
    shared_with: tuple[str, ...] = (),
    shared_not_needing: tuple[str, ...] = (),
    editable: str | None = None,
    compiled: dict[bytes, dict[str, str]] | None = None,
) -> SourceView:
    """A source as the engine would describe it; `compiled` tells what arguments compile to."""
    layout = read_layout(path, text)
    known = {
        s.start: (compiled or {}).get(s.argument, {})
        for s in layout.statements
        if not _line_at(text, s.end).endswith(DEAD)
    }
    return SourceView(
        layout, known if certain else {}, certain, generated, shared_with, shared_not_needing, editable
    )


def _line_at(text: bytes, offset: int) -> bytes:
    end = text.find(b"\n", offset)
    return text[text.rfind(b"\n", 0, offset) + 1 : end if end >= 0 else len(text)].rstrip()


def split(marked: str, encoding: str = "latin-1", eol: str = "\n") -> tuple[bytes, bytes]:
    """The text before and after, of a marked one."""
    lines = marked.splitlines()
    before = "".join(f"{line}{eol}" for line in lines if not line.startswith("+"))
    after = "".join(f"{line.removeprefix('+')}{eol}" for line in lines)
    return before.encode(encoding), after.encode(encoding)


def assert_planned(marked: str, *names: str, spelling: Spelling = Spelling.STRING, eol: str = "\n") -> None:
    """The plan for `names` makes the marked lines of the marked text and nothing else, with and without a
    kernel at hand where no line is marked dead."""
    before, after = split(marked, eol=eol)
    for certain in (True, False) if DEAD not in before else (True,):
        assert_becomes(before, after, names, spelling, certain)


def assert_becomes(
    before: bytes,
    after: bytes,
    names: Sequence[str],
    spelling: Spelling = Spelling.STRING,
    certain: bool = True,
) -> Fix:
    """The plan for `names` turns `before` into `after`, and what it wrote is read again as imports."""
    fix = plan_imports("t", names, [view(before, certain=certain)], spelling)
    assert isinstance(fix, Fix), fix
    assert apply(before, fix.edits).decode("latin-1") == after.decode("latin-1")
    assert_kept(before, fix)
    return fix


def assert_kept(before: bytes, fix: Fix) -> None:
    """All edits insert, and each namespace is then imported once more than before, at file scope."""
    assert all(edit.start == edit.end for edit in fix.edits)
    after = read_layout(fix.file, apply(before, fix.edits)).statements
    here = read_layout(fix.file, before).statements
    for name in fix.namespaces:
        count = [
            sum(
                s.argument.strip(b'"') == name.encode()
                and s.macro == "MODULE_IMPORT_NS"
                and not s.in_function
                for s in statements
            )
            for statements in (here, after)
        ]
        assert count[1] == count[0] + 1, name
    assert len(after) == len(here) + len(fix.namespaces)


def refusal(*sources: SourceView, names: Sequence[str] = ("CXL",), **more: bool) -> Refusal:
    """The refusal that planning for these sources ends in."""
    outcome = plan_imports("t", names, sources, Spelling.STRING, **more)
    assert isinstance(outcome, Refusal), outcome
    return outcome
