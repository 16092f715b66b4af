"""Pieces of expanded C: what each defines, and which of the names asked for it really uses.

The grammar is tree-sitter-c. Only the occurrences that are asked for are looked at, by climbing from each to
the top: its role (roles.py), and whether the compiler drops the code it stands in (flow.py).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import tree_sitter_c
from tree_sitter import Language, Node, Parser

from nsfix.csource.cleaning import CleanText
from nsfix.csource.flow import Flow, Resolve
from nsfix.csource.macros import Token
from nsfix.csource.roles import declared_name, descendants, enumerators, hidden, is_prototype, role, storage

_PARSER = Parser(Language(tree_sitter_c.language()))


@dataclass(slots=True)
class Definition:
    """Something that a piece of C defines at file scope, and the names that it really uses.

    `root` tells whether the compiler emits it whatever else happens; otherwise it lives only where it is used.
    `names` is empty for what defines nothing. `start` and `end` are offsets in the cleaned text. `symbol` is what an
    asm label calls it: a symbol, whatever that name is defined as in the source.
    """

    names: tuple[bytes, ...]
    root: bool
    static: bool
    start: int
    end: int
    uses: dict[bytes, list[Token]] = field(default_factory=dict)
    symbol: bytes = b""


class Piece:
    """One parsed piece of C. `broken` tells of places that the grammar did not understand; `left` are the
    words of macro calls that were not expanded."""

    def __init__(
        self, clean: CleanText, root: Node | None = None, index: dict[bytes, list[int]] | None = None
    ):
        self.clean = clean
        self.root = _PARSER.parse(clean.text).root_node if root is None else root
        self.broken = self.root.has_error
        self.left: set[bytes] = set()
        self._index = _index(clean) if index is None else index
        self._definitions: list[Definition] | None = None
        self._asked: set[bytes] = set()
        self._flow: Flow | None = None

    def again(self) -> Piece:
        """The same piece with no uses filled in, for another unit."""
        return Piece(self.clean, self.root, self._index)

    def token_at(self, offset: int) -> Token:
        """The token that the cleaned text has at `offset`."""
        return self.clean.tokens[max(bisect_right(self.clean.starts, offset) - 1, 0)]

    @property
    def definitions(self) -> list[Definition]:
        """What the piece defines, in order, with the uses that were asked for."""
        if self._definitions is None:
            whole = self._from_head()
            self._definitions = whole or [d for node in self.root.children for d in self._define(node)]
        return self._definitions

    def _from_head(self) -> list[Definition]:
        """The one function that a broken piece is, known from what stands before its body: no error inside the
        body may decide who the function is."""
        if not any(node.type == "ERROR" for node in self.root.children):
            return []
        head, brace, _ = self.clean.text.partition(b"{")
        node = _PARSER.parse(head + b"{ }").root_node
        if not brace or node.has_error or [c.type for c in node.children] != ["function_definition"]:
            return []
        whole = len(self.clean.text)
        return [replace(d, start=0, end=whole) for d in self._define(node.children[0])]

    def _define(self, node: Node) -> Iterable[Definition]:
        span = (node.start_byte, node.end_byte)
        if node.type in ("linkage_specification", "declaration_list"):
            for child in node.children:
                yield from self._define(child)
        elif node.type == "function_definition":
            words = storage(node)
            static = b"static" in words
            inline_only = (
                b"extern" in words and b"inline" in words and self._marked(self.clean.gnu_inline, span)
            )
            name = declared_name(node.child_by_field_name("declarator"))
            root = (not static and not inline_only) or self._marked(self.clean.used, span)
            yield Definition((name,) if name else (), root, static, *span)
        elif node.type == "declaration":
            yield self._declaration(node, span)
        elif node.type in ("struct_specifier", "union_specifier", "enum_specifier"):
            yield Definition(enumerators(node), False, True, *span)
        elif node.type not in ("type_definition", ";", "comment"):
            yield Definition((), True, False, *span)

    def _declaration(self, node: Node, span: tuple[int, int]) -> Definition:
        words = storage(node)
        names: list[bytes] = []
        labels = [token.text for token, offset in self.clean.labels if span[0] <= offset <= span[1]]
        labelled = False
        for declarator in node.children_by_field_name("declarator"):
            outside = b"extern" in words and declarator.type != "init_declarator"
            name = declared_name(declarator)
            # `int f(void) asm("g")`: whatever uses f uses the symbol g
            renamed = bool(labels) and name not in labels
            labelled = labelled or renamed
            if name and (renamed or not (is_prototype(declarator) or outside)):
                names.append(name)
        type_node = node.child_by_field_name("type")
        constants = enumerators(type_node) if type_node is not None else ()
        static = b"static" in words or not names or labelled
        aliasing = self._marked([offset for _, offset in self.clean.aliases], span)
        root = (bool(names) and not static) or aliasing or self._marked(self.clean.used, span)
        return Definition((*names, *constants), root, static, *span, symbol=labels[0] if labelled else b"")

    def _marked(self, offsets: list[int], span: tuple[int, int]) -> bool:
        return any(span[0] <= offset <= span[1] for offset in offsets)

    def flow(self, resolve: Resolve) -> Flow:
        """What is known of this piece's code without running it."""
        if self._flow is None:
            self._flow = Flow(self.root, self.clean.text, resolve)
        return self._flow

    def uses(self, names: set[bytes], resolve: Resolve) -> None:
        """Fill in the `uses` of every definition, for `names` alone; what was asked before is not redone."""
        new = [name for name in self._index if name in names and name not in self._asked]
        self._asked.update(new)
        for name in new:
            self._uses_of(name, self.flow(resolve))

    def _uses_of(self, name: bytes, flow: Flow) -> None:
        hiding: list[tuple[int, Node]] = []
        found: list[tuple[Token, Node]] = []
        tokens, starts = self.clean.tokens, self.clean.starts
        for position in self._index[name]:
            start = starts[position] if position >= 0 else self._attached[-position - 1][1]
            if position < 0:
                token = self._attached[-position - 1][0]
                found.append((token, self.root.descendant_for_byte_range(start, start) or self.root))
                continue
            node = self.root.descendant_for_byte_range(start, start + len(name))
            if node is None:
                continue
            part, scope = role(node, tokens[position - 1].text if position else b"")
            if part == "use":
                found.append((tokens[position], node))
            elif part == "declaration" and scope is not None:
                hiding.append((start, scope))
        for token, node in found:
            if not hidden(node, hiding) and not flow.is_dead(node):
                self._record(name, token, node)

    @property
    def _attached(self) -> list[tuple[Token, int]]:
        return self.clean.cleanups + self.clean.aliases + self.clean.labels

    def _record(self, name: bytes, token: Token, node: Node) -> None:
        position = node.start_byte
        for definition in self.definitions:
            if definition.start <= position < definition.end or (
                definition.end == position and node is self.root
            ):
                definition.uses.setdefault(name, []).append(token)
                return
        rest = Definition((), True, False, position, position)
        rest.uses[name] = [token]
        self.definitions.append(rest)

    def returned_constant(self, name: bytes, resolve: Resolve) -> int | None:
        """The constant that the function `name`, defined in this piece, returns; None where it is none."""
        flow = self.flow(resolve)
        for node in self.root.children:
            if (
                node.type != "function_definition"
                or declared_name(node.child_by_field_name("declarator")) != name
            ):
                continue
            values: set[int | None] = set()
            for statement in descendants(node, "return_statement"):
                if not flow.is_dead(statement):
                    inner = statement.named_children
                    values.add(flow.constant(inner[0]) if inner else None)
            return values.pop() if len(values) == 1 else None
        return None

    def initial_constant(self, name: bytes, resolve: Resolve) -> int | None:
        """The constant that the static object `name`, defined in this piece, starts with (0 without one)."""
        for node in self.root.children:
            if node.type != "declaration" or b"static" not in storage(node):
                continue
            for declarator in node.children_by_field_name("declarator"):
                if declarator.type == "identifier" and declarator.text == name:
                    return 0
                target = (
                    declarator.child_by_field_name("declarator")
                    if declarator.type == "init_declarator"
                    else None
                )
                if target is not None and target.type == "identifier" and target.text == name:
                    return self.flow(resolve).constant(declarator.child_by_field_name("value"))
        return None


def _index(clean: CleanText) -> dict[bytes, list[int]]:
    """Where each word stands: indexes of tokens, and for attached uses the negative of their number."""
    index: dict[bytes, list[int]] = {}
    for position, token in enumerate(clean.tokens):
        index.setdefault(token.text, []).append(position)
    for number, (token, _) in enumerate(clean.cleanups + clean.aliases + clean.labels, 1):
        index.setdefault(token.text, []).append(-number)
    return index


def expression_value(clean: CleanText, resolve: Resolve) -> int | None:
    """The constant that the expression `clean` comes to; None where it is none."""
    text = b"int __nsfix_value = ( " + clean.text + b" ) ;"
    root = _PARSER.parse(text).root_node
    if root.has_error or not root.children:
        return None
    declarator = root.children[0].child_by_field_name("declarator")
    value = declarator.child_by_field_name("value") if declarator is not None else None
    return Flow(root, text, resolve).constant(value)
