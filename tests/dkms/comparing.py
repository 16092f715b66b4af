"""Holds what nsfix reads from a package's sources against what the compiler and modpost made of them.

Few packages use a namespaced symbol. So that each of them counts, the same is asked of kernel headers in which every
exported symbol has a namespace of its own: then nsfix has to name every symbol that a module leaves undefined.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from nsfix.evidence.objects import undefined_symbols
from nsfix.evidence.symvers import read_symvers
from tests.cases import Pairs
from tests.dkms.building import NAMESPACE, TIMEOUT, Built
from tests.support import missing_by_nsfix

Symbols = frozenset[tuple[str, str]]  # (module, symbol)
# What GCC calls, or leaves out, of its own accord: no source tells.
_OF_THE_COMPILER = re.compile(
    r"__fentry__|__x86_(?:return|indirect)_thunk\w*|__stack_chk_fail|__ubsan_handle_\w+|__sanitizer_cov_\w+"
    r"|mem(?:cpy|set|move|cmp|chr)|str(?:n?cpy|n?cmp|len|n?cat|r?chr|str|pbrk|c?spn)|__popcount[sd]i2|_mcount|__ref_stack_chk_guard|__gcov_\w+"
)

# What docs/how-it-reads.md says is not read: names that assembler text makes of an operand, and names that a macro
# pastes inside an inline of the kernel's own headers.
_NOT_READ = re.compile(r"__(?:get|put)_user_(?:nocheck_)?[1248]|__SC[KT]__\w+")


@dataclass(frozen=True)
class Said:
    """What one run of nsfix came to: the modules it names, by absolute path, what they need and lack."""

    code: int
    talk: str
    modules: frozenset[str] = frozenset()
    needed: Symbols = frozenset()
    missing: Pairs = frozenset()
    places: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def hangs_on_a_shell(self) -> bool:
        """Whether it says of something that it depends on what it does not run."""
        return "which is not run" in self.talk or "is not run, left out" in self.talk

    @property
    def answered(self) -> bool:
        """Whether it could read the package at all."""
        return self.code in (0, 1)


@dataclass(frozen=True)
class Truth:
    """What compiled modules show: which there are, and the kernel's symbols that they leave undefined."""

    modules: frozenset[str]
    needed: Symbols


@dataclass(frozen=True)
class Compared:
    """Symbols that modules need, by the compiler, and where nsfix differs; and the same for exporting modules."""

    needed: Symbols
    false: Symbols
    missed: Symbols
    exporters: Symbols
    exporters_false: Symbols
    exporters_missed: Symbols
    told: str

    @property
    def unexplained(self) -> Symbols:
        """What is missed and should not be."""
        return frozenset(pair for pair in self.missed if not _NOT_READ.fullmatch(pair[1]))

    @property
    def parts(self) -> tuple[Symbols, ...]:
        """The sets, in the order of reports."""
        first = (self.needed, self.false, self.missed)
        return (*first, self.exporters, self.exporters_false, self.exporters_missed)


def compare(truth: Truth, said: Iterable[Said], kdir: Path) -> Compared:
    """Holds what nsfix said of all calls against the truth, but for what hangs on the compiler alone."""
    answers = list(said)
    read = from_sources(frozenset().union(*(answer.needed for answer in answers)))
    needed = from_sources(truth.needed)
    exports = read_symvers(str(kdir / "Module.symvers")).all
    exporter = {symbol.decode(): export.exporter for symbol, export in exports.items()}

    def by_exporter(symbols: Symbols) -> Symbols:
        pairs = ((module, exporter[symbol]) for module, symbol in symbols)
        return frozenset(pair for pair in pairs if pair[1] != "vmlinux")

    true, ours = by_exporter(needed), by_exporter(read)
    places = {pair: place for answer in answers for pair, place in answer.places.items()}
    told = "\n".join(
        f"{Path(module).name} {symbol} {places[module, symbol]}" for module, symbol in sorted(read - needed)
    )
    return Compared(needed, read - needed, needed - read, true, ours - true, true - ours, told)


