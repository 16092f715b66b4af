"""The trees of out-of-tree projects, built for real: as they are, without imports, and after each kind of `apply`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cases import SERIES, Pairs
from tests.kernel.building import Judgement, Kernel, build_own
from tests.kernel.conftest import kernel_of
from tests.kernel.planted import Builder, Run, apply, check, plant, trees
from tests.kernel.provision import kernels
from tests.support import Result, nsfix
from tests.trees import Files, Tree, beyond_imports, write

pytestmark = pytest.mark.kernel
STATES = ("stripped", "as_is")
everywhere = pytest.mark.parametrize("series", SERIES)
in_every_tree = pytest.mark.parametrize("name", trees())
in_both_states = pytest.mark.parametrize("state", STATES)


@dataclass(frozen=True)
class State:
    """All trees in one state: their files, what `check` said of each, and what `apply` made of them."""

    files: dict[str, Files]
    said: dict[str, tuple[Result, Pairs]]
    here: dict[str, Run]  # for this kernel alone
    everywhere: dict[str, Run]  # for all kernels that are present


@dataclass(frozen=True)
class Grown:
    """The trees on one kernel: both states, and what was built."""

    kernel: Kernel
    states: dict[str, State]
    builder: Builder

    def judged(self, name: str, files: Files) -> Judgement:
        """What modpost said of a tree with these files."""
        return self.builder.judged(name, files)


def texts(tree: Tree, state: str, series: str) -> Files:
    """The files of a tree in a state."""
    return tree.stripped(series) if state == "stripped" else tree.on(series)


def serves_all(tree: Tree, state: str) -> bool:
    """Whether one text of a tree can be right everywhere: what a configure step leaves is for one kernel alone."""
    return state == "stripped" or not tree.made


@pytest.fixture(scope="session")
def for_all(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Run]]:
    """What `apply` for all kernels that are present makes of a state, when it is first asked for."""
    done: dict[str, dict[str, Run]] = {}

    def ask(state: str) -> dict[str, Run]:
        if state not in done:
            present = [Kernel(series, kdir) for series, kdir in kernels().items()]
            newest = present[-1].series
            chosen = {name: tree for name, tree in trees().items() if serves_all(tree, state)}
            files = {name: texts(tree, state, newest) for name, tree in chosen.items()}
            done[state] = apply(plant(tmp_path_factory.mktemp("for-all-"), files), present)
        return done[state]

    return ask


@pytest.fixture(scope="session")
def grown(
    tmp_path_factory: pytest.TempPathFactory, for_all: Callable[[str], dict[str, Run]]
) -> Callable[[str], Grown]:
    """The trees on the kernel of a series, when they are first asked for."""
    done: dict[str, Grown] = {}

    def grow(series: str) -> Grown:
        if series not in done:
            kernel = kernel_of(series)
            home = tmp_path_factory.mktemp(f"trees-{series}-")
            states = {}
            for state in STATES:
                files = {name: texts(tree, state, series) for name, tree in trees().items()}
                said = check(plant(home / f"{state}-checked", files), kernel)
                here = apply(plant(home / f"{state}-mended", files), [kernel])
                states[state] = State(files, said, here, for_all(state))
            builder = Builder(kernel, home / "built")
            wanted = [state.files for state in states.values()]
            for state_now in states.values():
                for runs in (state_now.here, state_now.everywhere):
                    wanted.append({name: run.files for name, run in runs.items()})
            builder.build(wanted)
            done[series] = Grown(kernel, states, builder)
        return done[series]

    return grow


@everywhere
@in_both_states
@in_every_tree
def test_modpost_says_what_the_tree_says(
    series: str, state: str, name: str, grown: Callable[[str], Grown]
) -> None:
    judged = grown(series).judged(name, grown(series).states[state].files[name])
    if compiles(state, name, series):
        assert (judged.missing, judged.faults) == (expected(state, name, series), ()), judged.log
    else:
        assert judged.status != 0 and judged.faults, f"this was to fail:\n{judged.log}"


@everywhere
@in_both_states
@in_every_tree
def test_check_says_what_modpost_says(
    series: str, state: str, name: str, grown: Callable[[str], Grown]
) -> None:
    result, said = grown(series).states[state].said[name]
    judged = grown(series).judged(name, grown(series).states[state].files[name])
    missing = judged.missing if compiles(state, name, series) else expected(state, name, series)
    assert said == missing, f"{result.err}\n{judged.log}"


def compiles(state: str, name: str, series: str) -> bool:
    """Whether there is a module for modpost to judge: the bare spelling does not compile where the other is wanted."""
    return state == "stripped" or series not in trees()[name].broken


def expected(state: str, name: str, series: str) -> Pairs:
    """The pairs that a tree says are missing from it."""
    return trees()[name].needed() if state == "stripped" else trees()[name].wrong(series)


@everywhere
@in_both_states
@in_every_tree
def test_the_build_after_apply_is_silent(
    series: str, state: str, name: str, grown: Callable[[str], Grown]
) -> None:
    assert_silent(grown(series), name, grown(series).states[state].here[name])


@everywhere
@in_both_states
@in_every_tree
def test_apply_for_all_kernels_is_silent_on_each(
    series: str, state: str, name: str, grown: Callable[[str], Grown]
) -> None:
    if not serves_all(trees()[name], state):
        pytest.skip("as it is, it was configured for one kernel")
    assert_silent(grown(series), name, grown(series).states[state].everywhere[name])


def assert_silent(grown: Grown, name: str, run: Run) -> None:
    """A tree builds without a word of modpost after an `apply`, and a second one changed nothing."""
    judged = grown.judged(name, run.files)
    assert judged.missing == frozenset(), f"{run.first.said}\n{judged.log}"
    assert (judged.faults, judged.status) == ((), 0), judged.log
    assert run.later == run.files, f"the second run changed something\n{run.again.said}"


@everywhere
@in_both_states
@in_every_tree
def test_nothing_but_imports_is_touched(
    series: str, state: str, name: str, grown: Callable[[str], Grown]
) -> None:
    now = grown(series).states[state]
    for runs in (now.here, now.everywhere):
        if name in runs:
            assert_only_imports(trees()[name], runs[name].before, runs[name].files)


def assert_only_imports(tree: Tree, before: Files, after: Files) -> None:
    """Between these states of a tree nothing but imports in sources differs."""
    for path, text in before.items():
        if after[path] != text:
            assert path.endswith(".c"), path
            assert beyond_imports(text, after[path], tree.imports) == [], path


@everywhere
@in_every_tree
def test_what_is_right_is_left(series: str, name: str, grown: Callable[[str], Grown]) -> None:
    tree, now = trees()[name], grown(series).states["as_is"]
    if not tree.wrong(series):
        assert now.here[name].files == now.here[name].before
    if name in now.everywhere and not any(tree.wrong(each) for each in kernels()):
        assert now.everywhere[name].files == now.everywhere[name].before


@pytest.mark.parametrize("name", [name for name, tree in trees().items() if tree.wrapper])
def test_the_own_make_of_a_mended_tree_is_silent(name: str, tmp_path: Path) -> None:
    """Wrappers are make's business, the kernel has no say in them: one will do."""
    kernel = kernel_of("6.12")
    tree = trees()[name]
    top = write(tree.stripped("6.12"), tmp_path / name)
    applied = nsfix("apply", f"KDIR={kernel.kdir}", *tree.words_in(top), cwd=top)
    judged = build_own(kernel, top, top / tree.at)
    assert (judged.missing, judged.faults, judged.status) == (frozenset(), (), 0), applied.said + judged.log
    built = {str(file.relative_to(top / tree.at)) for file in top.rglob("*.ko")}
    assert built == {f"{module.path}.ko" for module in tree.modules}, judged.log


@everywhere
@in_both_states
def test_every_apply_succeeds(series: str, state: str, grown: Callable[[str], Grown]) -> None:
    now = grown(series).states[state]
    for runs in (now.here, now.everywhere):
        for name, run in runs.items():
            assert run.first.code == 0, f"{name}\n{run.first.said}"
            assert run.again.code == 0, f"{name}\n{run.again.said}"
            assert run.again.out == b"", f"{name}\n{run.again.said}"
