"""Every Kbuild file of a real kernel, as nsfix reads it and as GNU make does.

make reads with the kernel's own scripts/Makefile.build and Makefile.lib (make_oracle.py). Left out are only values that
hold the output of a command that is not run, and the sources of the kernel's own Rust crates, which hang on such; how
many is printed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nsfix.kernel.intree import TreeFacts, read_tree
from nsfix.kernel.sourcetree import read_source_tree
from nsfix.kernel.tree import KernelBuild
from nsfix.kernel.walk import Walk
from nsfix.model import BuiltModule, SourceFile, SourceKind
from tests.truth.make_oracle import NOT_RUN, MadeDirectory, MadeTree, Oracle, steering_words
from tests.truth.provision import COMMAND, WANTED, fetched
from tests.truth.switches import nearly_everything

pytestmark = pytest.mark.truth
# Given by nsfix/scan/units.py, not by the reader of Kbuild files.
_GIVEN_ELSEWHERE = ("-DMODULE", "-D__KERNEL__", "-D__ASSEMBLY__", "-D__ASSEMBLER__", "-DKBUILD_MODFILE=")
_STEERING = ("-D", "-U", "-I", "-isystem", "-iquote", "-idirafter", "-include")
# The sources of some objects of a directory, by object.
AskSources = Callable[[str, Iterable[str]], Mapping[str, str]]


@dataclass
class Comparison:
    """The differences, as lines for a person, and what was compared."""

    ask: AskSources
    differences: list[str] = field(default_factory=list)
    directories: int = 0
    objects: int = 0
    flags: int = 0
    left_out: int = 0
    not_run: int = 0

    def hold(self, what: str, read: object, made: object) -> None:
        """Note a difference between what nsfix read and what make made of it."""
        if read != made:
            self.differences.append(f"{what}:\n    read {str(read)[:2000]}\n    make {str(made)[:2000]}")


@pytest.mark.parametrize("series", WANTED)
def test_kbuild_files_say_what_make_says(series: str, tmp_path: Path) -> None:
    there = fetched(series)
    if there is None:
        pytest.skip(f"the kernel {series} is not there: {COMMAND} {series}")
    _say_and_hold(*compare(there.source, there.config, tmp_path / "made"))


@pytest.mark.parametrize("arch", ["x86"])
def test_nearly_every_switch_on(arch: str, tmp_path: Path) -> None:
    there = fetched("6.12")
    if there is None:
        pytest.skip(f"the kernel 6.12 is not there: {COMMAND} 6.12")
    config = tmp_path / "config"
    config.write_text(nearly_everything(there.source, there.config, arch))
    _say_and_hold(*compare(there.source, config, tmp_path / "made"))


def _say_and_hold(result: Comparison, kernel: KernelBuild) -> None:
    print(
        f"\n{kernel.release} {kernel.arch}: {result.directories} directories, {result.objects} objects, flags of "
        f"{result.flags} sources; {len(result.differences)} differences, {result.left_out} values left out, "
        f"{result.not_run} commands not run"
    )
    assert not result.differences, "\n".join(result.differences[:40])


def compare(source: Path, config: Path, scratch: Path) -> tuple[Comparison, KernelBuild]:
    """Hold what nsfix reads of the tree `source` against make."""
    walks: list[Walk] = []

    class KeptWalk(Walk):
        def __init__(self, *args: object) -> None:
            super().__init__(*args)  # type: ignore[arg-type]
            walks.append(self)

    oracle = Oracle(source, read_source_tree(str(source), str(config)), scratch)
    kernel = read_source_tree(str(oracle.tree), str(config))
    facts = read_tree(kernel, {}, KeptWalk)
    made = oracle.directories()
    assert made.directories, made.said
    return hold(kernel, facts, walks[0], made, oracle.sources), kernel


def hold(kernel: KernelBuild, facts: TreeFacts, walk: Walk, made: MadeTree, ask: AskSources) -> Comparison:
    """Compare directories, modules, objects of vmlinux, their parts, and the flags of each part."""
    result = Comparison(ask, directories=len(made.directories), not_run=len(made.not_run))
    top = kernel.source_dir
    read = {os.path.relpath(d.place.path, top).removeprefix(".") for d in walk.read}
    result.hold("directories, only one side", sorted(read - made.directories.keys()), [])
    result.hold("directories, only the other", [], sorted(made.directories.keys() - read))
    for name, units, makers in (
        ("modules", facts.modules, _modules(made)),
        ("vmlinux", facts.built_in, _built_in(made)),
    ):
        of_make = dict(makers)
        of_nsfix = {unit.path: unit for unit in units}
        result.hold(f"only read of {name}", sorted(of_nsfix.keys() - of_make.keys()), [])
        result.hold(f"only make's of {name}", [], sorted(of_make.keys() - of_nsfix.keys()))
        for path in sorted(of_nsfix.keys() & of_make.keys()):
            _hold_unit(result, top, of_nsfix[path], *of_make[path])
    return result


def _listed(directory: str, word: str) -> str:
    """A path as modules.order has it: `..` stays."""
    return os.path.join(directory, word.removesuffix(".o"))


def _below(directory: str, word: str) -> str:
    return os.path.normpath(os.path.join(directory, word.removesuffix(".o")))


def _modules(made: MadeTree) -> Iterator[tuple[str, tuple[str, MadeDirectory, str]]]:
    for path, directory in made.directories.items():
        for word in directory.modules if directory.makes_modules else ():
            yield _listed(path, word), (path, directory, word)


def _built_in(made: MadeTree) -> Iterator[tuple[str, tuple[str, MadeDirectory, str]]]:
    for path, directory in made.directories.items():
        for word in (*directory.objects, *directory.library):
            yield _listed(path, word), (path, directory, word)


def _hold_unit(
    result: Comparison, top: str, unit: BuiltModule, path: str, directory: MadeDirectory, word: str
) -> None:
    members = dict.fromkeys(directory.members.get(word, (word,)))
    if NOT_RUN in members:
        result.left_out += 1
        return
    result.objects += 1
    sources = {os.path.relpath(os.path.splitext(s.path)[0], top): s for s in unit.sources}
    stems = {member: _below(path, member) for member in members}
    elsewhere = [member for member, stem in stems.items() if stem not in sources]
    if elsewhere:  # a rule of the Kbuild file may make it from another source
        asked = result.ask(path, elsewhere)
        if not asked and all(source.kind is SourceKind.RUST for source in unit.sources):
            result.left_out += 1  # make asks the Rust compiler what there is to build it with
            return
        stems |= {
            m: os.path.relpath(os.path.splitext(os.path.join(top, s))[0], top) for m, s in asked.items()
        }
    result.hold(f"parts of {unit.path}", list(sources), list(stems.values()))
    for member, stem in stems.items():
        source = sources.get(stem)
        if source is not None and source.kind in (SourceKind.C, SourceKind.ASSEMBLER):
            _hold_flags(result, top, unit, source, directory, member)


def _hold_flags(
    result: Comparison, top: str, unit: BuiltModule, source: SourceFile, directory: MadeDirectory, member: str
) -> None:
    flags = directory.c_flags if source.kind is SourceKind.C else directory.a_flags
    if NOT_RUN in flags.get(member, ""):
        result.left_out += 1
        return
    result.flags += 1
    words = steering_words(flags.get(member, ""), top)
    wanted = [word for word in words if not word.startswith(_GIVEN_ELSEWHERE)]
    result.hold(f"flags of {source.path} in {unit.path}", _steering(source.flags), wanted)


def _steering(words: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    following = iter(words)
    for word in following:
        if word.startswith(_STEERING):
            found.append(word)
            if word in _STEERING:
                found.append(next(following, ""))
    return found
