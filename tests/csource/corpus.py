"""Texts of C in one file, each under a line `/// name` or `/// name: words`."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent


def load(file: str) -> dict[str, tuple[frozenset[str], str]]:
    """The words and the text of each name; what stands before the first name is put before every text."""
    shared, *parts = f"\n{(HERE / file).read_text()}".split("\n/// ")
    texts: dict[str, tuple[frozenset[str], str]] = {}
    for part in parts:
        head, _, text = part.partition("\n")
        name, _, words = head.partition(":")
        if name in texts:
            raise ValueError(f"{file}: {name} is there twice")
        texts[name] = (frozenset(words.split()), f"{shared.strip()}\n{text}\n".lstrip())
    return texts
