"""Which condition tells kernels of one spelling from those of another, and the block of lines that it makes.

The smallest that holds for every kernel at hand: no condition where one spelling serves all of them; else the version
from which upstream takes a string, 6.13, and from which it has MODULE_IMPORT_NS at all, 5.4; else whatever else their
headers tell them apart by.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from nsfix.model import FIRST_MACRO, FIRST_STRING, Guard, Spelling, Target, Version

_CODE = "LINUX_VERSION_CODE"
_THERE = "defined(MODULE_IMPORT_NS)"


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm of a guard: its directive without the `#`, and how imports are spelled below it."""

    directive: str
    spelling: Spelling


class NoGuard(Exception):
    """There is no condition that would be right; the text says why."""


class Guards:
    """Makes guards that are right on each of `targets`, in the form that was asked for. To those of `free`, by index,
    it does not matter how an import is spelled: the source makes nothing of it there."""

    def __init__(self, targets: Sequence[Target], form: Guard, free: Collection[int] = ()) -> None:
        self._targets = targets
        self._form = form
        self._free = free

    def spelled(self, indices: Collection[int], spelling: Spelling) -> set[int]:
        """Those of `indices` whose kernels spell imports that way."""
        return {i for i in indices if self._targets[i].spelling is spelling and i not in self._free}

    def all_take(self, indices: Collection[int]) -> bool:
        """Whether all of these kernels have MODULE_IMPORT_NS."""
        return not self.spelled(indices, Spelling.NONE)

    def arms(self, wanted: Collection[int], there: Collection[int]) -> tuple[Arm, ...]:
        """The arms for an import that the targets `wanted` need, at a place that those of `there` compile; one arm
        without a directive where no condition is needed. Raises NoGuard."""
        strings, names = self.spelled(there, Spelling.STRING), self.spelled(there, Spelling.IDENTIFIER)
        without = self.spelled(there, Spelling.NONE)
        for_strings, for_names = strings & set(wanted), names & set(wanted)
        if for_strings and for_names:
            first = Arm(f"if {self._newer(strings, names | without)}", Spelling.STRING)
            rest = f"elif {self._exists(names, without)}" if without else "else"
            return self._allowed(first, Arm(rest, Spelling.IDENTIFIER))
        if for_strings:
            if not names and not without:
                return (Arm("", Spelling.STRING),)
            condition = self._newer(strings, names | without) if names else self._exists(strings, without)
            return self._allowed(Arm(_if(condition), Spelling.STRING))
        if not strings and not without:
            return (Arm("", Spelling.IDENTIFIER),)
        conditions = [self._exists(names, without)] if without else []
        conditions += [self._older(names, strings)] if strings else []
        return self._allowed(Arm(_if(" && ".join(conditions)), Spelling.IDENTIFIER))

    def last_arm(self, reaching: Collection[int]) -> Arm:
        """The arm to end a guard with that has no `#else`, for the targets that come to its end. Raises NoGuard."""
        strings, names = self.spelled(reaching, Spelling.STRING), self.spelled(reaching, Spelling.IDENTIFIER)
        without = self.spelled(reaching, Spelling.NONE)
        if strings and names:
            raise NoGuard("the kernels that come to the end of this guard spell imports differently")
        spelling = Spelling.STRING if strings else Spelling.IDENTIFIER
        return Arm(f"elif {self._exists(strings | names, without)}" if without else "else", spelling)

    def nowhere(self, there: Collection[int]) -> tuple[Arm, ...]:
        """The arm for an import that none of the targets `there` can take, since they have no such macro."""
        newest = max(self._targets[i].version for i in there)
        by_version = self._form is Guard.VERSION and newest < FIRST_MACRO
        condition = f"{_CODE} >= {_version(FIRST_MACRO)}" if by_version else _THERE
        return self._allowed(Arm(_if(condition), Spelling.NONE))

    def _allowed(self, *arms: Arm) -> tuple[Arm, ...]:
        if self._form is Guard.NONE:
            shown = ", ".join(sorted({_shown(target) for target in self._targets}))
            raise NoGuard(f"no one spelling serves all these kernels ({shown}), and --guard none was given")
        return arms

    def _exists(self, having: Collection[int], without: Collection[int]) -> str:
        """The condition that holds on `having`, which have MODULE_IMPORT_NS, and not on `without`."""
        oldest = min(self._targets[i].version for i in having)
        newest = max((self._targets[i].version for i in without), default=(0, 0, 0))
        if self._form is Guard.VERSION and newest < FIRST_MACRO <= oldest:
            return f"{_CODE} >= {_version(FIRST_MACRO)}"
        return _THERE

    def _older(self, names: Collection[int], strings: Collection[int]) -> str:
        newer = self._newer(strings, names)
        plain = f"{_CODE} >= "
        if newer.startswith(plain) and "||" not in newer:
            return f"{_CODE} < {newer.removeprefix(plain)}"
        return f"!({newer})"

    def _newer(self, new: Collection[int], old: Collection[int]) -> str:
        """The condition that holds on `new` and not on `old`: the version from which upstream takes a string, and for
        older kernels that were given the same, what their own version header has and the others have not."""
        versions = [self._targets[i].version for i in old]
        odd = [i for i in new if self._targets[i].version < FIRST_STRING]
        if all(version < FIRST_STRING for version in versions):
            condition = f"{_CODE} >= {_version(FIRST_STRING)}"
            marks = [self._mark(i, old) for i in odd]
            if None not in marks:
                return " || ".join([condition, *dict.fromkeys(f"({mark})" for mark in marks)])
        oldest = min(self._targets[i].version for i in new)
        if all(version < oldest for version in versions):
            return f"{_CODE} >= {_version(oldest)}"
        one = next(i for i in new if any(v >= self._targets[i].version for v in versions))
        other = next(i for i in old if self._targets[i].version >= self._targets[one].version)
        raise NoGuard(
            f"{self._targets[one].label} and {self._targets[other].label} spell imports differently, and neither "
            "their versions nor what else linux/version.h defines tells them apart"
        )

    def _mark(self, target: int, old: Collection[int]) -> str | None:
        """What a target's version header defines further that none of `old` reaches: the largest such number, since
        that tells releases apart most finely."""
        marks = [
            (value, name)
            for name, value in self._targets[target].marks.items()
            if all(self._targets[i].marks.get(name, -1) < value for i in old)
        ]
        value, name = max(marks, default=(0, ""))
        return f"defined({name}) && {name} >= {value}" if name else None


def block(
    arms: Sequence[Arm], statements: Mapping[Spelling, Sequence[bytes]], lead: bytes = b"#"
) -> list[bytes]:
    """The lines of a guard with `statements` below its arms, without line ends. `lead` begins each directive."""
    lines: list[bytes] = []
    for arm in arms:
        lines += [lead + arm.directive.encode(), *statements.get(arm.spelling, ())]
    return [*lines, lead + b"endif"]


def _version(version: Version) -> str:
    return "KERNEL_VERSION({}, {}, {})".format(*version)


def _if(condition: str) -> str:
    return "ifdef MODULE_IMPORT_NS" if condition == _THERE else f"if {condition}"


def _shown(target: Target) -> str:
    return f"{target.label}: {target.spelling.value}"
