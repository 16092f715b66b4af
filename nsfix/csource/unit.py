"""One translation unit: which files it includes, which macros hold where, and what of each file is compiled.

Every directive is run in the compiler's order, so the answers are exact; what all units share (program.py) is
worked out once.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass, field
from functools import cached_property

from nsfix.csource.conditions import BadCondition, condition_tokens, evaluate_tokens
from nsfix.csource.directives import Conditional, Directive
from nsfix.csource.effects import Effect, merge_arms
from nsfix.csource.expansion import EndlessExpansion, Expander
from nsfix.csource.macros import Lookup, Macro, Token, spell, tokenize
from nsfix.csource.passing import History, passing_macros
from nsfix.csource.program import (
    Choice,
    Define,
    Include,
    MacroTable,
    Run,
    SourceText,
    Step,
    Undefine,
    blank_spans,
)
from nsfix.csource.settled import is_settled_word, resolve_defined
from nsfix.csource.store import Compilation, Loosened, Store

_LITERAL = re.compile(rb'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')
_BODY_DEFINED = re.compile(rb"\bdefined\s*\(?\s*(\w+)\s*(?:(?<=\w)\)|(?<=\s)\)|)")
_ASKING = b"__nsfix_defined_"
_NO_ARMS: frozenset[int] = frozenset()
_DEEPEST = 180  # nested includes; GCC's own limit is 200
_AGAIN = 2  # times that a file is being read at once in the kernel: one that is included by what it includes
_HAS = re.compile(
    rb"__has_(include|include_next|attribute|builtin|feature|extension|cpp_attribute|c_attribute)\b"
)


@dataclass(slots=True)
class _Marks:
    """Macro states of a unit's own source at the includes that stand after code."""

    offsets: list[int] = field(default_factory=list)
    states: list[MacroTable] = field(default_factory=list)


