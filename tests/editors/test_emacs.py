"""Emacs 28 with eglot, and Emacs with the filter, set up by the samples: what is on disk after `save-buffer`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.editors.emacs import edit
from tests.editors.modules import (
    LACKING,
    UNUSED,
    USE,
    assert_builds,
    crlf,
    latin1,
    mended,
    misspelled,
    single,
)
from tests.editors.sandbox import Answer, Sandbox, needs
from tests.kernel.building import Kernel

pytestmark = pytest.mark.kernel

EGLOT = Path("/usr/share/emacs/site-lisp/elpa-src")
TWICE = """
(let* ((first (save)) (tick (buffer-chars-modified-tick)) (second (save)))
  (list :same (if (and (equal first second) (= tick (buffer-chars-modified-tick))) t :json-false)))
"""
Edit = Callable[[Path, str], Answer]


@pytest.fixture(params=["emacs-eglot.el", "emacs-filter.el"])
def emacs(request: pytest.FixtureRequest, sandbox: Sandbox) -> tuple[Sandbox, Edit]:
    """Emacs with one set-up, then with the other; and how to run steps in it."""
    needs("emacs")
    if request.param == "emacs-eglot.el" and not list(EGLOT.glob("eglot-*")):
        pytest.skip("no eglot here; get it with: apt-get install elpa-eglot")
    setup = sandbox.configure(request.param, ".emacs.d/init.el")
    ready = "(warm)" if request.param == "emacs-eglot.el" else ""

    def steps(source: Path, forms: str) -> Answer:
        return edit(sandbox, source, f"{ready}\n{forms}", setup=setup)

    return sandbox, steps


def test_a_deleted_import_is_back_once_saved(emacs: tuple[Sandbox, Edit], kernel: Kernel) -> None:
    sandbox, steps = emacs
    source = single(sandbox, mended(LACKING))
    answer = steps(source, f'(delete-line-with "MODULE_IMPORT_NS")\n{TWICE}')
    sandbox.assert_file(source, mended(LACKING), answer.said)
    assert answer.value == {"same": True}, answer.said.text
    assert_builds(kernel, source.parent)


def test_a_use_that_was_typed_just_now(emacs: tuple[Sandbox, Edit]) -> None:
    sandbox, steps = emacs
    source = single(sandbox, UNUSED)
    typed = f"""
    (search-forward "single_init(void)")
    (forward-line 2)
    (insert {json.dumps(USE.decode())})
    {TWICE}
    """
    answer = steps(source, typed)
    sandbox.assert_file(source, mended(LACKING), answer.said)
    assert answer.value == {"same": True}, answer.said.text


@pytest.mark.parametrize("change", [crlf, latin1], ids=["crlf", "latin1"])
def test_bytes_outside_the_edit_stay(emacs: tuple[Sandbox, Edit], change: Callable[[bytes], bytes]) -> None:
    sandbox, steps = emacs
    source = single(sandbox, change(LACKING))
    answer = steps(source, TWICE)
    sandbox.assert_file(source, change(mended(LACKING)), answer.said)
    assert answer.value == {"same": True}, answer.said.text


def test_an_import_in_the_wrong_spelling_is_respelled(emacs: tuple[Sandbox, Edit]) -> None:
    sandbox, steps = emacs
    source = single(sandbox, misspelled(LACKING))
    answer = steps(source, TWICE)
    sandbox.assert_file(source, mended(LACKING), answer.said)
    assert answer.value == {"same": True}, answer.said.text


def test_point_markers_and_narrowing_stay(emacs: tuple[Sandbox, Edit]) -> None:
    sandbox, steps = emacs
    source = single(sandbox, LACKING)
    forms = """
    (progn
      (search-forward "MODULE_DESCRIPTION")
      (let ((marker (copy-marker (- (point) 4))))
        (narrow-to-region (line-beginning-position 0) (line-end-position))
        (save)
        (list :lines (split-string (buffer-string) "\n") :point (looking-back "^MODULE_DESCRIPTION" nil)
              :marker (save-excursion (goto-char marker) (looking-at "TION")))))
    """
    answer = steps(source, forms)
    sandbox.assert_file(source, mended(LACKING), answer.said)
    words = [line.split("(")[0] for line in answer.value["lines"]]
    assert words == ["MODULE_LICENSE", "MODULE_IMPORT_NS", "MODULE_DESCRIPTION"], answer.value
    assert answer.value["point"] is True and answer.value["marker"] is True, answer.value


def test_where_nsfix_fails_the_buffer_is_saved(emacs: tuple[Sandbox, Edit]) -> None:
    sandbox, steps = emacs
    source = single(sandbox, LACKING)
    (source.parent / ".nsfix.toml").write_text('kdir = "/nonexistent"\n')
    answer = steps(source, '(insert "/* typed */\\n")\n(save)')
    sandbox.assert_file(source, b"/* typed */\n" + LACKING, answer.said)
    assert "/nonexistent" in answer.said.text
