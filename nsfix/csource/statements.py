"""What a C text says at file scope through `MODULE_*(…)` and `module_*(…)`, raw, with no kernel at hand.

Accepted format: any text. A statement is a word such as MODULE_LICENSE, MODULE_INFO, module_init,
module_usb_driver or a driver's own MY_MODULE_LICENSE, a parenthesised argument, and usually a semicolon. It
may go on over lines. Words in comments, strings and directives are none, nor are functions so named.
All offsets are byte offsets into the text as it was given, ends are exclusive, lines count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nsfix.csource.directives import Conditional, Directive, Skeleton, build_skeleton, scan_directives
from nsfix.csource.lexer import blank_comments, blank_literals, spaces

Arms = tuple[tuple[int, int], ...]
Block = list[Directive | Conditional]

# Apart, because `re` looks for a literal quickly, for one of two slowly.
_WORDS = (re.compile(rb"MODULE_"), re.compile(rb"module_"))
_WHOLE_WORD = re.compile(rb"(?:[A-Za-z_]*MODULE_[A-Z0-9_]+|(?:[a-z0-9]\w*_)?module_\w+)\Z")
_WORD_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_BLANK = rb"(?:\s|\\\r?\n)*"
_OPENING = re.compile(_BLANK + rb"\(")
_PARENTHESIS = re.compile(rb"[()]")
_SEMICOLON = re.compile(_BLANK + rb";")
_BODY = re.compile(_BLANK + rb"\{")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Statement:
    """One call of a module macro."""

    macro: str  # the word at its head
    argument: bytes  # what stands between the outer parentheses, comments blanked, stripped
    start: int  # of the macro's first byte
    end: int  # after the `;`, or after the `)` where there is none
    line: int
    arms: Arms  # enclosing preprocessor arms, outermost first: (offset of the #if line, index of the arm)
    in_function: bool  # stands inside braces


@dataclass(frozen=True, slots=True)
class Layout:
    """A text and its statements in order. In a text without such words nothing else is read: all is empty."""

    path: str
    text: bytes
    statements: tuple[Statement, ...]
    skeleton: Skeleton
    directives: tuple[Directive, ...]
    plain: bytes  # the text with comments blank
    code: bytes  # the same with directives and the insides of literals blank too

    def conditional(self, start: int) -> Conditional:
        """The conditional whose #if line begins at `start`, an offset taken from a statement's arms."""
        return next(c for c in conditionals(self.skeleton.block) if c.start == start)


def read_layout(path: str, text: bytes, plain: bytes | None = None) -> Layout:
    """Read the statements of `text`; `path` is only kept. Never raises: what cannot be read is left out.

    `plain` is the text with its comments blank, from a caller who has it: making it is most of the work.
    """
    if b"MODULE_" not in text and b"module_" not in text:
        return Layout(path, text, (), Skeleton([]), (), b"", b"")
    plain = blank_comments(text) if plain is None else plain
    directives = list(scan_directives(plain))
    skeleton = build_skeleton(directives, len(text))
    code = blank_literals(_blank_directives(plain, directives))
    found = list(_calls(code))
    if not found:
        return Layout(path, text, (), skeleton, tuple(directives), plain, code)
    nesting = _Nesting(skeleton.block, code, [call[0] for call in found]).found
    statements: list[Statement] = []
    line, counted = 1, 0
    for (start, opening, closing, end), (arms, in_function) in zip(found, nesting, strict=True):
        line += text.count(b"\n", counted, start)
        counted = start
        macro = code[start:opening].decode("ascii")
        argument = plain[code.index(b"(", opening) + 1 : closing].strip()
        statements.append(Statement(macro, argument, start, end, line, arms, in_function))
    return Layout(path, text, tuple(statements), skeleton, tuple(directives), plain, code)


def _blank_directives(plain: bytes, directives: list[Directive]) -> bytes:
    pieces: list[bytes] = []
    position = 0
    for directive in directives:
        pieces += (plain[position : directive.start], spaces(plain[directive.start : directive.end]))
        position = directive.end
    pieces.append(plain[position:])
    return b"".join(pieces)


