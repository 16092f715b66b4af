"""One project: what one run of the command line would be about, asked again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from nsfix.errors import InputError, UsageError
from nsfix.in_tree import tree_of
from nsfix.kernel.tree import KernelBuild
from nsfix.live.external import External, Progress
from nsfix.live.reply import Reply
from nsfix.live.telling import reply_of
from nsfix.live.texts import Texts
from nsfix.live.tree import Tree
from nsfix.model import ANY, MODULE_LIST_PREFIX, Export
from nsfix.project import Answer, Request, answer_of, asks_for_several, heeding, load_kernel, shown_path
from nsfix.scan import Cache, find_exports
from nsfix.scan.stamps import Stamps
from nsfix.several import answer_of_several, named_kernels


class Project:
    """What `request` is about, with the open `texts` over what is on disk. Nothing is read before it is asked for."""

    def __init__(self, request: Request, texts: Texts, cache: Cache) -> None:
        self._request = request
        self._texts = texts
        self._cache = cache
        self._kernels: list[External] | None = None
        self._tree: Tree | None = None
        self._top = tree_of(request)

    def answer(self, paths: Sequence[str], progress: Progress | None = None) -> Answer:
        """What a run comes to now: in a kernel tree of the modules that `paths` belong to, else of all.

        Raises InputError where nothing comes of it.
        """
        self._texts.look_again()
        try:
            return self._answer(paths, progress)
        except InputError:
            self._kernels = self._tree = None  # whatever is at fault may be mended until it is asked next
            raise

    def _answer(self, paths: Sequence[str], progress: Progress | None) -> Answer:
        request, read = self._request, self._texts.read
        if self._top is not None:
            return answer_of(heeding(request, self._in_tree(progress).on(paths, progress)), request, read)
        if self._kernels is None:
            self._kernels = self._on_kernels(progress)
        here = [heeding(request, external.on(progress)) for external in self._kernels]
        if asks_for_several(request):
            return answer_of_several(here, request, read)
        return answer_of(here[0], request, read)

    def _in_tree(self, progress: Progress | None) -> Tree:
        assert self._top is not None
        if self._request.config == ANY:
            raise UsageError(
                "an editor is about one configuration: name one, or leave it to the tree's .config"
            )
        if self._tree is None:
            self._tree = Tree(self._top, self._request, self._texts, self._cache, progress)
        return self._tree

    def _on_kernels(self, progress: Progress | None) -> list[External]:
        request, texts = self._request, self._texts
        if not asks_for_several(request):
            return [External(request, partial(load_kernel, request), texts, progress=progress)]
        found = []
        for label, _ in named_kernels(request):
            found.append(External(request, partial(_named, request, label), texts, label, progress))
        return found

    def reply(self, paths: Sequence[str], progress: Progress | None = None) -> Reply:
        """What `answer` says of the modules that `paths` belong to; raises InputError where they belong to none."""
        answer = self.answer(paths, progress)
        wanted = {path for file in paths for path in self._modules_of(file)}
        modules = [module for module in answer.modules if module.path in wanted]
        if not modules:
            shown = ", ".join(shown_path(path, self._request.directory) for path in paths)
            raise InputError(f"no module here is built from {shown}", self._request.directory)
        return reply_of(answer, self._exports(), modules)

    def _modules_of(self, path: str) -> set[str]:
        if self._tree is not None:
            return {module.path for module in self._tree.modules_of(path)}
        return {found for external in self._kernels or () for found in external.modules_of(path)}

    def _exports(self) -> Mapping[bytes, Export]:
        """The namespaced symbols of the first kernel."""
        if self._tree is not None:
            return self._tree.exports
        return self._kernels[0].exports if self._kernels else {}

    def namespaces(self) -> Mapping[str, tuple[str, ...]]:
        """Each namespace that something is exported into, with who exports it."""
        found: dict[str, set[str]] = {}
        for export in self._exports().values():
            if not export.namespace.startswith(MODULE_LIST_PREFIX):
                found.setdefault(export.namespace, set()).add(export.exporter)
        return {namespace: tuple(sorted(found[namespace])) for namespace in sorted(found)}

    def exports_into(self, namespace: str) -> tuple[Export, ...]:
        """What is exported into `namespace`, with the places as far as sources are at hand; takes a while for what
        the kernel itself exports."""
        there = [export for export in self._exports().values() if export.namespace == namespace]
        unplaced = [export for export in there if not export.file]
        if unplaced and self._kernels:
            source_dir = self._kernels[0].kernel.source_dir
            places = find_exports(source_dir, unplaced, self._texts.read)
            there = [_placed(export, places) for export in there]
        return tuple(sorted(there, key=lambda export: export.symbol))

    def stamps(self) -> Stamps | None:
        """The state of a kernel tree's files now, which takes a while; None for any other project."""
        return self._tree.stamps() if self._tree is not None else None

    def compare(self, stamps: Stamps) -> bool:
        """Whether a kernel tree with these `stamps` is what was read; if not, it is read again when asked next."""
        return self._tree is None or self._tree.compare(stamps)

    def files(self, paths: Sequence[str]) -> set[str]:
        """The files that the last answer about `paths` was made of, and those that decide what is built, but for the
        kernel's headers."""
        if self._tree is not None:
            return self._tree.files(paths)
        return {file for external in self._kernels or () for file in external.files}

    def warm(self, paths: Sequence[str]) -> None:
        """Read what `paths` include, so that they are soon read again."""
        if self._tree is not None:
            self._tree.warm(paths)
        for external in self._kernels or ():
            external.warm(paths)

    def keeping(self) -> Callable[[], None] | None:
        """What keeps all that a later start is quicker with; None where all of it is kept."""
        return self._tree.keeping() if self._tree is not None else None


def _named(request: Request, label: str) -> KernelBuild:
    """The kernel of that label among those that `request` names."""
    kernels = dict(named_kernels(request))
    if label not in kernels:
        raise InputError(f"the kernel {label} is no longer there")
    return kernels[label]


def _placed(export: Export, places: Mapping[str, tuple[str, int]]) -> Export:
    place = places.get(export.symbol)
    return export if export.file or place is None else replace(export, file=place[0], line=place[1])
