"""Neovim, headless, set up by the samples: what is on disk after `:write`."""

from __future__ import annotations

import pytest

from tests.editors.modules import (
    LACKING,
    UNUSED,
    USE,
    assert_builds,
    assert_missing,
    crlf,
    latin1,
    mended,
    misspelled,
    single,
)
from tests.editors.neovim import Neovim, new, old
from tests.editors.sandbox import Sandbox
from tests.kernel.building import Kernel

pytestmark = pytest.mark.kernel

TWICE = "local first = save()\nlocal tick = vim.b.changedtick\nlocal second = save()\n"
SAME = "return { same = first == second and tick == vim.b.changedtick }"


@pytest.fixture(params=[old, new], ids=["0.7", "newer"])
def neovim(request: pytest.FixtureRequest, sandbox: Sandbox) -> Neovim:
    """The Neovim of Debian 12, then a newer one, each with the sample for it."""
    made: Neovim = request.param(sandbox)
    return made


def test_a_deleted_import_is_back_once_saved(neovim: Neovim, kernel: Kernel) -> None:
    source = single(neovim.sandbox, mended(LACKING))
    answer = neovim.edit(source, f"warm() delete('MODULE_IMPORT_NS')\n{TWICE}{SAME}")
    assert answer.value == {"same": True}, answer.said.text
    neovim.sandbox.assert_file(source, mended(LACKING), answer.said)
    assert_builds(kernel, source.parent)


def test_without_the_server_the_module_is_broken(neovim: Neovim, kernel: Kernel) -> None:
    source = single(neovim.sandbox, mended(LACKING))
    neovim.place.unlink()
    answer = neovim.edit(source, f"delete('MODULE_IMPORT_NS')\n{TWICE}{SAME}")
    neovim.sandbox.assert_file(source, LACKING, answer.said)
    assert_missing(kernel, source.parent)


def test_a_use_that_is_only_in_the_buffer(neovim: Neovim) -> None:
    source = single(neovim.sandbox, UNUSED)
    lines = ", ".join(f"[[{line}]]" for line in USE.decode().splitlines())
    steps = f"""
    warm()
    local at = position('static int __init single_init').line + 2
    vim.api.nvim_buf_set_lines(0, at, at, true, {{ {lines} }})
    {TWICE}{SAME}
    """
    answer = neovim.edit(source, steps)
    assert answer.value == {"same": True}, answer.said.text
    neovim.sandbox.assert_file(source, mended(LACKING), answer.said)


def test_a_dos_file_keeps_its_line_ends(neovim: Neovim) -> None:
    source = single(neovim.sandbox, crlf(LACKING))
    answer = neovim.edit(source, f"warm()\n{TWICE}{SAME}")
    assert answer.value == {"same": True}, answer.said.text
    neovim.sandbox.assert_file(source, crlf(mended(LACKING)), answer.said)


def test_an_import_in_the_wrong_spelling_is_respelled(neovim: Neovim) -> None:
    source = single(neovim.sandbox, misspelled(LACKING))
    answer = neovim.edit(source, f"warm()\n{TWICE}{SAME}")
    assert answer.value == {"same": True}, answer.said.text
    neovim.sandbox.assert_file(source, mended(LACKING), answer.said)


def test_a_latin_1_file_keeps_its_bytes(neovim: Neovim) -> None:
    source = single(neovim.sandbox, latin1(LACKING))
    steps = f"warm()\n{TWICE}return {{ same = first == second, encoding = vim.bo.fileencoding }}"
    answer = neovim.edit(source, steps)
    assert answer.value == {"same": True, "encoding": "latin1"}, answer.said.text
    neovim.sandbox.assert_file(source, latin1(mended(LACKING)), answer.said)


def test_the_cursor_and_the_undo_history_stay(neovim: Neovim) -> None:
    source = single(neovim.sandbox, LACKING)
    steps = """
    warm()
    vim.api.nvim_win_set_cursor(0, { position('MODULE_DESCRIPTION').line + 1, 7 })
    vim.cmd("normal! i \\b")
    vim.cmd('write')
    local cursor = vim.api.nvim_win_get_cursor(0)
    local under = vim.api.nvim_get_current_line()
    vim.cmd('undo')
    return { under = under, column = cursor[2], undone = vim.fn.search('MODULE_IMPORT_NS', 'nw') == 0 }
    """
    answer = neovim.edit(source, steps)
    assert answer.value["under"].startswith("MODULE_DESCRIPTION") and answer.value["undone"], answer


def test_the_import_goes_to_the_file_with_the_licence(neovim: Neovim) -> None:
    directory = neovim.sandbox.module("composite")
    before = (directory / "buffer.c").read_bytes()
    licence = (directory / "main.c").read_bytes()
    steps = """
    warm()
    local told = {}
    vim.notify = function(text) table.insert(told, text) end
    vim.cmd('write')
    local other = vim.fn.bufnr('main.c')
    local modified = other > 0 and vim.bo[other].modified
    vim.cmd('wall')
    return { told = told, modified = modified }
    """
    answer = neovim.edit(directory / "buffer.c", steps)
    assert (
        answer.value["modified"] and len(answer.value["told"]) == 1 and ":wall" in answer.value["told"][0]
    ), answer
    neovim.sandbox.assert_file(directory / "buffer.c", before, answer.said)
    neovim.sandbox.assert_file(directory / "main.c", mended(licence), answer.said)


def test_a_source_of_no_module_is_left_alone(neovim: Neovim) -> None:
    directory = neovim.sandbox.module("user", {"main.c": b"int main(void) { return 0; }\n"})
    steps = """
    local told = {}
    vim.notify = function(text) table.insert(told, text) end
    warm()
    vim.api.nvim_buf_set_lines(0, 0, 0, true, { '/* typed */' })
    vim.cmd('write')
    return { told = told, shown = vim.api.nvim_exec('messages', true) }
    """
    answer = neovim.edit(directory / "main.c", steps)
    assert not answer.value["told"] and "nsfix:" not in answer.value["shown"], answer
    neovim.sandbox.assert_file(
        directory / "main.c", b"/* typed */\nint main(void) { return 0; }\n", answer.said
    )


def test_a_save_that_nsfix_cannot_answer_is_a_save(neovim: Neovim) -> None:
    source = single(neovim.sandbox, LACKING)
    steps = """
    warm()
    local told = {}
    vim.notify = function(text) table.insert(told, text) end
    local server = vim.api.nvim_get_proc_children(vim.fn.getpid())
    assert(#server == 1, vim.inspect(server))
    vim.loop.kill(server[1], 'sigstop')
    vim.api.nvim_buf_set_lines(0, 0, 0, true, { '/* typed */' })
    local before = vim.loop.hrtime()
    vim.cmd('write')
    local seconds = (vim.loop.hrtime() - before) / 1e9
    vim.loop.kill(server[1], 'sigcont')
    return { told = told, seconds = seconds }
    """
    answer = neovim.edit(source, steps)
    assert (
        answer.value["seconds"] < 3
        and len(answer.value["told"]) == 1
        and "unmended" in answer.value["told"][0]
    ), answer
    neovim.sandbox.assert_file(source, b"/* typed */\n" + LACKING, answer.said)
