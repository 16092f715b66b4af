"""What a source says of its licence where that can be told without its headers.

For the great many modules of a tree that need no namespace, all that is asked is how they are licensed.
"""

from __future__ import annotations

import re

from nsfix.csource.moduleinfo import InfoEntry

_LICENCE = re.compile(rb'\nMODULE_LICENSE[ \t]*\([ \t]*("[^"\\\n]*")[ \t]*\)[ \t]*;')
_OPENING = re.compile(rb"\n[ \t]*#[ \t]*if")
_CLOSING = re.compile(rb"\n[ \t]*#[ \t]*endif")


def plain_licence(path: str, text: bytes) -> InfoEntry | None:
    """The one MODULE_LICENSE of `text`, a string at the start of a line under no condition; None where it is not
    so, be it that there is none. Raises ValueError where only an exact reading can tell."""
    if b"MODULE_LICENSE" not in text and b"IMPORT_NS" not in text:
        return None
    match = _LICENCE.search(text)
    if match is None or text.count(b"MODULE_LICENSE") > 1 or b"IMPORT_NS" in text:
        raise ValueError(path)
    start = match.start() + 1
    commented = text.rfind(b"/*", 0, start) > text.rfind(b"*/", 0, start)
    conditions = len(_OPENING.findall(text, 0, start)) - len(_CLOSING.findall(text, 0, start))
    if commented or conditions:
        raise ValueError(path)
    value = match[1][1:-1].decode("utf-8", "surrogateescape")
    return InfoEntry("license", value, path, start, text.count(b"\n", 0, start) + 1, value)
