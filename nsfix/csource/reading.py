"""Which symbols of a fixed set one unit really uses: what its object file would leave undefined.

From each occurrence of a symbol in the unit's files, upwards: a macro or a static function that holds it is
looked for in turn, until something is reached that the compiler emits in any case. Only pieces that hold an
occurrence are expanded and parsed, so a unit costs what it says, not what it includes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from nsfix.csource.chunks import chunk_at
from nsfix.csource.constants import NameConstants
from nsfix.csource.lexer import LineIndex
from nsfix.csource.names import NameFinder, word_offsets
from nsfix.csource.pasting import NameSet
from nsfix.csource.program import SourceText
from nsfix.csource.session import Key, Session, Span
from nsfix.csource.syntax import Definition, Piece
from nsfix.csource.tracing import UseTracer
from nsfix.csource.unit import Unit
from nsfix.model import Via

_WORDS = re.compile(rb"[A-Za-z_]\w*")
_DEFINE = re.compile(rb"\s*#\s*define\s+(\w+)")
_PROTOTYPE = re.compile(rb"[\w\s*]*?[\s*](\w+)\s*\([^{}=]*\)[^{}=()]*;\s*\Z")
Places = dict[bytes, list[tuple[SourceText, int]]]


@dataclass(frozen=True, slots=True)
class SymbolUse:
    """A use that the object file would show. `offset` is a byte offset in `file`."""

    symbol: bytes
    file: str
    offset: int
    line: int
    via: tuple[Via, ...]


@dataclass(slots=True)
class UnitUses:
    """What one unit says: its uses, and the symbols of the set that it defines for others to link with."""

    uses: list[SymbolUse] = field(default_factory=list)
    defines: set[bytes] = field(default_factory=set)


class Reader:
    """Reads one unit. `uses()` is the answer; `symbols` narrows it to some of the session's."""

    def __init__(self, unit: Unit, session: Session, symbols: frozenset[bytes] | None = None) -> None:
        self.unit = unit
        self.session = session
        self._symbols = session.symbols if symbols is None else symbols
        self._targets: set[bytes] = set(self._symbols)
        self._words: set[bytes] = set()
        self._pieces: dict[Key, Piece] = {}
        self._dirty: set[Key] = set()
        self._local_queue: set[bytes] = set()
        self._header_queue: set[bytes] = set()
        self._own = {path: None for path in unit.included if not session.is_kernel(path)}
        self._spliced = unit.spliced()
        self._pasting: list[tuple[frozenset[bytes], frozenset[Key]]] = []
        self._pasted: set[Key] = set()
        self._constants = NameConstants(unit, session, self.piece)
        self._line_cache: dict[tuple[str, int], int] = {}

    def uses(self, group_of: Callable[[bytes], str] | None = None) -> UnitUses:
        """Every real use, and what the unit defines.

        With `group_of`, which gives the namespace of a symbol, one real use of each namespace is enough: then
        the rest of its occurrences are left unread, and so is what they would have shown.
        """
        self._find_pasting()
        self._touch_pasting(self.session.symbol_set)
        held_back: Places = {}
        for source, hits in self.session.all_hits(self.unit, self.session.finder):
            brief = group_of is not None and source.path in self._own
            for name, offset in hits:
                if name not in self._symbols:
                    continue
                if brief:
                    held_back.setdefault(name, []).append((source, offset))
                else:
                    self._visit(source, name, offset)
        result = self._settled(held_back)
        if group_of is None:
            return result
        # A probe function, the last in its file, is near what the compiler emits: the last symbol comes first,
        # and those that only headers speak of come last.
        main = self.unit.main
        inside = [name for name, places in held_back.items() if any(s is main for s, _ in places)]
        for name in inside[::-1] + [name for name in held_back if name not in inside]:
            if name in held_back and group_of(name) not in {group_of(use.symbol) for use in result.uses}:
                self._visit_all(held_back, {name})
                result = self._settled(held_back)
        return result

    @property
    def looked_for(self) -> frozenset[bytes]:
        """All words that were looked for so far: symbols, what leads to them, and what constants hang on."""
        return frozenset(self._targets | self._words | self._constants.asked)

    @property
    def pieces(self) -> Iterable[Key]:
        """The pieces that were looked at."""
        return self._pieces

    def _visit_all(self, held_back: Places, names: set[bytes]) -> None:
        for name in names:
            for source, offset in held_back.pop(name):
                self._visit(source, name, offset)

    def _settled(self, held_back: Places) -> UnitUses:
        """Follow what was visited to its end. A symbol that turns up on the way is visited everywhere: only
        then is it known whether the unit defines it by itself."""
        while True:
            self._settle()
            result = self._collect()
            new = {use.symbol for use in result.uses} & held_back.keys()
            if not new:
                return result
            self._visit_all(held_back, new)

    def piece(self, key: Key) -> Piece:
        """The piece at `key` of this unit."""
        piece = self._pieces.get(key)
        if piece is None or not (piece.left.isdisjoint(self._words) and piece.left.isdisjoint(self._targets)):
            active = self.unit.active(self.unit.included[key[0]])
            pasted = key in self._pasted
            piece = self._pieces[key] = self.session.piece(key, active, self.unit, self._wanted, pasted)
        return piece

    def _wanted(self, word: bytes) -> bool:
        return word in self._targets or word in self._words

    def _find_pasting(self) -> None:
        """Note where macros are called that paste names together: no search would find those names."""
        unit, session = self.unit, self.session
        for path in self._own:
            source = unit.included[path]
            active = unit.active(source)
            among = session.pasting_words.among(session.words(source.path, active), unit)
            for word, patterns in (*among, *session.pasting_words.among_passing(path, unit)):
                keys = self._keys_of(source.path, word_offsets(active, word))
                self._pasting.append((patterns, frozenset(keys)))

    def _touch_pasting(self, names: NameSet) -> None:
        def spelled() -> frozenset[bytes]:
            return self.session.spelled(self.unit)

        for patterns, keys in self._pasting:
            if not keys <= (self._dirty & self._pasted) and any(names.may_make(p, spelled) for p in patterns):
                self._dirty |= keys
                for key in keys - self._pasted:
                    self._pieces.pop(key, None)  # it may have left the very call that pastes unexpanded
                self._pasted |= keys

    def _settle(self) -> None:
        while self._dirty or self._local_queue or self._header_queue:
            for key in sorted(self._dirty):
                self._evaluate(key)
            self._dirty.clear()
            local, self._local_queue = self._local_queue, set()
            wide, self._header_queue = self._header_queue, set()
            if local or wide:
                self._touch_pasting(NameSet(local | wide))
            if wide:
                self._search(wide, True)
            if local:
                self._search(local, False)

    def _search(self, names: set[bytes], everywhere: bool) -> None:
        if everywhere:
            places = self.session.all_hits(self.unit, self.session.finder_for(frozenset(names)))
        else:
            finder = NameFinder(names)
            own = [self.unit.included[path] for path in self._own]
            places = [(source, finder.find(source.code if source.own else source.text)) for source in own]
        for source, hits in places:
            for name, offset in hits:
                self._visit(source, name, offset)

    def _visit(self, source: SourceText, name: bytes, offset: int) -> None:
        line = source.directive_at(offset)
        if line is not None:
            self._macro(source, line, name, offset)
            return
        active = self.unit.active(source)
        if active[offset : offset + 1] != name[:1]:
            return
        if source.path in self._spliced:
            self._dirty |= self._keys_of(source.path, [])
            return
        span = chunk_at(self.session.chunks(source.path, active), offset)
        if span is None:
            return
        text = active[span[0] : span[1]]
        if len(text) < 4000 and b"{" not in text:
            prototype = _PROTOTYPE.match(text)
            if prototype is not None and prototype[1] == name and self.unit.defined(name) is None:
                return
        self._dirty.add((source.path, span))

    def _keys_of(self, path: str, offsets: list[int]) -> set[Key]:
        """The pieces that hold `offsets` of the file `path`: its own, or those that it is unfolded in."""
        if path in self._spliced:
            path, offsets = self.unit.path, self._spliced[path]
        chunks = self.session.chunks(path, self.unit.active(self.unit.included[path]))
        spans = {chunk_at(chunks, offset) for offset in offsets}
        return {(path, span) for span in spans if span is not None}

    def _macro(self, source: SourceText, line: Span, name: bytes, offset: int) -> None:
        """A name in a `#define` line makes the macro a word to look for."""
        match = _DEFINE.match(source.code, line[0])
        if match is None or match.start(1) == offset or source.code[offset : offset + 1] != name[:1]:
            return
        macro = self.unit.macros.macro(match[1])
        alive = macro is not None and macro.file == source.path and macro.start == line[0]
        if alive or source.path == self.unit.path or match[1] in source.undefined_again:
            self._look_for(match[1], source.path)

    def _look_for(self, word: bytes, defined_in: str) -> None:
        if word in self._words:
            return
        self._words.add(word)
        (self._local_queue if defined_in in self._own else self._header_queue).add(word)

    def _evaluate(self, key: Key) -> None:
        piece = self.piece(key)
        piece.uses(self._targets, self._constants)
        for definition in piece.definitions:
            if not definition.uses or definition.root:
                continue
            for name in definition.names:
                if name not in self._targets or name not in self._words:
                    self._targets.add(name)
                    self._look_for(name, key[0])
                    self._look_for_pieces(name, key)

    def _look_for_pieces(self, name: bytes, key: Key) -> None:
        """A name that a macro built is nowhere to be found: look for the words that it was built from."""
        active = self.unit.active(self.unit.included[key[0]])
        raw = active[key[1][0] : key[1][1]]
        if name in raw:
            return
        for word in set(_WORDS.findall(raw)):
            if len(word) > 1 and word in name:
                self._look_for(word, key[0])

    def _collect(self) -> UnitUses:
        for key in list(self._pieces):
            self.piece(key).uses(self._targets, self._constants)
        defined: dict[bytes, list[tuple[Key, Definition]]] = {}
        result = UnitUses()
        for key, piece in self._pieces.items():
            for definition in piece.definitions:
                for name in definition.names:
                    defined.setdefault(name, []).append((key, definition))
                    if not definition.static and definition.root and name in self._symbols:
                        result.defines.add(name)
        tracer = UseTracer(defined, self._symbols, self._own, self._pieces, self._line)
        found: dict[tuple[bytes, str, int], SymbolUse] = {}
        for key, piece in self._pieces.items():
            for definition in piece.definitions:
                if not definition.root or not definition.uses:
                    continue
                for leaf in tracer.leaves(key, definition):
                    file, offset = leaf.place or (key[0], piece.token_at(definition.start).offset)
                    use = SymbolUse(leaf.symbol, file, offset, self._line(file, offset), leaf.via)
                    found.setdefault((leaf.symbol, file, offset), use)
        result.uses = sorted(
            found.values(), key=lambda u: (u.symbol, u.file != self.unit.path, u.file, u.offset)
        )
        return result

    def _line(self, file: str, offset: int) -> int:
        key = (file, offset)
        line = self._line_cache.get(key)
        if line is None:
            source = self.unit.included.get(file)
            line = LineIndex(source.text).line(offset) if source is not None else 1
            self._line_cache[key] = line
        return line
