"""For every configuration at once: one to begin with under which the kernel exports anything.

Before 6.4, CONFIG_TRIM_UNUSED_KSYMS leaves out in linux/export.h itself what no module of that build uses.
"""

from __future__ import annotations

import os
from dataclasses import replace

from nsfix.kernel.anyconfig import AnyTree
from nsfix.kernel.tree import KernelBuild
from nsfix.scan.plainexports import asked_by, exports_at_all
from nsfix.scan.units import ReadFile


def exporting(tree: AnyTree, read: ReadFile) -> AnyTree:
    """`tree`, with one of the symbols that linux/export.h asks for changed if nothing is exported as they are; the
    same where that does not help."""
    kernel = tree.kernel
    if exports_at_all(kernel, read):
        return tree
    header = read(f"{kernel.source_dir}/include/linux/export.h") or b""
    for symbol in map(os.fsdecode, sorted(asked_by(header))):
        for value in tree.config.values(symbol):
            changed = _with(kernel, symbol, value)
            if exports_at_all(changed, read):
                return replace(tree, kernel=changed)
    return tree


def _with(kernel: KernelBuild, symbol: str, value: str) -> KernelBuild:
    """`kernel` with CONFIG_X `symbol` being n, m or y."""
    name = os.fsencode(symbol)
    config = {key: known for key, known in kernel.config.items() if key != symbol}
    macros = {key: body for key, body in kernel.config_macros.items() if key not in (name, name + b"_MODULE")}
    if value != "n":
        config[symbol] = value
        macros[name if value == "y" else name + b"_MODULE"] = b"1"
    return replace(kernel, config=config, config_macros=macros)
