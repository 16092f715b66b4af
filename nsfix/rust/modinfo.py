"""`module! { … }` and the macros that take the same fields: licence and imports of a Rust module.

The fields are those of rust/macros/module.rs: `license: "GPL",` and, in kernels that know it, `imports_ns: ["NS"],`.
`module_platform_driver!` and its like (rust/kernel/*.rs) hand their fields on and may add some of their own;
their `macro_rules!` tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nsfix.rust.crate import Crate
from nsfix.rust.lexer import STRING
from nsfix.rust.scopes import MacroRules
from nsfix.rust.source import RustFile

MODULE, LICENCE, IMPORTS = b"module", b"license", b"imports_ns"
_OWN_FIELDS = (b"name", LICENCE)
_DEEPEST = 20
Macros = Callable[[bytes], "MacroRules | None"]


@dataclass(frozen=True, slots=True)
class Literal:
    """A string in a field: its value, and where it stands. `start` is a byte offset, `line` counts from 1."""

    value: str
    start: int
    line: int


@dataclass(frozen=True, slots=True)
class Given:
    """Fields that a wrapper gives by itself, and where its definition does so."""

    imports: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ModuleBlock:
    """One `module! { … }` or wrapper. `condition` is the innermost `cfg` that it stands under, `compiled` False
    where one of them does not hold.

    `fields` are the lines on which each field ends, in order; `given` is what the wrapper adds, None where its
    definition was not found.
    """

    file: str
    macro: str
    start: int
    line: int
    licences: tuple[Literal, ...]
    imports: tuple[Literal, ...]
    fields: tuple[tuple[str, int], ...]
    imports_line: int | None
    given: Given | None
    compiled: bool
    condition: str | None


@dataclass(frozen=True, slots=True)
class RustSide:
    """The Rust sources of a module, as far as imports go. `files` are all sources of the crate, its root first;
    `fields` those that `module!` takes on the kernel at hand, in its order; None where that is not known."""

    files: tuple[str, ...]
    blocks: tuple[ModuleBlock, ...]
    fields: tuple[str, ...] | None

    @property
    def takes_imports(self) -> bool:
        """Whether `imports_ns` may stand in a block, as far as is known."""
        return self.fields is None or IMPORTS.decode() in self.fields

    @property
    def compiled(self) -> tuple[ModuleBlock, ...]:
        """The blocks that count."""
        return tuple(block for block in self.blocks if block.compiled)


def joined(sides: Iterable[RustSide]) -> RustSide | None:
    """What several Rust objects of one module come to; None where there is none."""
    every = list(sides)
    if not every:
        return None
    files = tuple(path for side in every for path in side.files)
    return RustSide(files, tuple(block for side in every for block in side.blocks), every[0].fields)


def blocks_of(crate: Crate, kernel: Crate | None) -> list[ModuleBlock]:
    """The blocks in all files of `crate`, those that are not compiled too."""

    def macros(name: bytes) -> MacroRules | None:
        own = crate.macro(name)
        return own if own is not None or kernel is None else kernel.macro(name)

    return [block for file in crate.files.values() for block in _blocks(file, macros)]


def _blocks(file: RustFile, macros: Macros) -> Iterator[ModuleBlock]:
    at = 0
    while at < len(file.tokens):
        name = file.name(at)
        if name == b"macro_rules" and file.is_(at + 1, b"!"):
            at = file.after(at + 3)
            continue
        if name is not None and file.is_(at + 1, b"!") and at + 2 in file.close:
            block = _block(file, at, name, macros)
            if block is not None:
                yield block
                at = file.after(at + 2)
                continue
        at += 1


def _block(file: RustFile, at: int, name: bytes, macros: Macros) -> ModuleBlock | None:
    fields = list(_fields(file, at + 3, file.close[at + 2]))
    named = {field: (start, end) for field, start, end in fields}
    given: Given | None
    if name == MODULE and macros(name) is None:
        given = Given()
    elif macros(name) is not None:
        given = given_by(name, macros)
        if given is None:
            return None
    elif all(field in named and file.tokens[named[field][0]].kind == STRING for field in _OWN_FIELDS):
        given = None
    else:
        return None
    over = [arm for arm in file.arms if arm.start <= at < arm.end]
    return ModuleBlock(
        file.path,
        name.decode("ascii", "replace"),
        file.tokens[at].start,
        file.line(at),
        tuple(_literals(file, *named[LICENCE])) if LICENCE in named else (),
        tuple(_literals(file, *named[IMPORTS])) if IMPORTS in named else (),
        tuple((field.decode("ascii", "replace"), file.line(end)) for field, _, end in fields),
        file.line(named[IMPORTS][0]) if IMPORTS in named else None,
        given,
        all(arm.holds is not False for arm in over),
        over[-1].text if over else None,
    )


def _fields(file: RustFile, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, start, position of the comma behind) of each field `name: …,`."""
    at = start
    while at < end:
        name = file.name(at)
        if name is None or not file.is_(at + 1, b":"):
            at = file.after(at)
            continue
        value = at + 2
        at = value
        while at < end and not (file.is_(at, b",") and _field_follows(file, at + 1, end)):
            at = file.after(at)
        yield name, value, min(at, end - 1)
        at += 1


