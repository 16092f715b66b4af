"""A file's directives made ready to run: what a whole kernel settles alike is worked out once, for all units.

One kernel source pulls in about a thousand headers, and thousands of sources the same ones. A condition that
asks only for the configuration and the compiler has one answer for them all, so it is evaluated when the header
is first read, and runs of `#define` become one table. What is left for each unit is short.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nsfix.csource.conditions import BadCondition, condition_tokens, evaluate_tokens
from nsfix.csource.directives import Arm, Conditional, Directive, build_skeleton, scan_directives
from nsfix.csource.lexer import blank_comments, join_words, spaces
from nsfix.csource.macros import Macro
from nsfix.csource.predefined import SETTLED

_WORD = re.compile(rb"[A-Za-z_]\w*")
_NAME = re.compile(rb"\s*(\w+)")
_DEFINED = re.compile(rb"(!?)\s*defined\s*(?:\(\s*(\w+)\s*\)|(\w+))\Z")
_CONFIG_TEST = re.compile(rb"\b(IS_ENABLED|IS_BUILTIN|IS_MODULE|IS_REACHABLE)\s*\(\s*(CONFIG_\w+)\s*\)")
_CONFIG_TESTS = frozenset((b"IS_ENABLED", b"IS_BUILTIN", b"IS_MODULE", b"IS_REACHABLE", b"defined"))


@dataclass(slots=True)
class Define:
    """Macros to define, all at once. `start` is the offset of the first."""

    macros: dict[bytes, Macro]
    start: int


@dataclass(slots=True)
class Undefine:
    """A macro to forget."""

    name: bytes
    start: int


@dataclass(slots=True)
class Include:
    """A file to include. `name` is empty where the argument is a macro."""

    name: bytes
    quoted: bool
    next: bool
    argument: bytes
    start: int


@dataclass(slots=True)
class Choice:
    """A conditional that each unit decides for itself."""

    conditional: Conditional
    programs: list[list[Step]]


Step = Define | Undefine | Include | Choice


@dataclass(slots=True)
class SourceText:
    """One file as read: its text, the same with comments blank, its program.

    `dead` are the spans (byte offsets, end exclusive) that no unit of this kernel compiles. `guard` is the
    macro of its include guard, `once` tells of `#pragma once`, `odd_at` of an unbalanced conditional.
    `loosening` are settled words that the file itself defines, so that they are not settled after all.
    """

    path: str
    directory: str
    text: bytes
    code: bytes
    program: list[Step]
    dead: list[tuple[int, int]]
    lines: list[tuple[int, int]]
    choices: list[Conditional]
    guard: bytes | None = None
    once: bool = False
    odd_at: int | None = None
    loosening: frozenset[bytes] = frozenset()
    lines_sorted: bool = False
    views: dict[object, bytes] = field(default_factory=dict)


class Settled:
    """The macros that are the same for every unit of a kernel, and what conditions over them come to.

    `macros` are the configuration's and the compiler's; `loose` are words that some unit of this run defines
    by itself (a driver with a CONFIG_ of its own), so that conditions over them are left to the units.
    """

    def __init__(self, macros: Mapping[bytes, bytes], loose: frozenset[bytes] = frozenset()) -> None:
        self.macros = macros
        self.loose = loose
        self._answers: dict[tuple[bytes, bytes], bool | None] = {}

    def answer(self, directive: Directive) -> bool | None:
        """Whether the arm that `directive` opens is taken; None where a unit has to say."""
        key = (directive.keyword, directive.argument)
        try:
            return self._answers[key]
        except KeyError:
            answer = self._answers[key] = self._work_out(*key)
            return answer

    def _settles(self, word: bytes) -> bool:
        return (word.startswith(b"CONFIG_") or word in SETTLED) and word not in self.loose

    def _work_out(self, keyword: bytes, argument: bytes) -> bool | None:
        if keyword == b"else":
            return True
        if keyword in (b"ifdef", b"ifndef", b"elifdef", b"elifndef"):
            match = _NAME.match(argument)
            if match is None or not self._settles(match[1]):
                return None
            return (match[1] in self.macros) == (not keyword.endswith(b"ndef"))
        words = _WORD.findall(argument)
        if not all(word in _CONFIG_TESTS or self._settles(word) for word in words if not word[0] in b"uUlL"):
            return None
        if b"__has" in argument or any(word in b"uUlL" and word in self.loose for word in words):
            return None
        return self._evaluate(argument)

    def _evaluate(self, argument: bytes) -> bool | None:
        text = _CONFIG_TEST.sub(lambda m: b"1" if self.config_test(m[1], m[2]) else b"0", argument)
        tokens: list[bytes] = []
        for word in resolve_defined(condition_tokens(text), self.macros.__contains__):
            body = self.macros.get(word)
            tokens += [word] if body is None else condition_tokens(body) or [word]
        if any(t in _CONFIG_TESTS for t in tokens):
            return None
        try:
            value = evaluate_tokens(tokens, lambda word: 0)
        except BadCondition:
            return None
        return None if value is None else bool(value)

    def config_test(self, test: bytes, option: bytes) -> bool:
        """IS_ENABLED and its kin, as include/linux/kconfig.h has them for a module."""
        built_in = self.macros.get(option) == b"1"
        module = self.macros.get(option + b"_MODULE") == b"1"
        return {
            b"IS_ENABLED": built_in or module,
            b"IS_BUILTIN": built_in,
            b"IS_MODULE": module,
            b"IS_REACHABLE": built_in or (module and b"MODULE" in self.macros),
        }[test]


def resolve_defined(tokens: list[bytes], known: Callable[[bytes], bool]) -> list[bytes]:
    """`tokens` with each `defined X` and `defined(X)` replaced by 1 or 0."""
    if b"defined" not in tokens:
        return tokens
    out: list[bytes] = []
    index = 0
    while index < len(tokens):
        if tokens[index] != b"defined":
            out.append(tokens[index])
            index += 1
            continue
        if tokens[index + 1 : index + 2] == [b"("] and tokens[index + 3 : index + 4] == [b")"]:
            name, index = tokens[index + 2], index + 4
        else:
            name, index = (tokens[index + 1] if index + 1 < len(tokens) else b""), index + 2
        out.append(b"1" if known(name) else b"0")
    return out


def read_source(path: str, directory: str, text: bytes, settled: Settled, together: bool = True) -> SourceText:
    """Read `text`, the contents of the file `path`, into a SourceText.

    With `together`, runs of definitions become one table; without, each stays a step of its own, which keeps
    their order visible (for the source of a unit itself).
    """
    code = blank_comments(text)
    skeleton = build_skeleton(scan_directives(code), len(code))
    maker = _Maker(path, settled, together)
    program = maker.make(skeleton.block)
    source = SourceText(
        path, directory, text, code, program, maker.dead, maker.lines, maker.choices, odd_at=skeleton.odd_at
    )
    if not together:
        source.code = join_words(code, lambda offset: any(a <= offset < b for a, b in maker.lines))
    source.once = maker.once
    source.loosening = frozenset(maker.loosening) - settled.loose
    if len(skeleton.block) == 1 and len(program) == 1 and isinstance(program[0], Choice):
        source.guard = _guard_of(program[0].conditional)
        if source.guard is not None:  # asked when the file is entered, so that it need not be asked again
            source.program = program[0].programs[0]
            source.choices.remove(program[0].conditional)
    return source


def _guard_of(conditional: Conditional) -> bytes | None:
    if len(conditional.arms) != 1:
        return None
    opener = conditional.arms[0].opener
    match = _NAME.match(opener.argument) if opener.keyword == b"ifndef" else None
    if match:
        return match[1]
    negated = _DEFINED.match(opener.argument) if opener.keyword == b"if" else None
    return (negated[2] or negated[3]) if negated and negated[1] else None


class _Maker:
    """Turns a block of directives into steps."""

    def __init__(self, path: str, settled: Settled, together: bool) -> None:
        self.path = path
        self.settled = settled
        self.together = together
        self.dead: list[tuple[int, int]] = []
        self.lines: list[tuple[int, int]] = []
        self.choices: list[Conditional] = []
        self.once = False
        self.loosening: set[bytes] = set()

    def make(self, block: list[Directive | Conditional]) -> list[Step]:
        steps: list[Step] = []
        self._block(block, steps)
        return steps

    def _block(self, block: list[Directive | Conditional], steps: list[Step]) -> None:
        lines = self.lines
        for part in block:
            if isinstance(part, Conditional):
                self._conditional(part, steps)
                continue
            keyword, name, argument, start, end = part
            lines.append((start, end))
            if keyword == b"define":
                macro = Macro(name, argument, self.path, start)
                if name.startswith(b"CONFIG_"):
                    self.loosening.add(name)
                last = steps[-1] if steps and self.together else None
                if isinstance(last, Define):
                    last.macros[name] = macro
                else:
                    steps.append(Define({name: macro}, start))
            elif keyword in (b"include", b"include_next", b"import"):
                steps.append(_include(part))
            elif keyword == b"undef":
                match = _NAME.match(argument)
                if match:
                    steps.append(Undefine(match[1], start))
                    if match[1].startswith(b"CONFIG_"):
                        self.loosening.add(match[1])
            elif keyword == b"pragma" and argument == b"once":
                self.once = True

    def _conditional(self, conditional: Conditional, steps: list[Step]) -> None:
        undecided: list[Arm] = []
        for index, arm in enumerate(conditional.arms):
            self.lines.append((arm.opener.start, arm.opener.end))
            answer = self.settled.answer(arm.opener)
            if answer is False:
                self.dead.append((arm.start, arm.end))
                continue
            if answer is None:
                undecided.append(arm)
                continue
            for later in conditional.arms[index + 1 :]:
                self.lines.append((later.opener.start, later.opener.end))
                self.dead.append((later.start, later.end))
            if not undecided:
                self._block(arm.block, steps)
            else:
                undecided.append(arm)
            break
        self.lines.append((conditional.arms[-1].end, conditional.end))
        if undecided:
            left = Conditional(undecided, conditional.start, conditional.end)
            self.choices.append(left)
            steps.append(Choice(left, [self.make(arm.block) for arm in undecided]))


def _include(directive: Directive) -> Include:
    argument = directive.argument
    following = directive.keyword == b"include_next"
    if argument[:1] == b"<":
        return Include(argument[1:].partition(b">")[0], False, following, argument, directive.start)
    if argument[:1] == b'"':
        return Include(argument[1:].partition(b'"')[0], True, following, argument, directive.start)
    return Include(b"", False, following, argument, directive.start)


def blank_spans(code: bytes, spans: list[tuple[int, int]]) -> bytes:
    """`code` with every span of `spans` blanked; overlapping spans are welcome."""
    pieces: list[bytes] = []
    position = 0
    for start, end in sorted(spans):
        if end <= position:
            continue
        start = max(start, position)
        pieces += (code[position:start], spaces(code[start:end]))
        position = end
    pieces.append(code[position:])
    return b"".join(pieces)
