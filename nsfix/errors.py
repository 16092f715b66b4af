"""The one family of errors that nsfix reports to its user.

Anything that goes wrong because of the user's input is an `NsfixError`: it knows the file and, where there is
one, the 1-based line, and its message says what is wrong and what to do. `cli` catches it once.
"""

from __future__ import annotations


class NsfixError(Exception):
    """Something the user can act on. `str()` gives `file:line: message`."""

    def __init__(self, message: str, file: str | None = None, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line

    def __str__(self) -> str:
        if self.file is None:
            return self.message
        if self.line is None:
            return f"{self.file}: {self.message}"
        return f"{self.file}:{self.line}: {self.message}"


class InputError(NsfixError):
    """A file, directory or argument that was given cannot be used as what it should be."""


class UsageError(NsfixError):
    """The words on the command line do not go together."""


class EditError(NsfixError):
    """Edits that overlap, run backwards or leave the text: a fault of nsfix, never written to disk."""
