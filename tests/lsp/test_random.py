"""Random edits: what the server offers is at every moment what `nsfix apply` would make of the same text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from nsfix.edits import apply
from nsfix.errors import NsfixError
from nsfix.live.project import Project
from nsfix.live.texts import Texts
from nsfix.project import request_for
from nsfix.scan import Cache
from nsfix.settings import Settings, read_settings
from tests.live.workspace import EDITS, Change, assert_only_imports_come, changes, edited
from tests.lsp.client import Editor
from tests.lsp.modules import FILES

OPEN = ("first.c", "second.c", "plain.c", "headed.c", "own.h")
Fresh = Callable[[Path, dict[str, str]], "dict[Path, str] | None"]


@pytest.fixture(scope="module")
def fresh(workshop: Path, tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """What a project makes of the module of a file that has read nothing before; None where that is refused."""
    cache = Cache(tmp_path_factory.mktemp("fresh"))
    given = read_settings(str(workshop / ".nsfix.toml"))

    def mended(path: Path, texts: dict[str, str]) -> dict[Path, str] | None:
        opened = Texts()
        for name, text in texts.items():
            opened.open(str(workshop / name), text.encode())
        request = request_for(str(path), Settings().over(given), (str(workshop),))
        try:
            reply = Project(request, opened, cache).reply((str(path),))
        except NsfixError:
            return None
        return {Path(file): apply(m.before, m.edits).decode() for file, m in reply.mendings.items()}

    return mended


@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.lists(changes(*EDITS), min_size=6, max_size=12))
def test_random_edits(editor: Editor, home: Path, fresh: Fresh, happenings: list[Change]) -> None:
    texts = {name: FILES[name] for name in OPEN}
    for name in OPEN:
        editor.open(home / name)
    for number, change in enumerate(happenings):
        name = OPEN[change.file % len(OPEN)]
        before, after = texts[name], edited(texts[name], change)
        texts[name] = after
        first = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
        if number % 3 and after:
            editor.replace(home / name, first, len(before), after[first:])
        else:
            editor.retype(home / name, after)
        assert editor.text(home / name) == after
        asked = home / OPEN[(change.file + number) % len(OPEN)]
        action = editor.fix_all(asked)
        made = editor.edited(action.edit) if action is not None else {}
        expected = fresh(asked, texts)
        assert made == (expected or {})
        event("refused" if expected is None else "mended" if made else "nothing to do")
        for path, text in made.items():
            assert_only_imports_come(texts.get(path.name, FILES.get(path.name, "")).encode(), text.encode())
    for name in OPEN:
        editor.close(home / name)
