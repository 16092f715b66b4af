"""What is kept of an external module directory never differs from what a fresh reading of it says."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from nsfix.project import Request
from tests.live.workspace import EDITS, Change, Workspace, changes

FILES = {
    "main.c": '#include <linux/module.h>\n#include "own.h"\nstatic int __init start(void)\n{\n'
    "\town_release(0);\n\treturn deep_rescan();\n}\nmodule_init(start);\n"
    'MODULE_LICENSE("GPL");\nMODULE_DESCRIPTION("one");\n',
    "buffer.c": '#include "own.h"\nvoid buffer_take(int fd);\nvoid buffer_take(int fd)\n{\n'
    "\tdma_buf_put(dma_buf_get(fd));\n#ifdef SECOND\n\tcxl_bus_rescan();\n#endif\n}\n",
    "own.h": '#ifndef OWN_H\n#define OWN_H\n#include <linux/dma-buf.h>\n#include "deep.h"\n'
    "#define RELEASE(x) dma_buf_put(x)\n"
    "static inline void own_release(struct dma_buf *b)\n{\n\tRELEASE(b);\n}\n#endif\n",
    "deep.h": "int cxl_bus_rescan(void);\nint cxl_bus_drain(void);\n"
    "static inline int deep_rescan(void)\n{\n\treturn cxl_bus_rescan();\n}\n",
    "two.c": "#include <linux/module.h>\nint two_do(void);\nint two_more(void);\n"
    'int two_do(void) { return 0; }\nint two_more(void) { return 0; }\nEXPORT_SYMBOL_NS_GPL(two_do, "TWO");\n'
    'EXPORT_SYMBOL_GPL(two_more);\nMODULE_LICENSE("GPL");\n',
    "user.c": "#include <linux/module.h>\nint two_do(void);\nint two_more(void);\nint use(void);\n"
    'int use(void)\n{\n\treturn two_do() + two_more();\n}\nMODULE_LICENSE("GPL");\nMODULE_IMPORT_NS("TWO");\n',
    "late.h": "#define SECOND\n",
    "Kbuild": "obj-m := one.o two.o user.o\none-y := main.o\none-y += buffer.o\n",
}
SOURCES = ("main.c", "buffer.c", "two.c", "user.c", "own.h")
HAPPENINGS = st.lists(
    st.one_of(changes(*EDITS), changes("rest", "open", "open", "save", "close", "revert", "delete")),
    min_size=4,
    max_size=12,
)


@pytest.fixture(autouse=True)
def headers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers of the kernel are looked at with every question."""
    monkeypatch.setattr("nsfix.live.external.HEADERS_EVERY", 0.0)


def workspace(home: Path, kdirs: tuple[Path, ...]) -> Workspace:
    kernels = [str(kdir) for kdir in kdirs]
    request = Request(str(home / "m"), kdir=kernels[0], further=tuple(kernels[1:]))
    return Workspace(home / "m", FILES, SOURCES, request)


RANDOM = settings(
    max_examples=15,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@RANDOM
@given(HAPPENINGS, st.sampled_from([("6.12",), ("7.x",), ("6.12", "7.x")]))
def test_random_changes(
    fake_kernels: dict[str, Path], happenings: list[Change], series: tuple[str, ...]
) -> None:
    with TemporaryDirectory() as directory:
        space = workspace(Path(directory), tuple(fake_kernels[one] for one in series))
        space.assert_agreement()
        for number, change in enumerate(happenings):
            space.make(change)
            for what in space.assert_agreement(space.source(change.file + number)):
                event(what)
        space.assert_agreement()


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_goes_and_comes_back(tmp_path: Path, fake_kernels: dict[str, Path], name: str) -> None:
    space = workspace(tmp_path, (fake_kernels["6.12"],))
    index = list(FILES).index(name)
    space.assert_agreement()
    for what in ("delete", "revert", "open", "delete", "revert"):
        space.make(Change(what, index, 0, 0))
        space.assert_agreement()