def _field_follows(file: RustFile, at: int, end: int) -> bool:
    return at >= end or file.is_(at, b"$") or (file.name(at) is not None and file.is_(at + 1, b":"))


def _literals(file: RustFile, start: int, end: int) -> Iterator[Literal]:
    for at in range(start, end):
        token = file.tokens[at]
        if token.kind == STRING:
            yield Literal(token.text.decode("utf-8", "surrogateescape"), token.start, file.line(at))


def given_by(name: bytes, macros: Macros, depth: int = 0) -> Given | None:
    """What the wrapper `name` gives to `module!` by itself; None where it does not lead there.

    Of a macro with several arms that lead there, what all of them give.
    """
    rules = macros(name)
    if rules is None or depth > _DEEPEST:
        return None
    found = [given for arm in rules.arms if (given := _given_in(rules, arm, macros, depth)) is not None]
    if not found:
        return None
    first = found[0]
    return Given(
        tuple(n for n in first.imports if all(n in other.imports for other in found)),
        tuple(n for n in first.licences if all(n in other.licences for other in found)),
        first.file,
        first.line,
    )


def _given_in(rules: MacroRules, arm: tuple[int, int], macros: Macros, depth: int) -> Given | None:
    file = rules.file
    for at in range(*arm):
        name = file.name(at)
        if name is None or not file.is_(at + 1, b"!") or at + 2 not in file.close or name == rules.name:
            continue
        below = Given() if name == MODULE and macros(name) is None else given_by(name, macros, depth + 1)
        if below is None:
            continue
        own = {
            field: range(first, last)
            for field, first, last in _nested_fields(file, at + 3, file.close[at + 2])
        }
        values = {
            field: tuple(literal.value for literal in _literals(file, span.start, span.stop))
            for field, span in own.items()
        }
        here = IMPORTS in own
        return Given(
            (*values.get(IMPORTS, ()), *below.imports),
            (*values.get(LICENCE, ()), *below.licences),
            file.path if here else below.file,
            file.line(own[IMPORTS].start) if here else below.line,
        )
    return None


def _nested_fields(file: RustFile, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The `license:` and `imports_ns:` between two tokens, however deep: (name, start, end) of their values."""
    for at in range(start, end):
        name = file.name(at)
        if name in (LICENCE, IMPORTS) and file.is_(at + 1, b":"):
            yield name, at + 2, file.after(at + 2)


def known_fields(file: RustFile) -> tuple[str, ...] | None:
    """The fields that `module!` of rust/macros/module.rs takes, in the order it wants; None where it does not tell.

    Read from `EXPECTED_KEYS: … = &["type", …]`, or from the keys of the `parse_ordered_fields!` with `license`.
    """
    for at in range(len(file.tokens)):
        if file.is_(at, b"EXPECTED_KEYS") and file.is_(at - 1, b"const"):
            opened = next((t for t in range(at, min(at + 16, len(file.tokens))) if file.is_(t, b"=")), None)
            if opened is not None and file.is_(opened + 2, b"["):
                keys = tuple(literal.value for literal in _literals(file, opened + 3, file.close[opened + 2]))
                if "license" in keys:
                    return keys
        elif file.is_(at, b"parse_ordered_fields") and file.is_(at + 1, b"!") and at + 2 in file.close:
            keys = tuple(_ordered_keys(file, at + 3, file.close[at + 2]))
            if "license" in keys:
                return keys
    return None


def _ordered_keys(file: RustFile, at: int, end: int) -> Iterator[str]:
    """The names before `=>`, and before `as NAME`, between the commas."""
    begins = True
    while at < end:
        name = file.name(at)
        if begins and name is not None:
            arrow = at + 3 if file.is_(at + 1, b"as") else at + 1
            arrow = file.after(arrow) if file.is_(arrow, b"[") else arrow
            if file.is_(arrow, b"=>"):
                yield name.decode("ascii", "replace")
        begins = file.is_(at, b",") or file.is_(at, b";") or file.is_(at, b"}")
        at = file.after(at)
        begins = begins or file.is_(at - 1, b"}")