def truth_of(built: Built, kdir: Path) -> Truth:
    """What the modules of a built package show, with the exports of `kdir`."""
    exports = read_symvers(str(kdir / "Module.symvers")).all
    modules: set[str] = set()
    needed: set[tuple[str, str]] = set()
    for call in built.calls:
        for module in call.modules:
            modules.add(module)
            undefined, _ = undefined_symbols(f"{module}.o")
            needed |= {(module, symbol.decode()) for symbol in undefined & exports.keys()}
    return Truth(frozenset(modules), frozenset(needed))


def by_namespace(symbols: Symbols, kdir: Path) -> Pairs:
    """The pairs of module and namespace that these symbols come to."""
    namespaced = read_symvers(str(kdir / "Module.symvers")).namespaced
    keyed = {symbol.decode(): export.namespace for symbol, export in namespaced.items()}
    return frozenset((module, keyed[symbol]) for module, symbol in symbols if symbol in keyed)


def from_sources(symbols: Symbols) -> Symbols:
    """Those that do not hang on what the compiler makes of a source."""
    return frozenset(pair for pair in symbols if not _OF_THE_COMPILER.fullmatch(pair[1]))


def headers_with_every_symbol_in_a_namespace(kdir: Path, home: Path) -> Path:
    """A directory like `kdir`, of links, in whose Module.symvers each symbol has its own namespace."""
    home.mkdir(parents=True)
    for entry in kdir.iterdir():
        if entry.name != "Module.symvers":
            (home / entry.name).symlink_to(entry)
    with (kdir / "Module.symvers").open() as lines, (home / "Module.symvers").open("w") as out:
        for line in lines:
            checksum, symbol, exporter, kind, _ = line.rstrip("\n").split("\t")
            out.write(f"{checksum}\t{symbol}\t{exporter}\t{kind}\tOF_{symbol}\n")
    return home


def ask_of_calls(built: Built, kdir: Path, *further: str) -> list[Said]:
    """What nsfix says, given for each call what that call was given, of the sources as they were then."""
    said = []
    for call in built.calls:
        with _in_place_of(built.tree, call.snapshot):
            words = [f"M={call.directory}", f"KDIR={kdir}", *call.words, *further]
            said.append(ask(built, call.directory, words, dict(call.environment)))
    return said


def ask_as_typed(built: Built, kdir: Path) -> Said:
    """What nsfix says of the sources as dkms hands them to make, where it is given nothing but the directory."""
    with _in_place_of(built.tree, built.prepared):
        return ask(built, built.tree, [f"M={built.tree}", f"KDIR={kdir}"], {"PWD": str(built.tree)})


def ask(built: Built, directory: Path, words: list[str], environment: Mapping[str, str]) -> Said:
    """One `check`, in `directory`, with the same /lib/modules as the build had."""
    kept = {
        name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "PYTHONPATH")
    }
    mounted = [*NAMESPACE, "sh", "-c", 'mount --bind "$0" /lib/modules && exec "$@"', str(built.modules_dir)]
    command = [*mounted, sys.executable, "-m", "nsfix", "check", "--format", "json", *words]
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        command,
        cwd=directory,
        env={**environment, **kept, "PYTHONPATH": root},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT,
        check=False,
    )
    talk = done.stderr.decode("utf-8", "replace")
    assert "Traceback (most recent call last)" not in talk, talk
    if done.returncode not in (0, 1):
        return Said(done.returncode, talk)
    report = json.loads(done.stdout)
    at = {module["path"]: os.path.normpath(directory / module["path"]) for module in report["modules"]}
    places = {
        (at[module["path"]], use["symbol"]): f"{use['file']}:{use['line']} "
        + " < ".join(f"{via['name']} {via['file']}:{via['line']}" for via in use["via"])
        for module in report["modules"]
        for need in module["needs"]
        for use in need["uses"]
    }
    missing = frozenset((at[path], namespace) for path, namespace in missing_by_nsfix(report))
    return Said(done.returncode, talk, frozenset(at.values()), frozenset(places), missing, places)


@contextmanager
def _in_place_of(tree: Path, other: Path) -> Iterator[None]:
    """While this lasts, `other` stands where `tree` is: paths in it are absolute."""
    aside = tree.with_name("aside")
    tree.rename(aside)
    other.rename(tree)
    try:
        yield
    finally:
        tree.rename(other)
        aside.rename(tree)
