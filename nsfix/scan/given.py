"""What macros are given in the files of a module, told from raw bytes: names that macros paste are made of that.

A macro gets what stands in the parentheses of its calls. A call in another macro's body gets what that one is given
in turn; a macro that is handed on by its bare name gets what the one says that it is handed to.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nsfix.csource.chunks import chunk_at
from nsfix.csource.directives import scan_directives
from nsfix.csource.lexer import blank_comments
from nsfix.csource.macros import Macro
from nsfix.csource.names import NameFinder
from nsfix.csource.pasting import is_made_of, makes, shapes

_DEFINITION = re.compile(rb"#[ \t]*define[ \t]+(\w+)([^\n\\]*(?:\\\r?\n?[^\n\\]*)*)")
_DEFINED = re.compile(rb"\s*#\s*(\w+)[ \t]+(\w+)")
_OPENING = re.compile(rb"[ \t\r\n\\]*\(")
_PARENTHESIS = re.compile(rb"[()]")
_CALLER = re.compile(rb"(\w+)\s*\Z")
_HEAD = re.compile(rb"\(([^()]*)\)")
_CALL = re.compile(rb"(\w+)\s*\(")
_DEEPEST = 2  # steps in which a name is pasted from others that are pasted themselves
_AROUND = 4000  # bytes before a bare name in which the call that it stands in is looked for
_OTHER = bytes(c if c < 128 and (chr(c).isalnum() or c == 0x5F) else 0x20 for c in range(256))
Bodies = Mapping[bytes, Collection[bytes]]


def definitions(text: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The macros that `text` defines, be it in a comment: (name, all that follows it)."""
    for name, body in _DEFINITION.findall(text):
        if body:
            yield name, body


def words_of(text: bytes) -> frozenset[bytes]:
    """All words of `text`, be it that they stand in comments."""
    return frozenset(text.translate(_OTHER).split())


@dataclass(frozen=True, slots=True)
class Given:
    """The `words` that macros are given. What they are given may be pasted itself, in one of `shapes`, at most `depth`
    times one inside the other."""

    words: frozenset[bytes]
    shapes: frozenset[tuple[bytes, ...]]
    depth: int
    known: dict[tuple[bytes, int], bool] = field(default_factory=dict)

    def make(self, shape: Sequence[bytes], name: bytes) -> bool:
        """Whether a macro that pastes names of that shape may come to `name`."""
        return makes(shape, name, _Pasted(self, self.depth))

    def holds(self, word: bytes, depth: int) -> bool:
        """Whether `word` is given, or pasted in at most `depth` steps from what is."""
        if word in self.words:
            return True
        if not depth:
            return False
        known = self.known.get((word, depth))
        if known is None:
            inside = _Pasted(self, depth - 1)
            known = self._made(word) and any(makes(shape, word, inside) for shape in self.shapes)
            self.known[word, depth] = known
        return known

    def _made(self, word: bytes) -> bool:
        """Whether the words and the fixed parts of the shapes make `word` in any order: that refuses quickly."""
        known = self.known.get((word, 0))
        if known is None:
            fixed = _Fixed(self, frozenset(part for shape in self.shapes for part in shape))
            known = self.known[word, 0] = is_made_of(word, fixed)
        return known


@dataclass(frozen=True, slots=True)
class _Pasted(Container[bytes]):
    given: Given
    depth: int

    def __contains__(self, word: object) -> bool:
        return isinstance(word, bytes) and self.given.holds(word, self.depth)


@dataclass(frozen=True, slots=True)
class _Fixed(Container[bytes]):
    given: Given
    parts: frozenset[bytes]

    def __contains__(self, word: object) -> bool:
        return word in self.given.words or word in self.parts


def given_to(
    macros: Mapping[bytes, Iterable[tuple[bytes, ...]]], texts: Iterable[bytes], bodies: Bodies
) -> dict[bytes, Given]:
    """For each of `macros`, by name with the shapes that they paste, the words that it is given in `texts`, with all
    that macros among these words bring; `bodies` are those of the kernel's macros."""
    giving = _Giving(list(texts), bodies, macros)
    every = frozenset[tuple[bytes, ...]]().union(*macros.values())
    return {name: giving.to(name, every) for name in macros}


