"""Random files: whatever a plan makes of them, all bytes stay, and what is new counts as the licence does."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from nsfix.csource.lexer import blank_comments
from nsfix.csource.statements import read_layout
from nsfix.edits import apply
from nsfix.model import Spelling
from nsfix.plan import Fix, SourceView, plan_imports

PIECES = [
    b'MODULE_LICENSE("GPL");', b'MODULE_LICENSE (\n"GPL"\n) ;', b'MODULE_LICENSE("GPL")',
    b'MODULE_IMPORT_NS("CXL");', b"MODULE_IMPORT_NS(PWM);", b'MODULE_IMPORT_NS("A");',
    b'MODULE_AUTHOR("J\xf6rg");', b'MODULE_INFO(license, "GPL");', b"module_init(f);",
    b"/* a */", b"/* a\nb */", b"// a", b"// a \\\n b", b"/*", b"*/", b'"', b"'", b"\\",
    b"#if 0", b"#ifdef X", b"# ifndef Y /* a\nb */", b"#else", b"#elif Z", b"#endif", b"#endif // x",
    b"#define M MODULE_LICENSE(\\\n0)", b"#include <a.h>", b'const char *s = "MODULE_LICENSE(0); // {";',
    b"static int f(void)", b"{", b"}", b"int x = '{';", b";", b"\xff", b"", b" ", b"\t",
]  # fmt: skip
ENDINGS = [b"\n", b"\n", b"\n", b"\r\n", b" ", b""]
TEXTS = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(ENDINGS)), max_size=25).map(
    lambda pieces: b"".join(a + b for a, b in pieces)
)


def planned(text: bytes, certain: bool, dead: set[int]) -> tuple[SourceView, Fix] | None:
    layout = read_layout("t.c", text)
    compiled = {s.start: {} for i, s in enumerate(layout.statements) if i not in dead}
    source = SourceView(layout, compiled, certain, False, (), (), None)
    outcome = plan_imports("t", ["CXL", "DMA_BUF"], [source], Spelling.STRING)
    return (source, outcome) if isinstance(outcome, Fix) else None


@settings(max_examples=500, deadline=None)
@given(text=TEXTS, certain=st.booleans(), dead=st.sets(st.integers(0, 8), max_size=2))
def test_all_bytes_stay_and_what_is_new_counts(text: bytes, certain: bool, dead: set[int]) -> None:
    result = planned(text, certain, dead)
    if result is None:
        return
    source, fix = result
    assert all(edit.start == edit.end for edit in fix.edits)
    after = apply(text, fix.edits)
    fresh = []
    position = 0
    for index, edit in enumerate(fix.edits):
        grown = sum(len(e.new) for i, e in enumerate(fix.edits) if (e.start, i) < (edit.start, index))
        fresh.append((edit.start + grown, edit.start + grown + len(edit.new)))
    kept = b""
    for start, end in sorted(fresh):
        kept += after[position:start]
        position = end
    assert kept + after[position:] == text
    anchors = [s for s in source.layout.statements if source.active(s)]
    assert_counts(after, fresh, {tuple(index for _, index in s.arms) for s in anchors})


def assert_counts(after: bytes, fresh: list[tuple[int, int]], known: set[tuple[int, ...]]) -> None:
    """Each new line is one statement at file scope, in no comment, and in no arm without a statement."""
    statements = read_layout("t.c", after).statements
    plain = blank_comments(after)
    for start, end in fresh:
        [statement] = [s for s in statements if start <= s.start and s.end <= end]
        assert statement.macro == "MODULE_IMPORT_NS" and not statement.in_function
        assert plain[start:end] == after[start:end]
        arms = tuple(index for _, index in statement.arms)
        assert any(arms == place[: len(arms)] for place in known)


@settings(max_examples=150, deadline=None)
@given(text=TEXTS)
def test_lines_end_as_they_did(text: bytes) -> None:
    result = planned(text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), True, set())
    if result is not None:
        source, fix = result
        if b"\r\n" in source.layout.text:
            after = apply(source.layout.text, fix.edits)
            assert after.count(b"\n") == after.count(b"\r\n")
