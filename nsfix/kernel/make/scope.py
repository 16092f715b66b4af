"""The variables of one make run: what was assigned where, and what lies beneath."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

COMMAND_LINE = "command line"
FILE = "file"
OVERRIDE = "override"
ENVIRONMENT = "environment"
AUTOMATIC = "automatic"
UNDEFINED = "undefined"


@dataclass(frozen=True, slots=True)
class Piece:
    """One assignment's share of a value: its text, where it stands, and the name as it was written there."""

    text: str
    file: str
    line: int
    written: str


class Variable:
    """A variable's pieces in order: expanded text if it is `simple` (`:=`), raw text if recursive (`=`)."""

    __slots__ = ("_text", "origin", "pieces", "simple")

    def __init__(self, simple: bool, origin: str, pieces: Iterable[Piece] = ()) -> None:
        self.simple = simple
        self.origin = origin
        self.pieces = list(pieces)
        self._text: str | None = None

    @property
    def text(self) -> str:
        """The whole value, the pieces joined by a space as `+=` does."""
        if self._text is None:
            self._text = " ".join(piece.text for piece in self.pieces if piece.text)
        return self._text

    def append(self, piece: Piece) -> None:
        """Add what one `+=` gives."""
        self.pieces.append(piece)
        self._text = None


class Scope:
    """Variables by name, with the layers beneath: predefined values, the configuration, the environment.

    A layer is a mapping of names to plain text that needs no expansion, with the origin that `$(origin)`
    gives. The first layer that has the name wins; an assignment in a file hides them all, except that words
    of the command line yield only to `override`.
    """

    def __init__(
        self, layers: Iterable[tuple[str, Mapping[str, str]]], command_line: Mapping[str, str]
    ) -> None:
        self._layers = tuple(layers)
        self._own: dict[str, Variable] = {}
        self._locals: dict[str, list[str]] = {}
        self.exported: set[str] = set()
        self.export_all = False
        for name, text in command_line.items():
            self._own[name] = Variable(False, COMMAND_LINE, [Piece(text, COMMAND_LINE, 0, name)])

    def local(self, name: str) -> str | None:
        """Return the innermost value that `call`, `foreach` or an automatic variable gives to `name`."""
        values = self._locals.get(name)
        return values[-1] if values else None

    def push(self, values: Mapping[str, str]) -> None:
        """Give `values` to their names until `pop`, before anything that files assign."""
        for name, value in values.items():
            self._locals.setdefault(name, []).append(value)

    def pop(self, names: Iterable[str]) -> None:
        """Undo the last `push` of these names."""
        for name in names:
            self._locals[name].pop()

    def own(self, name: str) -> Variable | None:
        """Return the variable if the command line or a file has assigned it."""
        return self._own.get(name)

    def below(self, name: str) -> str | None:
        """Return what the layers beneath give to `name`."""
        return next((layer[name] for _, layer in self._layers if name in layer), None)

    def origin(self, name: str) -> str:
        """Return what `$(origin name)` gives."""
        if self._locals.get(name):
            return AUTOMATIC
        variable = self._own.get(name)
        if variable is not None:
            return variable.origin
        return next((origin for origin, layer in self._layers if name in layer), UNDEFINED)

    def set(self, name: str, variable: Variable) -> None:
        """Assign, unless the command line has the name and this is no `override`."""
        if not self._is_fixed(name, variable.origin):
            self._own[name] = variable

    def append(self, name: str, piece: Piece, origin: str) -> None:
        """Add to a variable that a file has, or make it one from what lies beneath, as `+=` does."""
        if self._is_fixed(name, origin):
            return
        variable = self._own.get(name)
        if variable is None:
            below = self.below(name)
            pieces = [] if below is None else [Piece(below.replace("$", "$$"), ENVIRONMENT, 0, name)]
            variable = self._own[name] = Variable(False, origin, pieces)
        variable.append(piece)

    def undefine(self, name: str, origin: str) -> None:
        """Make a variable empty, as `undefine` does."""
        self.set(name, Variable(True, origin))

    def names(self) -> Iterator[str]:
        """Every name that the command line or a file has assigned, in order."""
        return iter(self._own)

    def _is_fixed(self, name: str, origin: str) -> bool:
        variable = self._own.get(name)
        return variable is not None and variable.origin == COMMAND_LINE and origin != OVERRIDE
