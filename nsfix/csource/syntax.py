"""What part each occurrence of a name plays in a piece of expanded C: a use, a declaration, or something else.

The grammar is tree-sitter-c. Only the occurrences that are asked for are looked at, by climbing from each to
the top: its role, whether a declaration nearer by hides the symbol, and whether the compiler drops the code it
stands in (a condition that is constant, a statement after a return).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import tree_sitter_c
from tree_sitter import Language, Node, Parser

from nsfix.csource.cleaning import CleanText
from nsfix.csource.conditions import combine, integer
from nsfix.csource.macros import Token

_PARSER = Parser(Language(tree_sitter_c.language()))
_DECLARATORS = frozenset(
    ("pointer_declarator", "array_declarator", "function_declarator", "parenthesized_declarator",
     "init_declarator", "attributed_declarator")
)  # fmt: skip
_DECLARING = frozenset(("declaration", "parameter_declaration", "function_definition", "type_definition"))
_SCOPES = frozenset(("compound_statement", "for_statement", "function_definition", "case_statement"))
_LEAVES = frozenset(("return_statement", "goto_statement", "break_statement", "continue_statement"))
_UNREACHABLE = frozenset((b"__builtin_unreachable", b"__builtin_trap"))

Resolve = Callable[[bytes, bool], "int | None"]


@dataclass(slots=True)
class Definition:
    """Something that a piece of C defines at file scope, and the names that it really uses.

    `root` tells whether the compiler emits it whatever else happens; otherwise it lives only where it is used.
    `names` is empty for what defines nothing. `start` and `end` are offsets in the cleaned text.
    """

    names: tuple[bytes, ...]
    root: bool
    static: bool
    start: int
    end: int
    function: bool = False
    uses: dict[bytes, list[Token]] = field(default_factory=dict)


class Piece:
    """One parsed piece of C. `broken` tells of places that the grammar did not understand."""

    def __init__(self, clean: CleanText, root: Node | None = None) -> None:
        self.clean = clean
        self.root = _PARSER.parse(clean.text).root_node if root is None else root
        self.broken = self.root.has_error
        self._definitions: list[Definition] | None = None

    def again(self) -> Piece:
        """The same piece with no uses filled in, for another unit."""
        return Piece(self.clean, self.root)

    def token_at(self, offset: int) -> Token:
        """The token that the cleaned text has at `offset`."""
        return self.clean.tokens[max(bisect_right(self.clean.starts, offset) - 1, 0)]

    @property
    def definitions(self) -> list[Definition]:
        """What the piece defines, in order; uses are not filled in."""
        if self._definitions is None:
            self._definitions = [d for node in self.root.children for d in self._define(node)]
        return self._definitions

    def _define(self, node: Node) -> Iterable[Definition]:
        span = (node.start_byte, node.end_byte)
        if node.type in ("linkage_specification", "declaration_list"):
            for child in node.children:
                yield from self._define(child)
            return
        if node.type == "function_definition":
            storage = _storage(node)
            static = b"static" in storage
            inline_only = b"extern" in storage and b"inline" in storage and self._marked(self.clean.gnu_inline, span)
            name = _declared_name(node.child_by_field_name("declarator"))
            root = (not static and not inline_only) or self._marked(self.clean.used, span)
            yield Definition((name,) if name else (), root, static, *span, function=True)
        elif node.type == "declaration":
            yield self._declaration(node, span)
        elif node.type in ("type_definition", ";", "comment"):
            return
        elif node.type in ("struct_specifier", "union_specifier", "enum_specifier"):
            yield Definition(_enumerators(node), False, True, *span)
        else:
            yield Definition((), True, False, *span)

    def _declaration(self, node: Node, span: tuple[int, int]) -> Definition:
        storage = _storage(node)
        names: list[bytes] = []
        for declarator in node.children_by_field_name("declarator"):
            if not (_is_prototype(declarator) or (b"extern" in storage and declarator.type != "init_declarator")):
                name = _declared_name(declarator)
                if name:
                    names.append(name)
        type_node = node.child_by_field_name("type")
        constants = _enumerators(type_node) if type_node is not None else ()
        static = b"static" in storage or not names
        aliasing = self._marked([offset for _, offset in self.clean.aliases], span)
        root = (bool(names) and not static) or aliasing or self._marked(self.clean.used, span)
        return Definition((*names, *constants), root, static, *span)

    def _marked(self, offsets: list[int], span: tuple[int, int]) -> bool:
        return any(span[0] <= offset <= span[1] for offset in offsets)

    def uses(self, names: frozenset[bytes] | set[bytes], resolve: Resolve) -> None:
        """Fill in the `uses` of every definition, for `names` alone. `resolve` gives the constant that a name
        stands for: (name, False) an object's value, (name, True) what a function of that name returns."""
        for definition in self.definitions:
            definition.uses.clear()
        found: dict[bytes, list[tuple[Token, Node]]] = {}
        hiding: dict[bytes, list[tuple[int, Node]]] = {}
        for token, start in zip(self.clean.tokens, self.clean.starts, strict=True):
            name = token.text
            if name not in names:
                continue
            node = self.root.descendant_for_byte_range(start, start + len(name))
            if node is None:
                continue
            role, scope = _role(node, self._previous(start))
            if role == "use":
                found.setdefault(name, []).append((token, node))
            elif role == "declaration" and scope is not None:
                hiding.setdefault(name, []).append((start, scope))
        for token, offset in self.clean.cleanups + self.clean.aliases:
            if token.text in names:
                attached = self.root.descendant_for_byte_range(offset, offset)
                found.setdefault(token.text, []).append((token, attached or self.root))
        for name, occurrences in found.items():
            for token, node in occurrences:
                if not _hidden(node, hiding.get(name, ())) and not is_dead(node, resolve):
                    self._record(name, token, node)

    def _previous(self, start: int) -> bytes:
        index = bisect_right(self.clean.starts, start) - 2
        return self.clean.tokens[index].text if index >= 0 else b""

    def _record(self, name: bytes, token: Token, node: Node) -> None:
        position = node.start_byte
        for definition in self.definitions:
            if definition.start <= position < definition.end or (definition.end == position and node is self.root):
                definition.uses.setdefault(name, []).append(token)
                return
        rest = Definition((), True, False, position, position)
        rest.uses[name] = [token]
        self.definitions.append(rest)

    def returned_constant(self, name: bytes, resolve: Resolve) -> int | None:
        """The constant that the function `name`, defined in this piece, returns; None where it is none."""
        for node in self.root.children:
            if node.type != "function_definition" or _declared_name(node.child_by_field_name("declarator")) != name:
                continue
            values: set[int | None] = set()
            for statement in _descendants(node, "return_statement"):
                if not is_dead(statement, resolve):
                    inner = statement.named_children
                    values.add(constant(inner[0], resolve) if inner else None)
            return values.pop() if len(values) == 1 else None
        return None

    def initial_constant(self, name: bytes, resolve: Resolve) -> int | None:
        """The constant that the static object `name`, defined in this piece, starts with (0 without one)."""
        for node in self.root.children:
            if node.type != "declaration" or b"static" not in _storage(node):
                continue
            for declarator in node.children_by_field_name("declarator"):
                if declarator.type == "identifier" and declarator.text == name:
                    return 0
                target = declarator.child_by_field_name("declarator") if declarator.type == "init_declarator" else None
                if target is not None and target.type == "identifier" and target.text == name:
                    value = declarator.child_by_field_name("value")
                    return constant(value, resolve) if value is not None else None
        return None