def _calls(code: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield (start of the word, its end, offset of the `)`, end of the statement) of each outermost call."""
    position = 0
    for start, after_word in sorted(match.span() for word in _WORDS for match in word.finditer(code)):
        if start < position:
            continue  # inside the argument of the one before
        while start > position and code[start - 1] in _WORD_BYTES:
            start -= 1
        while after_word < len(code) and code[after_word] in _WORD_BYTES:
            after_word += 1
        opening = _OPENING.match(code, after_word)
        if opening is None or not _WHOLE_WORD.match(code[start:after_word]):
            continue
        closing = _closing(code, opening.end())
        if closing is None or not _begins_statement(code, start) or _BODY.match(code, closing + 1):
            continue
        semicolon = _SEMICOLON.match(code, closing + 1)
        position = semicolon.end() if semicolon else closing + 1
        yield start, after_word, closing, position


def _closing(code: bytes, position: int) -> int | None:
    """The offset of the `)` that closes the `(` before `position`; None where nothing does."""
    depth = 1
    for match in _PARENTHESIS.finditer(code, position):
        depth += 1 if match.group() == b"(" else -1
        if depth == 0:
            return match.start()
    return None


def _begins_statement(code: bytes, start: int) -> bool:
    """Whether a statement can begin at `start`.

    After another word on a line above, only a MODULE_ word can: that other one is a macro of its own called
    without parentheses, while `static int` above a module_ word makes it a function.
    """
    before = code[:start] if start < 4096 else code[start - 4096 : start]
    blank = before.rstrip(b" \t\r\n\f\v\\")
    if not blank or (blank == _BYTE_ORDER_MARK and start < 4096):
        return True
    if blank[-1:] in (b";", b"}", b"{", b")", b":"):
        return True
    lower = code[start : start + 1].islower()
    return not lower and blank[-1] in _WORD_BYTES and b"\n" in before[len(blank) :]


def conditionals(block: Block) -> Iterator[Conditional]:
    """Every conditional of `block`, those inside others too, outer ones first."""
    for item in block:
        if isinstance(item, Conditional):
            yield item
            for arm in item.arms:
                yield from conditionals(arm.block)


class _Nesting:
    """How deep some places of a text stand, in arms of conditionals and in braces.

    Arms of one conditional are alternatives: each begins at the depth of the #if, and the text goes on with
    the depth that the first of them leaves (the second, after `#if 0`), as in two heads of one function.
    """

    def __init__(self, block: Block, code: bytes, places: list[int]) -> None:
        self._code = code
        self._places = places  # in order
        self.found: list[
            tuple[Arms, bool]
        ] = []  # for each place: its arms, and whether braces are open there
        self._walk(block, 0, len(code), 0, ())

    def _walk(self, block: Block, start: int, end: int, depth: int, arms: Arms) -> int:
        """Go through what stands between two offsets, and return the depth of braces at its end."""
        for item in block:
            if isinstance(item, Conditional):
                depth = self._alternatives(item, self._plain(start, item.start, depth, arms), arms)
                start = item.end
        return self._plain(start, end, depth, arms)

    def _alternatives(self, conditional: Conditional, depth: int, arms: Arms) -> int:
        left = [
            self._walk(arm.block, arm.start, arm.end, depth, (*arms, (conditional.start, index)))
            for index, arm in enumerate(conditional.arms)
        ]
        if conditional.arms[0].opener.argument == b"0":
            return left[1] if len(left) > 1 else depth
        return left[0]

    def _plain(self, start: int, end: int, depth: int, arms: Arms) -> int:
        while len(self.found) < len(self._places) and self._places[len(self.found)] < end:
            place = self._places[len(self.found)]
            depth = self._after(start, place, depth)
            self.found.append((arms, depth > 0))
            start = place
        return self._after(start, end, depth)

    def _after(self, start: int, end: int, depth: int) -> int:
        return max(0, depth + self._code.count(b"{", start, end) - self._code.count(b"}", start, end))


def condition_of(layout: Layout, statement: Statement) -> str | None:
    """The conditions that `statement` stands under, as the source has them, joined by `&&`; None for none."""
    parts: list[str] = []
    for start, index in statement.arms:
        conditional = layout.conditional(start)
        opener = conditional.arms[index].opener
        if opener.keyword == b"else":
            parts += [f"!({_text_of(arm.opener)})" for arm in conditional.arms[:index]]
        else:
            parts.append(_text_of(opener))
    if len(parts) > 1:
        parts = [f"({part})" if "||" in part and not part.startswith("!(") else part for part in parts]
    return " && ".join(parts) or None


def _text_of(opener: Directive) -> str:
    text = " ".join(opener.argument.decode("utf-8", "replace").split())
    if opener.keyword in (b"ifdef", b"elifdef"):
        return f"defined({text})"
    if opener.keyword in (b"ifndef", b"elifndef"):
        return f"!defined({text})"
    return text
