"""A file's directives made ready to run: what a whole kernel settles alike is worked out once, for all units.

One kernel source pulls in about a thousand headers, and thousands of sources the same ones. A condition that
asks only for the configuration and the compiler has one answer for them all, so it is evaluated when the header
is first read. A run of `#define` is one step, and its macros are read only when one of them is asked for. What is
left for each unit is short.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from nsfix.csource.directives import ARM_OPENERS, OPENERS, Arm, Conditional, Directive, scan_directives
from nsfix.csource.lexer import BYTE_ORDER_MARK, blank_comments, join_words, spaces
from nsfix.csource.macros import Macro
from nsfix.csource.predefined import SETTLED
from nsfix.csource.settled import Settled, is_settled_word, single_test

_NAME = re.compile(rb"\s*(\w+)")
# The newline is a literal prefix that `re` searches for quickly.
_STEERING = re.compile(
    rb"\n[ \t\f\v]*#[ \t]*(ifdef|ifndef|if|elifdef|elifndef|elif|else|endif|include_next|include|import|undef|pragma)"
    rb"\b([^\n\\]*(?:\\(?:\r?\n|.)[^\n\\]*)*)",
    re.S,
)
_DEFINE = re.compile(rb"\n[ \t\f\v]*#[ \t]*define[ \t]+(\w+)")
_CONTINUATION = re.compile(rb"\\\r?\n")
# A line that is no directive, not empty, and neither begins a comment nor goes on with one in the usual shape; or one
# that has more after a comment.
_CODE_LINE = re.compile(rb"\n(?![ \t]*(?:\n|\r|\Z|#|/\*|\*|//))|\n[ \t]*(?:/\*|\*)[^\n]*\*/[ \t]*[^\s]")
_GREAT = 50_000  # bytes of a header that may be one of the great lists of register names
Span = tuple[int, int]


class Run:
    """Definitions that stand together, unread: they are read when one of their macros is asked for."""

    __slots__ = ("_file", "_macros", "_start", "_text", "names")

    def __init__(self, text: bytes, file: str, start: int, names: list[bytes]) -> None:
        self._text = text
        self._file = file
        self._start = start
        self.names = names
        self._macros: dict[bytes, Macro] | None = None

    def macro(self, name: bytes) -> Macro | None:
        """The macro `name` of this run, as its last definition here has it."""
        if self._macros is None:
            self._macros = {
                d.name: Macro(d.name, d.argument, self._file, self._start + d.start)
                for d in scan_directives(blank_comments(self._text))
                if d.keyword == b"define"
            }
        return self._macros.get(name)


class MacroTable(dict[bytes, "Macro | Run"]):
    """The macros that hold at one place, by name."""

    def macro(self, name: bytes) -> Macro | None:
        """The macro `name`, or None."""
        found = self.get(name)
        return found.macro(name) if type(found) is Run else found  # type: ignore[return-value]


@dataclass(slots=True)
class Define:
    """Macros to define, all at once. `start` is the byte offset of the first."""

    macros: dict[bytes, Macro | Run]
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


@dataclass
class SourceText:
    """One file as read: its text and its program.

    `dead` are the spans (byte offsets, end exclusive) that no unit of this kernel compiles, `choices` the
    conditionals that units decide. `guard` is the macro of its include guard (one made up for `#pragma once`),
    `plain` tells that it neither asks nor includes anything, `odd_at` of a conditional without a partner.
    `loosening` are settled words that the file itself defines, so that they are not settled after all.
    """

    path: str
    directory: str
    text: bytes
    program: list[Step]
    dead: list[Span]
    choices: list[Conditional]
    own: bool = False
    guard: bytes | None = None
    plain: bool = False
    odd_at: int | None = None
    loosening: frozenset[bytes] = frozenset()
    views: dict[object, bytes] = field(default_factory=dict)

    @cached_property
    def codeless(self) -> bool:
        """Whether there is nothing but comments and directives, as in the great headers of register names; False
        where it is not seen at once."""
        return not self.own and len(self.text) > _GREAT and not _CODE_LINE.search(b"\n" + self.text)

    @cached_property
    def undefined_again(self) -> frozenset[bytes]:
        """The names that the file both defines and undefines, whatever the conditions."""
        steps = list(steps_of(self.program))
        undefined = {step.name for step in steps if isinstance(step, Undefine)}
        if not undefined:
            return frozenset()
        return frozenset(
            n for step in steps if isinstance(step, Define) for n in undefined & step.macros.keys()
        )

    @cached_property
    def lines(self) -> list[Span]:
        """The spans of all directives, in order."""
        return [(d.start, d.end) for d in scan_directives(blank_comments(self.text))]

    @cached_property
    def code(self) -> bytes:
        """The text with its comments blank, offsets kept."""
        code = blank_comments(self.text)
        return join_words(code, lambda offset: self.directive_at(offset) is not None) if self.own else code

    def directive_at(self, offset: int) -> Span | None:
        """The directive that holds the byte at `offset`, or None."""
        index = bisect_right(self.lines, (offset, 1 << 62)) - 1
        if index >= 0 and self.lines[index][0] <= offset < self.lines[index][1]:
            return self.lines[index]
        return None


def read_source(path: str, directory: str, text: bytes, settled: Settled, own: bool = False) -> SourceText:
    """Read `text`, the contents of the file `path`, into a SourceText.

    For the source of a unit itself (`own`) every definition is a step, which keeps their order visible.
    """
    if text.startswith(BYTE_ORDER_MARK):
        text = b"   " + text[3:]
    maker = _Maker(path, text, settled, own)
    program = maker.make()
    source = SourceText(path, directory, text, program, maker.dead, maker.choices, own, odd_at=maker.odd_at)
    source.loosening = frozenset(maker.loosening) - settled.loose
    if maker.once:
        source.guard = b"#pragma once " + path.encode("utf-8", "surrogateescape")
        program.insert(0, Define({source.guard: Macro(source.guard, b"")}, 0))
    elif not own and len(program) == 1 and isinstance(program[0], Choice):
        source.guard = _guard_of(program[0].conditional)
        if source.guard is not None:  # asked when the file is entered, so that it need not be asked again
            source.choices.remove(program[0].conditional)
            source.program = program[0].programs[0]
    source.plain = all(isinstance(step, (Define, Undefine)) for step in source.program)
    return source


def steps_of(program: list[Step], arms: Callable[[Choice], Container[int]] | None = None) -> Iterator[Step]:
    """The steps of `program` in order, those of conditionals in their place; of each only the `arms`, if given."""
    for step in program:
        if isinstance(step, Choice):
            chosen = None if arms is None else arms(step)
            for index, steps in enumerate(step.programs):
                if chosen is None or index in chosen:
                    yield from steps_of(steps, arms)
        else:
            yield step


def _guard_of(conditional: Conditional) -> bytes | None:
    if len(conditional.arms) != 1:
        return None
    opener = conditional.arms[0].opener
    name, wanted = single_test(opener.keyword, opener.argument)
    return name if name and not wanted else None


@dataclass(slots=True)
class _Open:
    """A conditional that is being read. `steps` are those it stands among, `live` whether any of it may count,
    `settled` whether an arm was taken for certain, `left` the arms that units decide, with their steps."""

    steps: list[Step]
    live: bool
    start: int
    settled: bool = False
    left: list[tuple[Arm, list[Step]]] = field(default_factory=list)
    dead_from: int | None = None


class _Maker:
    """Turns the directives of one text into steps, in one pass."""

    def __init__(self, path: str, text: bytes, settled: Settled, own: bool) -> None:
        self.path = path
        self.text = b"\n" + text  # so that a first line is found; match offsets are then offsets in `text`
        self.settled = settled
        self.own = own
        self.dead: list[Span] = []
        self.choices: list[Conditional] = []
        self.once = False
        self.odd_at: int | None = None
        self.loosening: set[bytes] = set()
        self._open: list[_Open] = []
        self._steps: list[Step] = []
        self._live = True
        self._opening = self.text.find(b"/*")  # the next comment that was not passed yet
        self._blank: bytes | None = None

    def make(self) -> list[Step]:
        """The steps of the whole text."""
        top = self._steps
        text = self.text
        position = 0
        for match in _STEERING.finditer(text):
            start, end = match.span()
            if self._live:
                self._definitions(position, start)
            position = start
            if self._commented(start):
                continue
            keyword, argument = match.groups()
            if b"/*" in argument or b"//" in argument:
                argument = blank_comments(argument)
            if b"\\" in argument:
                argument = _CONTINUATION.sub(b" ", argument)
            self._directive(keyword, argument.strip(), start, end - 1)
            position = end
        if self._live:
            self._definitions(position, len(text))
        for opened in reversed(self._open):
            self.odd_at = opened.start
            self._close(opened, len(text) - 1, len(text) - 1)
        return top

    def _commented(self, start: int) -> bool:
        """Whether the line at `start` stands inside a block comment. To be asked for rising offsets only."""
        text = self.text
        while self._blank is None and 0 <= self._opening < start:
            line = text[text.rfind(b"\n", 0, self._opening) + 1 : self._opening]
            if (
                b'"' in line or b"//" in line or b"'" in line or line.endswith(b"/")
            ):  # perhaps no comment: a real lexer has to tell
                self._blank = blank_comments(text)
                break
            closing = text.find(b"*/", self._opening + 2)
            if closing < 0 or closing > start:
                return True
            self._opening = text.find(b"/*", closing + 2)
        return self._blank is not None and self._blank[start + 1 : start + 80].lstrip()[:1] != b"#"

    def _definitions(self, start: int, end: int) -> None:
        """Make steps of the `#define` lines between two other directives."""
        text = self.text
        if text.find(b"define", start, end) < 0:
            return
        first: int | None = None
        names: list[bytes] = []
        for match in _DEFINE.finditer(text, start, end):
            place = match.start()
            if (self._blank is not None or 0 <= self._opening < place) and self._commented(place):
                continue
            if self.own:
                self._define_own(place)
            names.append(match[1])
            first = place if first is None else first
        if first is None:
            return
        self.loosening.update(SETTLED.intersection(names))
        if text.find(b"CONFIG_", first, end) >= 0:
            self.loosening.update(filter(is_settled_word, names))
        if not self.own:
            run = Run(text[first:end], self.path, first - 1, names)
            self._steps.append(Define(dict.fromkeys(names, run), first))

    def _define_own(self, start: int) -> None:
        end = start + 1
        while True:  # to the end of the logical line
            end = self.text.find(b"\n", end)
            if end < 0:
                end = len(self.text)
                break
            if self.text[end - 1 : end] != b"\\" and self.text[end - 2 : end] != b"\\\r":
                break
            end += 1
        for found in scan_directives(blank_comments(self.text[start + 1 : end])):
            macro = Macro(found.name, found.argument, self.path, start)
            self._steps.append(Define({found.name: macro}, start))

    def _directive(self, keyword: bytes, argument: bytes, start: int, end: int) -> None:
        if keyword in OPENERS:
            opened = _Open(self._steps, self._live, start)
            self._open.append(opened)
            self._arm(opened, Directive(keyword, b"", argument, start, end))
        elif keyword in ARM_OPENERS or keyword == b"endif":
            if not self._open:
                self.odd_at = start if self.odd_at is None else self.odd_at
                return
            opened = self._open[-1]
            self._end_arm(opened, start)
            if keyword == b"endif":
                self._close(opened, start, end)
            else:
                self._arm(opened, Directive(keyword, b"", argument, start, end))
        elif not self._live:
            return
        elif keyword == b"undef":
            match = _NAME.match(argument)
            if match:
                self._steps.append(Undefine(match[1], start))
                if is_settled_word(match[1]):
                    self.loosening.add(match[1])
        elif keyword == b"pragma":
            self.once = self.once or argument == b"once"
        else:
            self._steps.append(_include(keyword, argument, start))

    def _arm(self, opened: _Open, opener: Directive) -> None:
        if not opened.live or opened.settled:
            answer: bool | None = False
        else:
            answer = self.settled.answer(opener.keyword, opener.argument)
        self._live = answer is not False
        if answer is False:
            opened.dead_from = opener.end if opened.live else None
            return
        opened.settled = answer is True
        if answer is True and not opened.left:
            self._steps = opened.steps
        else:
            self._steps = []
            opened.left.append((Arm(opener), self._steps))

    def _end_arm(self, opened: _Open, end: int) -> None:
        if opened.dead_from is not None:
            self.dead.append((opened.dead_from, end))
            opened.dead_from = None
        elif opened.left and self._live:
            opened.left[-1][0].end = end

    def _close(self, opened: _Open, start: int, end: int) -> None:
        self._end_arm(opened, start)
        self._open.remove(opened)
        self._steps, self._live = opened.steps, opened.live
        if opened.left:
            conditional = Conditional([arm for arm, _ in opened.left], opened.start, end)
            self.choices.append(conditional)
            self._steps.append(Choice(conditional, [steps for _, steps in opened.left]))


def _include(keyword: bytes, argument: bytes, start: int) -> Include:
    following = keyword == b"include_next"
    if argument[:1] == b"<":
        return Include(argument[1:].partition(b">")[0], False, following, argument, start)
    if argument[:1] == b'"':
        return Include(argument[1:].partition(b'"')[0], True, following, argument, start)
    return Include(b"", False, following, argument, start)


def blank_spans(code: bytes, spans: list[Span]) -> bytes:
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
