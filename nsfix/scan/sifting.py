"""Leaves out the sources that cannot lead to some words, with what an earlier run knew of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

from nsfix.csource.names import NameFinder
from nsfix.scan.cache import digest_of
from nsfix.scan.carriers import Carriers, close_over
from nsfix.scan.declared import Declared
from nsfix.scan.headers import KernelHeaders
from nsfix.scan.memory import Memory
from nsfix.scan.parallel import Workers
from nsfix.scan.places import TOGETHER, Seen, by_module, unit_of
from nsfix.scan.plainexports import PlainExports, Statements
from nsfix.scan.sieve import ModuleSieve, Sieve


class Sifter:
    """Sifts sources by what they and their headers spell. `is_header` tells the kernel's own `headers`."""

    def __init__(
        self,
        headers: KernelHeaders,
        is_header: Callable[[str], bool],
        memory: Memory,
        workers: Workers,
    ) -> None:
        self._headers = headers
        self._is_header = is_header
        self._memory = memory
        self._workers = workers

    def carriers(self, step: str, seeds: Iterable[bytes], stop: frozenset[bytes] = frozenset()) -> Carriers:
        """The words that lead to `seeds` (carriers.py)."""
        wanted = frozenset(seeds)
        return self._memory.one(
            f"carriers of {step}",
            (wanted, stop),
            self._is_header,
            lambda: close_over(wanted, self._headers, stop),
        )

    def sift(
        self,
        step: str,
        carriers: Carriers,
        asked: Sequence[Seen],
        local: Sequence[str],
        own: Mapping[str, frozenset[bytes]],
        plain: PlainExports | None = None,
    ) -> list[bool | Statements]:
        """For each of `asked`, whether it may lead to the words of `carriers`, by itself or through its headers.
        `local` are the headers beside the kernel's own, `own` the words that each module need not look for. Where a
        source does nothing but export in `plain` sight, it is those statements."""
        sieve = self._sieve(step, carriers, local)
        state = sieve.state
        if self._memory.for_later:
            macros = self._memory.one("macros", None, self._is_header, self._headers.pack_macros)
            self._headers.use_macros(macros)
            state += macros.state
        if plain is not None:
            state += plain.state
        if not self._memory.for_later and self._workers.count > 1:
            _ = self._headers.bodies  # once, for all processes

        def keep(group: Sequence[Seen]) -> tuple[list[bool | Statements], Iterable[str]]:
            module = group[0].place[0].path
            sources = [seen.place[1].path for seen in group]
            headers = sorted({header for seen in group for header in seen.sight.headers})
            one = ModuleSieve(sieve, own.get(module, frozenset()), sources, headers)
            kept = [_decided(one, sieve, seen, plain) for seen in group]
            lost = {name for seen in group for name in seen.sight.lost}
            return kept, (*sources, *headers, *lost)

        found = self._memory.each(
            f"sieve for {step}",
            lambda group: (state, own.get(group[0].place[0].path)),
            [[group] for group in by_module(asked, key=lambda seen: unit_of(seen.place))],
            lambda group: tuple(seen.key for seen in group),
            lambda portions: self._workers.do(portions, keep, lambda portion: len(portion[0])),
        )
        return [decided for kept in found for decided in kept]

    def _sieve(self, step: str, carriers: Carriers, local: Sequence[str]) -> Sieve:
        read = self._headers.read
        words = sorted(carriers.words)
        declared = self._memory.one(
            f"declared for {step}",
            carriers.words,
            self._is_header,
            lambda: Declared(words, self._headers),
        )

        @cache
        def finder() -> NameFinder:
            return NameFinder(words, dense=True)

        def spelled(path: str) -> tuple[frozenset[bytes], tuple[str, ...]]:
            return frozenset(name for name, _ in finder().find(read(path) or b"")), (path,)

        state = digest_of(words)  # equal sets are compared word by word
        found = self._memory.each(
            f"spelled for {step}",
            lambda path: state,
            [local[at : at + TOGETHER] for at in range(0, len(local), TOGETHER)],
            lambda path: path,
            lambda portions: self._workers.do(portions, spelled),
        )
        unspelled = carriers.words - declared.anywhere.union(*found)
        return Sieve(carriers, self._headers, declared, unspelled)


def _decided(one: ModuleSieve, sieve: Sieve, seen: Seen, plain: PlainExports | None) -> bool | Statements:
    """Whether a source may lead to the words; its statements where they are all that does."""
    source, sight = seen.place[1], seen.sight
    if not one.keeps(source.path, sight.headers, sight.kernel):
        return False
    if plain is None or sight.default:
        return True
    if one.keeps(source.path, sight.headers, sight.kernel, plain.macros):
        return True
    if any(sieve.shown_by(header).hits for header in sight.headers):
        return True
    text = sieve.read(source.path) or b""
    hits = len([name for name, _ in sieve.shown(text).hits if name in plain.macros])
    headers = (sieve.read(header) or b"" for header in sight.headers)
    return plain.statements(source, text, hits, headers) or True
