"""What a symbol, a namespace and a module may be called, the same for every kind of evidence.

A name that a tool printed is believed only if it has the shape that the kernel's own names have: evidence
ends in edits, and a name cut in half or read from freed memory must not.
"""

from __future__ import annotations

import re

_SYMBOL = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")
_LIST_WORD = rb"(?:[A-Za-z0-9_][A-Za-z0-9_.+-]*\*?|\*)"
_NAMESPACE = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*|module:" + _LIST_WORD + rb"(?:," + _LIST_WORD + rb")*")
_FILE_NAME = rb"[^\x00-\x20\x7f/:'\"()<>$%`\\,;]+"
_MODULE = re.compile(rb"/?" + _FILE_NAME + rb"(?:/" + _FILE_NAME + rb")*")

_SHOWN_BYTES = 120


def is_symbol(name: bytes) -> bool:
    """Whether `name` is a C identifier."""
    return _SYMBOL.fullmatch(name) is not None


def is_namespace(name: bytes) -> bool:
    """Whether `name` is a C identifier or a `module:` list such as `module:kvm,kvm-*`.

    No kernel's Module.symvers has been seen to hold another shape.
    """
    return _NAMESPACE.fullmatch(name) is not None


def is_module(name: bytes) -> bool:
    """Whether `name` can be a module's name or path, without its suffix."""
    return _MODULE.fullmatch(name) is not None


def path_text(raw: bytes) -> str:
    """A path as Python's own file functions take it, whatever its encoding."""
    return raw.decode("utf-8", "surrogateescape")


def shown(raw: bytes) -> str:
    """Bytes from a file, safe for a message: one line, printable, at most 120 bytes of the original."""
    text = raw[:_SHOWN_BYTES].decode("utf-8", "backslashreplace")
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return printable + ("…" if len(raw) > _SHOWN_BYTES else "")
