"""Every package built once for each kernel, when it is first asked for, and the counts at the end."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dkms.building import NAMESPACE, Built, Workshop, can_replace_lib_modules, read_package
from tests.dkms.comparing import headers_with_every_symbol_in_a_namespace
from tests.dkms.counts import COUNTS
from tests.kernel.building import Kernel
from tests.kernel.conftest import kernel_of

BuildFor = Callable[[str, Path], Built]


@pytest.fixture(scope="session")
def workshops(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Workshop]:
    """A place to build in for the kernel of a series."""
    made: dict[str, Workshop] = {}

    def of(series: str) -> Workshop:
        if shutil.which(NAMESPACE[0]) is None or not can_replace_lib_modules():
            pytest.skip(
                f"no place for a kernel's /lib/modules: `{' '.join(NAMESPACE)} true` has to work here"
            )
        if series not in made:
            kernel = kernel_of(series)
            made[series] = Workshop(kernel, tmp_path_factory.mktemp(f"dkms-{series}-"))
        return made[series]

    return of


@pytest.fixture(scope="session")
def built(workshops: Callable[[str], Workshop]) -> BuildFor:
    """A package, by the directory of its dkms.conf, built for the kernel of a series."""
    done: dict[tuple[str, Path], Built] = {}

    def build_for(series: str, source: Path) -> Built:
        if (series, source) not in done:
            done[series, source] = workshops(series).build(read_package(source))
            COUNTS.note_build(done[series, source])
        return done[series, source]

    return build_for


@pytest.fixture(scope="session")
def namespaced(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Kernel], Path]:
    """Headers like a kernel's, with a namespace for each symbol."""
    made: dict[str, Path] = {}

    def of(kernel: Kernel) -> Path:
        if kernel.series not in made:
            home = tmp_path_factory.mktemp(f"namespaced-{kernel.series}-") / "headers"
            made[kernel.series] = headers_with_every_symbol_in_a_namespace(kernel.kdir, home)
        return made[kernel.series]

    return of


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The counts, after the tests."""
    for line in COUNTS.lines():
        terminalreporter.write_line(line)
    report = os.environ.get("NSFIX_DKMS_REPORT")
    if report and COUNTS.lines():
        Path(report).write_text("".join(f"{line}\n" for line in COUNTS.lines()), encoding="utf-8")
