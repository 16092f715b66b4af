"""What is kept of a kernel's own tree never differs from what a fresh reading of it says."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from nsfix.project import Request
from tests.fake_kernel import make_kernel
from tests.in_tree.test_tree import EXPORTING, FILES, LICENCE, USING
from tests.live.workspace import EDITS, Change, Workspace, changes

INLINE = "int core_one(void);\nstatic inline int twice(void)\n{\n\treturn core_one() + core_one();\n}\n"
EDITED = {
    "drivers/stor/Makefile": FILES["drivers/stor/Makefile"].replace("user.o", "user.o own.o"),
    "drivers/stor/one.c": FILES["drivers/stor/one.c"],
    "drivers/stor/two.c": FILES["drivers/stor/two.c"],
    "drivers/stor/user.c": FILES["drivers/stor/user.c"],
    "drivers/stor/own.h": INLINE,
    "drivers/stor/own.c": '#include <linux/module.h>\n#include "own.h"\nint use(void) { return twice(); }\n'
    + LICENCE,
    "drivers/late/asm.c": USING.format("flush_all"),
    "kernel/core.c": EXPORTING.format("core_one") + 'EXPORT_SYMBOL_NS_GPL(core_one, "CORE");\n',
    "include/linux/shared.h": "int stor_two(void);\nstatic inline int shared(void) { return stor_two(); }\n",
    "drivers/late/sharing.c": "#include <linux/module.h>\n#include <linux/shared.h>\n"
    "int use(void) { return shared(); }\n" + LICENCE,
}
# A tree is looked through by words before it is read; of a header that is no C, or that
# includes what is not there, that may say less than reading does.
CALLING = "int {0}(void);\nstatic inline int {1}(void) {{ return {0}(); }}\n"
HEADERS = {
    "drivers/stor/own.h": (
        INLINE,
        INLINE.replace("core_one() + ", ""),
        CALLING.format("stor_two", "twice"),
        CALLING.format("flush_all", "once") + "#define twice once\n",
        "static inline int twice(void) { return 0; }\n",
        "#ifdef CONFIG_PM\n" + INLINE + "#endif\n",
        "#if 0\n" + INLINE + "#endif\n",
        CALLING.format("late", "twice"),
        INLINE + 'MODULE_IMPORT_NS("CORE");\n',
        "",
    ),
    "include/linux/shared.h": (
        CALLING.format("stor_two", "shared"),
        CALLING.format("core_one", "shared"),
        "#define shared() stor_one()\nint stor_one(void);\n",
        "\n\n" + CALLING.format("stor_two", "shared"),
        "",
    ),
}
FURTHER = {
    "drivers/late/Makefile": FILES["drivers/late/Makefile"].replace("asm.o", "asm.o sharing.o"),
}
SOURCES = ("drivers/stor/two.c", "drivers/stor/user.c", "drivers/stor/own.c", "drivers/late/sharing.c")


@pytest.fixture(autouse=True)
def headers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers are looked at with every question."""
    monkeypatch.setattr("nsfix.live.tree.HEADERS_EVERY", 0.0)


def workspace(home: Path) -> Workspace:
    top = make_kernel(home / "linux", "7.x")
    for built in ("Module.symvers", "include/config/auto.conf", "include/generated/autoconf.h"):
        (top / built).unlink()
    files = FILES | FURTHER | EDITED
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    return Workspace(top, EDITED, SOURCES, Request(str(top)), HEADERS)


@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.one_of(changes(*EDITS), changes("rest", "open", "open", "save", "close", "revert", "delete")),
        min_size=4,
        max_size=8,
    )
)
def test_random_changes(happenings: list[Change]) -> None:
    with TemporaryDirectory() as directory:
        space = workspace(Path(directory))
        space.assert_agreement()
        for number, change in enumerate(happenings):
            space.make(change)
            space.look_through()
            for what in space.assert_agreement(space.source(change.file + number)):
                event(what)
        space.assert_agreement()
