"""Filters in this very process: what the service does, without one."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from nsfix.errors import NsfixError
from nsfix.filter.outcome import outcome_of, outcome_of_error, settings_in
from nsfix.live.project import Project
from nsfix.live.texts import Texts
from nsfix.project import request_for, settings_of
from nsfix.scan import Cache, cache_directory

_DEEPEST = 50_000  # frames, as on the command line


def answer(request: Mapping[str, Any], text: bytes) -> tuple[dict[str, Any], bytes]:
    """The answer to a request (meeting.py) with the buffer `text`."""
    sys.setrecursionlimit(_DEEPEST)
    path = request["path"]
    try:
        given = settings_in(request)
        texts = Texts()
        texts.open(path, text)
        request_there = request_for(path, settings_of(os.path.dirname(path)), given=given)
        project = Project(request_there, texts, Cache(cache_directory()))
        outcome = outcome_of(project.reply((path,)), path, text)
        keep = project.keeping()
        if keep is not None:
            keep()
    except NsfixError as error:
        outcome = outcome_of_error(error, text)
    return outcome.head, outcome.text
