"""What the compiler knows before it runs anything: constants, and code that can therefore not be reached.

Kernel code leaves it to the compiler to drop `if (!IS_ENABLED(CONFIG_X)) …` and what follows a stub that always
fails; a symbol used only there is not left undefined. Three-valued: what is not known keeps its code alive.
"""

from __future__ import annotations

import re
from typing import Protocol

from tree_sitter import Node

from nsfix.csource.conditions import combine, integer
from nsfix.csource.roles import is_field, role

_LEAVES = frozenset(("return_statement", "goto_statement", "break_statement", "continue_statement"))
_UNREACHABLE = frozenset((b"__builtin_unreachable", b"__builtin_trap"))
_LABEL = re.compile(rb"(?:[;{})]|: )\s*(\w+) : ")


class Resolve(Protocol):
    """What names stand for, where the compiler knows it."""

    def __call__(self, name: bytes, function: bool) -> int | None:
        """The constant value of an object, or what the function of that name returns."""
        ...

    def macro_call(self, name: bytes, text: bytes) -> int | None:
        """The constant that `text`, a call of what may be a macro `name`, comes to."""
        ...


class Flow:
    """Answers for the tree of one cleaned text. Answers are kept: one condition guards many statements."""

    def __init__(self, root: Node, text: bytes, resolve: Resolve) -> None:
        self._root = root
        self._text = text
        self._resolve = resolve
        self._constants: dict[int, int | None] = {}
        self._leaving: dict[int, bool] = {}
        self._labels = [m.start(1) for m in _LABEL.finditer(text)]

    def is_dead(self, node: Node) -> bool:
        """Whether the compiler drops the code that `node` stands in, whatever happens at run time."""
        child, parent = node, node.parent
        while parent is not None and parent.type != "function_definition":
            if self._drops(parent, child):
                return True
            child, parent = parent, parent.parent
        return False

    def _drops(self, parent: Node, child: Node) -> bool:
        kind = parent.type
        if kind == "if_statement":
            if child.type == "parenthesized_expression":
                return False
            value = self.constant(parent.child_by_field_name("condition"))
            wanted = child.type != "else_clause"
            return value is not None and bool(value) != wanted and not self._has_label(child)
        if kind == "conditional_expression":
            return self._other_branch(parent, child)
        if kind == "binary_expression":
            operator = parent.child_by_field_name("operator")
            if operator is None or operator.type not in ("&&", "||") or not is_field(parent, "right", child):
                return False
            value = self.constant(parent.child_by_field_name("left"))
            return value is not None and bool(value) == (operator.type == "||")
        if kind in ("while_statement", "for_statement"):
            if not (is_field(parent, "body", child) or is_field(parent, "update", child)):
                return False
            return self.constant(parent.child_by_field_name("condition")) == 0 and not self._has_label(child)
        if kind == "argument_list":
            return self._unchosen(parent, child)
        if kind == "compound_statement":
            return self._after_leaving(parent, child)
        if kind == "case_statement":
            return self._after_leaving(parent, child) or self._other_case(parent)
        return False

    def _other_branch(self, parent: Node, child: Node) -> bool:
        value = self.constant(parent.child_by_field_name("condition"))
        if value is None:
            return False
        return is_field(parent, "alternative" if value else "consequence", child)

    def _has_label(self, node: Node) -> bool:
        return any(node.start_byte <= label < node.end_byte for label in self._labels)

    def _unchosen(self, arguments: Node, child: Node) -> bool:
        """Whether `child` is the argument that `__builtin_choose_expr` leaves out."""
        call = arguments.parent
        function = call.child_by_field_name("function") if call is not None else None
        if function is None or function.text != b"__builtin_choose_expr":
            return False
        given = arguments.named_children
        value = self.constant(given[0]) if len(given) == 3 else None
        return value is not None and child == given[2 if value else 1]

    def _after_leaving(self, block: Node, child: Node) -> bool:
        """Whether a statement before `child` in `block` always leaves it, with no label in between."""
        if child.type in ("labeled_statement", "case_statement"):
            return False
        for sibling in reversed([c for c in block.named_children if c.end_byte <= child.start_byte]):
            if sibling.type == "case_statement":
                return False
            if self._leaves(sibling):
                return not self._has_label(child)
            if sibling.type == "labeled_statement" or self._has_label(sibling):
                return False
        return False

    def _leaves(self, statement: Node) -> bool:
        """Whether control never comes out behind `statement`."""
        known = self._leaving.get(statement.id)
        if known is None:
            known = self._leaving[statement.id] = self._work_out_leaving(statement)
        return known

    def _work_out_leaving(self, statement: Node) -> bool:
        kind = statement.type
        if kind in _LEAVES:
            return True
        if kind == "compound_statement":
            return any(self._leaves(c) for c in statement.named_children) and not self._has_label(statement)
        if kind == "if_statement":
            return self._if_leaves(statement)
        if kind == "do_statement":  # do { …; __builtin_unreachable(); } while (0)
            body = statement.child_by_field_name("body")
            return body is not None and any(self._never_returns(c) for c in body.named_children)
        return self._never_returns(statement)

    def _if_leaves(self, statement: Node) -> bool:
        consequence = statement.child_by_field_name("consequence")
        alternative = statement.child_by_field_name("alternative")
        first = consequence is not None and self._leaves(consequence)
        if not first and alternative is None:
            return False
        value = self.constant(statement.child_by_field_name("condition"))
        if value is not None and value:
            return first
        other = alternative is not None and any(self._leaves(c) for c in alternative.named_children)
        return other if value is not None else first and other

    def _never_returns(self, statement: Node) -> bool:
        inner = statement.named_children if statement.type == "expression_statement" else []
        if not inner or inner[0].type != "call_expression":
            return False
        function = inner[0].child_by_field_name("function")
        return function is not None and function.text in _UNREACHABLE

    def _other_case(self, case: Node) -> bool:
        """Whether `case` belongs to a switch over a constant that enters elsewhere and never falls into it."""
        block = case.parent
        switch = block.parent if block is not None else None
        if block is None or switch is None or switch.type != "switch_statement":
            return False
        value = self.constant(switch.child_by_field_name("condition"))
        if value is None:
            return False
        cases = [c for c in block.named_children if c.type == "case_statement"]
        entry = default = None
        for index, candidate in enumerate(cases):
            label = candidate.child_by_field_name("value")
            known = self.constant(label) if label is not None else None
            if label is None:
                default = index
            elif known is None:
                return False
            elif known == value:
                entry = index
        entry = default if entry is None else entry
        own = next((i for i, c in enumerate(cases) if c == case), 0)
        if entry is None or own < entry:
            return True
        return any(any(self._leaves(s) for s in cases[i].named_children) for i in range(entry, own))

    def constant(self, node: Node | None) -> int | None:
        """The value of an expression where the compiler knows it; None where it does not, or we do not."""
        if node is None:
            return None
        key = node.id
        if key not in self._constants:
            self._constants[key] = None  # an expression that asks for itself is no constant
            self._constants[key] = self._work_out(node)
        return self._constants[key]

    def _work_out(self, node: Node) -> int | None:
        kind = node.type
        if kind in ("number_literal", "char_literal"):
            return integer(node.text or b"")
        if kind in ("true", "false", "null"):
            return int(kind == "true")
        if kind in ("parenthesized_expression", "expression_statement"):
            inner = node.named_children
            return self.constant(inner[0]) if len(inner) == 1 else None
        if kind == "compound_statement":  # ({ …; value; })
            inner = node.named_children
            return self.constant(inner[-1]) if inner and inner[-1].type == "expression_statement" else None
        if kind == "unary_expression":
            return self._unary(node)
        if kind == "binary_expression":
            return self._binary(node)
        if kind == "conditional_expression":
            return self._conditional(node)
        if kind == "cast_expression":
            return self.constant(node.child_by_field_name("value"))
        if kind == "comma_expression":
            return self.constant(node.child_by_field_name("right"))
        if kind == "identifier":
            return self._variable(node)
        return self._call(node) if kind == "call_expression" else None

    def _unary(self, node: Node) -> int | None:
        value = self.constant(node.child_by_field_name("argument"))
        operator = node.child_by_field_name("operator")
        if value is None or operator is None:
            return None
        return {"!": int(not value), "-": -value, "~": ~value, "+": value}.get(operator.type)

    def _binary(self, node: Node) -> int | None:
        operator = node.child_by_field_name("operator")
        if operator is None:
            return None
        left = self.constant(node.child_by_field_name("left"))
        if left is None and operator.type not in ("&&", "||"):
            return None
        return combine(operator.type.encode(), left, self.constant(node.child_by_field_name("right")))

    def _conditional(self, node: Node) -> int | None:
        value = self.constant(node.child_by_field_name("condition"))
        first = node.child_by_field_name("consequence")
        second = self.constant(node.child_by_field_name("alternative"))
        chosen = value if first is None else self.constant(first)
        if value is None:
            return second if chosen == second else None
        return chosen if value else second

    def _call(self, node: Node) -> int | None:
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None or function.type != "identifier" or function.text is None:
            return None
        given = arguments.named_children
        if function.text in (b"__builtin_expect", b"__builtin_expect_with_probability") and given:
            return self.constant(given[0])
        if function.text == b"__builtin_choose_expr" and len(given) == 3:
            value = self.constant(given[0])
            return None if value is None else self.constant(given[1 if value else 2])
        value = self._resolve.macro_call(function.text, node.text or b"")
        return self._resolve(function.text, True) if value is None else value

    def _variable(self, node: Node) -> int | None:
        """A local that is set once, where it is declared, to a constant; else what is known of the name."""
        name = node.text or b""
        function = node.parent
        while function is not None and function.type != "function_definition":
            function = function.parent
        if function is None:
            return self._resolve(name, False)
        values: list[Node | None] = []
        for other in self._occurrences(name, function):
            part, scope = role(other, b"")
            if part == "declaration":
                holder = other.parent
                plain = holder is not None and holder.type == "init_declarator" and scope is not None
                values.append(holder.child_by_field_name("value") if plain and holder is not None else None)
            elif part == "use" and _changes(other):
                return None
        if not values:
            return self._resolve(name, False)
        if len(values) != 1 or values[0] is None or node.start_byte < values[0].end_byte:
            return None
        return self.constant(values[0])

    def _occurrences(self, name: bytes, function: Node) -> list[Node]:
        """The identifiers `name` in `function`; tokens stand between single spaces in a cleaned text."""
        found: list[Node] = []
        wanted = b" " + name + b" "
        position = self._text.find(wanted, function.start_byte, function.end_byte)
        while position >= 0:
            node = self._root.descendant_for_byte_range(position + 1, position + 1 + len(name))
            if node is not None and node.type == "identifier":
                found.append(node)
            position = self._text.find(wanted, position + 1, function.end_byte)
        return found


def _changes(node: Node) -> bool:
    """Whether this occurrence may change the variable: assigned, stepped, its address taken, or in asm."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "assignment_expression":
        return is_field(parent, "left", node)
    if parent.type == "pointer_expression":
        return bool(parent.text and parent.text[:1] == b"&")
    if parent.type == "argument_list":
        call = parent.parent
        return call is not None and (call.text or b"").startswith(b"__nsfix_asm")
    return parent.type == "update_expression"
