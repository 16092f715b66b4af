"""Random guards, mended for upstream from a version on: gcc's preprocessor has to find every version right."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.bounds import Version, bounds_in, imports_on, needs_gcc, versions_round
from tests.support import nsfix

VERSIONS = st.sampled_from(
    [(4, 19, 0), (5, 4, 0), (5, 16, 0), (6, 1, 7), (6, 12, 0), (6, 13, 0), (6, 15, 0), (7, 1, 0)]
)
NAMES = st.sampled_from(["DMA_BUF", "CXL"])
HEAD = "#include <linux/module.h>\n#include <linux/version.h>\n#define V LINUX_VERSION_CODE\n"


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    """A condition on the version, either way round, perhaps a range."""
    number = "KERNEL_VERSION({}, {} ,{})".format(*draw(VERSIONS))
    word = draw(st.sampled_from(["LINUX_VERSION_CODE", "V"]))
    form = draw(
        st.sampled_from(["{w} >= {n}", "{n} <= {w}", "{w} < {n}", "!({w} < {n})", "{w}>={n} && {w} < {m}"])
    )
    more = "KERNEL_VERSION({}, {}, {})".format(*draw(VERSIONS))
    return form.format(w=word, n=number, m=more)


imports = st.builds(
    lambda name, quoted: f'MODULE_IMPORT_NS("{name}");\n' if quoted else f"MODULE_IMPORT_NS({name});\n",
    NAMES,
    st.booleans(),
)


@st.composite
def blocks(draw: st.DrawFn, depth: int = 0) -> str:
    """Imports, under conditions or not."""
    if depth > 1 or draw(st.booleans()):
        return "".join(draw(st.lists(imports, min_size=depth > 0, max_size=2)))
    opener = draw(st.one_of(st.builds("if {}".format, comparisons()), st.just("ifdef MODULE_IMPORT_NS")))
    text = f"#{opener}\n{draw(blocks(depth + 1))}"
    if draw(st.booleans()):
        text += f"#elif {draw(comparisons())}\n{draw(blocks(depth + 1))}"
    if draw(st.booleans()):
        text += f"#else\n{draw(blocks(depth + 1))}"
    return text + "#endif\n"


def found(source: str, version: Version) -> tuple[set[str], set[str]]:
    """The namespaces that are imported on a version, and what is wrong there."""
    there = imports_on(source, version)
    return {name for name, right in there if right}, {name for name, right in there if not right}


@needs_gcc
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(blocks(), max_size=3), st.sampled_from(["4.19", "5.4", "5.10", "6.1", "6.13"]))
def test_every_version_is_right(parts: list[str], since: str) -> None:
    source = HEAD + 'MODULE_LICENSE("GPL");\n' + "".join(parts) + 'MODULE_DESCRIPTION("t");\n'
    with TemporaryDirectory() as home:
        directory = Path(home, "m")
        directory.mkdir()
        (directory / "Kbuild").write_text("obj-m := t.o\n")
        (directory / "t.c").write_text(source)
        words = [f"M={directory}", "--since", since]
        result = nsfix("apply", *words, cwd=directory)
        after = (directory / "t.c").read_text()
        again = nsfix("apply", *words, cwd=directory)
        assert (directory / "t.c").read_text() == after, again.said
    assert result.code in (0, 1), result.said
    event("refused" if result.code else "mended" if after != source else "right as it is")
    if result.code:
        assert "not mended" in result.err
        return
    major, _, minor = since.partition(".")
    versions = [*versions_round(bounds_in(source, after), (int(major), int(minor), 0))]
    first: dict[str, Version] = {}
    for version in versions:
        right, wrong = found(source, version)
        for name in right | wrong:
            first.setdefault(name.removeprefix("MODULE_IMPORT_NS(").rstrip(")").strip('"\\'), version)
    for version in versions:
        right, wrong = found(after, version)
        assert not wrong, f"{version}: {wrong}\n{source}\n----\n{after}"
        if version >= (5, 4, 0):
            needed = {name for name, since_then in first.items() if version >= since_then}
            assert right >= needed, f"{version}: {needed - right}\n{source}\n----\n{after}"
