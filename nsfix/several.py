"""One run for several kernels: those whose headers are at hand, and upstream's from a version on.

Each kernel at hand is read as if it were the only one. An upstream kernel without headers is not asked what it needs:
its sources' imports are evaluated for every version at which something changes, and a namespace that is needed on a
kernel at hand, or imported on some version, has to be imported there too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace

from nsfix.errors import InputError, UsageError
from nsfix.kernel.tree import KernelBuild, default_kdir, read_kernel_build
from nsfix.kernel.upstream import version_of
from nsfix.mend import Mender
from nsfix.model import MISSING_IMPORT, MODULE_LIST_PREFIX, Finding, Target, Version
from nsfix.project import Answer, OnKernel, Request, load_kernel, look_on, read_on, roots_of
from nsfix.scan import ReadFile, read_file
from nsfix.unseen import UPSTREAM, read_upstream

Progress = Callable[[int, int], None]


def check_several(
    request: Request,
    read: ReadFile = read_file,
    progress: Progress | None = None,
    brief: bool = False,
) -> Answer:
    """Find what is missing on any of the kernels, and plan a mending that is right on each.

    Raises InputError where two of them have a symbol in namespaces of different names, UsageError for a version that
    is none.
    """
    _since(request)  # before anything is read for it
    kernels = named_kernels(request)
    here = []
    for number, (label, kernel) in enumerate(kernels):
        part = _part(progress, number, len(kernels))
        try:
            here.append(read_on(request, kernel, read, part, brief, label))
        except InputError as error:
            message = f"{error.message} (for {label})" if len(kernels) > 1 else error.message
            raise InputError(message, error.file, error.line) from error
    return answer_of_several(here, request, read)


def answer_of_several(here: Sequence[OnKernel], request: Request, read: ReadFile = read_file) -> Answer:
    """The answer of a run over the kernels that `request` names, of which `here` are those at hand; raises what
    `check_several` does."""
    since = _since(request)
    _refuse_contradictions(here)
    unseen = read_upstream(request, since, here, read) if since is not None else []
    return conclude_several([*here, *unseen], request, read)


def _since(request: Request) -> Version | None:
    return version_of(request.since) if request.since is not None else None


def with_upstream(request: Request, here: OnKernel, read: ReadFile = read_file) -> Answer:
    """What a run came to on one kernel, be it from evidence, with a mending that is right on upstream's kernels from
    the version on that `request` names as well."""
    assert request.since is not None
    unseen = read_upstream(request, version_of(request.since), [here], read)
    return conclude_several([here, *unseen], request, read)


def named_kernels(request: Request) -> list[tuple[str, KernelBuild]]:
    """The kernels at hand, each with a label of its own: its release, and where two are alike the directory too."""
    if request.kdir is None and not os.path.isdir(default_kdir()):
        return []
    if request.output is not None and request.further:
        raise UsageError("O= names the output directory of one kernel: give those as KDIR instead")
    named = [load_kernel(request)]
    named += [read_kernel_build(kdir, request.output, request.arch) for kdir in request.further]
    directories = [request.kdir or default_kdir(), *request.further]
    releases = [kernel.release for kernel in named]
    labels = [
        release if releases.count(release) == 1 else f"{release} ({directory})"
        for release, directory in zip(releases, directories, strict=True)
    ]
    return list(dict(zip(labels, named, strict=True)).items())


def _part(progress: Progress | None, number: int, of: int) -> Progress | None:
    """The progress of the `number`th of several runs, as a part of them all."""
    if progress is None:
        return None
    return lambda done, total: progress(number * total + done, of * total)


def _refuse_contradictions(here: Sequence[OnKernel]) -> None:
    """Raise InputError where one kernel has a symbol in another namespace than the other, and one is not imported."""
    for on in here:
        needs = {(m.path, need.namespace): need for m in on.modules for need in m.needs}
        for finding in on.findings:
            need = needs.get((finding.module, finding.namespace))
            if finding.rule != MISSING_IMPORT or need is None:
                continue
            for other in here:
                for use in need.uses:
                    export = other.facts.exports.get(use.symbol.encode()) if other.facts is not None else None
                    if export is None or finding.module not in other.sources:
                        continue
                    if not _is_renamed(finding.namespace, export.namespace):
                        continue
                    raise InputError(
                        f"{on.target.label} has {use.symbol} in namespace {finding.namespace}, {other.target.label} in "
                        f"{export.namespace}: where in between it was renamed nobody here knows; import both by hand, "
                        "each for the kernels that have it, or name kernels that agree",
                        use.file,
                        use.line,
                    )


def _is_renamed(one: str, other: str) -> bool:
    lists = one.startswith(MODULE_LIST_PREFIX) or other.startswith(MODULE_LIST_PREFIX)
    return bool(one and other) and one != other and not lists


def conclude_several(kernels: Sequence[OnKernel], request: Request, read: ReadFile) -> Answer:
    """What follows from what was found on each of `kernels`, with one mending for all of them."""
    findings = _merged(kernels)
    targets = [on.target for on in kernels]
    mender = Mender(
        [on.sources for on in kernels],
        targets,
        roots_of(request),
        read,
        look_on(kernels),
        request.guard,
    )
    first = kernels[0]
    modules = {module.path: module for on in reversed(kernels) for module in on.modules}
    return Answer(
        first.kernel,
        first.kernel.config_file,
        tuple(modules.values()),
        findings,
        mender.mend(findings),
        tuple(dict.fromkeys(remark for on in kernels for remark in on.remarks)),
        first.kernel.spelling,
        tuple(kernels),
    )


def _merged(kernels: Sequence[OnKernel]) -> tuple[Finding, ...]:
    """The findings of all kernels, alike ones as one that names its kernels."""
    found: dict[tuple[object, ...], Finding] = {}
    labels: dict[tuple[object, ...], list[str]] = {}
    for on in kernels:
        for finding in on.findings:
            place = () if finding.rule == MISSING_IMPORT else (finding.file, finding.line, finding.message)
            key = (finding.rule, finding.module, finding.namespace, *place)
            found.setdefault(key, finding)
            labels.setdefault(key, []).append(on.target.label)
    targets = [on.target for on in kernels]
    return tuple(_told(finding, tuple(dict.fromkeys(labels[key])), targets) for key, finding in found.items())


def _told(finding: Finding, labels: tuple[str, ...], targets: Sequence[Target]) -> Finding:
    shown = shown_kernels(labels, targets)
    message = finding.message
    if "this kernel" in message:
        message = message.replace("this kernel", shown)
    elif len(labels) < len(targets):
        message += f", on {shown}"
    return replace(finding, kernels=labels, message=message)


def shown_kernels(labels: Sequence[str], targets: Sequence[Target]) -> str:
    """Which of `targets` the `labels` name, in words: those of upstream that follow each other as ranges."""
    there = [target for target in targets if not target.label.startswith(UPSTREAM)]
    shown = [target.label for target in there if target.label in labels]
    line = [target for target in targets if target.label.startswith(UPSTREAM)]
    at = 0
    while at < len(line):
        end = at
        while end < len(line) and line[end].label in labels:
            end += 1
        if end > at:
            shown.append(_range(line[at], line[end - 1], end == len(line)))
        at = max(end, at + 1)
    return " and ".join(shown) if len(shown) < 3 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _range(first: Target, last: Target, open_ended: bool) -> str:
    start = ".".join(str(part) for part in first.version[: 3 if 0 < first.version[2] < 255 else 2])
    end = ".".join(str(part) for part in last.version[: 3 if 0 < last.version[2] < 255 else 2])
    if open_ended:
        return f"{UPSTREAM} from {start} on"
    return f"{UPSTREAM} {start}" if start == end else f"{UPSTREAM} {start} to {end}"
