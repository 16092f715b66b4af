"""Every Rust module of a real kernel's tree, read without a build and held against a plain look at its text."""

from __future__ import annotations

import io
import lzma
import re
from dataclasses import replace
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from nsfix.evidence.symvers import read_symvers
from nsfix.kernel.sourcetree import read_source_tree
from nsfix.kernel.tree import KernelBuild
from nsfix.model import BuiltModule, SourceFile, SourceKind
from nsfix.rust.conditions import Conditions
from nsfix.rust.source import RustFile
from nsfix.scan import RustReader, read_file
from nsfix.scan.rusty import RustFacts
from tests.truth.provision import COMMAND, WANTED, Kernel, fetched

pytestmark = pytest.mark.truth
RUST = (6, 1, 0)  # the first release with Rust
BLOCK = re.compile(r"^(?:kernel::)?(module\w*)! \{$", re.MULTILINE)
LICENCE = re.compile(r'^ {4}license: "([^"]*)",$', re.MULTILINE)
# What the option of the only user of a namespace selects; no configuration of this architecture sets it.
ABSTRACTIONS = {"CONFIG_PWM": "y", "CONFIG_RUST_PWM_ABSTRACTIONS": "y"}


@pytest.fixture(scope="module", params=WANTED)
def kernel(request: pytest.FixtureRequest) -> Kernel:
    found = fetched(request.param)
    if found is None:
        pytest.skip(f"the kernel {request.param} is not there: {COMMAND} {request.param}")
    return found


@pytest.fixture(scope="module")
def tree(kernel: Kernel) -> KernelBuild:
    found = read_source_tree(str(kernel.source), str(kernel.config))
    return replace(found, config={**found.config, **ABSTRACTIONS})


def drivers(kernel: Kernel) -> list[Path]:
    """Every Rust source outside rust/, where the crates of the kernel itself are."""
    tops = [kernel.source / top for top in ("drivers", "samples", "lib", "net", "fs", "sound", "crypto")]
    return sorted(path for top in tops for path in top.rglob("*.rs"))


def facts(reader: RustReader, kernel: Kernel, path: Path) -> RustFacts:
    source = SourceFile(str(path), SourceKind.RUST)
    module = BuiltModule(path.stem, path.stem, (source,), str(path), 1)
    return reader.facts(module, source, read_symvers(str(kernel.symvers)).namespaced)


def test_every_module_block_is_read_with_its_licence(kernel: Kernel, tree: KernelBuild) -> None:
    reader = RustReader(tree, read_file)
    count = 0
    for path in drivers(kernel):
        text = path.read_text(encoding="utf-8")
        seen = [(m[1], text.count("\n", 0, m.start()) + 1) for m in BLOCK.finditer(text)]
        if not seen:
            continue
        found = facts(reader, kernel, path)
        assert [(block.macro, block.line) for block in found.side.blocks] == seen, path
        assert [entry.value for entry in found.entries] == LICENCE.findall(text), path
        assert all(block.given is not None for block in found.side.blocks), path
        assert found.unsure == ""
        count += len(seen)
    print(f"\n{tree.release}: {count} module! blocks")
    assert count >= 5 or tree.version < RUST


def test_needs_are_imported(kernel: Kernel, tree: KernelBuild) -> None:
    reader = RustReader(tree, read_file)
    exports = read_symvers(str(kernel.symvers)).namespaced
    needs: dict[str, set[str]] = {}
    for path in drivers(kernel):
        if not BLOCK.search(path.read_text(encoding="utf-8")):
            continue
        found = facts(reader, kernel, path)
        needed = {exports[use.symbol].namespace for use in found.uses}
        assert needed == {entry.namespace for entry in found.imports if entry.effective}, path
        if needed:
            needs[path.name] = needed
    expected = {"pwm_th1520.rs": {"PWM"}}
    assert needs == {name: what for name, what in expected.items() if list(kernel.source.rglob(name))}


def test_compiled_modules_agree(kernel: Kernel, tree: KernelBuild) -> None:
    reader = RustReader(tree, read_file)
    exports = read_symvers(str(kernel.symvers)).namespaced
    by_name = {path.stem.replace("-", "_"): path for path in drivers(kernel)}
    for module in kernel.modules:
        path = by_name.get(module.name.partition(".")[0].replace("-", "_"))
        if path is None or path.with_suffix(".c").exists() or path.parent.name != module.parent.name:
            continue
        found = facts(reader, kernel, path)
        elf = ELFFile(io.BytesIO(lzma.decompress(module.read_bytes())))
        symbols = elf.get_section_by_name(".symtab").iter_symbols()  # type: ignore[union-attr]
        undefined = {symbol.name.encode() for symbol in symbols if symbol["st_shndx"] == "SHN_UNDEF"}
        info = elf.get_section_by_name(".modinfo").data().split(b"\0")  # type: ignore[union-attr]
        assert {use.symbol for use in found.uses} == undefined & exports.keys(), path
        assert {b"license=" + (entry.value or "").encode() for entry in found.entries} <= set(info), path
        assert {entry.namespace for entry in found.imports} == {
            entry.removeprefix(b"import_ns=").decode() for entry in info if entry.startswith(b"import_ns=")
        }
        print(f"\n{path.name}: as compiled")


def test_every_rust_file_has_brackets_that_pair(kernel: Kernel, tree: KernelBuild) -> None:
    conditions = Conditions(tree.config)
    count = 0
    for path in [*drivers(kernel), *(kernel.source / "rust/kernel").rglob("*.rs")]:
        file = RustFile(str(path), path.read_bytes(), conditions)
        assert file.broken is None, path
        assert len(file.tokens) not in file.close.values(), path
        count += 1
    assert count > 40 or tree.version < RUST