class _Giving:
    def __init__(self, texts: list[bytes], bodies: Bodies, macros: Collection[bytes]) -> None:
        self._kernel = bodies
        self._own: dict[bytes, list[bytes]] = {}
        for text in texts:
            for name, body in definitions(text):
                self._own.setdefault(name, []).append(body)
        self._words: dict[bytes, set[bytes]] = {}  # by macro, what stands in its calls
        self._shapes: dict[bytes, set[tuple[bytes, ...]]] = {}  # by macro, what is pasted there
        self._also: set[bytes] = set()
        self._calling: dict[bytes, bool] = {}
        self._callers: dict[bytes, dict[bytes, int]] = {}  # who calls a macro, and whether with pasted names
        self._spellings: dict[bytes, frozenset[bytes]] = {}
        self._read(set(macros), texts)
        self._leading = self._leading_to(set(macros) | self._words.keys())

    def _read(self, new: set[bytes], texts: list[bytes]) -> None:
        done: set[bytes] = set()
        while new:
            done |= new
            finder = NameFinder(new)
            for text in texts:
                hits = finder.find(text)
                if hits:
                    self._look(text, hits)
            new, self._also = self._also - done, set()

    def to(self, macro: bytes, every: frozenset[tuple[bytes, ...]]) -> Given:
        """What `macro` is given, be it through the macros that call it. `every` are the shapes of all macros."""
        depth = min(self._depth(macro, set()), _DEEPEST)
        way = self._way_to(macro)
        words = set().union(*(self._words.get(name, ()) for name in way))
        pasted = not words.isdisjoint(self._leading) or any(map(self._pastes, words))
        depth = _DEEPEST if pasted else depth
        shaped = frozenset[tuple[bytes, ...]]().union(*(self._shapes.get(name, ()) for name in way))
        return Given(self._unfolded(words), every | shaped if depth == _DEEPEST else shaped, depth)

    def _way_to(self, macro: bytes) -> frozenset[bytes]:
        """The macros that call `macro`, to any depth, with itself."""
        way = {macro}
        pending = [macro]
        while pending:
            new = self._callers.get(pending.pop(), {}).keys() - way
            way |= new
            pending += new
        return frozenset(way)

    def _depth(self, name: bytes, seen: set[bytes]) -> int:
        """How often what `name` is given may have been pasted, on the way from where it is spelled."""
        if name in seen:
            return 0
        callers = self._callers.get(name, {})
        return max((more + self._depth(caller, seen | {name}) for caller, more in callers.items()), default=0)

    def _leading_to(self, macros: set[bytes]) -> set[bytes]:
        """The macros that spell one of `macros`, to any depth, with these."""
        leading = set(macros)
        new = True
        while new:
            found = {
                name
                for name, bodies in self._own.items()
                if name not in leading and any(not leading.isdisjoint(self._spelled(body)) for body in bodies)
            }
            leading |= found
            new = bool(found)
        return leading

    def _pastes(self, word: bytes) -> bool:
        return any(b"##" in body for body in self._bodies(word))

    def _spelled(self, body: bytes) -> frozenset[bytes]:
        known = self._spellings.get(body)
        if known is None:
            known = self._spellings[body] = words_of(body)
        return known

    def _bodies(self, name: bytes) -> list[bytes]:
        return [*self._own.get(name, ()), *self._kernel.get(name, ())]

    def _look(self, text: bytes, hits: Iterable[tuple[bytes, int]]) -> None:
        code = blank_comments(text)
        spans = [(d.start, d.end) for d in scan_directives(code)]
        for name, offset in hits:
            if code[offset : offset + 1] != name[:1]:
                continue
            line = chunk_at(spans, offset)
            directive = _DEFINED.match(code, line[0]) if line is not None else None
            if directive is not None and directive.start(2) == offset:
                continue
            caller = None
            if line is not None and directive is not None and directive[1] == b"define":
                caller = directive[2]
                self._also.add(caller)
            call = _OPENING.match(code, offset + len(name))
            if call is not None:
                given = code[call.end() : _closing(code, call.end())]
                self._words.setdefault(name, set()).update(words_of(given))
                if caller is not None:
                    pasted = b"##" in given
                    callers = self._callers.setdefault(name, {})
                    callers[caller] = max(callers.get(caller, 0), int(pasted))
                    if pasted and line is not None:
                        definition = next(scan_directives(code[line[0] : line[1]]))
                        pasted_names = shapes(Macro(definition.name, definition.argument))
                        self._shapes.setdefault(name, set()).update(pasted_names)
            else:
                self._hand_on(code, name, offset)

    def _hand_on(self, code: bytes, name: bytes, offset: int) -> None:
        """A bare name: it counts where it is given to a macro."""
        depth = 0
        before = code[max(offset - _AROUND, 0) : offset]
        for match in reversed(list(_PARENTHESIS.finditer(before))):
            depth += 1 if match.group() == b")" else -1
            if depth < 0:
                depth = 0
                caller = _CALLER.search(before, 0, match.start())
                if caller is not None and self._calls_given(caller[1]):
                    self._also.add(caller[1])
                    self._callers.setdefault(name, {}).setdefault(caller[1], 0)
                    self._words.setdefault(name, set()).update(*map(words_of, self._bodies(caller[1])))

    def _calls_given(self, name: bytes) -> bool:
        """Whether the macro `name` calls something that it is given, be it through others that it is handed to."""
        known = self._calling.get(name)
        if known is None:
            self._calling[name] = False  # ends a circle of macros
            known = self._calling[name] = any(map(self._calls_parameter, self._bodies(name)))
        return known

    def _calls_parameter(self, definition: bytes) -> bool:
        head = _HEAD.match(definition)
        if head is None:
            return False
        body = definition[head.end() :]
        parameters = words_of(head[1]) | {b"__VA_ARGS__"}
        for call in _CALL.finditer(body):
            if call[1] in parameters:
                return True
            given = words_of(body[call.end() : _closing(body, call.end())])
            if not given.isdisjoint(parameters) and self._calls_given(call[1]):
                return True
        return False

    def _unfolded(self, words: set[bytes]) -> frozenset[bytes]:
        """The words, and what the macros among them bring, to any depth."""
        found = set(words)
        pending = list(words)
        while pending:
            for body in self._bodies(pending.pop()):
                new = self._spelled(body) - found
                found |= new
                pending += new
        return frozenset(found)


def _closing(code: bytes, start: int) -> int:
    """Where the parenthesis ends that is open at `start`."""
    depth = 1
    for match in _PARENTHESIS.finditer(code, start):
        depth += 1 if match.group() == b"(" else -1
        if depth == 0:
            return match.start()
    return len(code)
