"""Units made of texts in a dictionary, and gcc beside them as the one who knows."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from nsfix.csource.expansion import Expander
from nsfix.csource.includes import IncludePath, Listings
from nsfix.csource.macros import Lookup, Macro, Token, tokenize
from nsfix.csource.reading import Reader, UnitUses
from nsfix.csource.session import Session
from nsfix.csource.settled import Settled
from nsfix.csource.store import Compilation, Store
from nsfix.csource.unit import Unit

GCC = shutil.which("gcc")
needs_gcc = pytest.mark.skipif(
    GCC is None, reason="GCC IS NOT INSTALLED: its word on these texts is not heard"
)
Text = str | bytes
Defines = tuple[tuple[bytes, bytes | None], ...]


def as_bytes(text: Text) -> bytes:
    return text.encode() if isinstance(text, str) else text


class Names(Listings):
    """Listings of files that are in no file system."""

    def __init__(self, paths: Iterable[str]) -> None:
        super().__init__()
        self._paths = frozenset(paths)

    def has(self, path: str) -> bool:
        parts: list[str] = []
        for part in path.split("/"):
            if part == "..":
                parts.pop()
            elif part != ".":
                parts.append(part)
        return "/".join(parts) in self._paths


def make_store(
    files: Mapping[str, Text], macros: Mapping[str, str] | None = None, loose: Iterable[str] = ()
) -> Store:
    """A store of `files`, with what the compiler and the configuration define."""
    contents = {path: as_bytes(text) for path, text in files.items()}
    settled = {name.encode(): value.encode() for name, value in (macros or {}).items()}
    return Store(Settled(settled, frozenset(word.encode() for word in loose)), contents.get)


def make_unit(
    files: Mapping[str, Text],
    *,
    macros: Mapping[str, str] | None = None,
    path: tuple[str, ...] = ("/inc",),
    quote: tuple[str, ...] = (),
    defines: Defines = (),
    forced: tuple[str, ...] = (),
    loose: Iterable[str] = (),
    main: str = "/m/t.c",
) -> Unit:
    """The unit of the file `main` of `files`."""
    compilation = Compilation(IncludePath(path, quote, Names(files)), defines, forced)
    return Unit(main, compilation, make_store(files, macros, loose))


def unit_of(text: Text, **further: Text) -> Unit:
    """The unit of one source; `further` are headers on its path, `x=` for `x.h`."""
    return make_unit({"/m/t.c": text} | {f"/inc/{name}.h": header for name, header in further.items()})


def read_uses(unit: Unit, symbols: Iterable[str]) -> UnitUses:
    """What `unit` says of `symbols`; files below /inc are the kernel's."""
    session = Session(unit.store, [s.encode() for s in symbols], lambda path: path.startswith("/inc/"))
    return Reader(unit, session).uses()


def used(unit: Unit, symbols: Iterable[str]) -> set[str]:
    """The names that `unit` really uses."""
    return {use.symbol.decode() for use in read_uses(unit, symbols).uses}


def active(unit: Unit, path: str = "/m/t.c") -> str:
    """The text of a file as the unit compiles it, in single spaces."""
    return " ".join(unit.active(unit.included[path]).decode().split())


def collect_macros(text: Text) -> tuple[dict[bytes, Macro], list[Token]]:
    """The macros that the `#define` lines of `text` make, and the tokens of its other lines."""
    from nsfix.csource.directives import scan_directives
    from nsfix.csource.lexer import blank_comments
    from nsfix.csource.program import blank_spans

    code = blank_comments(as_bytes(text))
    directives = list(scan_directives(code))
    macros = {
        d.name: Macro(d.name, d.argument, "/t.c", d.start) for d in directives if d.keyword == b"define"
    }
    return macros, tokenize(blank_spans(code, [(d.start, d.end) for d in directives]))


def expand(text: Text, leave: Callable[..., bool] | None = None) -> list[Token]:
    """The tokens of `text` with its own macros expanded."""
    macros, tokens = collect_macros(text)
    lookup: Lookup = lambda name, offset: macros.get(name)  # noqa: E731
    return Expander(lookup, leave=leave).expand(tokens)


def spelled(text: Text) -> str:
    """The expanded text, one space between tokens."""
    return " ".join(token.text.decode("latin-1") for token in expand(text))


def gcc(*words: str, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run gcc in `cwd`."""
    assert GCC is not None
    done = subprocess.run([GCC, *words], cwd=cwd, capture_output=True, text=True, timeout=100, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done


def preprocessed(texts: Mapping[str, Text], directory: Path) -> dict[str, list[str]]:
    """What `gcc -E` makes of each of `texts`, as tokens. They are given to one gcc, each shut in by marks."""
    files = []
    for number, text in enumerate(texts.values()):
        (directory / f"{number}.c").write_bytes(as_bytes(text))
        files.append(f"{number}.c")
    if not files:
        return {}
    out = {}
    for name, file in zip(texts, files, strict=True):
        done = gcc("-E", "-P", "-std=gnu11", "-ffreestanding", "-w", "-undef", file, cwd=directory)
        out[name] = [t.text.decode("latin-1") for t in tokenize(done.stdout.encode())]
    return out


def undefined_by_gcc(sources: Mapping[str, str], directory: Path, *flags: str) -> dict[str, set[str]]:
    """The names that the object of each source leaves undefined, at the kernel's optimisation."""
    files = []
    for name, text in sources.items():
        (directory / f"{name}.c").write_text(text)
        files.append(f"{name}.c")
    gcc("-O2", "-std=gnu11", "-ffreestanding", "-fno-pic", "-w", "-c", *flags, *files, cwd=directory)
    objects = [f"{name}.o" for name in sources]
    done = subprocess.run(
        ["nm", "-A", "-u", *objects], cwd=directory, capture_output=True, text=True, check=True
    )
    out: dict[str, set[str]] = {name: set() for name in sources}
    for line in done.stdout.splitlines():
        object_name, _, symbol = line.partition(":")
        out[object_name.removesuffix(".o")].add(symbol.split()[-1])
    return out
