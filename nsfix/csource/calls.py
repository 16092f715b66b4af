"""The pieces of a macro's expansion: the arguments of a call, and what `#`, `##` and `__VA_OPT__` make of them."""

from __future__ import annotations

from nsfix.csource.macros import Macro, Token


def call_end(pending: list[Token]) -> int | None:
    """The index in the stack `pending` of the `)` that closes the `(` on top; None where nothing does."""
    depth = 0
    for position in range(len(pending) - 1, -1, -1):
        text = pending[position].text
        if text == b"(":
            depth += 1
        elif text == b")":
            depth -= 1
            if depth == 0:
                return position
    return None


def take_arguments(pending: list[Token]) -> tuple[list[list[Token]], Token] | None:
    """Take `( … )` off the stack `pending` and split it at its outer commas; None where it never closes."""
    depth = 0
    arguments: list[list[Token]] = [[]]
    for position in range(len(pending) - 1, -1, -1):
        token = pending[position]
        text = token.text
        if text == b"(":
            depth += 1
            if depth == 1:
                continue
        elif text == b")":
            depth -= 1
            if depth == 0:
                del pending[position:]
                return arguments, token
        elif text == b"," and depth == 1:
            arguments.append([])
            continue
        arguments[-1].append(token)
    return None


def bind(macro: Macro, raw: list[list[Token]]) -> dict[bytes, list[Token]]:
    """The arguments of a call, `raw` as they were split, by the parameters of `macro`."""
    params = macro.params
    if macro.variadic is not None:
        fixed = len(params) - 1
        rest: list[Token] = []
        for number, argument in enumerate(raw[fixed:]):
            if number:
                rest.append(Token(b",", argument[0].offset if argument else 0))
            rest += argument
        raw = [*raw[:fixed], rest]
    return {param: (raw[i] if i < len(raw) else []) for i, param in enumerate(params)}


def paste(out: list[Token], operand: list[Token], macro: Macro, operand_name: bytes) -> None:
    """Glue `operand` to the last token of `out`, as `##` does."""
    if out and out[-1].text == b"," and operand_name == macro.variadic:
        if operand:
            out += operand
        else:
            out.pop()  # GNU: `, ## __VA_ARGS__` swallows the comma
        return
    if not operand:
        return
    if not out:
        out += operand
        return
    left = out.pop()
    first = operand[0]
    out.append(
        left._replace(
            text=left.text + first.text, hidden=left.hidden & first.hidden, via=left.via or first.via
        )
    )
    out += operand[1:]


def va_opt(body: list[bytes], index: int) -> tuple[list[bytes], int]:
    """The tokens inside `__VA_OPT__( … )` whose `(` is at `index`, and the index after its `)`."""
    depth = 0
    for position in range(index, len(body)):
        if body[position] == b"(":
            depth += 1
        elif body[position] == b")":
            depth -= 1
            if depth == 0:
                return body[index + 1 : position], position + 1
    return [], len(body)


def stringify(tokens: list[Token]) -> bytes:
    """The string literal that `#` makes of `tokens`."""
    pieces: list[bytes] = []
    for number, token in enumerate(tokens):
        if number and token.spaced:
            pieces.append(b" ")
        text = token.text
        if text[-1:] in (b'"', b"'"):
            text = text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        pieces.append(text)
    return b'"' + b"".join(pieces) + b'"'
