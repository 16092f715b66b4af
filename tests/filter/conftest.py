"""A module to filter, in a home of its own, and the command as an editor runs it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 60
SOURCE = """\
#include <linux/module.h>
#include <linux/dma-buf.h>

static int __init demo_init(void)
{
	return dma_buf_get(3) ? 0 : 1;
}
module_init(demo_init);

MODULE_LICENSE("GPL");
"""
IMPORT = "MODULE_IMPORT_NS(DMA_BUF);\n"


@dataclass(frozen=True)
class Filtered:
    """What the command left."""

    code: int
    out: bytes
    err: str


class Filters:
    """Runs `nsfix filter` in a home of its own; `runtime` is where its service has its socket."""

    def __init__(self, home: Path, *flags: str) -> None:
        self.home = home
        self.runtime = home / "run"
        self.runtime.mkdir(mode=0o700)
        self.flags = flags
        self.environment = {
            **os.environ,
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "XDG_CACHE_HOME": str(home / "cache"),
            "PYTHONPATH": str(ROOT),
        }

    def __call__(self, path: Path, text: bytes | str, *words: str, cwd: Path | None = None) -> Filtered:
        data = text.encode() if isinstance(text, str) else text
        done = subprocess.run(
            (sys.executable, "-m", "nsfix", "filter", "--stdin-filename", str(path), *self.flags, *words),
            input=data,
            capture_output=True,
            cwd=cwd or path.parent,
            env=self.environment,
            timeout=TIMEOUT,
            check=False,
        )
        assert b"Traceback" not in done.stderr, done.stderr
        return Filtered(done.returncode, done.stdout, done.stderr.decode())

    @property
    def sockets(self) -> list[Path]:
        """The sockets of services."""
        return [path for path in self.runtime.rglob("*") if path.is_socket()]

    def services(self) -> list[int]:
        """The processes of services that serve in this home."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                except OSError:
                    continue
                if any(word.startswith(os.fsencode(self.runtime)) for word in words):
                    found.append(int(entry.name))
        return found

    def end(self) -> None:
        """Have the services end, as they do where their socket is gone."""
        for path in self.sockets:
            path.unlink()
        until = time.monotonic() + TIMEOUT
        while self.services():
            assert time.monotonic() < until, "a service stays without its socket"
            time.sleep(0.05)


@pytest.fixture(scope="module", params=["service", "alone"])
def filtered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filters]:
    """The command, with a service and without one."""
    flags = ("--no-server",) if request.param == "alone" else ()
    filters = Filters(tmp_path_factory.mktemp("home"), *flags)
    yield filters
    assert bool(filters.services()) == (request.param == "service")
    filters.end()


@pytest.fixture
def module(tmp_path: Path, fake_kernels: dict[str, Path]) -> Callable[..., Path]:
    """Makes a directory with a module of one source, or of the files given, for a fake kernel."""

    def make(series: str = "6.12", kbuild: str = "obj-m := demo.o\n", **files: str) -> Path:
        home = tmp_path / "module"
        home.mkdir()
        (home / ".nsfix.toml").write_text(f'kdir = "{fake_kernels[series]}"\n')
        (home / "Kbuild").write_text(kbuild)
        for name, text in (files or {"demo": SOURCE}).items():
            (home / f"{name}.c").write_text(text)
        return home

    return make
