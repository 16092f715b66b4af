"""Drives a headless Neovim with a script in Lua; what the script returns comes back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.editors.provision import COMMAND, program
from tests.editors.sandbox import Answer, Sandbox, answer_in, needs

# Before the steps of a test: wait for the clients, and for the first answer of nsfix. A person reads for a
# moment before the first save too.
_PRELUDE = r"""
local function client_named(name)
  for _, client in pairs(clients_of(0)) do
    if client.name == name and client.initialized then return client end
  end
end
local function ready(name)
  assert(vim.wait(60000, function() return client_named(name) ~= nil end, 20), name .. ' did not attach')
  return client_named(name)
end
local function position(text)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, true)) do
    local column = line:find(text, 1, true)
    if column then return { line = number - 1, character = column - 1 } end
  end
  error('no ' .. text .. ' in the buffer')
end
local function ask(client, method, params)
  params.textDocument = { uri = vim.uri_from_bufnr(0) }
  local answer, why = request(client, method, params, 60000)
  assert(answer and not answer.err, vim.inspect(answer or why))
  return answer.result
end
local function hover(client, text)
  local answer = ask(client, 'textDocument/hover', { position = position(text) })
  return answer and vim.inspect(answer.contents) or ''
end
local function warm()
  local all = { start = { line = 0, character = 0 }, ['end'] = { line = 0, character = 0 } }
  ask(ready('nsfix'), 'textDocument/codeAction', { range = all, context = { diagnostics = {}, only = { 'quickfix' } } })
end
local function delete(text)
  local at = position(text).line
  vim.api.nvim_buf_set_lines(0, at, at + 1, true, {})
end
local function save()
  vim.cmd('write')
  local file = assert(io.open(vim.api.nvim_buf_get_name(0), 'rb'))
  local text = file:read('*a')
  file:close()
  return vim.fn.sha256(text)
end
"""
_API = {
    "neovim-0.7.lua": r"""
local clients_of = vim.lsp.buf_get_clients
local function request(client, ...) return client.request_sync(...) end
""",
    "neovim-0.11.lua": r"""
local function clients_of(buffer) return vim.lsp.get_clients({ bufnr = buffer }) end
local function request(client, ...) return client:request_sync(...) end
""",
}


@dataclass(frozen=True)
class Neovim:
    """A Neovim that is set up by a sample, and the sandbox that it lives in."""

    sandbox: Sandbox
    program: str
    sample: str

    @property
    def place(self) -> Path:
        """Where the sample says that it belongs."""
        return self.sandbox.home / ".config/nvim/plugin/nsfix.lua"

    def edit(self, source: Path, steps: str) -> Answer:
        """Opens `source`, runs the steps in Lua, and gives what they return."""
        result = self.sandbox.root / "result.json"
        script = self.sandbox.root / "steps.lua"
        script.write_text(
            f"{_API[self.sample]}{_PRELUDE}\nlocal function steps()\n{steps}\nend\n"
            "local done, answer = xpcall(steps, debug.traceback)\n"
            "if not done then io.stderr:write(answer .. '\\n') vim.cmd('cquit') end\n"
            f"local file = assert(io.open('{result}', 'w'))\n"
            "file:write(vim.json.encode(answer))\nfile:close()\nvim.cmd('qall!')\n"
        )
        words: list[str | Path] = [
            self.program,
            "--headless",
            "-n",
            "-i",
            "NONE",
            source,
            "-c",
            f"luafile {script}",
        ]
        return answer_in(result, self.sandbox.run(*words, cwd=source.parent))


def old(sandbox: Sandbox) -> Neovim:
    """The Neovim of Debian 12, with the sample for 0.7; skips the test where there is none."""
    needs("nvim")
    return _set_up(Neovim(sandbox, "nvim", "neovim-0.7.lua"))


def new(sandbox: Sandbox) -> Neovim:
    """A fetched Neovim, with the sample for 0.11; skips the test where there is none."""
    found = program("nvim")
    if found is None:
        pytest.skip(f"no Neovim newer than that of Debian 12; get it with: {COMMAND}")
    return _set_up(Neovim(sandbox, str(found), "neovim-0.11.lua"))


def _set_up(neovim: Neovim) -> Neovim:
    neovim.sandbox.configure(neovim.sample, ".config/nvim/plugin/nsfix.lua")
    return neovim
