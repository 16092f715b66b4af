"""Finds, or fetches, the kernels that the tier `kernel` builds against.

    python3 -m tests.kernel.provision            fetch what is missing, print what there is
    python3 -m tests.kernel.provision --list     only print what there is
    python3 -m tests.kernel.provision 6.12 7.x   only these

Three are wanted: 6.1 and 6.12 of Debian 12, and the newest 7.x of trixie-backports. The first two are
taken from /usr/src where their headers are installed; otherwise their packages are unpacked, without
being installed, into a cache directory ($NSFIX_KERNELS, default ~/.cache/nsfix-kernels). Headers of 7.x
do not run on Debian 12 (their tools want a newer C library), so that one is prepared from its source,
with the packaged configuration and Module.symvers.

Which version is newest is asked of apt, over the mirror that this machine already uses, with an apt
configuration of its own: the machine's lists and sources are not touched, and no root is needed. Only
the standard library is used.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

WANTED = ("6.1", "6.12", "7.x")
COMMAND = "python3 -m tests.kernel.provision"
TOOLS = ("make", "gcc-12", "bc", "bison", "flex", "patch", "xz")
SUITES = ("bookworm", "trixie-backports", "bookworm-security")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# What a module's build does not need and this machine may lack the tools for.
SWITCHED_OFF = (
    "DEBUG_INFO_BTF",
    "RUST",
    "OBJTOOL",
    "MODULE_SIG",
    "MODULE_COMPRESS",
    "SYSTEM_TRUSTED_KEYRING",
    "SYSTEM_REVOCATION_LIST",
    "GCC_PLUGINS",
)


def cache() -> Path:
    """The directory that fetched kernels live in."""
    return Path(os.environ.get("NSFIX_KERNELS") or Path.home() / ".cache" / "nsfix-kernels").absolute()


def version_key(name: str) -> list[int]:
    """Sort key for names with versions in them: the numbers in order."""
    return [int(number) for number in re.findall(r"\d+", name)]


def usable(kdir: Path) -> bool:
    """Whether a module can be built against this directory and modpost can judge it."""
    return (kdir / "Module.symvers").is_file() and os.access(kdir / "scripts" / "mod" / "modpost", os.X_OK)


def installed(series: str, root: Path = Path("/")) -> Path | None:
    """The newest headers of this series below `root`/usr/src, or None."""
    pattern = re.compile(rf"linux-headers-{re.escape(series)}\.[0-9.+a-z-]*-amd64")
    found = [d for d in (root / "usr/src").glob("linux-headers-*-amd64") if pattern.fullmatch(d.name)]
    found = [d for d in found if "-rt-" not in d.name and "-cloud-" not in d.name and usable(d)]
    return max(found, key=lambda d: version_key(d.name), default=None)


def kernels() -> dict[str, Path]:
    """Each of WANTED that is present, and the directory to give as KDIR."""
    present: dict[str, Path] = {}
    for series in WANTED:
        kdir = prepared_7x() if series == "7.x" else installed(series) or installed(series, cache() / series)
        if kdir is not None:
            present[series] = kdir
    return present


def prepared_7x() -> Path | None:
    """The newest prepared build directory of a 7.N in the cache, or None."""
    found = [d for d in cache().glob("7.*/build") if usable(d)]
    return max(found, key=lambda d: version_key(d.parent.name), default=None)


def source_tree(series: str) -> Path | None:
    """The full source tree that came with a fetched kernel (scripts/nsdeps is there), or None."""
    found = [d for d in cache().glob(f"{series.removesuffix('x')}*/src") if (d / "scripts/nsdeps").is_file()]
    return max(found, key=lambda d: version_key(d.parent.name), default=None)


class Apt:
    """apt with lists and archives of its own, on the mirror of this machine; `arch`, `suites` and `components` need
    not be those of this machine. A suite named …-security comes from the archive of security updates."""

    def __init__(
        self, home: Path, arch: str = "amd64", suites: Sequence[str] = SUITES, components: str = "main"
    ) -> None:
        self.arch = arch
        for sub in ("lists/partial", "archives/partial"):
            (home / sub).mkdir(parents=True, exist_ok=True)
        sources = home / "sources.list"
        sources.write_text(
            "".join(f"{line} {components}\n" for line in self._sources(suites)), encoding="ascii"
        )
        self.options = [
            f"-oDir::Etc::sourcelist={sources}",
            "-oDir::Etc::sourceparts=/dev/null",
            f"-oDir::State::Lists={home}/lists",
            f"-oDir::Cache={home}",
            f"-oDir::Cache::archives={home}/archives",
            "-oAPT::Sandbox::User=" + ("root" if os.geteuid() == 0 else ""),
            "-oAcquire::Retries=3",
            f"-oAPT::Architecture={arch}",
        ]
        run(["apt-get", *self.options, "update", "-qq"], home)

    @staticmethod
    def _sources(suites: Sequence[str]) -> list[str]:
        sites = output(["apt-get", "indextargets", "--format", "$(SITE)"]).split()
        archive = next((s for s in sites if s.rstrip("/").endswith("/debian")), None)
        if archive is None:
            sys.exit("provision: apt knows no Debian archive on this machine (/etc/apt/sources.list*)")
        trust = f"[signed-by={KEYRING}] " if KEYRING.is_file() else ""
        security = next((s for s in sites if s.rstrip("/").endswith("debian-security")), None)
        places = [(security if suite.endswith("-security") else archive, suite) for suite in suites]
        return [f"deb {trust}{site} {suite}" for site, suite in places if site]

    def newest_headers(self, series: str) -> str:
        """The newest linux-headers-…-ARCH of a series; of "7.x", of the newest series."""
        stem = r"7\.\d+" if series == "7.x" else re.escape(series)
        pattern = re.compile(rf"linux-headers-{stem}\.[0-9.]+(-\d+|\+deb1[23])(\+\d+)?-{self.arch}")
        names = output(["apt-cache", *self.options, "pkgnames", "linux-headers-"]).split()
        found = sorted(filter(pattern.fullmatch, names), key=version_key, reverse=True)
        if not found:
            sys.exit(f"provision: the archive has no linux-headers of series {series}")
        return found[0]

    def version(self, package: str) -> str:
        """The version of a package that would be downloaded."""
        shown = output(["apt-cache", *self.options, "show", "--no-all-versions", package])
        return next(
            line.removeprefix("Version: ") for line in shown.splitlines() if line.startswith("Version: ")
        )

    def has(self, package: str) -> bool:
        """Whether the archive has a package of that name."""
        return package in output(["apt-cache", *self.options, "pkgnames", package]).split()

    def depends(self, package: str, prefix: str) -> list[str]:
        """The packages beginning with `prefix` that a package depends on."""
        shown = output(["apt-cache", *self.options, "depends", package])
        return [n for n in re.findall(r"Depends: (\S+)", shown) if n.startswith(prefix)]

    def dependants(self, package: str) -> list[str]:
        """The packages that depend on a package."""
        others = ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
        words = [f"--no-{other}" for other in others]
        shown = output(["apt-cache", *self.options, *words, "rdepends", package])
        return sorted(set(re.findall(r"^[ |]+([a-z0-9][\w.+-]*)$", shown, re.MULTILINE)))

    def unpack(self, packages: list[str], root: Path, scratch: Path) -> None:
        """Downloads the packages and unpacks them below `root`."""
        scratch.mkdir(parents=True, exist_ok=True)
        run(["apt-get", *self.options, "download", "-qq", *packages], scratch)
        for deb in sorted(scratch.glob("*.deb")):
            run(["dpkg-deb", "-x", str(deb), str(root)], scratch)
        shutil.rmtree(scratch)


def output(command: list[str]) -> str:
    """What a command writes to stdout; its failure ends the program with its own words on stderr."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"provision: {' '.join(command)} failed ({done.returncode})")
    return done.stdout


