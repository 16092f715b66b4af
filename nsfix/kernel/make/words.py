"""The text functions of GNU make: words in, words out, without a look at any variable or file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

from nsfix.kernel.make.unknown import has_mark, marks

TextFunction = Callable[[Sequence[str]], str]


def split_pattern(pattern: str) -> tuple[str, str] | None:
    """Return what stands before and after the first unescaped `%`, or None where there is none."""
    at = pattern.find("%")
    while at > 0 and pattern[at - 1] == "\\":
        pattern = pattern[: at - 1] + pattern[at:]
        at = pattern.find("%", at)
    return None if at < 0 else (pattern[:at], pattern[at + 1 :])


def matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Return a test whether a word matches any of the patterns, as `filter` means it."""
    plain: set[str] = set()
    wild: list[tuple[str, str]] = []
    for pattern in patterns:
        parts = split_pattern(pattern)
        if parts is None:
            plain.add(pattern)
        else:
            wild.append(parts)

    def matches(word: str) -> bool:
        return word in plain or any(
            len(word) >= len(head) + len(tail) and word.startswith(head) and word.endswith(tail)
            for head, tail in wild
        )

    return matches


def patsubst(pattern: str, replacement: str, text: str) -> str:
    """Replace whole words that match `pattern`; `%` stands for any text on both sides."""
    parts = split_pattern(pattern)
    if parts is None:
        return " ".join(replacement if word == pattern else word for word in text.split())
    head, tail = parts
    target = split_pattern(replacement)

    def replaced(word: str) -> str:
        if len(word) < len(head) + len(tail) or not (word.startswith(head) and word.endswith(tail)):
            return word
        if target is None:
            return replacement
        return target[0] + word[len(head) : len(word) - len(tail)] + target[1]

    return " ".join(replaced(word) for word in text.split())


def replace_suffix(old: str, new: str, text: str) -> str:
    """Compute `$(text:old=new)`: a pattern where `old` has a `%`, else the end of every word."""
    if "%" in old:
        return patsubst(old, new, text)
    return " ".join(
        word[: len(word) - len(old)] + new if word.endswith(old) else word for word in text.split()
    )


def _each(function: Callable[[str], str]) -> TextFunction:
    """Apply to every word; an unknown word stays unknown; words that come to nothing vanish."""

    def apply(args: Sequence[str]) -> str:
        results = (marks(word) if has_mark(word) else function(word) for word in args[0].split())
        return " ".join(result for result in results if result)

    return apply


def _dir(word: str) -> str:
    return word[: word.rfind("/") + 1] or "./"


def _suffix(word: str) -> str:
    name = word[word.rfind("/") + 1 :]
    return name[name.rfind(".") :] if "." in name else ""


def _basename(args: Sequence[str]) -> str:
    return " ".join(word[: len(word) - len(_suffix(word))] for word in args[0].split())


def _notdir(args: Sequence[str]) -> str:
    return " ".join(word[word.rfind("/") + 1 :] for word in args[0].split())


def _unknown_if_any(function: TextFunction) -> TextFunction:
    """Give the unknown part itself where the result hangs on it."""

    def apply(args: Sequence[str]) -> str:
        unknown = marks(" ".join(args))
        return unknown or function(args)

    return apply


def _number(text: str) -> int:
    return int(text.strip() or "0")


def _word(args: Sequence[str]) -> str:
    words, number = args[1].split(), _number(args[0])
    return words[number - 1] if 1 <= number <= len(words) else ""


def _wordlist(args: Sequence[str]) -> str:
    return " ".join(args[2].split()[max(_number(args[0]), 1) - 1 : max(_number(args[1]), 0)])


def _filter(keep: bool) -> TextFunction:
    def apply(args: Sequence[str]) -> str:
        matches = matcher(args[0].split())
        return " ".join(word for word in args[1].split() if has_mark(word) or matches(word) == keep)

    return apply


def _join(args: Sequence[str]) -> str:
    left, right = args[0].split(), args[1].split()
    shared = min(len(left), len(right))
    joined = [a + b for a, b in zip(left, right, strict=False)]
    return " ".join(joined + left[shared:] + right[shared:])


def _intcmp(args: Sequence[str]) -> str:
    left, right = _number(args[0]), _number(args[1])
    if len(args) == 2:
        return str(left) if left == right else ""
    less, equal = args[2], args[3] if len(args) > 3 else ""
    greater = args[4] if len(args) > 4 else equal
    return less if left < right else equal if left == right else greater


# name: (fewest arguments, most arguments, function). Commas beyond the most belong to the last argument.
TEXT_FUNCTIONS: dict[str, tuple[int, int, TextFunction]] = {
    "subst": (3, 3, lambda args: args[2].replace(args[0], args[1]) if args[0] else args[2] + args[1]),
    "patsubst": (3, 3, lambda args: patsubst(args[0].strip(), args[1].strip(), args[2])),
    "strip": (1, 1, lambda args: " ".join(args[0].split())),
    "findstring": (2, 2, _unknown_if_any(lambda args: args[0] if args[0] in args[1] else "")),
    "filter": (2, 2, _filter(True)),
    "filter-out": (2, 2, _filter(False)),
    "sort": (1, 1, lambda args: " ".join(sorted(set(args[0].split())))),
    "word": (2, 2, _unknown_if_any(_word)),
    "words": (1, 1, _unknown_if_any(lambda args: str(len(args[0].split())))),
    "wordlist": (3, 3, _unknown_if_any(_wordlist)),
    "firstword": (1, 1, lambda args: (args[0].split() or [""])[0]),
    "lastword": (1, 1, lambda args: (args[0].split() or [""])[-1]),
    "dir": (1, 1, _each(_dir)),
    "notdir": (1, 1, _notdir),
    "suffix": (1, 1, _each(_suffix)),
    "basename": (1, 1, _basename),
    "addsuffix": (2, 2, lambda args: " ".join(word + args[0] for word in args[1].split())),
    "addprefix": (2, 2, lambda args: " ".join(args[0] + word for word in args[1].split())),
    "join": (2, 2, _join),
    "intcmp": (2, 5, _unknown_if_any(_intcmp)),
}


def absolute_paths(text: str, directory: str) -> str:
    """Compute `$(abspath text)` with `directory` as make's own."""
    return _each(lambda word: os.path.normpath(os.path.join(directory, word)))((text,))


def real_paths(text: str, directory: str) -> str:
    """Compute `$(realpath text)`: names that do not exist vanish."""

    def real(word: str) -> str:
        path = os.path.join(directory, word)
        return os.path.realpath(path) if os.path.exists(path) else ""

    return _each(real)((text,))
