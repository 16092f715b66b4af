"""What docs/how-it-reads.md calls not modelled: nsfix and modpost really differ there, and differ that way.

A line of the document whose test fails here is no longer true; take it out, and be glad.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.docs.documents import ROOT
from tests.kernel.building import build_alone
from tests.kernel.conftest import kernel_of
from tests.support import missing_by_nsfix, nsfix

DOCUMENT = (ROOT / "docs/how-it-reads.md").read_text(encoding="utf-8")
HEAD = "#include <linux/module.h>\nvoid cxl_bus_rescan(void);\n"
TAIL = 'module_init(t_init);\nMODULE_LICENSE("GPL");\n'
BODIES = {
    "range": "static int v;\nmodule_param(v, int, 0);\n{unsigned x = v & 3; if (x > 9) cxl_bus_rescan();}",
    "parameter": "static noinline void f(int a)\n{\n\tif (a)\n\t\tcxl_bus_rescan();\n}\n{f(0);}",
    "set-twice": "{int x = 0; x = 0; if (x) cxl_bus_rescan();}",
    "pointer": "{void *p = NULL; if (p) cxl_bus_rescan();}",
    "loop": "{int n; for (n = 0; n < 0; n++) cxl_bus_rescan();}",
    "enumerator": "enum { ZERO, ONE };\n{if (ZERO) cxl_bus_rescan();}",
    "sizeof": "{if (sizeof(long) != 8) cxl_bus_rescan();}",
    "cast": "{if ((unsigned char)256) cxl_bus_rescan();}",
    "member": "struct o { int x; };\nstatic const struct o k = { .x = 0 };\n{if (k.x) cxl_bus_rescan();}",
    "table": "struct o { void (*f)(void); int n; };\n"
    "static const struct o k = { .f = cxl_bus_rescan, .n = 4 };\n{return k.n - 4;}",
    "noreturn": '{panic("x"); cxl_bus_rescan();}',
    "generic": "{_Generic(1, int: t_exit, default: cxl_bus_rescan)();}",
    "strlen": '{if (__builtin_strlen("")) cxl_bus_rescan();}',
}


def write_modules(directory: Path) -> Path:
    """One module for each limit, named after it."""
    directory.mkdir()
    (directory / "Kbuild").write_text("".join(f"obj-m += {name}.o\n" for name in BODIES))
    for name, text in BODIES.items():
        before, body = re.fullmatch(r"(.*?)\{([^\n]*)\}", text, re.DOTALL).groups()  # type: ignore[union-attr]
        init = f"static int __init t_init(void)\n{{\n\t{body}\n\treturn 0;\n}}\n"
        helper = "static void t_exit(void)\n{\n}\nmodule_exit(t_exit);\n"
        (directory / f"{name}.c").write_text(HEAD + helper + before + init + TAIL)
    return directory


def _named_by_nsfix(directory: Path, kdir: Path) -> set[str]:
    result = nsfix("check", "--format", "json", f"M={directory}", f"KDIR={kdir}", cwd=directory)
    assert result.code == 1, result.said
    return {module for module, namespace in missing_by_nsfix(json.loads(result.out)) if namespace == "CXL"}


def test_the_document_lists_these_limits() -> None:
    text = DOCUMENT.partition("## Not modelled")[2]
    assert re.findall(r"^- `([a-z-]+)`: ", text, re.MULTILINE) == [*sorted(BODIES, key=_place(text))]


def _place(text: str):  # type: ignore[no-untyped-def]
    return lambda name: text.find(f"- `{name}`: ")


def test_nsfix_has_these_limits(tmp_path: Path, fake_kernels: dict[str, Path]) -> None:
    directory = write_modules(tmp_path / "m")
    assert _named_by_nsfix(directory, fake_kernels["6.12"]) == set(BODIES)


@pytest.mark.kernel
def test_modpost_says_otherwise(tmp_path: Path) -> None:
    kernel = kernel_of("6.12")
    directory = write_modules(tmp_path / "m")
    assert _named_by_nsfix(directory, kernel.kdir) == set(BODIES)
    judged = build_alone(kernel, directory)
    assert not {module for module, namespace in judged.missing if namespace == "CXL"}, judged.log