def _storage(node: Node) -> set[bytes]:
    return {
        c.text or b"" for c in node.children if c.type in ("storage_class_specifier", "type_qualifier", "inline")
    }


def _declared_name(declarator: Node | None) -> bytes:
    while declarator is not None:
        if declarator.type in ("identifier", "type_identifier", "field_identifier"):
            return declarator.text or b""
        inner = declarator.child_by_field_name("declarator")
        if inner is None:
            named = [c for c in declarator.named_children if c.type in _DECLARATORS or c.type == "identifier"]
            inner = named[0] if named else None
        declarator = inner
    return b""


def _is_prototype(declarator: Node) -> bool:
    while declarator.type in ("pointer_declarator", "attributed_declarator"):
        inner = declarator.child_by_field_name("declarator")
        if inner is None:
            return False
        declarator = inner
    if declarator.type != "function_declarator":
        return False
    inner = declarator.child_by_field_name("declarator")
    return inner is not None and inner.type in ("identifier", "pointer_declarator")


def _enumerators(node: Node) -> tuple[bytes, ...]:
    if node.type != "enum_specifier":
        return ()
    names = (e.child_by_field_name("name") for e in _descendants(node, "enumerator"))
    return tuple(n.text for n in names if n is not None and n.text is not None)


def _descendants(node: Node, kind: str) -> Iterable[Node]:
    pending = [node]
    while pending:
        current = pending.pop()
        if current.type == kind:
            yield current
        pending += current.named_children


