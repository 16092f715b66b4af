"""What there is to know of a word in a source: hover, definition, completion."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lsprotocol import types

from nsfix.live.reply import Reply
from nsfix.lsp.buffers import Buffer, Buffers
from nsfix.lsp.diagnostics import range_at
from nsfix.lsp.session import Session
from nsfix.model import MISSING_IMPORT, Export, Spelling

_WORD = re.compile(r"[A-Za-z_]\w*")
_NAMESPACE = re.compile(
    r'MODULE_IMPORT_NS\s*\(\s*"?([\w.-]+)"?|EXPORT_SYMBOL_NS\w*\s*\(\s*\w+\s*,\s*"?([\w.-]+)"?'
)
_IN_IMPORT = re.compile(r'MODULE_IMPORT_NS\s*\(\s*("?)([\w.-]*)$')
_SHOWN = 8  # names that a hover lists before it counts the rest
_MOST = 100  # places that a definition leads to


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    namespace: bool  # whether it stands where a namespace does
    range: types.Range


def _word_at(buffer: Buffer, buffers: Buffers, at: types.Position) -> _Word | None:
    line = buffer.text.line(at.line)
    column = buffers.encoding.offset(line, at.character)

    def found(first: int, last: int, namespace: bool) -> _Word:
        units = buffers.encoding.units
        start = types.Position(at.line, units(line[:first]))
        return _Word(
            line[first:last], namespace, types.Range(start, types.Position(at.line, units(line[:last])))
        )

    for match in _NAMESPACE.finditer(line):
        group = 1 if match[1] is not None else 2
        if match.start(group) <= column <= match.end(group):
            return found(*match.span(group), True)
    for match in _WORD.finditer(line):
        if match.start() <= column <= match.end():
            return found(*match.span(), False)
    return None


def _namespace_of(word: _Word, reply: Reply) -> str | None:
    """The namespace that a word is, or that the symbol is exported into which it is."""
    known = {name for module in reply.modules for name in module.needs}
    known |= {entry.namespace for module in reply.modules for entry in module.imports}
    if word.namespace or word.text in known:
        return word.text
    for module in reply.modules:
        for namespace, uses in module.needs.items():
            if any(use.symbol == word.text for use in uses):
                return namespace
    return None


async def hover(session: Session, buffer: Buffer, at: types.Position) -> types.Hover | None:
    """Who exports a namespace or symbol, and which symbols of it the modules of the file use."""
    word = _word_at(buffer, session.buffers, at)
    reply, desk = session.last_reply(buffer.path), session.desk(buffer.path)
    if word is None or reply is None or desk is None:
        return None
    namespace = _namespace_of(word, reply)
    if namespace is None:
        return None
    exporters = (await desk.ask("namespaces")).get(namespace)
    used = {u.symbol: None for module in reply.modules for u in module.needs.get(namespace, ())}
    if exporters is None and not used and not word.namespace:
        return None
    lines = [
        f"**{namespace}**: "
        + (
            f"a symbol namespace of {_listed(exporters)}"
            if exporters
            else "nothing is exported into a namespace of that name here"
        )
    ]
    for module in reply.modules:
        symbols = dict.fromkeys(use.symbol for use in module.needs.get(namespace, ()))
        there = any(e.effective and e.namespace == namespace for e in module.imports)
        imported = "imported" if there else "**not imported**" if symbols else "not imported"
        what = f"uses {_listed(f'`{s}`' for s in symbols)}" if symbols else "uses nothing of it"
        lines.append(f"- `{module.name}` {what}; {imported}")
    if not word.namespace and word.text in used:
        lines.insert(0, f"`{word.text}` is exported into {namespace}\n")
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n".join(lines)), word.range)


def _listed(names: Iterable[str]) -> str:
    all_names = list(names)
    more = len(all_names) - _SHOWN
    return ", ".join(all_names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


async def definition(session: Session, buffer: Buffer, at: types.Position) -> list[types.Location] | None:
    """Where the symbols of a namespace are exported, those first that the modules of the file use; of a symbol of a
    namespace where that is."""
    word = _word_at(buffer, session.buffers, at)
    reply, desk = session.last_reply(buffer.path), session.desk(buffer.path)
    if word is None or reply is None or desk is None or not word.namespace:
        return None
    exports: tuple[Export, ...] = await desk.ask("exports", word.text)
    used = {use.symbol for module in reply.modules for use in module.needs.get(word.text, ())}
    places = [export for export in exports if export.file]
    places.sort(key=lambda export: (export.symbol not in used, export.file, export.line))
    buffers = session.buffers
    return [
        types.Location(
            buffers.uri(export.file),
            range_at(buffers.text(export.file), export.line, export.symbol, buffers),
        )
        for export in places[:_MOST]
    ]


async def completion(session: Session, buffer: Buffer, at: types.Position) -> types.CompletionList | None:
    """The namespaces that may stand in an import, those first that the module lacks, in the kernel's spelling."""
    buffers = session.buffers
    line = buffer.text.line(at.line)
    column = buffers.encoding.offset(line, at.character)
    match = _IN_IMPORT.search(line[:column])
    reply, desk = session.last_reply(buffer.path), session.desk(buffer.path)
    if match is None or reply is None or desk is None:
        return None
    known = await desk.ask("namespaces")
    quoted = reply.spelling is Spelling.STRING
    first = match.start(1) if match[1] or quoted else match.start(2)
    last = column + re.match(r'[\w.-]*"?', line[column:]).end()  # type: ignore[union-attr]
    units = buffers.encoding.units
    span = types.Range(
        types.Position(at.line, units(line[:first])), types.Position(at.line, units(line[:last]))
    )
    lacking = {t.finding.namespace for t in reply.findings if t.finding.rule == MISSING_IMPORT}
    there = {e.namespace for module in reply.modules for e in module.imports if e.effective}
    items = []
    for namespace, exporters in known.items():
        order = 0 if namespace in lacking else 2 if namespace in there else 1
        what = ("lacking", "", "imported already")[order]
        text = f'"{namespace}"' if quoted else namespace
        items.append(
            types.CompletionItem(
                label=namespace,
                kind=types.CompletionItemKind.Module,
                detail=", ".join(part for part in (what, f"exported by {_listed(exporters)}") if part),
                sort_text=f"{order}{namespace}",
                filter_text=f"{match[1]}{namespace}",
                preselect=order == 0 or None,
                text_edit=types.TextEdit(span, text),
            )
        )
    items.sort(key=lambda item: item.sort_text or "")
    return types.CompletionList(is_incomplete=False, items=items)
