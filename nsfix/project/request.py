"""What the user asks for, and how paths are shown to whoever asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from nsfix.model import Guard


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asks for. Paths are as given; `directory` is M=, `paths` narrow the work to some files.

    `kdir` None stands for the running kernel's build directory; `further` are other kernels to be right on, and `since`
    the version of upstream's from which on. `variables` are the further `VAR=value` words. With
    `make`, GNU make itself is asked what is built. Of namespaces in `ignored` no finding is made.
    """

    directory: str
    kdir: str | None = None
    output: str | None = None
    arch: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    config: str | None = None
    symvers: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    since: str | None = None
    guard: Guard = Guard.VERSION
    make: bool = False
    ignored: frozenset[str] = frozenset()


def asks_for_several(request: Request) -> bool:
    """Whether a run is about more than the kernel of KDIR."""
    return bool(request.further) or request.since is not None


def roots_of(request: Request) -> list[str]:
    """The trees whose files may be edited: M= and every path that was named."""
    return [os.path.abspath(request.directory), *(os.path.abspath(path) for path in request.paths)]


def shown_path(path: str, base: str) -> str:
    """`path` as a person at `base` would write it: relative where it lies below, else as it is."""
    prefix = base.rstrip("/") + "/"
    return path.removeprefix(prefix) if path.startswith(prefix) else path


def base_of(request: Request) -> str:
    """The directory that shown paths start from: the current one if M= lies in it, else M= itself."""
    here, directory = os.getcwd(), os.path.abspath(request.directory)
    inside = directory == here or directory.startswith(here.rstrip("/") + "/")
    return here if inside else directory
