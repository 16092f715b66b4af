"""How an import is written for a kernel, and which namespaces cannot be."""

from __future__ import annotations

import re

from nsfix.model import MODULE_LIST_PREFIX, Spelling

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What cannot stand in a string literal, or has no bytes (surrogateescape gives some surrogates bytes).
_NOT_IN_STRING = re.compile(r'[\x00-\x1f\x7f"\\\ud800-\udc7f\udd00-\udfff]')


def namespace_fault(namespace: str, spelling: Spelling) -> str | None:
    """Why `namespace` cannot be imported on a kernel of this spelling; None where it can."""
    if spelling is Spelling.NONE:
        return "this kernel has no MODULE_IMPORT_NS"
    if namespace.startswith(MODULE_LIST_PREFIX):
        return f"{namespace} cannot be imported: only whoever exports the symbol can add this module to that list"
    if spelling is Spelling.IDENTIFIER and not _IDENTIFIER.fullmatch(namespace):
        return f"{namespace!a} is no valid namespace here: this kernel's MODULE_IMPORT_NS takes an identifier"
    if not namespace or _NOT_IN_STRING.search(namespace):
        return f"{namespace!a} is no valid namespace: it cannot be written as a string"
    return None


def argument(namespace: str, spelling: Spelling) -> bytes:
    """`namespace` as the argument of MODULE_IMPORT_NS."""
    name = namespace.encode("utf-8", "surrogateescape")
    return b'"%b"' % name if spelling is Spelling.STRING else name


def spell(namespace: str, spelling: Spelling) -> bytes:
    """The statement that imports `namespace`."""
    return b"MODULE_IMPORT_NS(%b);" % argument(namespace, spelling)
