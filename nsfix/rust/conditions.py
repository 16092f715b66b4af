"""Which `#[cfg(…)]` hold: the configuration as rustc is given it (scripts/kconfig/confdata.c, rustc_cfg).

An option that is `y` or `m` is set by itself and with that value, any other with its value. `MODULE` is set for
a part of a module (top Makefile, KBUILD_RUSTFLAGS_MODULE). What depends on anything else is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nsfix.rust.lexer import NAME, STRING, Token

_SWITCHES = ("y", "m")
_OPTION = b"CONFIG_"
_NEVER = (b"test", b"doc", b"doctest", b"testlib", b"miri")


class Conditions:
    """The conditions of one object. `config` is as in auto.conf, None where no kernel is at hand; `flags` are the
    words for the compiler, of which `--cfg` counts."""

    def __init__(
        self, config: Mapping[str, str] | None, flags: Iterable[str] = (), module: bool = True
    ) -> None:
        self._config = config
        self._module = module
        self._given = frozenset(_given(flags))

    def holds(self, tokens: Sequence[Token]) -> bool | None:
        """Whether the predicate that `tokens` spell holds; None where that is not known."""
        value, _ = self._predicate(tokens, 0)
        return value

    def _predicate(self, tokens: Sequence[Token], at: int) -> tuple[bool | None, int]:
        if at >= len(tokens) or tokens[at].kind != NAME:
            return None, at + 1
        name = tokens[at].text
        sign = tokens[at + 1].text if at + 1 < len(tokens) and tokens[at + 1].kind != STRING else b""
        if sign == b"(" and name in (b"all", b"any", b"not"):
            return self._several(name, tokens, at + 2)
        if sign == b"=" and at + 2 < len(tokens):
            return self._option(name, tokens[at + 2].text), at + 3
        if name in (b"true", b"false"):
            return name == b"true", at + 1
        return self._option(name, None), at + 1

    def _several(self, name: bytes, tokens: Sequence[Token], at: int) -> tuple[bool | None, int]:
        values: list[bool | None] = []
        while at < len(tokens) and tokens[at].text != b")":
            value, at = self._predicate(tokens, at)
            values.append(value)
            if at < len(tokens) and tokens[at].text == b",":
                at += 1
        if name == b"not":
            inner = values[0] if len(values) == 1 else None
            return (None if inner is None else not inner), at + 1
        decisive = name == b"any"
        if decisive in values:
            return decisive, at + 1
        return (None if None in values else not decisive), at + 1

    def _option(self, name: bytes, value: bytes | None) -> bool | None:
        if (name, value) in self._given:
            return True
        if name == b"MODULE" and value is None:
            return self._module
        if name in _NEVER:
            return False
        if not name.startswith(_OPTION) or self._config is None:
            return None
        found = self._config.get(name.decode("ascii", "replace"))
        if value is None:
            return found in _SWITCHES
        return found is not None and found.strip('"').encode() == value


def _given(flags: Iterable[str]) -> Iterable[tuple[bytes, bytes | None]]:
    words = iter(flags)
    for word in words:
        if word == "--cfg":
            text = next(words, "")
        elif word.startswith("--cfg="):
            text = word.removeprefix("--cfg=")
        else:
            continue
        name, mark, value = text.partition("=")
        yield name.strip().encode(), value.strip().strip('"').encode() if mark else None
