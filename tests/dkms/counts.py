"""What a session of the tests over packages came to, in numbers that can be quoted."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.dkms.building import Built
from tests.dkms.comparing import Compared, Said


@dataclass
class _Row:
    built: Built
    pairs: int | None = None
    compared: Compared | None = None
    typed: str = ""
    answered: bool = False


@dataclass
class Counts:
    """A row for each kernel and package."""

    rows: dict[tuple[str, str], _Row] = field(default_factory=dict)

    def note_build(self, built: Built) -> None:
        """A package was built, or was tried."""
        self.rows[_key(built)] = _Row(built)

    def note_pairs(self, built: Built, pairs: int) -> None:
        """Modpost and nsfix agree on so many pairs of module and namespace."""
        self.rows[_key(built)].pairs = pairs

    def note_symbols(self, built: Built, compared: Compared) -> None:
        """How it went with a namespace for each symbol."""
        self.rows[_key(built)].compared = compared

    def note_typed(self, built: Built, said: Said) -> None:
        """What came of `nsfix check M=DIRECTORY` alone."""
        text = f"{len(said.modules)} modules" if said.answered else said.talk.strip().splitlines()[-1]
        self.rows[_key(built)].typed = text.replace(f"{built.tree}", "DIRECTORY")
        self.rows[_key(built)].answered = said.answered

    def lines(self) -> list[str]:
        """The report: totals for each kernel, then a line for each package."""
        lines: list[str] = []
        for series in sorted({series for series, _ in self.rows}):
            rows = {name: row for (of, name), row in self.rows.items() if of == series}
            lines += [_total(series, list(rows.values()))]
            lines += [_line(name, row) for name, row in sorted(rows.items())]
        return lines


COUNTS = Counts()


def _key(built: Built) -> tuple[str, str]:
    return built.kernel.series, built.package.source.name


def _total(series: str, rows: list[_Row]) -> str:
    builds = [row for row in rows if not row.built.why_not]
    modules = {module for row in builds for call in row.built.calls for module in call.modules}
    some = [row for row in builds if row.pairs]
    compared = [row.compared for row in builds if row.compared is not None]
    counts = [sum(len(part) for part in parts) for parts in zip(*(c.parts for c in compared), strict=True)]
    text = (
        f"{series}: {len(builds)} of {len(rows)} packages build, {len(modules)} modules;"
        f" {sum(row.pairs or 0 for row in some)} pairs in {len(some)} packages, as modpost says"
    )
    if counts:
        text += "; a namespace for each symbol: {} needed, {} false, {} missed".format(*counts[:3])
        text += "; for each exporting module: {} needed, {} false, {} missed".format(*counts[3:])
    answers = sum(row.answered for row in builds)
    return f"{text}; {answers} answered with nothing but M="


def _line(name: str, row: _Row) -> str:
    if row.built.why_not:
        return f"  {name}: does not build: {row.built.why_not[:200]}"
    modules = {module for call in row.built.calls for module in call.modules}
    text = f"  {name}: {len(modules)} modules, {row.built.removed} imports removed, {row.pairs} pairs"
    if row.compared is not None:
        text += ", symbols {}/{}/{}, exporters {}/{}/{}".format(*map(len, row.compared.parts))
    return f"{text}, M= alone: {row.typed}"
