"""What the mender knows of the sources of modules, brought together over all targets, and which it may edit."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from nsfix.csource.conflicts import conflict_marker
from nsfix.csource.statements import Layout, read_layout
from nsfix.model import BuiltModule, SourceKind, Spelling, Target
from nsfix.plan import SourceView
from nsfix.rust.modinfo import RustSide

_GENERATED = re.compile(rb"(?i)\b(?:(?:auto(?:matically)?[- ]?)?generated (?:by|from|file)|do not edit)\b")
_HEAD = 600  # bytes of a file in which it would say that it is generated
Compiled = Mapping[int, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class ModuleSources:
    """What is known of the sources of a module for mending it, on one target.

    `compiled` maps the path of a source to what its statements compile to, by their offset; None where no
    kernel was at hand to tell. `licensed` tells whether the module has any licence at all. `hidden` are, by source,
    the namespaces whose names are macros there, each with the byte offset of an `#include` behind which it is none
    yet, or a negative one. `rust` are the module's Rust sources, if it has any.
    """

    built: BuiltModule
    compiled: Mapping[str, Compiled] | None
    licensed: bool = True
    hidden: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    rust: RustSide | None = None


class Sources:
    """The sources of modules, by path of the module, on each of `targets`. `roots` are the trees that may be edited."""

    def __init__(
        self,
        modules: Sequence[Mapping[str, ModuleSources]],
        targets: Sequence[Target],
        roots: Iterable[str],
        read: Callable[[str], bytes | None],
    ) -> None:
        self._modules = modules
        self._targets = targets
        self._roots = [os.path.realpath(root) for root in roots]
        self._read = read
        self._layouts: dict[str, Layout] = {}

    def on(self, module: str) -> dict[int, ModuleSources]:
        """A module on each target that builds it, by the target's index."""
        return {i: modules[module] for i, modules in enumerate(self._modules) if module in modules}

    def layout(self, path: str) -> Layout:
        """The statements of a source as it is."""
        layout = self._layouts.get(path)
        if layout is None:
            layout = self._layouts[path] = read_layout(path, self._read(path) or b"")
        return layout

    def paths(self, module: str) -> list[str]:
        """The C sources of a module, in link order."""
        builts = [sources.built for sources in self.on(module).values()]
        paths = [s.path for built in builts for s in built.sources if s.kind is SourceKind.C]
        return list(dict.fromkeys(paths))

    @cached_property
    def _users(self) -> Mapping[str, Sequence[str]]:
        """The modules that each source is compiled into."""
        users: dict[str, dict[str, None]] = {}
        for modules in self._modules:
            for path, module in modules.items():
                for source in module.built.sources:
                    users.setdefault(source.path, {})[path] = None
        return {path: tuple(modules) for path, modules in users.items()}

    def view(
        self, path: str, module: str, namespaces: Iterable[str], needing: Mapping[str, set[str]]
    ) -> SourceView:
        """A source of `module`, which lacks `namespaces`; `needing` are the namespaces that each module lacks."""
        layout = self.layout(path)
        on = [s for s in self.on(module).values() if any(source.path == path for source in s.built.sources)]
        wanted = set(namespaces)
        others = [m for m in self._users.get(path, ()) if m != module]
        not_needing = [m for m in others if not wanted <= needing.get(m, set())]
        certain = all(sources.compiled is not None for sources in on)
        return SourceView(
            layout=layout,
            compiled=_merged(layout, [(sources.compiled or {}).get(path, {}) for sources in on]),
            certain=certain,
            generated=_GENERATED.search(layout.text[:_HEAD]) is not None,
            shared_with=tuple(self._name(m) for m in others),
            shared_not_needing=tuple(self._name(m) for m in not_needing),
            above=self._hidden(path, module),
            editable=self.obstacle(path) or self._masked(path, module, wanted),
        )

    def obstacle(self, path: str) -> str | None:
        """Why a file may not be edited, be it what it may."""
        return self._fence(path) or _conflict(self.layout(path))

    def _name(self, module: str) -> str:
        return next(iter(self.on(module).values())).built.name

    def _masked(self, path: str, module: str, namespaces: Iterable[str]) -> str | None:
        """Why an import spelled as an identifier would import something else there; None where it would not."""
        hidden = self._hidden(path, module)
        masked = sorted(name for name in namespaces if hidden.get(name, 0) < 0)
        if not masked:
            return None
        return f"{masked[0]} is a macro there, so that the import would be of what it stands for; rename the macro"

    def _hidden(self, path: str, module: str) -> Mapping[str, int]:
        """The namespaces whose names are macros at the licence of that source, with the place of an include above."""
        found: dict[str, int] = {}
        for i, sources in self.on(module).items():
            if self._targets[i].spelling is Spelling.IDENTIFIER:
                for name, at in sources.hidden.get(path, {}).items():
                    found[name] = min(at, found.get(name, at))
        return found

    def _fence(self, path: str) -> str | None:
        real = os.path.realpath(path)
        if any(real == root or real.startswith(root.rstrip("/") + "/") for root in self._roots):
            return None
        return "it lies outside the directory that was named; name its own as well to have it edited"


def _merged(layout: Layout, compiled: Sequence[Compiled]) -> Compiled:
    """What counts for an edit that is to be right on all targets: what is compiled on each; of licences that stand in
    arms of their own for each kernel, what is compiled on any."""
    if len(compiled) < 2:
        return compiled[0] if compiled else {}
    everywhere = set.intersection(*map(set, compiled))
    licences = {s.start for s in layout.statements if s.macro == "MODULE_LICENSE"}
    if not licences & everywhere:
        everywhere = set().union(*compiled)
    return {start: next(found[start] for found in compiled if start in found) for start in everywhere}


def _conflict(layout: Layout) -> str | None:
    """Why a file with the markers of a conflict is not written to; None where there are none."""
    at = conflict_marker(layout.text)
    if at is None:
        return None
    line = layout.text.count(b"\n", 0, at) + 1
    return f"line {line} is the marker of a conflict: resolve that first"
