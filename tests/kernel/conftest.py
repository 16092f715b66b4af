"""All cases built against the kernels that are present, and what nsfix says of them, each asked once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cases import SPELLING, Case, Concrete, Pairs, load
from tests.kernel.building import Judgement, Kernel, build_alone, build_many
from tests.kernel.provision import COMMAND, kernels
from tests.support import Result, missing_by_nsfix, nsfix, snapshot


def kernel_of(series: str) -> Kernel:
    """The kernel of a series; a missing one skips the test, and says how to get it."""
    kdir = kernels().get(series)
    if kdir is None:
        pytest.skip(f"no kernel {series} to build against; get it with: {COMMAND} {series}")
    return Kernel(series, kdir)


@dataclass(frozen=True)
class Built:
    """Every case built against one kernel: directory and judgement, before and after the fix."""

    kernel: Kernel
    before: dict[str, tuple[Path, Judgement]]
    after: dict[str, tuple[Path, Judgement]]


@dataclass(frozen=True)
class Answers:
    """What nsfix said of all cases of one kernel together, as of one directory with many modules."""

    missing: Pairs
    mended: Path
    applied: Result
    again: Result
    unchanged: bool


def together(case: Concrete) -> bool:
    """Whether a case can be looked at together with others, as one directory of modules among many."""
    return case.value("build", "batch") == "batch" and not case.exports


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Built]:
    """All cases built against the kernel of a series, in two goes, when it is first asked for."""
    done: dict[str, Built] = {}

    def build_for(series: str) -> Built:
        if series not in done:
            kernel = kernel_of(series)
            home = tmp_path_factory.mktemp(f"built-{series}-")
            cases = [case for case in load("kernel") if series in case.series]
            before = build(kernel, home / "before", cases, fixed=False)
            fixed = [case for case in cases if built_again(case, series)]
            done[series] = Built(kernel, before, build(kernel, home / "after", fixed, fixed=True))
        return done[series]

    return build_for


@pytest.fixture(scope="session")
def answers(
    tmp_path_factory: pytest.TempPathFactory, built: Callable[[str], Built]
) -> Callable[[str], Answers]:
    """What nsfix says of the built cases, and what it makes of clean ones, when it is first asked for."""
    done: dict[str, Answers] = {}

    def ask(series: str) -> Answers:
        if series not in done:
            home = tmp_path_factory.mktemp(f"answers-{series}-")
            done[series] = answer(built(series), home)
        return done[series]

    return ask


def answer(built: Built, home: Path) -> Answers:
    """One `check` over the built cases; one `apply`, and one more, over clean ones."""
    kernel = built.kernel
    cases = [case.on(kernel.series) for case in load("kernel") if kernel.series in case.series]
    cases = [case for case in cases if together(case)]
    root = built.before[cases[0].case.name][0].parent
    checked = nsfix("check", "--format", "json", f"M={root}", f"KDIR={kernel.kdir}", cwd=root)
    assert checked.code == 1, checked.said
    clean = home / "clean"
    for case in cases:
        case.write(clean / case.case.name)
    (clean / "Kbuild").write_text("obj-m := " + " ".join(f"{case.case.name}/" for case in cases) + "\n")
    words = ["apply", f"M={clean}", f"KDIR={kernel.kdir}"]
    applied = nsfix(*words, cwd=clean)
    first = snapshot(clean)
    again = nsfix(*words, cwd=clean)
    return Answers(missing_by_nsfix(json.loads(checked.out)), clean, applied, again, snapshot(clean) == first)


def built_again(case: Case, series: str) -> bool:
    """Whether a case is built on this kernel after the fix as well.

    Where the line goes is the same on all kernels of one spelling, so the newest of each has to do; and for
    the cases about uses, which all look alike after the fix, the newest of all.
    """
    here = case.on(series)
    alike = [s for s in case.series if case.group == "uses" or SPELLING[s] == SPELLING[series]]
    return here.before != here.after and series == alike[-1]


def build(kernel: Kernel, root: Path, cases: list[Case], *, fixed: bool) -> dict[str, tuple[Path, Judgement]]:
    """Builds the cases below `root`, as they are or as they must become."""
    built, batch = {}, []
    (root / "batch").mkdir(parents=True)
    for case in cases:
        here = case.on(kernel.series)
        files = here.after if fixed else here.before
        kind = here.value("build", "batch")
        if kind == "batch" or (kind == "broken" and fixed):
            here.write(root / "batch" / case.name, files)
            batch.append(case.name)
        else:
            directory = here.write(root / "alone" / case.name, files)
            built[case.name] = (directory, build_alone(kernel, directory, here.words))
    judged = build_many(kernel, root / "batch", batch)
    return built | {name: (root / "batch" / name, judged[name]) for name in batch}