def run(command: list[str], cwd: Path) -> None:
    """Runs a command quietly; its failure ends the program with its last lines."""
    done = subprocess.run(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-15:])
        sys.exit(f"provision: {' '.join(command)} failed ({done.returncode}):\n{tail}")


def fetch_headers(apt: Apt, series: str) -> None:
    """6.1 and 6.12: headers, common headers and kbuild tools, unpacked; nothing is installed."""
    home = cache() / series
    headers = apt.newest_headers(series)
    packages = [headers, *apt.depends(headers, "linux-headers-"), *apt.depends(headers, "linux-kbuild-")]
    shutil.rmtree(home, ignore_errors=True)
    partial = home.with_name(home.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    apt.unpack(packages, partial, partial / "deb")
    for makefile in partial.glob("usr/src/linux-headers-*-amd64/Makefile"):  # the only absolute path in them
        makefile.write_bytes(makefile.read_bytes().replace(b"/usr/src/", f"{home}/usr/src/".encode()))
    partial.rename(home)


def fetch_7x(apt: Apt) -> None:
    """The newest 7.x: source, and configuration and Module.symvers from the headers package."""
    headers = apt.newest_headers("7.x")
    series = ".".join(headers.removeprefix("linux-headers-").split(".")[:2])
    home = cache() / series
    version = apt.version(headers)
    if not (home / "src/Makefile").is_file() or installed(series, home / "root") is None:
        partial = home.with_name(home.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        (partial / "root").mkdir(parents=True)
        wanted = [f"{headers}={version}", f"linux-source-{series}={version}"]
        apt.unpack(wanted, partial / "root", partial / "deb")
        archive = partial / f"root/usr/src/linux-source-{series}.tar.xz"
        run(["tar", "-xf", str(archive)], partial)
        (partial / f"linux-source-{series}").rename(partial / "src")
        archive.unlink()
        shutil.rmtree(home, ignore_errors=True)
        partial.rename(home)
    prepare(home)


def prepare(home: Path) -> None:
    """Makes `home`/build a directory that modules can be built against, from `home`/src and `home`/root."""
    build = home / "build"
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir()
    packaged = max((home / "root/usr/src").glob("linux-headers-*-amd64"), key=lambda d: version_key(d.name))
    shutil.copy(packaged / ".config", build / ".config")
    switches = [word for option in SWITCHED_OFF for word in ("-d", option)]
    run([str(home / "src/scripts/config"), "--file", str(build / ".config"), *switches], home)
    make = ["make", "-C", str(home / "src"), f"O={build}", "CC=gcc-12", "HOSTCC=gcc-12", "-j2"]
    run([*make, "olddefconfig"], home)
    run([*make, "modules_prepare"], home)
    shutil.copy(packaged / "Module.symvers", build / "Module.symvers")


def provision(wanted: list[str]) -> int:
    """Fetches what is missing of `wanted`; the exit status."""
    lacking = [series for series in wanted if series not in kernels()]
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    if lacking and absent:
        print(f"provision: these tools are missing: {' '.join(absent)}", file=sys.stderr)
        return 2
    if lacking:
        cache().mkdir(parents=True, exist_ok=True)
        apt = Apt(cache() / "apt")
        for series in lacking:
            start = time.monotonic()
            fetch_7x(apt) if series == "7.x" else fetch_headers(apt, series)
            print(f"provision: {series} fetched in {time.monotonic() - start:.0f} s", file=sys.stderr)
    return report(wanted)


def report(wanted: list[str]) -> int:
    """Prints each series and its KDIR; 1 where one is missing."""
    present = kernels()
    for series in wanted:
        print(f"{series}\t{present.get(series, 'missing: ' + COMMAND + ' ' + series)}")
    return 0 if all(series in present for series in wanted) else 1


def main(words: list[str]) -> int:
    """The command line; see the module's docstring."""
    parser = argparse.ArgumentParser(description="Finds, or fetches, the kernels of the tier `kernel`.")
    parser.add_argument("--list", action="store_true", help="fetch nothing")
    parser.add_argument("series", nargs="*", metavar="SERIES", help=f"of {', '.join(WANTED)} (default: all)")
    options = parser.parse_args(words)
    unknown = [series for series in options.series if series not in WANTED]
    if unknown:
        parser.error(f"unknown series {unknown[0]}: there are {', '.join(WANTED)}")
    wanted = options.series or list(WANTED)
    return report(wanted) if options.list else provision(wanted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