def _role(node: Node, previous: bytes) -> tuple[str, Node | None]:
    """("use" | "declaration" | "other", the scope of a declaration or None at file scope)."""
    if node.type != "identifier":
        return "other", None
    if previous in (b".", b"->"):
        return "other", None
    if previous in (b"struct", b"union", b"enum", b"goto"):
        return "other", None
    current, parent = node, node.parent
    while parent is not None and parent.type in _DECLARATORS and _is_field(parent, "declarator", current):
        current, parent = parent, parent.parent
    if parent is None:
        return "use", None
    if parent.type == "enumerator" and _is_field(parent, "name", current):
        return "declaration", _scope(parent)
    if parent.type in _DECLARING and _is_field(parent, "declarator", current):
        return _declaration_role(parent, current)
    ancestor = parent
    while ancestor is not None and ancestor.type not in ("compound_statement", "declaration", "function_definition"):
        if ancestor.type in ("sizeof_expression", "alignof_expression", "offsetof_expression"):
            return "other", None
        ancestor = ancestor.parent  # type: ignore[assignment]
    return "use", None


def _is_field(parent: Node, field_name: str, child: Node) -> bool:
    if any(c == child for c in parent.children_by_field_name(field_name)):
        return True
    return parent.type in ("parenthesized_declarator", "attributed_declarator") and field_name == "declarator"


def _declaration_role(parent: Node, declarator: Node) -> tuple[str, Node | None]:
    if parent.type == "parameter_declaration":
        holder = parent.parent.parent if parent.parent is not None else None
        while holder is not None and holder.type in _DECLARATORS:
            if holder.parent is not None and holder.parent.type == "function_definition":
                return "declaration", holder.parent
            holder = holder.parent
        return "other", None
    if parent.type == "declaration" and (
        _is_prototype(declarator) or (b"extern" in _storage(parent) and declarator.type != "init_declarator")
    ):
        return "other", None
    return "declaration", _scope(parent)


def _scope(node: Node) -> Node | None:
    scope = node.parent
    while scope is not None and scope.type not in _SCOPES:
        scope = scope.parent
    return scope


def _hidden(node: Node, declarations: Iterable[tuple[int, Node]]) -> bool:
    return any(
        scope.start_byte <= node.start_byte < scope.end_byte and start < node.start_byte
        for start, scope in declarations
    )


