"""What a project answers to a door: facts alone, small enough to be sent from one process to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nsfix.edits import Edit
from nsfix.model import Export, Finding, Import, Remark, Spelling, Use


@dataclass(frozen=True, slots=True)
class Reason:
    """A use that a finding comes from, and its symbol's export, which has no file where that is not known."""

    use: Use
    export: Export | None


@dataclass(frozen=True, slots=True)
class Told:
    """A finding with its reasons, and what mends it: `edits` of `file`, or `refusal`, why nothing does."""

    finding: Finding
    reasons: tuple[Reason, ...]
    file: str | None
    edits: tuple[Edit, ...]
    refusal: str | None


@dataclass(frozen=True, slots=True)
class FileMending:
    """All edits of one file, which is as `before`. `namespaces` are what they import."""

    edits: tuple[Edit, ...]
    before: bytes
    namespaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModuleShown:
    """A module: the files it is made of, the symbols that it uses by namespace, and its imports."""

    name: str
    path: str
    sources: tuple[str, ...]
    needs: Mapping[str, tuple[Use, ...]]
    imports: tuple[Import, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer about some modules. `mendings` are by path of the file that is edited; `remarks` are what there is to
    say on reading them, `notes` on the mending."""

    release: str
    spelling: Spelling
    modules: tuple[ModuleShown, ...]
    findings: tuple[Told, ...]
    mendings: Mapping[str, FileMending]
    remarks: tuple[Remark, ...]
    notes: tuple[str, ...]
