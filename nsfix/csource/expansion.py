"""The expansion of macros, token by token.

Accepted format: C11 6.10.3 with GNU's named variadics, `, ## __VA_ARGS__` and `__VA_OPT__`. The algorithm is
Prosser's, with a hide set for each token, so that an expansion always ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from nsfix.csource.calls import bind, call_end, paste, stringify, take_arguments, va_opt
from nsfix.csource.macros import WORD_STARTS, Lookup, Macro, Token, new_token

_LIMIT = 400_000  # tokens that one macro of a text may produce before it is called endless
_LONGEST = 4_000_000  # bytes that `#` and `##` may write in one, which grow without more tokens
_MOST = 4_000_000  # tokens that all macros of one text may produce


class EndlessExpansion(Exception):
    """An expansion that grows past any use, that of `macro` as it stands in the text."""

    def __init__(self, macro: Macro) -> None:
        super().__init__(macro.name.decode("ascii", "replace"))
        self.macro = macro


class EndlessMacros:
    """The macros whose expansion is known to grow past any use, and those of them that were `met`, each with the
    byte offset at which it is called."""

    def __init__(self) -> None:
        self._known: set[tuple[bytes, str, int]] = set()
        self.met: list[tuple[bytes, int]] = []

    def add(self, macro: Macro) -> None:
        """Have `macro` known."""
        self._known.add((macro.name, macro.file, macro.start))

    def has(self, macro: Macro) -> bool:
        """Whether `macro` is known."""
        return bool(self._known) and (macro.name, macro.file, macro.start) in self._known


class Expander:
    """Expands macros that `lookup` knows. `line_of` gives `__LINE__` for an offset.

    `leave(macro, arguments, next token)` may say that a call in the text itself need not be expanded.

    Where a text grows past any use (a hostile macro, never a kernel's), the macro at fault is left as it stands and
    noted in `endless`. Without that, and where no one macro is at fault, EndlessExpansion is raised.
    """

    def __init__(
        self,
        lookup: Lookup,
        line_of: Callable[[int], int] | None = None,
        leave: Callable[[Macro, list[Token], bytes], bool] | None = None,
        endless: EndlessMacros | None = None,
    ) -> None:
        self._lookup = lookup
        self._line_of = line_of
        self._leave = leave
        self._endless = endless
        self._counter = 0
        self._produced = 0
        self._written = 0
        self._total = 0

    def expand(self, tokens: Iterable[Token]) -> list[Token]:
        """Expand all macros in `tokens`."""
        given = list(tokens)
        while True:
            self._total = 0
            try:
                return self._expand(given, True)
            except EndlessExpansion as error:
                if self._endless is None or self._total > _MOST:
                    raise
                self._endless.add(error.macro)

    def _expand(self, tokens: list[Token], outermost: bool = False) -> list[Token]:
        out: list[Token] = []
        lookup = self._lookup
        pending = tokens[::-1]
        while pending:
            token = pending.pop()
            text = token.text
            if text[0] not in WORD_STARTS or text in token.hidden:
                out.append(token)
                continue
            macro = lookup(text, token.offset)
            if macro is None:
                out.append(self._builtin(token))
                continue
            if self._endless is not None and self._endless.has(macro):
                self._endless.met.append((macro.name, token.offset))
                out.append(token)
                continue
            if outermost and not token.via:
                self._produced = self._written = 0
            replacement = self._replace(token, macro, pending)
            if replacement is None:
                out.append(token)
                continue
            self._produced += len(replacement)
            self._total += len(replacement)
            if self._produced > _LIMIT or self._total > _MOST:
                raise EndlessExpansion(token.via[0] if token.via else macro)
            pending += replacement[::-1]
        return out

    def _builtin(self, token: Token) -> Token:
        if token.text == b"__LINE__" and self._line_of is not None:
            return token._replace(text=str(self._line_of(token.offset)).encode())
        if token.text == b"__COUNTER__":
            self._counter += 1
            return token._replace(text=str(self._counter - 1).encode())
        return token

    def _replace(self, token: Token, macro: Macro, pending: list[Token]) -> list[Token] | None:
        """The tokens that `token` becomes; None where a function-like macro is not called. Takes its
        arguments off `pending` (a stack)."""
        via = (*token.via, macro)
        if not macro.is_function:
            hidden = token.hidden | {macro.name}
            return self._substitute(macro, {}, {}, token, via, hidden)
        if not pending or pending[-1].text != b"(":
            return None
        if self._leave is not None and not token.via and self._left(macro, pending):
            return None
        call = take_arguments(pending)
        if call is None:
            return None
        raw, close = call
        arguments = bind(macro, raw)
        hidden = (token.hidden & close.hidden) | {macro.name}
        return self._substitute(macro, arguments, {}, token, via, hidden)

    def _left(self, macro: Macro, pending: list[Token]) -> bool:
        """Whether the call on top of `pending` stays as it is; then its arguments stay on the stack, hidden
        from no macro of their own."""
        assert self._leave is not None
        end = call_end(pending)
        if end is None:
            return False
        following = pending[end - 1].text if end else b""
        return self._leave(macro, pending[end:], following)

    def _substitute(
        self,
        macro: Macro,
        arguments: dict[bytes, list[Token]],
        expanded: dict[bytes, list[Token]],
        site: Token,
        via: tuple[Macro, ...],
        hidden: frozenset[bytes],
    ) -> list[Token]:
        out: list[Token] = []
        if macro.plain:
            return self._substitute_plain(macro, arguments, site, via, hidden)
        body = macro.body
        index, size = 0, len(body)
        spaced: bool | None = site.spaced
        while index < size:
            text = body[index]
            index += 1
            if text == b" ":
                spaced = True
                continue
            following = _next_solid(body, index)
            if text == b"#" and macro.is_function and following < size and body[following] in arguments:
                out.append(
                    Token(stringify(arguments[body[following]]), site.offset, via, hidden, bool(spaced))
                )
                index = following + 1
            elif text == b"##" and out is not None and following < size:
                operand, index = self._operand(macro, body, following, arguments, site, via, hidden)
                paste(out, operand, macro, body[following])
            elif text == b"__VA_OPT__" and macro.variadic is not None and following < size:
                inner, index = va_opt(body, following)
                if arguments.get(macro.variadic):
                    part = Macro(macro.name, b"", macro.file, macro.start)
                    part._params, part._body, part.variadic = macro.params, inner, macro.variadic
                    out += self._substitute(part, arguments, expanded, site, via, hidden)
            elif text in arguments:
                if following < size and body[following] == b"##":
                    chosen = arguments[text]
                    if not chosen:  # a placemarker, so that what follows ## has nothing before it
                        chosen = [Token(b"", site.offset, via, hidden, bool(spaced))]
                else:
                    if text not in expanded:
                        expanded[text] = self._expand(arguments[text])
                    chosen = expanded[text]
                for argument_text, offset, through, hides, gap in chosen:
                    hides = hides | hidden if hides else hidden
                    out.append(
                        Token(argument_text, offset, through, hides, spaced if spaced is not None else gap)
                    )
                    spaced = None
            else:
                out.append(Token(text, site.offset, via, hidden, bool(spaced)))
            spaced = False
        self._written += sum(len(token.text) for token in out)
        if self._written > _LONGEST:
            raise EndlessExpansion(via[0])
        return [token for token in out if token.text]

    def _substitute_plain(
        self,
        macro: Macro,
        arguments: dict[bytes, list[Token]],
        site: Token,
        via: tuple[Macro, ...],
        hidden: frozenset[bytes],
    ) -> list[Token]:
        """What `_substitute` does, for the great many macros that only repeat their arguments."""
        out: list[Token] = []
        expanded: dict[bytes, list[Token]] = {}
        offset = site.offset
        for number, (text, is_param, spaced) in enumerate(macro.plain):
            if number == 0:
                spaced = site.spaced
            if not is_param:
                out.append(new_token(Token, (text, offset, via, hidden, spaced)))
                continue
            chosen = expanded.get(text)
            if chosen is None:
                chosen = expanded[text] = self._expand(arguments[text])
            gap: bool | None = spaced
            for argument_text, place, through, hides, own_gap in chosen:
                hides = hides | hidden if hides else hidden
                out.append(
                    new_token(Token, (argument_text, place, through, hides, own_gap if gap is None else gap))
                )
                gap = None
        return out

    def _operand(
        self,
        macro: Macro,
        body: list[bytes],
        index: int,
        arguments: dict[bytes, list[Token]],
        site: Token,
        via: tuple[Macro, ...],
        hidden: frozenset[bytes],
    ) -> tuple[list[Token], int]:
        """The right operand of `##` at `body[index]`, unexpanded, and the index after it."""
        text = body[index]
        if text == b"#" and macro.is_function:
            following = _next_solid(body, index + 1)
            if following < len(body) and body[following] in arguments:
                made = Token(stringify(arguments[body[following]]), site.offset, via, hidden)
                return [made], following + 1
        if text in arguments:
            return [
                Token(a.text, a.offset, a.via, a.hidden | hidden, a.spaced) for a in arguments[text]
            ], index + 1
        return [Token(text, site.offset, via, hidden)], index + 1


def _next_solid(body: list[bytes], index: int) -> int:
    while index < len(body) and body[index] == b" ":
        index += 1
    return index
