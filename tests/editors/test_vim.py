"""Vim with the filter, and Vim with ALE, set up by the samples: what is on disk after `:write`."""

from __future__ import annotations

from pathlib import Path

import pytest

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
from tests.editors.sandbox import Sandbox, needs
from tests.editors.vim import edit
from tests.kernel.building import Kernel

pytestmark = pytest.mark.kernel

TWICE = """
let l:first = Save()
let l:tick = b:changedtick
let g:answer.same = Save() ==# l:first && b:changedtick == l:tick
"""


@pytest.fixture
def vim(sandbox: Sandbox) -> Sandbox:
    """Vim, with the plain autocommand where the sample says that it belongs."""
    needs("vim")
    sandbox.configure("vim.vim", ".vim/plugin/nsfix.vim")
    (sandbox.home / ".vimrc").write_text("filetype plugin on\nset hidden\n")
    return sandbox


def test_a_deleted_import_is_back_once_saved(vim: Sandbox, kernel: Kernel) -> None:
    source = single(vim, mended(LACKING))
    answer = edit(vim, source, f"global/MODULE_IMPORT_NS/delete\n{TWICE}")
    assert answer.value["same"], answer.said.text
    vim.assert_file(source, mended(LACKING), answer.said)
    assert_builds(kernel, source.parent)


def test_a_use_that_is_only_in_the_buffer(vim: Sandbox) -> None:
    source = single(vim, UNUSED)
    lines = ", ".join("'" + line.replace("'", "''") + "'" for line in USE.decode().splitlines())
    answer = edit(vim, source, f"call append(search('single_init(void)$') + 1, [{lines}])\n{TWICE}")
    assert answer.value["same"], answer.said.text
    vim.assert_file(source, mended(LACKING), answer.said)


@pytest.mark.parametrize("change", [crlf, latin1], ids=["crlf", "latin1"])
def test_bytes_outside_the_edit_stay(vim: Sandbox, change: object) -> None:
    assert callable(change)
    source = single(vim, change(LACKING))
    answer = edit(vim, source, TWICE)
    assert answer.value["same"], answer.said.text
    vim.assert_file(source, change(mended(LACKING)), answer.said)


def test_an_import_in_the_wrong_spelling_is_respelled(vim: Sandbox) -> None:
    source = single(vim, misspelled(LACKING))
    answer = edit(vim, source, TWICE)
    assert answer.value["same"], answer.said.text
    vim.assert_file(source, mended(LACKING), answer.said)


def test_a_file_without_a_newline_at_its_end(vim: Sandbox) -> None:
    source = single(vim, LACKING.rstrip(b"\n"))
    answer = edit(vim, source, f"set nofixendofline\n{TWICE}")
    assert answer.value["same"], answer.said.text
    vim.assert_file(source, mended(LACKING).rstrip(b"\n"), answer.said)


def test_cursor_marks_and_undo_stay(vim: Sandbox) -> None:
    source = single(vim, LACKING)
    steps = """
    call search('MODULE_DESCRIPTION') | normal! 5l
    normal! ma
    call search('module_param') | normal! mb
    normal! `a
    let l:column = col('.')
    write
    let g:answer.cursor = getline('.') =~# '^MODULE_DESCRIPTION' && col('.') == l:column
    let g:answer.marks = [getline("'a"), getline("'b")]
    undo
    let g:answer.undone = search('MODULE_IMPORT_NS', 'nw') == 0
    """
    answer = edit(vim, source, steps)
    assert answer.value["cursor"] and answer.value["undone"], answer.said.text
    assert [mark.split("(")[0] for mark in answer.value["marks"]] == ["MODULE_DESCRIPTION", "module_param"]
    vim.assert_file(source, mended(LACKING), answer.said)


def test_where_nsfix_fails_the_buffer_is_saved_and_the_reason_told(vim: Sandbox) -> None:
    source = single(vim, LACKING)
    (source.parent / ".nsfix.toml").write_text('kdir = "/nonexistent"\n')
    answer = edit(vim, source, "call setline(1, '/* typed */')\nwrite")
    vim.assert_file(source, b"/* typed */\n" + LACKING.split(b"\n", 1)[1], answer.said)
    assert any("/nonexistent" in message for message in answer.value["messages"]), answer.value


def test_an_import_that_belongs_into_another_file_is_told(vim: Sandbox) -> None:
    directory = vim.module("composite")
    before = {path.name: path.read_bytes() for path in directory.glob("*.c")}
    answer = edit(vim, directory / "buffer.c", "write")
    assert {path.name: path.read_bytes() for path in directory.glob("*.c")} == before, answer.said.text
    assert any("main.c" in message for message in answer.value["messages"]), answer.value


def test_a_source_without_kernel_headers_is_left_alone(vim: Sandbox) -> None:
    directory = vim.module("user", {"main.c": b"#include <stdio.h>\nint main(void) { return 0; }\n"})
    answer = edit(vim, directory / "main.c", "call setline(2, 'int main(void) { return 1; }')\nwrite")
    vim.assert_file(directory / "main.c", b"#include <stdio.h>\nint main(void) { return 1; }\n", answer.said)
    assert not any("nsfix" in message for message in answer.value["messages"]), answer.value


# ALE mends after the save and writes once more; its own timer counts, so the steps wait for it.
FIXED = """
write
let l:tries = 0
while match(readfile(expand('%')), '^MODULE_IMPORT_NS') < 0 && l:tries < 600
  sleep 50m
  let l:tries += 1
endwhile
let l:tick = b:changedtick
write
sleep 3
let g:answer.same = b:changedtick == l:tick
"""
ALE = Path("/usr/share/vim/vimfiles/pack/dist-bundle/opt/ale")


@pytest.fixture
def ale(sandbox: Sandbox) -> Sandbox:
    """Vim with ALE of Debian, and the sample where it says that it belongs."""
    needs("vim")
    if not ALE.is_dir():
        pytest.skip("no ALE here; get it with: apt-get install vim-ale")
    sandbox.configure("ale.vim", ".vim/plugin/nsfix_ale.vim")
    (sandbox.home / ".vimrc").write_text(
        "filetype plugin on\npackadd! ale\nlet g:ale_linters = {'c': ['nsfix']}\n"
    )
    return sandbox


@pytest.mark.parametrize("change", [bytes, crlf, latin1], ids=["plain", "crlf", "latin1"])
def test_ale_mends_what_was_saved(ale: Sandbox, change: object) -> None:
    assert callable(change)
    source = single(ale, change(LACKING))
    answer = edit(ale, source, FIXED)
    assert answer.value["same"], answer.said.text
    ale.assert_file(source, change(mended(LACKING)), answer.said)


def test_ale_shows_what_the_server_tells(ale: Sandbox) -> None:
    source = single(ale, LACKING)
    steps = """
    let l:tries = 0
    while empty(get(get(g:ale_buffer_info, bufnr(''), {}), 'loclist', [])) && l:tries < 600
      sleep 50m
      let l:tries += 1
    endwhile
    let g:answer.told = map(copy(g:ale_buffer_info[bufnr('')].loclist), {_, one -> [one.linter_name, one.text]})
    """
    answer = edit(ale, source, steps)
    assert [name for name, _ in answer.value["told"]] == ["nsfix"], answer.said.text
    assert "DMA_BUF" in answer.value["told"][0][1]