def is_dead(node: Node, resolve: Resolve) -> bool:
    """Whether the compiler drops the code that `node` stands in, whatever happens at run time."""
    child, parent = node, node.parent
    while parent is not None:
        kind = parent.type
        if kind == "if_statement":
            value = constant(parent.child_by_field_name("condition"), resolve)
            if value is not None and child.type != "parenthesized_expression":
                taken = _is_field(parent, "consequence", child)
                alternative = child.type == "else_clause"
                if (taken and value == 0) or (alternative and value != 0):
                    return not _has_label(child)
        elif kind == "conditional_expression":
            value = constant(parent.child_by_field_name("condition"), resolve)
            if value is not None:
                if value == 0 and _is_field(parent, "consequence", child):
                    return True
                if value != 0 and _is_field(parent, "alternative", child):
                    return True
        elif kind == "binary_expression":
            operator = parent.child_by_field_name("operator")
            if operator is not None and operator.type in ("&&", "||") and _is_field(parent, "right", child):
                value = constant(parent.child_by_field_name("left"), resolve)
                if value is not None and bool(value) == (operator.type == "||"):
                    return True
        elif kind in ("while_statement", "for_statement"):
            value = constant(parent.child_by_field_name("condition"), resolve)
            if value == 0 and (_is_field(parent, "body", child) or _is_field(parent, "update", child)):
                return not _has_label(child)
        elif kind == "call_expression" or kind == "argument_list":
            if _unchosen(parent, child, resolve):
                return True
        elif kind in ("compound_statement", "case_statement"):
            if _after_leaving(parent, child, resolve):
                return True
            if kind == "case_statement" and _other_case(parent, resolve):
                return True
        elif kind == "function_definition":
            return False
        child, parent = parent, parent.parent
    return False


def _has_label(node: Node) -> bool:
    return next(iter(_descendants(node, "labeled_statement")), None) is not None


def _unchosen(parent: Node, child: Node, resolve: Resolve) -> bool:
    """Whether `child` is the argument that `__builtin_choose_expr` leaves out."""
    call = parent.parent if parent.type == "argument_list" else None
    if call is None or call.type != "call_expression":
        return False
    function = call.child_by_field_name("function")
    if function is None or function.text != b"__builtin_choose_expr":
        return False
    arguments = parent.named_children
    value = constant(arguments[0], resolve) if len(arguments) == 3 else None
    return value is not None and child == arguments[2 if value else 1]


def _after_leaving(block: Node, child: Node, resolve: Resolve) -> bool:
    """Whether a statement before `child` in `block` always leaves it, with no label in between."""
    if child.type == "labeled_statement" or child.type == "case_statement":
        return False
    for sibling in reversed([c for c in block.named_children if c.end_byte <= child.start_byte]):
        if sibling.type in ("case_statement",):
            return False
        if _leaves(sibling, resolve):
            return not _has_label(child)
        if sibling.type == "labeled_statement" or _has_label(sibling):
            return False
    return False


def _leaves(statement: Node, resolve: Resolve) -> bool:
    """Whether control never comes out behind `statement`."""
    kind = statement.type
    if kind in _LEAVES:
        return True
    if kind == "compound_statement":
        return any(_leaves(c, resolve) for c in statement.named_children) and not _has_label(statement)
    if kind == "if_statement":
        value = constant(statement.child_by_field_name("condition"), resolve)
        consequence = statement.child_by_field_name("consequence")
        alternative = statement.child_by_field_name("alternative")
        first = consequence is not None and _leaves(consequence, resolve)
        other = alternative is not None and any(_leaves(c, resolve) for c in alternative.named_children)
        if value is not None:
            return first if value else other
        return first and other
    if kind == "expression_statement":
        inner = statement.named_children
        if inner and inner[0].type == "call_expression":
            function = inner[0].child_by_field_name("function")
            return function is not None and function.text in _UNREACHABLE
    return False


def _other_case(case: Node, resolve: Resolve) -> bool:
    """Whether `case` belongs to a switch over a constant that enters elsewhere and never falls into it."""
    block = case.parent
    switch = block.parent if block is not None else None
    if block is None or switch is None or switch.type != "switch_statement":
        return False
    value = constant(switch.child_by_field_name("condition"), resolve)
    if value is None:
        return False
    cases = [c for c in block.named_children if c.type == "case_statement"]
    entry = default = None
    for index, candidate in enumerate(cases):
        label = candidate.child_by_field_name("value")
        if label is None:
            default = index
            continue
        known = constant(label, resolve)
        if known is None:
            return False
        if known == value:
            entry = index
    entry = default if entry is None else entry
    own = next((i for i, c in enumerate(cases) if c == case), 0)
    if entry is None or own < entry:
        return True
    return any(any(_leaves(s, resolve) for s in cases[i].named_children) for i in range(entry, own))


