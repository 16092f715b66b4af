"""Where an import would go in a module whose licence stands in Rust: said, never written.

`module!` and its wrappers take `imports_ns: ["NS"],` among their fields, each at most once and in one order
(rust/macros/module.rs).
"""

from __future__ import annotations

from collections.abc import Sequence

from nsfix.plan.imports import Refusal
from nsfix.rust.modinfo import ModuleBlock, RustSide

_FIELD = "imports_ns"
# Where the kernel does not tell: the fields that came after it so far.
_AFTER = ("params",)


def refuse_rust(module: str, namespaces: Sequence[str], rust: RustSide) -> Refusal:
    """What a person would have to write, and where, so that `module` imports `namespaces`."""
    names = sorted(set(namespaces))
    if not rust.compiled:
        root = rust.files[0] if rust.files else None
        return Refusal(
            f"no module! of {module} is compiled in its Rust sources, and no C source has a MODULE_LICENSE: "
            "there is nothing that could take the import",
            root,
            1,
        )
    block = rust.compiled[0]
    if not rust.takes_imports:
        return Refusal(
            f"{block.macro}! of this kernel knows no {_FIELD} (rust/macros/module.rs), so that Rust cannot import; "
            f"only a C source of {module} with MODULE_LICENSE could",
            block.file,
            block.line,
        )
    reason, line = _advice(block, names, rust.fields)
    doubt = "" if rust.fields is not None else f"; whether this kernel knows {_FIELD} could not be seen"
    return Refusal(f"Rust is not edited: {reason}{doubt}", block.file, line)


def _advice(block: ModuleBlock, names: Sequence[str], fields: Sequence[str] | None) -> tuple[str, int]:
    """What to add, and the line that it goes to or behind."""
    if block.given is not None and block.given.imports:
        every = _listed([*block.given.imports, *names])
        return (
            f"{block.macro}! gives {_FIELD} by itself ({block.given.file}:{block.given.line}), and it may stand "
            f"only once; use the macro that it is made of, with `{_FIELD}: [{every}],`",
            block.line,
        )
    if block.imports_line is not None:
        line = block.imports[-1].line if block.imports else block.imports_line
        return f"add {_listed(names)} to {_FIELD}, in {block.macro}!", line
    text = f"`{_FIELD}: [{_listed(names)}],`"
    later = fields[list(fields).index(_FIELD) + 1 :] if fields is not None else _AFTER
    before = [(field, line) for field, line in block.fields if field not in later]
    if not before:
        return f"add {text} to {block.macro}!", block.line
    field, line = before[-1]
    if line == block.line:
        return f"add {text} behind `{field}`, in {block.macro}!", line
    return f"add the line {text} after line {line}, behind `{field}`, in {block.macro}!", line


def _listed(names: Sequence[str]) -> str:
    escaped = (name.replace("\\", "\\\\").replace('"', '\\"') for name in names)
    return ", ".join(f'"{name}"' for name in escaped)
