"""One run over one directory of modules: gathers the facts, has them resolved, and has the findings mended.

This is what stands behind every door (command line, editor): it reads, concludes and plans; it writes nothing.
"""

from nsfix.project.concluding import (
    Answer,
    OnKernel,
    answer_of,
    check_sources,
    compiled_sources,
    conclude,
    heeding,
    look_on,
    read_on,
    resolved_on,
)
from nsfix.project.loading import load_exports, load_kernel, load_modules, require_sources
from nsfix.project.place import request_for
from nsfix.project.request import Request, asks_for_several, base_of, roots_of, shown_path
from nsfix.project.settled import request_under, settings_of, settled

__all__ = [
    "Answer",
    "OnKernel",
    "Request",
    "answer_of",
    "asks_for_several",
    "base_of",
    "check_sources",
    "compiled_sources",
    "conclude",
    "heeding",
    "load_exports",
    "load_kernel",
    "load_modules",
    "look_on",
    "read_on",
    "request_for",
    "request_under",
    "require_sources",
    "resolved_on",
    "roots_of",
    "settings_of",
    "settled",
    "shown_path",
]
