"""What there is to say of sources that no compiler would take: they are read as far as they can be."""

from __future__ import annotations

from nsfix.csource.conflicts import conflict_marker
from nsfix.csource.session import Session
from nsfix.csource.unit import Unit
from nsfix.model import Remark

CONFLICT = "a conflict marker: both sides of the conflict are read"


def bad_input(unit: Unit, session: Session) -> list[Remark]:
    """The remarks on `unit`, which was read with `session`: conflict markers, includes and macros without end."""
    remarks = []
    for path in unit.store.conflicted & unit.included.keys():
        found = conflict_marker(unit.included[path].text)
        if found is not None:
            remarks.append(_remark(unit, path, found, CONFLICT))
    for path, offset in unit.endless:
        remarks.append(_remark(unit, path, offset, "included without end; left aside from here on"))
    for (path, name), offset in session.take_endless().items():
        shown = name.decode("utf-8", "replace")
        message = f"the macro {shown} grows without end; it is left as it stands"
        remarks.append(_remark(unit, path, offset, message))
    return sorted(remarks, key=lambda remark: (remark.file or "", remark.line or 0))


def _remark(unit: Unit, path: str, offset: int, message: str) -> Remark:
    return Remark(message, path, unit.included[path].text.count(b"\n", 0, offset) + 1)
