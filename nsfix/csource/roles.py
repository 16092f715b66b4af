"""What part one occurrence of a name plays in the syntax tree: a use, a declaration, or something else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tree_sitter import Node

DECLARATORS = frozenset(
    ("pointer_declarator", "array_declarator", "function_declarator", "parenthesized_declarator",
     "init_declarator", "attributed_declarator")
)  # fmt: skip
_DECLARING = frozenset(("declaration", "parameter_declaration", "function_definition", "type_definition"))
_SCOPES = frozenset(("compound_statement", "for_statement", "function_definition", "case_statement"))
_UNEVALUATED = frozenset(("sizeof_expression", "alignof_expression", "offsetof_expression"))
_TOPS = frozenset(("compound_statement", "declaration", "function_definition"))


def storage(node: Node) -> set[bytes]:
    """The storage classes and qualifiers of a declaration or function definition."""
    return {
        c.text or b""
        for c in node.children
        if c.type in ("storage_class_specifier", "type_qualifier", "inline")
    }


def declared_name(declarator: Node | None) -> bytes:
    """The name that a declarator declares; empty where it has none."""
    while declarator is not None:
        if declarator.type in ("identifier", "type_identifier", "field_identifier"):
            return declarator.text or b""
        inner = declarator.child_by_field_name("declarator")
        if inner is None:
            named = [c for c in declarator.named_children if c.type in DECLARATORS or c.type == "identifier"]
            inner = named[0] if named else None
        declarator = inner
    return b""


def is_prototype(declarator: Node) -> bool:
    """Whether a declarator declares a function (and no pointer to one)."""
    while declarator.type in ("pointer_declarator", "attributed_declarator"):
        inner = declarator.child_by_field_name("declarator")
        if inner is None:
            return False
        declarator = inner
    if declarator.type != "function_declarator":
        return False
    inner = declarator.child_by_field_name("declarator")
    return inner is not None and inner.type in ("identifier", "pointer_declarator")


def enumerators(node: Node) -> tuple[bytes, ...]:
    """The constants that an enum specifier declares."""
    if node.type != "enum_specifier":
        return ()
    names = (e.child_by_field_name("name") for e in descendants(node, "enumerator"))
    return tuple(n.text for n in names if n is not None and n.text is not None)


def descendants(node: Node, kind: str) -> Iterator[Node]:
    """The nodes of type `kind` at and below `node`, in no particular order."""
    pending = [node]
    while pending:
        current = pending.pop()
        if current.type == kind:
            yield current
        pending += current.named_children


def role(node: Node, previous: bytes) -> tuple[str, Node | None]:
    """("use" | "declaration" | "other", the scope of a declaration or None at file scope).

    `previous` is the token before the name: inside a broken stretch the tree alone does not decide.
    """
    if node.type != "identifier" or previous in (b".", b"->", b"struct", b"union", b"enum", b"goto"):
        return "other", None
    current, parent = node, node.parent
    while parent is not None and parent.type in DECLARATORS and is_field(parent, "declarator", current):
        current, parent = parent, parent.parent
    if parent is None:
        return "use", None
    if parent.type == "enumerator" and is_field(parent, "name", current):
        return "declaration", _scope(parent)
    if parent.type in _DECLARING and is_field(parent, "declarator", current):
        return _declaration_role(parent, current)
    ancestor: Node | None = parent
    while ancestor is not None and ancestor.type not in _TOPS:
        if ancestor.type in _UNEVALUATED:
            return "other", None
        ancestor = ancestor.parent
    return "use", None


def is_field(parent: Node, name: str, child: Node) -> bool:
    """Whether `child` is what `parent` has as its field `name`."""
    if any(c == child for c in parent.children_by_field_name(name)):
        return True
    return name == "declarator" and parent.type in ("parenthesized_declarator", "attributed_declarator")


def _declaration_role(parent: Node, declarator: Node) -> tuple[str, Node | None]:
    if parent.type == "parameter_declaration":
        holder = parent.parent.parent if parent.parent is not None else None
        while holder is not None and holder.type in DECLARATORS:
            if holder.parent is not None and holder.parent.type == "function_definition":
                return "declaration", holder.parent
            holder = holder.parent
        return "other", None
    if parent.type == "declaration" and (
        is_prototype(declarator) or (b"extern" in storage(parent) and declarator.type != "init_declarator")
    ):
        return "other", None
    return "declaration", _scope(parent)


def _scope(node: Node) -> Node | None:
    scope = node.parent
    while scope is not None and scope.type not in _SCOPES:
        scope = scope.parent
    return scope


def hidden(node: Node, declarations: Iterable[tuple[int, Node]]) -> bool:
    """Whether one of `declarations` (start, scope) hides the file-scope meaning of the name at `node`."""
    return any(
        scope.start_byte <= node.start_byte < scope.end_byte and start < node.start_byte
        for start, scope in declarations
    )
