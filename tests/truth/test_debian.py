"""Debian's kernels from their sources under Debian's own configuration, against what Debian compiled.

No exception lists: every module must be found, every needed (module, namespace) pair and every export must be equal.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from nsfix.evidence.symvers import read_symvers
from nsfix.kernel.anyconfig import read_any_tree
from nsfix.kernel.intree import TreeFacts, read_tree
from nsfix.kernel.sourcetree import read_source_tree
from nsfix.model import Export, SourceKind
from nsfix.scan import TreeScanner, readings_of
from nsfix.scan.anyreadings import AnyReadings
from nsfix.scan.witness import AnyScanner
from tests.truth.compiled import all_needs, key_of
from tests.truth.provision import COMMAND, WANTED, Kernel, fetched

pytestmark = pytest.mark.truth
# What Rust's own objects export (rust/exports.c), through headers that the build makes: mangled names, and those
# of the C functions and Rust items that have a plain one.
RUST = ("_R", "rust_")
SOME = 12  # of the modules that need a namespace, every so many are read under any configuration


@pytest.fixture(scope="module", params=WANTED)
def kernel(request: pytest.FixtureRequest) -> Kernel:
    found = fetched(request.param)
    if found is None:
        pytest.skip(f"the kernel {request.param} is not there: {COMMAND} {request.param}")
    return found


def test_every_module_is_found_and_needs_what_was_compiled(kernel: Kernel, tmp_path: Path) -> None:
    output = tmp_path / "check.json"
    command = [sys.executable, "-m", "nsfix", "check", "--config", str(kernel.config)]
    done = subprocess.run(
        [*command, "--format", "json", "-o", str(output)],
        cwd=kernel.source,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(output.read_bytes())
    found = {
        key_of(m["path"]): {n["namespace"]: {u["symbol"] for u in n["uses"]} for n in m["needs"]}
        for m in report["modules"]
    }
    truth = all_needs(kernel.modules, kernel.symvers)
    assert len(truth) > 3500
    pairs = {(module, namespace) for module, needs in truth.items() for namespace in needs}
    read = {(module, namespace) for module, needs in found.items() if module in truth for namespace in needs}
    symbols = sum(found[module][namespace] != truth[module][namespace] for module, namespace in pairs & read)
    print(
        f"\n{report['kernel']['release']}: {len(truth)} modules, {len(truth.keys() - found.keys())} not found;"
    )
    print(f"{len(pairs)} pairs, {len(read - pairs)} false, {len(pairs - read)} missed;")
    print(f"in {symbols} pairs another set of symbols; {len(report['findings'])} findings")
    assert truth.keys() <= found.keys()
    assert read == pairs


@pytest.mark.skipif(
    "NSFIX_ANY" not in os.environ, reason="takes many minutes; set NSFIX_ANY=some or =all to run it"
)
def test_no_pair_is_lost_where_any_configuration_counts(kernel: Kernel) -> None:
    sys.setrecursionlimit(50_000)  # as the command line has it
    truth = all_needs(kernel.modules, kernel.symvers)
    tree = read_any_tree(
        str(kernel.source), read_source_tree(str(kernel.source), str(kernel.config)).arch, {}
    )
    known = {key_of(module.path): module for module in tree.facts.modules}
    assert truth.keys() <= known.keys()
    some = [name for name in sorted(truth) if truth[name]][:: 1 if os.environ["NSFIX_ANY"] == "all" else SOME]
    facts = AnyScanner(tree).scan([known[name] for name in some])
    exports, told = facts.scan.exports, AnyReadings(tree, facts).told
    readings = [told(reading) for reading in readings_of(facts.scan, {})]
    read = {
        (key_of(reading.path), exports[use.symbol.encode()].namespace)
        for reading in readings
        for use in reading.uses
    }
    pairs = {(module, namespace) for module in some for namespace in truth[module]}
    print(
        f"\n{tree.kernel.release}: {len(pairs)} pairs, {len(read - pairs)} more; {facts.readings} readings more"
    )
    assert pairs <= read


def test_every_export_is_found(kernel: Kernel) -> None:
    """Each exported symbol with namespace, licence and exporter. What is left out was not read at all: it comes
    from Rust, or from a C source that the build generates."""
    tree = read_source_tree(str(kernel.source), str(kernel.config))
    facts = read_tree(tree, {})
    read = Counter(map(_facts, TreeScanner(tree, facts).every_export()))
    compiled = set(map(_facts, read_symvers(str(kernel.symvers)).all.values()))
    left = {fact: _reason(fact[0], fact[3], facts) for fact in compiled - read.keys()}
    print(f"\n{tree.release}: {len(compiled)} exports, {len(compiled & read.keys())} read;")
    print(f"left out: {dict(Counter(left.values()))}")
    assert len(compiled) > 20000
    assert read.keys() - compiled == set()
    assert [fact for fact, reason in left.items() if reason is None] == []
    assert [fact for fact, times in read.items() if times > 1] == []


def _facts(export: Export) -> tuple[str, str, bool, str]:
    return export.symbol, export.namespace, export.gpl, key_of(export.exporter)


def _reason(symbol: str, exporter: str, facts: TreeFacts) -> str | None:
    """Why an export cannot be read; None where it should have been."""
    modules = [module for module in facts.modules if key_of(module.path) == exporter]
    if any(source.kind is SourceKind.MISSING for module in modules for source in module.sources):
        return "a generated source"
    if exporter == "vmlinux" and symbol.startswith(RUST):
        return "Rust"
    return None
