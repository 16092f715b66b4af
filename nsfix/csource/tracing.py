"""From definitions down to symbols: where in the unit's own code each use stands, and what it came through."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nsfix.csource.macros import Token
from nsfix.csource.session import Key
from nsfix.csource.syntax import Definition, Piece
from nsfix.model import Via

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A symbol that a definition comes to. `place` is None as long as only headers were passed."""

    symbol: bytes
    place: Place | None
    via: tuple[Via, ...]


class UseTracer:
    """Follows the uses of definitions. `defined` are the definitions of each name that was looked for, `own` the
    files that are no kernel header, `line_of(file, offset)` gives 1-based lines."""

    def __init__(
        self,
        defined: Mapping[bytes, Sequence[tuple[Key, Definition]]],
        symbols: Container[bytes],
        own: Container[str],
        pieces: Mapping[Key, Piece],
        line_of: Callable[[str, int], int],
    ) -> None:
        self._defined = defined
        self._symbols = symbols
        self._own = own
        self._pieces = pieces
        self._line_of = line_of
        self._known: dict[int, list[Leaf]] = {}

    def leaves(self, key: Key, definition: Definition) -> list[Leaf]:
        """All symbols that `definition`, standing in the piece at `key`, comes to."""
        known = self._known.get(id(definition))
        if known is None:
            self._known[id(definition)] = []  # a function that calls itself adds nothing to what it uses
            found = (
                leaf
                for name, tokens in definition.uses.items()
                for leaf in self._of_name(key, name, tokens, name == definition.symbol)
            )
            known = self._known[id(definition)] = list(dict.fromkeys(found))
        return known

    def _of_name(self, key: Key, name: bytes, tokens: Sequence[Token], linked: bool) -> Iterator[Leaf]:
        """The leaves of the uses `tokens` of `name`; one that is `linked` stands for no definition of the source."""
        inner = None if linked else self._defined.get(name)
        if inner is None:
            if name in self._symbols:
                yield from (Leaf(name, self._place(key, t), self._macros(t)) for t in tokens)
            return
        for inner_key, definition in inner:
            if definition.root:
                continue  # emitted on its own account, and followed there
            through = self._inline(name, inner_key, definition)
            for leaf in self.leaves(inner_key, definition):
                if leaf.place is not None:
                    yield leaf
                    continue
                for token in tokens:
                    yield Leaf(
                        leaf.symbol, self._place(key, token), (*self._macros(token), *through, *leaf.via)
                    )

    def _place(self, key: Key, token: Token) -> Place | None:
        return (key[0], token.offset) if key[0] in self._own else None

    def _macros(self, token: Token) -> tuple[Via, ...]:
        return tuple(self._via(macro.name, macro.file, macro.start) for macro in token.via)

    def _inline(self, name: bytes, key: Key, definition: Definition) -> tuple[Via, ...]:
        if key[0] in self._own:
            return ()
        return (self._via(name, key[0], self._pieces[key].token_at(definition.start).offset),)

    def _via(self, name: bytes, file: str, offset: int) -> Via:
        return Via(name.decode("ascii", "replace"), file, self._line_of(file, offset))
