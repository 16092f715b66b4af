"""What a source says of its licence and its imports where that can be told without its headers.

For the great many modules of a tree that need no namespace, all that is asked is how they are licensed; and what
visibly is imported need not be proven to be needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from nsfix.csource.moduleinfo import InfoEntry
from nsfix.model import Spelling
from nsfix.scan.given import definitions

_LICENCE = re.compile(rb'\nMODULE_LICENSE[ \t]*\([ \t]*("[^"\\\n]*")[ \t]*\)[ \t]*;')
_IMPORT = re.compile(rb'\nMODULE_IMPORT_NS[ \t]*\([ \t]*("?)([\w.-]+)\1[ \t]*\)[ \t]*;')
_OPENING = re.compile(rb"\n[ \t]*#[ \t]*if")
_INFO = re.compile(rb"\b_*MODULE_INFO\b(?:[ \t\\\r\n]*\([ \t]*(\w+)[ \t]*,)?")
_STATEMENT = re.compile(rb"\bMODULE_\w+")
_HEAD = re.compile(rb"\(([^()]*)\)")
_TELLING = (b"license", b"import_ns")
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
    if not stands_free(text, start):
        raise ValueError(path)
    value = match[1][1:-1].decode("utf-8", "surrogateescape")
    return InfoEntry("license", value, path, start, text.count(b"\n", 0, start) + 1, value)


def plain_imports(path: str, text: bytes, spelling: Spelling) -> frozenset[bytes]:
    """The namespaces that `text` imports, each in a statement at the start of a line under no condition. Raises
    ValueError where only an exact reading can tell, be it that one is spelled as this kernel does not take it."""
    count = text.count(b"IMPORT_NS")
    if not count:
        return frozenset()
    found = list(_IMPORT.finditer(text))
    if len(found) != count or any(bool(m[1]) != (spelling is Spelling.STRING) for m in found):
        raise ValueError(path)
    if not all(stands_free(text, match.start() + 1) for match in found):
        raise ValueError(path)
    return frozenset(match[2] for match in found)


def quiet_statements(texts: Iterable[bytes]) -> frozenset[bytes]:
    """The MODULE_ macros that `texts`, the kernel's headers with module statements, define and that say nothing of a
    licence or an import, such as `MODULE_FIRMWARE`, which is `MODULE_INFO(firmware, ...)`."""
    bodies: dict[bytes, list[bytes]] = {}
    for text in texts:
        for name, body in definitions(text):
            if name.startswith(b"MODULE_") and name != b"MODULE_INFO":
                bodies.setdefault(name, []).append(body)
    quiet = {name for name, some in bodies.items() if not any(map(_may_tell, some))}
    known = quiet | {b"MODULE_INFO"}
    while loud := {n for n in quiet if any(not known.issuperset(_STATEMENT.findall(b)) for b in bodies[n])}:
        quiet -= loud
        known -= loud
    return frozenset(quiet)


def _may_tell(body: bytes) -> bool:
    """Whether a macro of this definition makes an entry for a licence, an import, or for what it is given."""
    head = _HEAD.match(body)
    given = frozenset(head[1].replace(b" ", b"").split(b",")) if head is not None else frozenset[bytes]()
    return any(not tag or tag in _TELLING or tag in given for tag in _INFO.findall(body))


def stands_free(text: bytes, start: int) -> bool:
    """Whether the line at the byte offset `start` is in no comment, under no condition, and goes on no other."""
    if text[max(start - 3, 0) : start].rstrip(b"\r\n").endswith(b"\\"):
        return False
    commented = text.rfind(b"/*", 0, start) > text.rfind(b"*/", 0, start)
    return not commented and len(_OPENING.findall(text, 0, start)) == len(_CLOSING.findall(text, 0, start))
