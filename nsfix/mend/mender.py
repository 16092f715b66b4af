"""Plans what is done about each finding. One plan serves the command line, the diff and an editor.

`read` gives it the text of a file, from disk or from an open buffer; `look` what a source says on one target.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nsfix.csource.look import IMPORT_MACRO, Look, guessed, spelled_namespace
from nsfix.csource.statements import Layout, read_layout
from nsfix.edits import Edit, apply
from nsfix.mend.sources import ModuleSources, Sources
from nsfix.model import (
    MISSING_IMPORT,
    RESERVED_NAMESPACE,
    WRONG_SPELLING,
    Finding,
    Guard,
    Level,
    Spelling,
    Target,
)
from nsfix.plan import (
    Anchor,
    Fix,
    Refusal,
    SourceView,
    Task,
    find_anchor,
    namespace_fault,
    plain_fix,
    refuse_rust,
    rewrite,
)

# What a source of a module says on a target: (index of the target, module, source, its text if not the one on disk).
LookAt = Callable[[int, str, str, "bytes | None"], Look]


@dataclass(frozen=True, slots=True)
class Remedy:
    """A finding with the edits of one file that mend it, or why nothing does."""

    finding: Finding
    file: str | None = None
    edits: tuple[Edit, ...] = ()
    refusal: str | None = None


@dataclass(slots=True)
class Mending:
    """All remedies of a run. `texts` are the files to write: path to (before, after)."""

    remedies: list[Remedy] = field(default_factory=list)
    texts: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    namespaces: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        """Whether something stays that nsfix could not mend."""
        return any(r.refusal is not None for r in self.remedies)


@dataclass(slots=True)
class _Item:
    """A finding that one source is edited for: a namespace that it lacks on some targets, or imports that it has."""

    finding: Finding
    wanted: dict[str, frozenset[int]] = field(default_factory=dict)
    wrong: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Job:
    """All that one source is edited for, as a part of `module`. `anchor` is None where nothing new is imported."""

    module: str
    view: SourceView
    anchor: Anchor | None
    items: list[_Item] = field(default_factory=list)

    def task(self) -> Task:
        """The task that all of it comes to."""
        wanted: dict[str, frozenset[int]] = {}
        wrong: frozenset[int] = frozenset()
        for item in self.items:
            wrong |= item.wrong
            for name, on in item.wanted.items():
                wanted[name] = wanted.get(name, frozenset()) | on
        return Task(self.view, self.anchor, wanted, wrong)


def _has_place(view: SourceView) -> bool:
    """Whether a C source beside Rust is where imports go: it has the licence, or an import."""
    imports = [s for s in view.layout.statements if view.is_import(s) and view.active(s)]
    return bool(view.licences() or imports)


def _is_plain(layout: Layout) -> bool:
    """Whether imports in a source stand as they are: under no condition, and made by no macro of its own."""
    guarded = any(s.arms for s in layout.statements if s.macro == IMPORT_MACRO)
    return not guarded and not any(
        d.keyword == b"define" and IMPORT_MACRO.encode() in d.argument for d in layout.directives
    )


class Mender:
    """Plans the mending of findings in `modules`, by path, as they are on each of `targets`.

    `roots` are the trees that may be edited. Without `look` no kernel is at hand, and there is one target.
    """

    def __init__(
        self,
        modules: Sequence[Mapping[str, ModuleSources]],
        targets: Sequence[Target],
        roots: Sequence[str],
        read: Callable[[str], bytes | None],
        look: LookAt | None = None,
        guard: Guard = Guard.VERSION,
    ) -> None:
        self._targets = targets
        self._sources = Sources(modules, targets, roots, read)
        self._look = look
        self._guard = guard
        self._needing: dict[str, set[str]] = {}

    def mend(self, findings: Iterable[Finding]) -> Mending:
        """Plan all edits. Modules that are mended through one file get the union of what they lack there."""
        result = Mending()
        by_module: dict[str, list[Finding]] = {}
        for finding in findings:
            by_module.setdefault(finding.module, []).append(finding)
            if finding.rule == MISSING_IMPORT:
                self._needing.setdefault(finding.module, set()).add(finding.namespace)
        jobs: dict[str, _Job] = {}
        for module, found in by_module.items():
            self._assign(module, found, jobs, result)
        for path, job in jobs.items():
            self._carry_out(path, job, result)
        order = {id(f): n for n, f in enumerate(f for found in by_module.values() for f in found)}
        result.remedies.sort(key=lambda r: order[id(r.finding)])
        return result

    def _assign(self, module: str, findings: list[Finding], jobs: dict[str, _Job], result: Mending) -> None:
        """Give each finding of a module to the file that is edited for it, or refuse it."""
        covered: dict[str, tuple[str, frozenset[int]]] = {}
        broken: dict[str, Finding] = {}
        missing: list[Finding] = []
        for finding in findings:
            if finding.rule == MISSING_IMPORT:
                missing.append(finding)
            elif finding.rule == RESERVED_NAMESPACE:
                result.remedies.append(Remedy(finding, refusal=self._fault(finding)))
            elif finding.rule != WRONG_SPELLING:
                result.remedies.append(Remedy(finding))
            else:
                start = self._standing(module, finding)
                if isinstance(start, str):
                    result.remedies.append(Remedy(finding, refusal=start))
                    if finding.level is Level.ERROR:  # the module does not compile, whatever is added
                        broken[finding.namespace] = finding
                    continue
                job = self._job(jobs, module, finding.file, None)
                job.items.append(_Item(finding, wrong=frozenset((start,))))
                on = covered.get(finding.namespace, ("", frozenset[int]()))[1]
                covered[finding.namespace] = finding.file, on | self._on(finding)
        for finding in [f for f in missing if f.namespace in broken]:
            other = broken[finding.namespace]
            if self._on(finding) & self._on(other):
                missing.remove(finding)
                refusal = f"the import at line {other.line} has to be mended first: {other.message}"
                result.remedies.append(Remedy(finding, refusal=refusal))
        self._assign_missing(module, missing, covered, jobs, result)

    def _assign_missing(
        self,
        module: str,
        findings: list[Finding],
        covered: Mapping[str, tuple[str, frozenset[int]]],
        jobs: dict[str, _Job],
        result: Mending,
    ) -> None:
        items: list[_Item] = []
        for finding in findings:
            file, on = covered.get(finding.namespace, ("", frozenset[int]()))
            left = self._on(finding) - on
            fault = self._fault(finding)
            if fault is not None:
                result.remedies.append(Remedy(finding, refusal=fault))
            elif left:
                items.append(_Item(finding, {finding.namespace: left}))
            else:
                jobs[file].items.append(_Item(finding))
        if not items:
            return
        anchor = self._anchor(module, [item.finding.namespace for item in items])
        if isinstance(anchor, Refusal):
            place = f"{anchor.file}:{anchor.line}: " if anchor.file and anchor.line else ""
            result.remedies += [Remedy(item.finding, refusal=place + anchor.reason) for item in items]
            return
        self._job(jobs, module, anchor.view.path, anchor).items += items

    def _job(self, jobs: dict[str, _Job], module: str, path: str, anchor: Anchor | None) -> _Job:
        job = jobs.get(path)
        if job is None:
            view = anchor.view if anchor is not None else self._view(path, module, ())
            job = jobs[path] = _Job(module, view, anchor)
        elif job.anchor is None and anchor is not None:
            job.module, job.view, job.anchor = module, anchor.view, anchor
        return job

    def _on(self, finding: Finding) -> frozenset[int]:
        """The targets that a finding is about."""
        labels = finding.kernels
        return frozenset(i for i, target in enumerate(self._targets) if not labels or target.label in labels)

    def _fault(self, finding: Finding) -> str | None:
        """Why a missing import cannot be mended whatever the file; None where it may."""
        spellings = dict.fromkeys(self._targets[i].spelling for i in sorted(self._on(finding)))
        return next((f for s in spellings if (f := namespace_fault(finding.namespace, s))), None)

    def _standing(self, module: str, finding: Finding) -> int | str:
        """The start of the import that a finding about its spelling means; or why it is not edited."""
        path = finding.file
        obstacle = self._view(path, module, ()).obstacle
        if obstacle is not None and not (path.endswith(".h") and self._view(path, module, ()).is_sound):
            return f"it stands in this file, but {obstacle}"
        if self._look is None and path not in self._sources.paths(module):
            return "it does not stand in a source of the module; respell it there by hand"
        layout = self._sources.layout(path)
        there = [s for s in layout.statements if s.line == finding.line and s.macro == IMPORT_MACRO]
        same = [s for s in there if spelled_namespace(s) == finding.namespace] or there
        if not same:
            return "it is made by a macro; respell it where that is defined"
        return same[0].start

    def _anchor(self, module: str, namespaces: Sequence[str]) -> Anchor | Refusal:
        on = self._sources.on(module)
        first = next(iter(on.values()))
        views = [self._view(path, module, namespaces) for path in self._sources.paths(module)]
        name, rust = first.built.name, first.rust
        if rust is not None and (rust.compiled or not views) and not any(map(_has_place, views)):
            return refuse_rust(name, namespaces, rust)
        if not views:
            return Refusal(f"{name} has no C source that could take the import")
        return find_anchor(name, views, all(sources.licensed for sources in on.values()))

    def _view(self, path: str, module: str, namespaces: Sequence[str]) -> SourceView:
        return self._sources.view(path, module, namespaces, self._needing)

    def _carry_out(self, path: str, job: _Job, result: Mending) -> None:
        """Plan the edits of one file; each finding gets those that mend it."""
        task = job.task()
        fix = self._plan(path, job, task)
        if isinstance(fix, Refusal):
            place = f"{fix.file}:{fix.line}: " if fix.file and fix.line else ""
            result.remedies += [Remedy(item.finding, refusal=place + fix.reason) for item in job.items]
            return
        if fix.note is not None:
            result.notes.append(f"{path}: {fix.note}")
        before = job.view.layout.text
        result.texts[path] = (before, apply(before, fix.edits))
        result.namespaces[path] = list(fix.namespaces)
        for item in job.items:
            result.remedies.append(Remedy(item.finding, path, fix.edits_for(item.finding.namespace)))

    def _plan(self, path: str, job: _Job, task: Task) -> Fix | Refusal:
        layout = job.view.layout
        alone = len(self._targets) == 1
        if alone and job.anchor is not None and not task.wrong and (self._look is None or _is_plain(layout)):
            return plain_fix(job.anchor, sorted(task.wanted), self._targets[0].spelling)
        on = self._sources.on(job.module)
        own = path in self._sources.paths(job.module)
        present = [
            i
            for i, sources in on.items()
            if not own or any(source.path == path for source in sources.built.sources)
        ]

        def look_again(text: bytes | None) -> dict[int, Look]:
            if self._look is not None:
                return {i: self._look(i, job.module, path, text) for i in present}
            string = self._targets[0].spelling is Spelling.STRING
            return {0: guessed(layout if text is None else read_layout(path, text), string)}

        return rewrite(task, self._targets, self._guard, look_again(None), look_again)


def one_target(spelling: Spelling) -> list[Target]:
    """The one target of which nothing is known but its spelling."""
    return [Target("", (0, 0, 0), spelling)]
