"""Whether a path stands for a value or for a type: C may have a struct and a function of one name."""

from __future__ import annotations

from nsfix.rust.paths import Path, Written
from nsfix.rust.source import RustFile

_BEFORE_TYPE = (b"->", b"as", b"for", b"impl", b"dyn")
_TYPED = (b"static", b"const")


def is_value(file: RustFile, written: Written, rest: Path) -> bool:
    """Whether `written`, which leads to `rest` below the bindings, is a function or object that is used.

    Certain is a call. Anything else has to stand in a function or behind the `=` of a constant, where no type can.
    """
    if len(rest) > 1 or file.is_(written.end, b"{"):
        return False
    if file.is_(written.end, b"("):
        return True
    before = written.start - 1
    raw = file.is_(before - 1, b"raw")
    while before > 0 and not raw and (file.tokens[before].text.startswith(b"'") or _prefix(file, before)):
        if file.name(before) is not None and file.is_(before - 1, b"*"):
            return False  # *const and *mut
        before -= 1
    if any(file.is_(before, sign) for sign in _BEFORE_TYPE):
        return False
    if file.is_(before, b":") and not _opens_field(file, before):
        return False
    if file.is_(before, b"<") and (file.is_(written.end, b">") or file.is_(written.end, b",")):
        return False
    return _in_function(file, written.start) or _behind_equals(file, written.start)


def _prefix(file: RustFile, at: int) -> bool:
    return any(file.is_(at, sign) for sign in (b"&", b"*", b"mut", b"const"))


def _opens_field(file: RustFile, colon: int) -> bool:
    """Whether `name:` opens a field of a struct literal rather than a declaration: then a value follows."""
    opened = file.enclosing(colon)
    at = colon - 1
    while at > (opened if opened is not None else -1):
        if file.is_(at, b"let") or file.is_(at, b";"):
            return False
        at = file.before(at)
    return opened is not None and file.is_(opened, b"{") and file.name(opened - 1) is not None


def _in_function(file: RustFile, at: int) -> bool:
    """Whether the token at `at` stands in the body of a function."""
    opened = file.enclosing(at)
    while opened is not None:
        if file.is_(opened, b"{") and _is_body(file, opened):
            return True
        opened = file.enclosing(opened)
    return False


def _is_body(file: RustFile, opened: int) -> bool:
    at = opened - 1
    while at >= 0 and not any(file.is_(at, sign) for sign in (b";", b"{", b"}", b"(", b"[")):
        if file.is_(at, b"fn"):
            return True
        if file.is_(file.before(at) + 1, b"{"):
            return False
        at = file.before(at)
    return False


def _behind_equals(file: RustFile, at: int) -> bool:
    """Whether the token at `at` stands in what a `static` or `const` is set to."""
    equals = False
    at -= 1
    while at >= 0 and not file.is_(at, b";"):
        equals = equals or file.is_(at, b"=")
        if equals and file.name(at) in _TYPED:
            return True
        at = file.before(at)
    return False
