"""The items of one module of a crate (The Rust Reference, "Items"), read into its scope.

Only what the text shows is known: not what macros make.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nsfix.rust.imports import UsedName, use_tree
from nsfix.rust.lexer import STRING
from nsfix.rust.scopes import Function, MacroRules, Scope
from nsfix.rust.source import RustFile

if TYPE_CHECKING:
    from nsfix.rust.crate import Crate

Attributes = list[tuple[int, int]]
_QUALIFIERS = frozenset((b"async", b"unsafe", b"const", b"default", b"safe"))
_TYPES = frozenset((b"struct", b"enum", b"union", b"type"))


class Items:
    """Reads the items of one module. `directory` is where the files of the modules below it are."""

    def __init__(self, crate: Crate, scope: Scope, directory: str) -> None:
        self._crate = crate
        self._scope = scope
        self._file = scope.file
        self._directory = directory

    def read(
        self, start: int, end: int, owner: bytes = b"", generic: bool = False, trait: bool = False
    ) -> None:
        """Read the items from `start` to `end`, those of a block of `owner` if there is one."""
        file, at = self._file, start
        while at < end:
            attributes, at = file.attributes(at)
            if at >= end:
                return
            if not file.alive(at):
                at += 1
                continue
            at = self._item(at, end, attributes, owner, generic, trait)

    def _item(
        self, at: int, end: int, attributes: Attributes, owner: bytes, generic: bool, trait: bool
    ) -> int:
        file = self._file
        if file.is_(at, b"pub"):
            at = file.after(at + 1) if file.is_(at + 1, b"(") else at + 1
        word = at
        while file.name(word) in _QUALIFIERS or (file.is_(word, b"extern") and self._before_fn(word)):
            word += 1
            if word < len(file.tokens) and file.tokens[word].kind == STRING:
                word += 1
        kind, name = file.name(word), file.name(word + 1)
        if kind == b"fn" and name is not None:
            return self._function(word + 1, end, attributes, owner, generic, trait)
        kind, name = file.name(at), file.name(at + 1)
        if kind == b"use":
            self._use(at + 1, end)
        elif kind == b"mod" and name is not None:
            return self._module(at + 1, end, attributes)
        elif kind in _TYPES and name is not None:
            self._scope.names.add(name)
        elif kind in (b"const", b"static"):
            self._value(at, attributes)
        elif kind == b"macro_rules" and file.is_(at + 1, b"!"):
            self._macro(at + 2)
        elif file.name(word) in (b"impl", b"trait"):
            return self._block(word, end)
        elif kind == b"extern" or file.name(word) == b"extern":
            return self._extern(word if file.name(word) == b"extern" else at, end)
        return max(file.item_end(at), at + 1)

    def _before_fn(self, at: int) -> bool:
        file = self._file
        following = at + 2 if at + 1 < len(file.tokens) and file.tokens[at + 1].kind == STRING else at + 1
        return file.is_(following, b"fn")

    def _function(
        self, at: int, end: int, attributes: Attributes, owner: bytes, generic: bool, trait: bool
    ) -> int:
        file = self._file
        name = file.tokens[at].text
        opened = file.angles(at + 1)
        inlined = generic or has_type_parameter(file, at + 1, opened)
        if file.is_(opened, b"("):
            inlined = inlined or any(file.is_(t, b"impl") for t in range(opened, file.after(opened)))
        inlined = inlined or any(file.is_(first, b"inline") for first, _ in attributes)
        body = file.body(opened, end)
        if file.is_(body, b"{"):
            inside = (body + 1, file.close[body])
            self._scope.functions.append(Function(name, owner, inlined, trait, at, inside))
            for use in range(*inside):
                if file.is_(use, b"use") and file.alive(use):
                    self._use(use + 1, inside[1])
        self._note_symbol(name, attributes)
        return file.after(body)

    def _note_symbol(self, name: bytes, attributes: Attributes) -> None:
        file = self._file
        for first, last in attributes:
            words = [file.tokens[t].text for t in range(first, last)]
            if b"export_name" in words[:-1]:
                self._scope.defined.add(words[-1])
            elif b"no_mangle" in words or words == [b"export"]:
                self._scope.defined.add(name)

    def _value(self, at: int, attributes: Attributes) -> None:
        at += 2 if self._file.is_(at + 1, b"mut") else 1
        name = self._file.name(at)
        if name is not None:
            self._scope.names.add(name)
            self._note_symbol(name, attributes)

    def _use(self, at: int, end: int) -> None:
        for used in use_tree(self._file, at, end):
            self._add(used)

    def _add(self, used: UsedName) -> None:
        if used.name is None:
            self._scope.globs.append(used.path)
        else:
            self._scope.uses[used.name] = used.path

    def _module(self, at: int, end: int, attributes: Attributes) -> int:
        file, name = self._file, self._file.tokens[at].text
        text = os.fsdecode(name)
        if file.is_(at + 1, b"{"):
            child = self._scope.inline[name] = self._crate.scope((*self._scope.path, name), file, self._scope)
            self._crate.parse(child, at + 2, file.close[at + 1], f"{self._directory}/{text}")
            return file.after(at + 1)
        candidates = [f"{self._directory}/{text}.rs", f"{self._directory}/{text}/mod.rs"]
        for first, last in attributes:
            if file.is_(first, b"path") and file.is_(first + 1, b"=") and last == first + 3:
                given = os.fsdecode(file.tokens[first + 2].text)
                candidates = [os.path.normpath(os.path.join(os.path.dirname(file.path), given))]
        self._scope.outside[name] = (candidates, file.line(at))
        return file.item_end(at)

    def _macro(self, at: int) -> None:
        rules = macro_at(self._file, at)
        if rules is not None:
            self._crate.macros[rules.name] = rules

    def _block(self, at: int, end: int) -> int:
        """An `impl` or `trait` block."""
        file = self._file
        body = file.body(at, end)
        is_trait = file.is_(at, b"trait")
        if is_trait:
            owner: bytes | None = file.name(at + 1)
            if owner is not None:
                self._scope.names.add(owner)
            generic, of_trait = True, True
        else:
            opened = file.angles(at + 1)
            generic = has_type_parameter(file, at + 1, opened)
            split = next((t for t in _outside(file, opened, body) if file.is_(t, b"for")), None)
            of_trait = split is not None
            owner = _last_name(file, opened if split is None else split + 1, body)
        if file.is_(body, b"{"):
            self.read(body + 1, file.close[body], owner or b"?", generic, of_trait)
        return file.after(body)

    def _extern(self, at: int, end: int) -> int:
        file = self._file
        body = file.body(at, end)
        if not file.is_(body, b"{"):
            return file.after(body)
        inside, last = body + 1, file.close[body]
        while inside < last:
            attributes, inside = file.attributes(inside)
            item_end = max(file.item_end(inside), inside + 1)
            for word in range(inside, min(item_end, last)):
                name = file.name(word + 1)
                if file.name(word) in (b"fn", b"static") and file.alive(word):
                    name = file.name(word + 2) if name == b"mut" else name
                    if name is not None:
                        self._scope.foreign[name] = _link_name(file, attributes) or name
                    break
            inside = item_end
        return file.after(body)


def macro_at(file: RustFile, at: int) -> MacroRules | None:
    """The `macro_rules!` whose name is the token at `at`."""
    name = file.name(at)
    if name is None or at + 1 not in file.close:
        return None
    arms: list[tuple[int, int]] = []
    inside, end = at + 2, file.close[at + 1]
    while inside < end:
        if file.is_(inside, b"=>") and inside + 1 in file.close:
            arms.append((inside + 2, file.close[inside + 1]))
        inside = file.after(inside)
    return MacroRules(name, file, tuple(arms))


def has_type_parameter(file: RustFile, start: int, end: int) -> bool:
    """Whether `<…>` from `start` to `end` has a parameter that is no lifetime."""
    depth, opens = 0, True
    for at in range(start, end):
        text = file.tokens[at].text
        if file.is_(at, b"<"):
            depth += 1
            continue
        if depth == 1 and opens and file.name(at) is not None:
            return True
        opens = depth == 1 and text == b","
        depth -= file.is_(at, b">")
    return False


def _outside(file: RustFile, start: int, end: int) -> Iterator[int]:
    """The positions from `start` to `end` outside brackets and `<…>`."""
    at = start
    while at < end:
        if file.is_(at, b"<"):
            at = max(file.angles(at), at + 1)
            continue
        yield at
        at = file.after(at)


def _last_name(file: RustFile, start: int, end: int) -> bytes | None:
    """The last name of the path at `start`, before `where`."""
    found: bytes | None = None
    for at in _outside(file, start, end):
        if file.is_(at, b"where"):
            break
        found = file.name(at) or found
    return found


def _link_name(file: RustFile, attributes: Attributes) -> bytes | None:
    for first, last in attributes:
        if file.is_(first, b"link_name") and last == first + 3:
            return file.tokens[first + 2].text
    return None
