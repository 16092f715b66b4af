"""Expanded tokens made ready for the C grammar, without losing what they say about symbols.

The grammar knows C11 and some of GNU's extensions; kernel code uses the rest. What names no symbol by itself
(`typeof(x)`, `sizeof(x)`: nothing is evaluated there) is replaced by something plain; what does name one
(`cleanup(f)`, `alias("f")`, an operand of `asm`, an asm label) is kept as a use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nsfix.csource.macros import Token

UNKNOWN = b"__nsfix_unknown"
ASM_CALL = b"__nsfix_asm"
_TYPEOF = frozenset((b"typeof", b"__typeof__", b"__typeof", b"typeof_unqual", b"__typeof_unqual__"))
_UNEVALUATED = frozenset(
    (b"__alignof__", b"__alignof", b"_Alignof", b"__builtin_offsetof", b"__builtin_types_compatible_p",
     b"__builtin_va_arg", b"__builtin_object_size", b"__builtin_dynamic_object_size", b"__builtin_has_attribute",
     b"__builtin_classify_type", b"__builtin_counted_by_ref")
)  # fmt: skip
_ATTRIBUTE = frozenset((b"__attribute__", b"__attribute", b"__declspec"))
_ASM = frozenset((b"asm", b"__asm__", b"__asm"))
_ASM_QUALIFIERS = frozenset(
    (b"volatile", b"__volatile__", b"__volatile", b"goto", b"inline", b"__inline__", b"__inline")
)
_DROPPED = frozenset(
    (b"__extension__", b"__restrict", b"__restrict__", b"restrict", b"__seg_gs", b"__seg_fs", b"__label__",
     b"_Noreturn", b"__thread", b"_Thread_local")
)  # fmt: skip
_NO_SYMBOLS = frozenset(
    (b"sizeof", b"struct", b"union", b"enum", b"const", b"volatile", b"unsigned", b"signed", b"int", b"long", b"char",
     b"short", b"void", b"typeof", b"__typeof__", b"if", b"else", b"return")
)  # fmt: skip
_ASM_WORD = re.compile(rb"(?<![\w%$.\\\[])[A-Za-z_]\w{3,}")  # no register, no label such as 1f, no escape
_RENAMED = {
    b"__inline": b"inline", b"__inline__": b"inline", b"__volatile__": b"volatile", b"__volatile": b"volatile",
    b"__const": b"const", b"__const__": b"const", b"__signed__": b"signed", b"__signed": b"signed",
    b"__auto_type": b"int", b"__int128": b"int", b"__complex__": b"",
}  # fmt: skip
_SKIPPED_WITH_ARGUMENTS = frozenset(
    (b"_Static_assert", b"static_assert", b"_Pragma", b"_Alignas", b"__pragma")
)


@dataclass(slots=True)
class CleanText:
    """Text for the grammar. `starts[i]` is the offset in `text` of `tokens[i]`.

    `cleanups` are uses that stood in `cleanup(f)`: the token and the offset in `text` of what it was attached to;
    `aliases` the same for `alias("f")`, and `labels` for `asm("f")` behind what is declared; `used` and
    `gnu_inline` are offsets where such an attribute stood.
    """

    text: bytes = b""
    tokens: list[Token] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    cleanups: list[tuple[Token, int]] = field(default_factory=list)
    aliases: list[tuple[Token, int]] = field(default_factory=list)
    labels: list[tuple[Token, int]] = field(default_factory=list)
    used: list[int] = field(default_factory=list)
    gnu_inline: list[int] = field(default_factory=list)


def clean(tokens: list[Token]) -> CleanText:
    """Prepare expanded `tokens` for the grammar."""
    cleaner = _Cleaner(tokens)
    cleaner.run(0, len(tokens))
    return cleaner.finish()


class _Cleaner:
    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.result = CleanText()
        self.length = 0
        self.pieces: list[bytes] = []

    def finish(self) -> CleanText:
        self.result.text = b" ".join(self.pieces)
        return self.result

    def put(self, token: Token, text: bytes | None = None) -> None:
        text = token.text if text is None else text
        self.result.tokens.append(token)
        self.result.starts.append(self.length)
        self.pieces.append(text)
        self.length += len(text) + 1

    def closing(self, index: int, end: int) -> int:
        """The index after the `)` that closes the `(` at `index`."""
        depth = 0
        tokens = self.tokens
        for position in range(index, end):
            text = tokens[position].text
            if text == b"(":
                depth += 1
            elif text == b")":
                depth -= 1
                if depth == 0:
                    return position + 1
        return end

    def called(self, index: int, end: int) -> bool:
        return index + 1 < end and self.tokens[index + 1].text == b"("

    def run(self, index: int, end: int) -> None:
        tokens = self.tokens
        while index < end:
            token = tokens[index]
            text = token.text
            if text in _RENAMED:
                if _RENAMED[text]:
                    self.put(token, _RENAMED[text])
                index += 1
            elif text in _DROPPED:
                index += 1
            elif text in _TYPEOF and self.called(index, end):
                self.put(token, b"int")
                index = self.closing(index + 1, end)
            elif (text == b"sizeof" and self.called(index, end)) or (
                text in _UNEVALUATED and self.called(index, end)
            ):
                self.put(token, UNKNOWN)
                index = self.closing(index + 1, end)
            elif text in _SKIPPED_WITH_ARGUMENTS and self.called(index, end):
                index = self.closing(index + 1, end)
            elif text in _ATTRIBUTE and self.called(index, end):
                close = self.closing(index + 1, end)
                self.attribute(index + 2, close - 1)
                index = close
            elif text in _ASM:
                index = self.asm(index, end)
            elif text == b"..." and self._in_case():
                self.put(token, b"+ " + UNKNOWN + b" +")
                index += 1
            elif text == b"__builtin_constant_p" and self.called(index, end):
                index = self.constant_p(index, end)
            else:
                self.put(token)
                index += 1

    def _in_case(self) -> bool:
        recent = self.pieces[-6:]
        return b"case" in recent and b":" not in recent[recent.index(b"case") :]

    def constant_p(self, index: int, end: int) -> int:
        """`__builtin_constant_p(x)` evaluates nothing: 1 for a plain number, else unknown."""
        close = self.closing(index + 1, end)
        inner = [t for t in self.tokens[index + 2 : close - 1] if t.text not in (b"(", b")")]
        known = len(inner) == 1 and inner[0].text[:1].isdigit()
        self.put(self.tokens[index], b"1" if known else UNKNOWN)
        return close

    def attribute(self, index: int, end: int) -> None:
        """Keep what the attributes in `tokens[index:end]` say of symbols."""
        tokens = self.tokens
        for position in range(index, end):
            word = tokens[position].text.strip(b"_")
            if word == b"used":
                self.result.used.append(self.length)
            elif word == b"gnu_inline":
                self.result.gnu_inline.append(self.length)
            elif word in (b"cleanup", b"alias") and self.called(position, end):
                inside = tokens[position + 2]
                if word == b"cleanup":
                    self.result.cleanups.append((inside, self.length))
                else:
                    name = inside._replace(text=inside.text.strip(b'"'))
                    self.result.aliases.append((name, self.length))

    def asm(self, index: int, end: int) -> int:
        """Replace an `asm` statement by a call that has its operands as arguments; of a label keep the name."""
        position = index + 1
        while position < end and self.tokens[position].text in _ASM_QUALIFIERS:
            position += 1
        if position >= end or self.tokens[position].text != b"(":
            self.put(self.tokens[index])
            return index + 1
        close = self.closing(position, end)
        before = self.pieces[-1] if self.pieces else b";"
        if (
            position == index + 1
            and (before[-1:].isalnum() or before[-1:] in b"_])")
            and before not in (b"else", b"do")
        ):
            self._label(position + 1, close - 1)
            return close
        self.put(self.tokens[index], ASM_CALL)
        self.put(self.tokens[position], b"(")
        self._operands(position + 1, close - 1)
        self.put(self.tokens[close - 1], b")")
        return close

    def _label(self, index: int, end: int) -> None:
        """Keep the name that an asm label gives to what it stands behind."""
        if end == index + 1 and self.tokens[index].text[:1] == b'"':
            token = self.tokens[index]
            self.result.labels.append((token._replace(text=token.text.strip(b'"')), self.length))

    def _names_a_symbol(self, position: int) -> bool:
        text = self.tokens[position].text
        if not (text[:1].isalpha() or text[:1] == b"_") or text in _NO_SYMBOLS or text[-1:] == b'"':
            return False
        return self.tokens[position - 1].text not in (b"struct", b"union", b"enum", b".", b"->")

    def _operands(self, index: int, end: int) -> None:
        """Put down what names a symbol: the operands, and the words of the assembler text itself."""
        found: list[tuple[Token, bytes]] = []
        brackets = 0
        for position in range(index, end):
            token = self.tokens[position]
            if token.text == b"[":
                brackets += 1
            elif token.text == b"]":
                brackets -= 1
            elif token.text[:1] == b'"':
                found += [(token, word) for word in _ASM_WORD.findall(token.text)]
            elif brackets == 0 and self._names_a_symbol(position):
                found.append((token, token.text))
        for number, (token, word) in enumerate(found):
            if number:
                self.put(token, b",")
            self.put(token._replace(text=word))
