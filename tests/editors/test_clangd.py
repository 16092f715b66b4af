"""clangd and nsfix on the same buffer of one editor: each answers for itself, and the import comes once."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.editors import emacs
from tests.editors.modules import LACKING, mended, single
from tests.editors.neovim import old
from tests.editors.sandbox import Sandbox, needs
from tests.kernel.building import Kernel, make

pytestmark = pytest.mark.kernel

# clangd as people start it, with a record of what it is asked.
CLANGD = """
asked = {}
vim.api.nvim_create_autocmd('FileType', { pattern = 'c', callback = function(event)
  local id = vim.lsp.start_client({
    name = 'clangd',
    cmd = { 'clangd', '--background-index=false' },
    root_dir = vim.fn.fnamemodify(event.file, ':p:h'),
    on_init = function(client)
      local request = client.request
      client.request = function(method, ...)
        table.insert(asked, method)
        return request(method, ...)
      end
    end,
  })
  vim.lsp.buf_attach_client(event.buf, id)
end })
"""
STEPS = """
local clangd = ready('clangd')
warm()
local found
assert(vim.wait(60000, function()
  found = ask(clangd, 'textDocument/definition', { position = position('dma_buf_get(') })
  return found and #found > 0
end, 200), 'clangd found no definition')
local before = hover(clangd, 'dma_buf_put(')
delete('MODULE_IMPORT_NS')
asked = {}
local first = save()
local during = vim.deepcopy(asked)
local second = save()
return {
  definition = found[1].uri or found[1].targetUri,
  hover = before,
  same = first == second,
  during = during,
  macro = hover(clangd, 'MODULE_IMPORT_NS('),
  after = hover(clangd, 'MODULE_DESCRIPTION('),
  ours = hover(client_named('nsfix'), 'DMA_BUF)'),
  warnings = told,
}
"""


def write_compile_commands(kernel: Kernel, source: Path) -> None:
    """What the build says of the source's compilation, without what clang does not know."""
    status, log = make(kernel, source.parent)
    assert (source.parent / ".single.o.cmd").is_file(), log
    line = re.search(
        r"^(?:saved)?cmd_\S+ := (.*)$", (source.parent / ".single.o.cmd").read_text(), re.MULTILINE
    )
    assert line, status
    words = shlex.split(line[1].split(" ; ")[0])
    words = [word for word in words if re.match(r"-[DIU]|-include|-isystem|-nostdinc|-std=|/|\\./", word)]
    entry = {
        "directory": str(kernel.kdir),
        "file": str(source),
        "arguments": ["clang", *words, "-c", str(source)],
    }
    (source.parent / "compile_commands.json").write_text(json.dumps([entry]))


def test_both_answer_and_the_import_comes_once(sandbox: Sandbox, kernel: Kernel) -> None:
    needs("clangd")
    neovim = old(sandbox)
    neovim.place.with_name("clangd.lua").write_text(CLANGD)
    source = single(sandbox, mended(LACKING))
    write_compile_commands(kernel, source)
    notified = "local told = {}\nvim.notify = function(text) table.insert(told, text) end\n"
    answer = neovim.edit(source, notified + STEPS)
    value = answer.value
    sandbox.assert_file(source, mended(LACKING), answer.said)
    assert value["same"] and not value["warnings"], answer.said.text
    assert value["definition"].endswith("/include/linux/dma-buf.h"), value
    assert "dma_buf_put" in value["hover"] and "DMA_BUF" in value["ours"], value
    # clangd was not asked to act, and its own text is that of the buffer: it finds what moved down a line
    assert "textDocument/codeAction" not in value["during"], value
    assert "MODULE_IMPORT_NS" in value["macro"] and "MODULE_DESCRIPTION" in value["after"], value


def test_the_filter_of_emacs_goes_with_clangd_in_eglot(sandbox: Sandbox, kernel: Kernel) -> None:
    needs("emacs", "clangd")
    setup = sandbox.configure("emacs-filter.el", ".emacs.d/init.el")
    with setup.open("a") as file:
        file.write("(require 'eglot)\n(add-hook 'c-mode-hook #'eglot-ensure)\n")
    source = single(sandbox, mended(LACKING))
    write_compile_commands(kernel, source)
    steps = """
    (warm)
    (delete-line-with "MODULE_IMPORT_NS")
    (save)
    (goto-char (point-min))
    (search-forward "MODULE_DESCRIPTION")
    (list :server (plist-get (eglot--server-info (eglot-current-server)) :name)
          :hover (format "%S" (jsonrpc-request (eglot-current-server) :textDocument/hover
                                               (eglot--TextDocumentPositionParams) :timeout 60 :deferred t)))
    """
    answer = emacs.edit(sandbox, source, steps, setup=setup)
    sandbox.assert_file(source, mended(LACKING), answer.said)
    assert answer.value["server"] == "clangd", answer.value
    assert "MODULE_DESCRIPTION" in answer.value["hover"], answer.value
