"""From findings to what is done about each: edits that were planned, or the reason why there are none."""

from nsfix.mend.mender import LookAt, Mender, Mending, Remedy, one_target
from nsfix.mend.sources import ModuleSources

__all__ = ["LookAt", "Mender", "Mending", "ModuleSources", "Remedy", "one_target"]
