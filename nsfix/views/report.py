"""What a view is given to show: the facts of a run, its findings, and what was decided about each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nsfix.edits import Edit
from nsfix.model import Finding, Module, Spelling


def as_given(path: str) -> str:
    """The path as it is, for a report that shortens none."""
    return path


@dataclass(frozen=True, slots=True)
class FileFix:
    """Edits of one file that mend one finding, without what mends the others."""

    file: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finding with what mends it, or why nothing can; neither, where there is nothing to mend."""

    finding: Finding
    fix: FileFix | None = None
    refusal: str | None = None


@dataclass(frozen=True, slots=True)
class KernelPart:
    """What a run over several kernels found out on one. `label` is how findings name it; `config` is "any" for one
    whose headers are not at hand, and of which no modules are known."""

    label: str
    release: str
    spelling: Spelling
    config: str
    modules: tuple[Module, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One run. `modules` are all that the configuration builds, also those that need nothing.

    Of several kernels, `release`, `spelling`, `config` are the first's, `modules` those of any, and `kernels` has each
    apart. `config` is the path of the configuration, or "any". `show` turns each path into what the reader is shown.
    """

    release: str
    spelling: Spelling
    config: str
    modules: tuple[Module, ...]
    outcomes: tuple[Outcome, ...]
    show: Callable[[str], str] = as_given
    kernels: tuple[KernelPart, ...] = ()

    def sorted_outcomes(self) -> list[Outcome]:
        """The outcomes by file as shown, line, rule, module and namespace."""
        return sorted(
            self.outcomes,
            key=lambda o: (
                self.show(o.finding.file),
                o.finding.line,
                o.finding.rule,
                o.finding.module,
                o.finding.namespace,
            ),
        )
