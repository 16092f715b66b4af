"""What the units of one run share: the symbols that are looked for, and what was found in their headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from nsfix.csource.chunks import outer_chunks
from nsfix.csource.cleaning import clean
from nsfix.csource.closure import Closure, WordMemo
from nsfix.csource.expansion import EndlessExpansion, EndlessMacros, Expander
from nsfix.csource.lexer import LineIndex
from nsfix.csource.macros import Lookup, Macro, Token, tokenize
from nsfix.csource.names import NameFinder
from nsfix.csource.pasting import NameSet, Pasting
from nsfix.csource.program import SourceText
from nsfix.csource.store import Store
from nsfix.csource.syntax import Piece
from nsfix.csource.unit import Unit

_WORDS = re.compile(rb"[A-Za-z_]\w*")
# What may follow a call that is an expression; anything else may be half of a statement.
_AFTER_EXPRESSION = frozenset(bytes([c]) for c in b";,)]?:=<>+-*/%&|^.!~")
# A macro that leads to one of these may change which code is reached, or declare a cleanup.
_STEERING = (b"return", b"goto", b"break", b"continue", b"case", b"default", b"__builtin_unreachable", b"cleanup",
             b"__builtin_trap", b"__cleanup__", b"asm", b"alias", b"__alias__")  # fmt: skip
Span = tuple[int, int]
# Names, each with its byte offset.
Hits = list[tuple[bytes, int]]
# A piece of a unit: the file it stands in, and its span there (byte offsets, end exclusive).
Key = tuple[str, Span]


class Session:
    """What the units of one run share: the symbols that are looked for, and what was found in their headers."""

    def __init__(self, store: Store, symbols: Iterable[bytes], is_kernel: Callable[[str], bool]) -> None:
        self.store = store
        self.finder = NameFinder(symbols)
        self.symbols = frozenset(self.finder.names)
        self.is_kernel = is_kernel
        self.symbol_set = NameSet(self.finder.names)
        self.pasting = Pasting(is_kernel)
        self.leading = Closure(_STEERING)
        self._endless_macros = EndlessMacros()
        self._endless: dict[tuple[str, bytes], int] = {}
        self._spelled: dict[Unit, frozenset[bytes]] = {}
        self._reached: dict[int, tuple[Macro, frozenset[bytes]]] = {}
        self.pasting_words = WordMemo(self.pasting.patterns)
        self._hits: dict[NameFinder, dict[str, Hits]] = {}
        self._searched: dict[NameFinder, set[str]] = {}
        self._mentions: dict[tuple[str, bytes], bool] = {}
        self._finders: dict[frozenset[bytes], NameFinder] = {}
        self._chunks: dict[tuple[str, bytes], list[Span]] = {}
        self._words: dict[tuple[str, bytes], frozenset[bytes]] = {}
        self._pieces: dict[Key, list[tuple[bytes, dict[bytes, Macro | None], Piece]]] = {}
        # What of these was found in files that are no kernel headers.
        self._passing: list[tuple[dict[Any, Any], Any]] = []
        self._passing_paths: list[tuple[set[str], str]] = []

    def forget(self) -> None:
        """Forget what was found in files that are no kernel headers."""
        self._spelled = {}
        for cache, key in self._passing:
            cache.pop(key, None)
        for searched, path in self._passing_paths:
            searched.discard(path)
        self._passing.clear()
        self._passing_paths.clear()

    def take_endless(self) -> dict[tuple[str, bytes], int]:
        """The macros that were found to expand without end since this was asked last: file and name, with the byte
        offset at which it was called first."""
        found, self._endless = self._endless, {}
        return found

    def _note(self, cache: dict[Any, Any], key: Any, path: str) -> None:
        """Note that what `cache` has by `key` was found in the file `path`."""
        if not self.is_kernel(path):
            self._passing.append((cache, key))

    def all_hits(self, unit: Unit, finder: NameFinder) -> list[tuple[SourceText, Hits]]:
        """Where the names of `finder` stand in the files of `unit`, for those files that have some. Comments of
        headers are not told apart."""
        included = unit.included
        searched = self._searched.setdefault(finder, set())
        known = self._hits.setdefault(finder, {})
        for path in included.keys() - searched - {unit.path}:
            found = finder.find(included[path].text)
            if found:
                known[path] = found
                self._note(known, path, path)
            searched.add(path)
            if not self.is_kernel(path):
                self._passing_paths.append((searched, path))
        hits = {
            unit.path: finder.find(unit.main.code),
            **{path: known[path] for path in known.keys() & included.keys()},
        }
        return [(source, hits[path]) for path, source in included.items() if path in hits]

    def words(self, path: str, active: bytes) -> frozenset[bytes]:
        """The words of the active text of `path`."""
        key = (path, active)
        words = self._words.get(key)
        if words is None:
            words = self._words[key] = frozenset(_WORDS.findall(active))
            self._note(self._words, key, path)
        return words

    def pastes_symbol(self, macro: Macro, unit: Unit) -> bool:
        """Whether expanding `macro` may paste a symbol together."""
        patterns = self.pasting.patterns(macro, unit.macros)
        return any(self.symbol_set.may_make(p, lambda: self.spelled(unit)) for p in patterns)

    def spelled(self, unit: Unit) -> frozenset[bytes]:
        """The words that macros in the unit's own files may be given: all that stand there, and all that the macros
        among them bring."""
        known = self._spelled.get(unit)
        if known is None:
            words: set[bytes] = set()
            for path, source in unit.included.items():
                if not self.is_kernel(path):
                    words |= self.words(path, unit.active(source))
            found = set(words)
            for word in words:
                for macro in unit.meanings(word):
                    found |= self._reach(macro, unit)
            self._spelled = {unit: frozenset(found)}  # for the unit at hand only
            known = self._spelled[unit]
        return known

    def spelled_with(self, unit: Unit, words: Iterable[bytes]) -> frozenset[bytes]:
        """What `spelled` would be with `words` in the unit's own files as well."""
        found = set(words)
        for word in tuple(found):
            for macro in unit.meanings(word):
                found |= self._reach(macro, unit)
        return self.spelled(unit) | found

    def _reach(self, macro: Macro, unit: Unit) -> frozenset[bytes]:
        known = self._reached.get(id(macro))
        if known is not None:
            return known[1]
        self._reached[id(macro)] = (macro, frozenset())  # ends a circle of macros
        found = set(macro.words())
        for word in macro.words():
            inner = unit.macros.macro(word)
            if inner is not None:
                found |= self._reach(inner, unit)
        answer = frozenset(found)
        self._reached[id(macro)] = (macro, answer)
        return answer

    def mentions(self, source: SourceText, word: bytes) -> bool:
        """Whether `word` stands anywhere in the file, be it as a part of another word."""
        key = (source.path, word)
        known = self._mentions.get(key)
        if known is None:
            known = self._mentions[key] = word in source.text
            self._note(self._mentions, key, source.path)
        return known

    def finder_for(self, names: frozenset[bytes]) -> NameFinder:
        """A finder for `names`, kept for the next unit that asks for the same."""
        finder = self._finders.get(names)
        if finder is None:
            finder = self._finders[names] = NameFinder(names)
        return finder

    def chunks(self, path: str, active: bytes) -> list[Span]:
        """The outermost pieces of the active text of `path`."""
        key = (path, active)
        chunks = self._chunks.get(key)
        if chunks is None:
            chunks = self._chunks[key] = outer_chunks(active)
            self._note(self._chunks, key, path)
        return chunks

    def piece(
        self, key: Key, active: bytes, unit: Unit, wanted: Callable[[bytes], bool], pasted: bool = False
    ) -> Piece:
        """The piece at `key`, expanded and parsed as `unit` has it.

        A header's piece is kept for units that compile the same of it, with the same macros. In the unit's own
        source, macros called inside a function stay as they are where that can change nothing: no word is `wanted`
        in the call, nor does the macro paste names where what is looked for may be `pasted`.
        """
        if key[0] == unit.path:
            leave = _Leaving(self, unit, wanted, active.find(b"{", *key[1]), pasted)
            piece = Piece(clean(self.expand(key, active, unit, leave=leave)))
            piece.left = leave.words
            return piece
        lookup = unit.lookup_in(key[0])
        kept = self._pieces.get(key)
        if kept is None:
            kept = self._pieces[key] = []
            self._note(self._pieces, key, key[0])
        text = active[key[1][0] : key[1][1]]
        for compiled, needed, piece in kept:
            if compiled == text and all(lookup(name, key[1][0]) is macro for name, macro in needed.items()):
                return piece.again()
        asked: dict[bytes, Macro | None] = {}
        piece = Piece(clean(self.expand(key, active, unit, asked)))
        kept.append((text, asked, piece))
        return piece

    def expand(
        self,
        key: Key,
        active: bytes,
        unit: Unit,
        asked: dict[bytes, Macro | None] | None = None,
        leave: _Leaving | None = None,
    ) -> list[Token]:
        """The tokens of the piece at `key`, macros expanded; `asked` collects the macros that decided."""
        lookup = unit.lookup_in(key[0])

        def noting(name: bytes, offset: int) -> Macro | None:
            macro = lookup(name, offset)
            assert asked is not None
            asked[name] = macro
            return macro

        return self._expanded(
            self._tokens(key, active, unit), key[0], active, lookup if asked is None else noting, leave
        )

    def expand_at(self, place: int, key: Key, active: bytes, unit: Unit) -> list[Token]:
        """The tokens of the piece at `key`, with the macros that hold where the unit's own source includes that file,
        at the byte `place`."""
        tokens = tokenize(active[slice(*key[1])], key[1][0])
        return self._expanded(tokens, key[0], active, unit.lookup_in(key[0], place))

    def _expanded(
        self, tokens: list[Token], path: str, active: bytes, lookup: Lookup, leave: _Leaving | None = None
    ) -> list[Token]:
        """`tokens` of the file `path`, expanded but for macros that never end; these are noted."""
        known = self._endless_macros
        try:
            return Expander(lookup, LineIndex(active).line, leave, known).expand(tokens)
        except EndlessExpansion as error:
            known.met.append((error.macro.name, tokens[0].offset))
            return tokens
        finally:
            for name, offset in known.met:
                self._endless.setdefault((path, name), offset)
            known.met.clear()

    def _tokens(self, key: Key, active: bytes, unit: Unit) -> list[Token]:
        """The tokens of the piece at `key`, with those of files that are included in its middle. They get the
        offset of the `#include`: there the macros hold that they are expanded with."""
        start, end = key[1]
        spliced = unit.spliced() if key[0] == unit.path else {}
        cuts = sorted((o, path) for path, offsets in spliced.items() for o in offsets if start < o < end)
        tokens: list[Token] = []
        for offset, path in cuts:
            tokens += tokenize(active[start:offset], start)
            inside = tokenize(unit.active(unit.included[path]))
            tokens += [Token(t.text, offset, t.via, t.hidden, t.spaced) for t in inside]
            start = offset
        return tokens + tokenize(active[start:end], start)


class _Leaving:
    """Says which calls of macros need no expansion, and collects the `words` that stood in them."""

    def __init__(
        self, session: Session, unit: Unit, wanted: Callable[[bytes], bool], body: int, pasted: bool
    ) -> None:
        self._session = session
        self._pasted = pasted
        self._unit = unit
        self._wanted = wanted
        self._body = body
        self.words: set[bytes] = set()

    def __call__(self, macro: Macro, call: list[Token], following: bytes) -> bool:
        if self._body < 0 or call[-1].offset < self._body or following[:1] not in _AFTER_EXPRESSION:
            return False
        words = {macro.name}
        words.update(token.text for token in call)
        session, macros = self._session, self._unit.macros
        if any(map(self._wanted, words)) or session.leading.leads(macro, macros):
            return False
        if session.pastes_symbol(macro, self._unit):
            return False
        if self._pasted and session.pasting.patterns(macro, macros):
            return False
        self.words |= words
        return True
