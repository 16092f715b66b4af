"""Debian's packages of modules: the real modpost, and the compiled objects, are the judges of what nsfix says.

Of each package every import is removed. What nsfix says of the sources before they are built has to be what modpost
says of the build. Given for each call of make what that call was given, it has to answer; given the directory alone,
it may refuse or know fewer modules, but not be wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dkms.building import Built
from tests.dkms.comparing import ask_as_typed, ask_of_calls, by_namespace, compare, truth_of
from tests.dkms.conftest import BuildFor
from tests.dkms.counts import COUNTS
from tests.dkms.provision import COMMAND, sources
from tests.kernel.building import Kernel

pytestmark = pytest.mark.dkms
SERIES = ("6.1", "6.12", "7.x")
SOURCES = [(name, source) for name, found in sources().items() for source in found]
RUNS = [pytest.param(series, source, id=f"{series}-{name}") for series in SERIES for name, source in SOURCES]
everywhere = pytest.mark.parametrize(("series", "source"), RUNS)


def test_packages_are_there() -> None:
    if not SOURCES:
        pytest.skip(f"no packages to build; get them with: {COMMAND}")


def that_builds(built: Built) -> Built:
    if built.why_not:
        pytest.skip(f"{built.package.source.name} does not build on {built.kernel.series}: {built.why_not}")
    return built


@everywhere
def test_check_says_what_modpost_says(series: str, source: Path, built: BuildFor) -> None:
    package = that_builds(built(series, source))
    truth = truth_of(package, package.kernel.kdir)
    said = ask_of_calls(package, package.kernel.kdir)
    assert all(answer.answered for answer in said), "\n".join(answer.talk for answer in said)
    assert truth.modules, "nothing was built"
    assert frozenset().union(*(answer.modules for answer in said)) == truth.modules
    missing = frozenset().union(*(answer.missing for answer in said))
    assert missing == package.judgement.missing, package.judgement.log[-3000:]
    assert missing == by_namespace(truth.needed, package.kernel.kdir), "modpost itself tells something else"
    COUNTS.note_pairs(package, len(missing))


@everywhere
def test_check_names_every_symbol(
    series: str, source: Path, built: BuildFor, namespaced: Callable[[Kernel], Path]
) -> None:
    """With a namespace for each symbol: none is missed, and none of another module is made up."""
    package = that_builds(built(series, source))
    said = ask_of_calls(package, namespaced(package.kernel))
    if any(answer.hangs_on_a_shell for answer in said):  # then only make can tell
        said = ask_of_calls(package, namespaced(package.kernel), "--make")
    compared = compare(truth_of(package, package.kernel.kdir), said, package.kernel.kdir)
    COUNTS.note_symbols(package, compared)
    assert compared.unexplained == frozenset()
    assert compared.exporters_missed == frozenset()
    assert compared.exporters_false == frozenset(), compared.told


def as_built(module: str, tree: Path, built: frozenset[str]) -> str:
    """The module of the build that nsfix means: where it followed make to a directory below, its paths start there, as
    those of modules.order do."""
    below = f"/{Path(module).relative_to(tree)}"
    return next((path for path in (module, *sorted(built)) if path in built and path.endswith(below)), module)


@everywhere
def test_with_nothing_but_the_directory_it_is_right_or_refuses(
    series: str, source: Path, built: BuildFor
) -> None:
    package = that_builds(built(series, source))
    said = ask_as_typed(package, package.kernel.kdir)
    COUNTS.note_typed(package, said)
    if not said.answered:
        assert said.talk.strip(), "it failed without a word"
        return
    # without the words of MAKE (HDAPS=1) there may be fewer modules, as there are for make
    truth = truth_of(package, package.kernel.kdir)
    built_as = {module: as_built(module, package.tree, truth.modules) for module in said.modules}
    assert said.modules and set(built_as.values()) <= truth.modules, said.talk
    known = {pair for pair in package.judgement.missing if pair[0] in built_as.values()}
    assert {(built_as[module], namespace) for module, namespace in said.missing} == known, said.talk