def constant(node: Node | None, resolve: Resolve) -> int | None:
    """The value of an expression where the compiler knows it; None where it does not, or we do not."""
    if node is None:
        return None
    kind = node.type
    if kind in ("number_literal", "char_literal"):
        return integer(node.text or b"")
    if kind in ("true", "false"):
        return int(kind == "true")
    if kind == "null":
        return 0
    if kind == "parenthesized_expression":
        inner = node.named_children
        return constant(inner[0], resolve) if len(inner) == 1 else None
    if kind == "compound_statement":  # ({ …; value; })
        inner = [c for c in node.named_children if c.type != "comment"]
        return constant(inner[-1], resolve) if inner and inner[-1].type == "expression_statement" else None
    if kind == "expression_statement":
        inner = node.named_children
        return constant(inner[0], resolve) if inner else None
    if kind == "unary_expression":
        value = constant(node.child_by_field_name("argument"), resolve)
        operator = node.child_by_field_name("operator")
        if value is None or operator is None:
            return None
        return {"!": int(not value), "-": -value, "~": ~value, "+": value}.get(operator.type)
    if kind == "binary_expression":
        return _binary(node, resolve)
    if kind == "conditional_expression":
        return _conditional(node, resolve)
    if kind == "cast_expression":
        return constant(node.child_by_field_name("value"), resolve)
    if kind == "comma_expression":
        return constant(node.child_by_field_name("right"), resolve)
    if kind == "identifier":
        return _variable(node, resolve)
    if kind == "call_expression":
        return _call(node, resolve)
    return None


def _binary(node: Node, resolve: Resolve) -> int | None:
    operator = node.child_by_field_name("operator")
    left = constant(node.child_by_field_name("left"), resolve)
    right = constant(node.child_by_field_name("right"), resolve)
    return combine(operator.type.encode(), left, right) if operator is not None else None


def _conditional(node: Node, resolve: Resolve) -> int | None:
    value = constant(node.child_by_field_name("condition"), resolve)
    first = node.child_by_field_name("consequence")
    second = constant(node.child_by_field_name("alternative"), resolve)
    chosen = value if first is None else constant(first, resolve)
    if value is None:
        return second if chosen == second else None
    return chosen if value else second


def _call(node: Node, resolve: Resolve) -> int | None:
    function = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    if function is None or arguments is None or function.type != "identifier" or function.text is None:
        return None
    given = arguments.named_children
    if function.text in (b"__builtin_expect", b"__builtin_expect_with_probability") and given:
        return constant(given[0], resolve)
    if function.text == b"__builtin_choose_expr" and len(given) == 3:
        value = constant(given[0], resolve)
        return None if value is None else constant(given[1 if value else 2], resolve)
    return resolve(function.text, True)


def _variable(node: Node, resolve: Resolve) -> int | None:
    """A local that is set once, where it is declared, to a constant; else what `resolve` knows."""
    name = node.text or b""
    function = node.parent
    while function is not None and function.type != "function_definition":
        function = function.parent
    if function is None:
        return resolve(name, False)
    values: list[Node | None] = []
    local = False
    for other in _descendants(function, "identifier"):
        if other.text != name:
            continue
        role, scope = _role(other, b"")
        if role == "declaration":
            local = True
            holder = other.parent
            is_plain = holder is not None and holder.type == "init_declarator" and scope is not None
            values.append(holder.child_by_field_name("value") if is_plain and holder is not None else None)
        elif role == "use" and _changes(other):
            return None
    if not local:
        return resolve(name, False)
    if len(values) != 1 or values[0] is None or node.start_byte < values[0].end_byte:
        return None
    return constant(values[0], resolve)


def _changes(node: Node) -> bool:
    """Whether this occurrence may change the variable: assigned, stepped, or its address taken."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "assignment_expression":
        return _is_field(parent, "left", node)
    if parent.type == "pointer_expression":
        return bool(parent.text and parent.text[:1] == b"&")
    return parent.type == "update_expression" or parent.type == "argument_list" and _is_asm(parent)


def _is_asm(arguments: Node) -> bool:
    call = arguments.parent
    return call is not None and (call.text or b"").startswith(b"__nsfix_asm")
