"""Modules of a real kernel whose imports were removed and put back: compiled, and judged by the real modpost.

Debian's 6.12 under Debian's configuration. A sample across subsystems, since compiling all takes hours.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from nsfix.views.diff import Change, unified_diff
from tests.cases import Pairs
from tests.kernel.building import Judgement
from tests.kernel.provision import TOOLS, cache
from tests.truth.compiled import all_needs, key_of
from tests.truth.provision import COMMAND, fetched
from tests.truth.restoring import Tree, checkpatch, compile_modules, contents, without_imports

pytestmark = pytest.mark.restored
SERIES = "6.12"
# Modules, and what nsfix is told to mend for them: a source, or a directory with them.
SAMPLE = {
    "crypto/adiantum": "crypto/adiantum.c",
    "drivers/cxl/cxl_mem": "drivers/cxl/mem.c",
    "drivers/gpu/drm/virtio/virtio-gpu": "drivers/gpu/drm/virtio",
    "drivers/hwmon/pmbus/pmbus": "drivers/hwmon/pmbus",
    "drivers/i2c/busses/i2c-designware-pci": "drivers/i2c/busses/i2c-designware-pcidrv.c",
    "drivers/iio/adc/ad7124": "drivers/iio/adc/ad7124.c",
    "drivers/iio/imu/bmi160/bmi160_i2c": "drivers/iio/imu/bmi160",
    "drivers/iio/imu/bmi160/bmi160_spi": "drivers/iio/imu/bmi160",
    "drivers/iio/pressure/bmp280-spi": "drivers/iio/pressure/bmp280-spi.c",
    "drivers/mfd/intel-lpss-acpi": "drivers/mfd/intel-lpss-acpi.c",
    "drivers/net/ethernet/intel/idpf/idpf": "drivers/net/ethernet/intel/idpf",
    "drivers/platform/x86/intel/pmt/pmt_crashlog": "drivers/platform/x86/intel/pmt",
    "drivers/platform/x86/intel/pmt/pmt_telemetry": "drivers/platform/x86/intel/pmt",
    "drivers/platform/x86/lenovo-ymc": "drivers/platform/x86/lenovo-ymc.c",
    "drivers/powercap/intel_rapl_tpmi": "drivers/powercap/intel_rapl_tpmi.c",
    "drivers/pwm/pwm-cros-ec": "drivers/pwm/pwm-cros-ec.c",
    "drivers/spi/spi-cs42l43": "drivers/spi/spi-cs42l43.c",
    "drivers/tty/serial/8250/8250_exar": "drivers/tty/serial/8250/8250_exar.c",
    "drivers/usb/host/xhci-pci-renesas": "drivers/usb/host/xhci-pci-renesas.c",
    "drivers/usb/storage/uas": "drivers/usb/storage/uas.c",
    "drivers/usb/storage/ums-karma": "drivers/usb/storage/karma.c",
    "drivers/video/backlight/pwm_bl": "drivers/video/backlight/pwm_bl.c",
    "sound/soc/codecs/snd-soc-cs-amp-lib": "sound/soc/codecs/cs-amp-lib.c",
    "sound/soc/intel/boards/snd-soc-intel-sof-board-helpers": "sound/soc/intel/boards/sof_board_helpers.c",
    "sound/soc/sof/intel/snd-sof-intel-hda-generic": "sound/soc/sof/intel/hda.c",
}


@dataclass(frozen=True)
class Restored:
    """The sample before and after nsfix, as modpost sees it and as its sources are."""

    tree: Tree
    before: Judgement
    after: Judgement
    applied: subprocess.CompletedProcess[str]
    changes: Mapping[str, tuple[bytes, bytes]]


@pytest.fixture(scope="module")
def restored() -> Iterator[Restored]:
    kernel = fetched(SERIES)
    if kernel is None:
        pytest.skip(f"the kernel {SERIES} is not there: {COMMAND} {SERIES}")
    absent = [tool for tool in (*TOOLS, "perl") if shutil.which(tool) is None]
    if absent:
        pytest.skip(f"these tools are missing: {' '.join(absent)}")
    places = sorted(set(SAMPLE.values()))
    with TemporaryDirectory(prefix="restored-", dir=cache()) as home:  # /tmp may be small
        tree = without_imports(kernel, Path(home))
        before = compile_modules(tree, SAMPLE)
        texts = contents(tree, places)
        applied = _apply(tree, places)
        changes = {
            name: (texts[name], text) for name, text in contents(tree, places).items() if text != texts[name]
        }
        yield Restored(tree, before, compile_modules(tree, SAMPLE), applied, changes)


def _apply(tree: Tree, places: list[str]) -> subprocess.CompletedProcess[str]:
    config = str(tree.build / ".config")
    return subprocess.run(
        [sys.executable, "-m", "nsfix", "apply", "--config", config, *places],
        cwd=tree.source,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=False,
    )


def _needed(tree: Tree) -> Pairs:
    """What the sample's modules need, as the distribution compiled them."""
    names = {key_of(module): module for module in SAMPLE}
    files = [
        path
        for path in tree.kernel.modules
        if key_of(str(path).partition("/kernel/")[2].partition(".ko")[0]) in names
    ]
    found = all_needs(files, tree.kernel.symvers)
    assert found.keys() == names.keys()
    return frozenset((names[module], namespace) for module, needs in found.items() for namespace in needs)


def test_without_imports_modpost_refuses_all_of_them(restored: Restored) -> None:
    assert restored.before.missing == _needed(restored.tree), restored.before.log
    assert {module for module, _ in restored.before.missing} == SAMPLE.keys()
    assert restored.before.status != 0
    assert restored.before.faults == (), restored.before.log


def test_with_what_nsfix_puts_back_modpost_is_silent(restored: Restored) -> None:
    assert restored.applied.returncode == 0, restored.applied.stderr
    assert len(restored.changes) >= len(set(SAMPLE.values()))
    assert (restored.after.status, restored.after.log) == (0, "")


def test_checkpatch_has_nothing_to_say(restored: Restored) -> None:
    patch = unified_diff([Change(name, *texts) for name, texts in sorted(restored.changes.items())])
    code, said = checkpatch(restored.tree, patch)
    assert "total: 0 errors, 0 warnings, " in said, said
    assert code == 0, said