class Unit:
    """A source and all it includes, under one Compilation. Raises OSError where the source cannot be read,
    Loosened where the store must be made anew."""

    def __init__(self, path: str, compilation: Compilation, store: Store) -> None:
        source = store.source(path, own=True)
        if source is None:
            raise FileNotFoundError(path)
        self.path = path
        self.main = source
        self.store = store
        self.macros = MacroTable()
        self.included: dict[str, SourceText] = {}
        self.inclusions: list[tuple[int, str]] = []
        self.missing: list[tuple[str, int, bytes]] = []
        self._compilation = compilation
        self._includes = compilation.include_path
        self._taken: dict[tuple[str, int], frozenset[int]] = {}
        self._active: dict[str, bytes] = {}
        self.endless: list[
            tuple[str, int]
        ] = []  # includes at which the compiler gives up, as file and byte offset
        self._depth = 0
        self._open: Counter[str] = Counter()  # the files that are being read
        self._effect: Effect | None = None  # what the header that is being read comes to
        self._reached: list[tuple[int, int]] = []  # own `#include`s, with how many files were there before
        self._history: History = {}
        self._passing: dict[str, History] = {}
        self._marks = _Marks()
        self._expander = Expander(self._value)
        self._asker = Expander(self._macro_in_condition)
        self._walk()

    def _walk(self) -> None:
        loose = self.store.settled.loose
        words = frozenset(n for n, _ in self._compilation.defines if is_settled_word(n) and n not in loose)
        if words:
            raise Loosened(words)
        self.macros.update(self.store.base)
        for name, value in self._compilation.defines:
            if value is None:
                self.macros.pop(name, None)
            else:
                self.macros[name] = self.store.given(name, value)
        for forced in self._compilation.forced:
            self._enter(forced)
        self.included[self.path] = self.main
        self._run(self.main.program, self.main)

    def _enter(self, path: str) -> None:
        source = self.main if path == self.path else self.store.source(path)
        if source is None or (source.guard is not None and self._is_defined(source.guard)):
            return
        if source.plain or source is self.main:
            self._read(path, source)
            return
        effect = self.store.effects.find(path, id(self._includes), self.macros)
        if effect is None:
            outer, self._effect = self._effect, Effect()
            self._read(path, source)
            effect, self._effect = self._effect, outer
            self.store.effects.keep(path, id(self._includes), effect)
        else:
            self._take_over(effect)
        if self._effect is not None:
            self._effect.include(effect)

    def _read(self, path: str, source: SourceText) -> None:
        self.included[path] = source
        if self._effect is not None:
            self._effect.files[path] = source
        self._depth += 1
        self._open[path] += 1
        self._run(source.program, source)
        self._open[path] -= 1
        self._depth -= 1

    def _goes_on_for_ever(self, path: str, step: Include, source: SourceText) -> bool:
        """Whether to leave aside an include of `path`: the files are nested too deeply, or were, and it is being read
        again. Without the latter, one that includes itself twice would be read 2 to the power of the limit times."""
        if self._depth < _DEEPEST and not (self.endless and self._open[path] > _AGAIN):
            return False
        if not self.endless:
            self.endless.append((source.path, step.start))
            if self._effect is not None:
                self._effect.endless.append(self.endless[-1])
        return True

    def _take_over(self, effect: Effect) -> None:
        """Have it as if the header of `effect` had been read."""
        self.macros.update(effect.macros)
        for name in effect.gone:
            self.macros.pop(name, None)
        self.included.update(effect.files)
        merge_arms(self._taken, effect.taken)
        self.missing += effect.missing
        self.endless += effect.endless

    def _run(self, steps: list[Step], source: SourceText) -> None:
        macros, effect = self.macros, self._effect
        own = source is self.main
        for step in steps:
            kind = type(step)
            if kind is Define:
                if own:
                    self._note(step.macros)  # type: ignore[union-attr]
                macros.update(step.macros)  # type: ignore[union-attr]
                if effect is not None:
                    effect.define(step.macros)  # type: ignore[union-attr]
            elif kind is Include:
                self._include(step, source)  # type: ignore[arg-type]
            elif kind is Choice:
                self._choose(step, source)  # type: ignore[arg-type]
            elif isinstance(step, Undefine):
                if own:
                    self._remember(step.name, step.start, None)
                macros.pop(step.name, None)
                if effect is not None:
                    effect.undefine(step.name)

    def _is_defined(self, name: bytes) -> bool:
        known = name in self.macros
        if self._effect is not None:
            self._effect.asks(name, known)
        return known

    def _value(self, name: bytes, offset: int = 0) -> Macro | None:
        if self._effect is not None:
            self._effect.asks_value(name, self.macros.get(name))
        return self.macros.macro(name)

    def _note(self, defined: dict[bytes, Macro | Run]) -> None:
        for name, macro in defined.items():
            if isinstance(macro, Macro):
                self._remember(name, macro.start, macro)

    def _remember(self, name: bytes, offset: int, macro: Macro | None) -> None:
        entries = self._history.get(name)
        if entries is None:
            self._history[name] = [(-1, self.macros.macro(name)), (offset, macro)]
        else:
            entries.append((offset, macro))

    def _include(self, step: Include, source: SourceText) -> None:
        name, quoted = step.name, step.quoted
        if not name:
            name, quoted = self._computed_name(step.argument)
        path = self._path_of(step, name, quoted, source)
        if path is None:
            self.missing.append((source.path, step.start, name))
            if self._effect is not None:
                self._effect.missing.append(self.missing[-1])
            return
        if self._goes_on_for_ever(path, step, source):
            return
        if source is self.main and self._after_code(step.start):
            self._marks.offsets.append(step.start)
            self._marks.states.append(MacroTable(self.macros))
        if source is self.main:
            self.inclusions.append((step.start, path))
            self._reached.append((len(self.included), step.start))
        self._enter(path)

    def _path_of(self, step: Include, name: bytes, quoted: bool, source: SourceText) -> str | None:
        directory = source.directory if quoted else ""
        if self._effect is not None and (step.next or self._includes.finds_alone(name, directory)):
            self._effect.alone = True
        if step.next:
            return self._includes.find_next(name, source.path)
        return self._includes.find(name, directory)

    def _after_code(self, offset: int) -> bool:
        return b"{" in self.main.code[:offset] or b";" in self.main.code[:offset]

    def _computed_name(self, argument: bytes) -> tuple[bytes, bool]:
        tokens = self._expand_all(argument)
        text = b"".join((b" " if t.spaced else b"") + t.text for t in tokens).strip()
        if text[:1] == b'"':
            return text[1:].partition(b'"')[0], True
        return text.strip(b"<> ").replace(b" ", b""), False

    def _expand_all(self, text: bytes) -> list[Token]:
        try:
            return self._expander.expand(tokenize(text))
        except EndlessExpansion:
            return []

    def _choose(self, step: Choice, source: SourceText) -> None:
        conditional = step.conditional
        place = (source.path, conditional.start)
        for index, arm in enumerate(conditional.arms):
            holds = self._holds(arm.opener, source)
            if holds is False:
                continue
            for taken in (self._taken,) if self._effect is None else (self._taken, self._effect.taken):
                taken[place] = taken.get(place, _NO_ARMS) | {index}
            self._run(step.programs[index], source)
            if holds:
                break

    def _holds(self, opener: Directive, source: SourceText) -> bool | None:
        """Whether the arm that `opener` opens is taken; None where that cannot be known."""
        keyword, argument = opener.keyword, opener.argument
        if keyword == b"else":
            return True
        name, wanted = self.store.plain_test(keyword, argument)
        if name is not None:
            return self._is_defined(name) == wanted
        if b"__has_" in argument:
            argument = self._answer_has(argument, source)
        try:
            tokens = resolve_defined(condition_tokens(argument), self._is_defined)
            expanded = self._asker.expand(Token(t, 0) for t in tokens)
            texts = [t.text for t in expanded]
            if b"__has_" in b" ".join(texts):
                texts = condition_tokens(self._answer_has(spell(expanded), source))
            value = evaluate_tokens(texts, self._asked)
        except (BadCondition, EndlessExpansion):
            return False
        return None if value is None else bool(value)

    def _asked(self, word: bytes) -> int:
        """The value of a word that is left in a condition: 0, or what a `defined` in a macro comes to."""
        return int(self._is_defined(word.removeprefix(_ASKING))) if word.startswith(_ASKING) else 0

    def _macro_in_condition(self, name: bytes, offset: int) -> Macro | None:
        """The macro `name` as a condition expands it: what its body asks `defined` of stays unexpanded."""
        macro = self._value(name)
        if macro is None or b"defined" not in macro.argument:
            return macro
        asking = self.store.asking.get(macro)
        if asking is None:
            text = _BODY_DEFINED.sub(rb" " + _ASKING + rb"\1 ", macro.argument)
            asking = self.store.asking[macro] = Macro(macro.name, text, macro.file, macro.start)
        return asking

    def _answer_has(self, argument: bytes, source: SourceText) -> bytes:
        """`argument` with `__has_include(…)` and its kin answered. What the compiler can do is taken as given:
        kernel headers ask `__has_attribute` and choose the same names either way."""

        def answer(match: re.Match[bytes]) -> bytes:
            kind, target = match[1], match[2].strip()
            if kind not in (b"include", b"include_next"):
                return b"0" if kind in (b"feature", b"extension") else b"1"
            directory = source.directory if target[:1] == b'"' else ""
            if self._effect is not None and self._includes.finds_alone(target[1:-1], directory):
                self._effect.alone = True
            found = self._includes.find(target[1:-1], directory)
            if found is None:
                self.store.in_vain.add(target[1:-1])
            return b"1" if found else b"0"

        answered = re.sub(_HAS.pattern + rb"\s*\(([^()]*)\)", answer, argument)
        return re.sub(rb"defined\s*\(?\s*__has_\w+\s*\)?", b"1", answered)

    @cached_property
    def _brought(self) -> dict[str, int]:
        """The own `#include` that brought each file first, as a byte offset; -1 for the forced ones."""
        files = list(self.included)
        brought = dict.fromkeys(files, -1)
        ends = [count for count, _ in self._reached[1:]] + [len(files)]
        for (count, offset), end in zip(self._reached, ends, strict=True):
            brought.update(dict.fromkeys(files[count:end], offset))
        return brought

    def lookup_in(self, path: str, place: int | None = None) -> Lookup:
        """Which macro a name means at a byte offset of the file `path` of this unit.

        In the unit's own source that is exact. In a header the unit's own definitions count as they stand at
        the `#include` that brought it, at the byte `place` if given, those of other headers as they stand at the
        unit's end: that differs only for a macro that another header undefines or defines anew.
        """
        macros = self.macros
        history = self._history
        if path != self.path:
            if place is None:
                place = self._brought.get(path, -1)
            passing = self.passing(path)

            def lookup_there(name: bytes, offset: int) -> Macro | None:
                entries = history.get(name)
                return macros.macro(name) if entries is None else _held(entries, place)

            def lookup_passing(name: bytes, offset: int) -> Macro | None:
                entries = passing.get(name)
                if entries is None or offset < entries[0][0]:
                    return lookup_there(name, offset)
                return _held(entries, offset)

            return lookup_passing if passing else lookup_there
        if place is not None:
            own = self.lookup_in(path)
            return lambda name, offset: own(name, place)
        offsets, states = self._marks.offsets, self._marks.states

        def lookup(name: bytes, offset: int) -> Macro | None:
            entries = history.get(name)
            if entries is not None:
                return _held(entries, offset)
            if offsets and offset < offsets[-1]:
                return states[bisect_right(offsets, offset)].macro(name)
            return macros.macro(name)

        return lookup

    def passing(self, path: str) -> History:
        """What the file `path` makes of names that it undefines again."""
        known = self._passing.get(path)
        if known is None:
            source = self.included.get(path)
            known = self._passing[path] = {} if source is None else passing_macros(source, self._taken)
        return known

    def defined(self, name: bytes) -> Macro | None:
        """A macro of that name that holds somewhere in the unit's own source; None where there is none."""
        return next(iter(self.meanings(name)), None)

    def include_before(self, name: bytes, needed: bytes) -> int | None:
        """The byte offset of the last own `#include` behind which `name` is no macro yet, but `needed` is one; None
        where there is no such place, be it that a header defines `name`."""
        entries = self._history.get(name)
        macro = self.macros.macro(needed)
        if entries is None or entries[0][1] is not None or macro is None or macro.file not in self._brought:
            return None
        brought, defined = self._brought[macro.file], entries[1][0]
        found = [offset for offset, _ in self.inclusions if 0 <= brought <= offset < defined]
        return found[-1] if found else None

    @property
    def own_macros(self) -> Set[bytes]:
        """The names that the unit's own source defines or undefines somewhere."""
        return self._history.keys()

    def meanings(self, name: bytes) -> list[Macro]:
        """Every macro that `name` stands for somewhere in the unit's own source."""
        macro = self.macros.macro(name)
        found = [] if macro is None else [macro]
        return found + [m for _, m in self._history.get(name, ()) if m is not None and m is not macro]

    def spliced(self) -> dict[str, list[int]]:
        """The files that are included in the middle of a piece of the unit's own source (a list that is unfolded
        in an initializer), with the byte offsets of those `#include`."""
        active = self.active(self.main)
        found: dict[str, list[int]] = {}
        first = active.find(b"{")
        for offset, path in self.inclusions:
            depth = 0
            if 0 <= first < offset and path in self.included and path != self.path:
                before = _LITERAL.sub(b"", active[:offset])
                depth = before.count(b"{") - before.count(b"}")
            if depth > 0:
                found.setdefault(path, []).append(offset)
        return found

    def left_out(self, source: SourceText) -> list[tuple[int, int]]:
        """The spans of `source` that are not compiled, directives among them, as byte offsets."""
        spans = list(source.dead)
        for conditional in source.choices:
            spans += _untaken(conditional, self._taken.get((source.path, conditional.start), _NO_ARMS))
        return spans

    def arms_taken(self, path: str) -> dict[int, frozenset[int]]:
        """The arms of the file `path` that are compiled, by the byte offset of their conditional."""
        return {start: arms for (file, start), arms in self._taken.items() if file == path}

    def active(self, source: SourceText) -> bytes:
        """The text of `source` as this unit compiles it: all else is blank, offsets stay."""
        path = source.path
        known = self._active.get(path)
        if known is not None:
            return known
        if source.codeless:
            return b""
        key = tuple(self._taken.get((path, c.start), _NO_ARMS) for c in source.choices)
        view = source.views.get(key)
        if view is None:
            spans = source.dead + source.lines
            for conditional, taken in zip(source.choices, key, strict=True):
                spans += _untaken(conditional, taken)
            view = source.views[key] = blank_spans(source.code, spans)
        self._active[path] = view
        return view


def _held(entries: list[tuple[int, Macro | None]], offset: int) -> Macro | None:
    """What holds at the byte `offset`, of meanings in order; before all of them the first."""
    return entries[max(bisect_right(entries, offset, key=lambda e: e[0]) - 1, 0)][1]


def _untaken(conditional: Conditional, taken: frozenset[int]) -> list[tuple[int, int]]:
    spans = [(arm.start, arm.end) for index, arm in enumerate(conditional.arms) if index not in taken]
    spans += [(arm.opener.start, arm.opener.end) for arm in conditional.arms]
    return spans
