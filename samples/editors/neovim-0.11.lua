-- nsfix for Neovim 0.11 and newer, beside clangd or alone. Save as ~/.config/nvim/plugin/nsfix.lua.

local options = {} -- as in .nsfix.toml, for instance { kdir = '/usr/src/linux-headers-6.12-amd64' }
local wait_ms = 1000 -- a save never waits longer than this
local kind = 'source.fixAll.nsfix'

local group = vim.api.nvim_create_augroup('nsfix', {})

local function complain(text)
  vim.notify('nsfix: ' .. text, vim.log.levels.WARN)
end

local function reaches_beyond(uri, edit)
  local files = vim.tbl_keys(edit.changes or {})
  for _, change in ipairs(edit.documentChanges or {}) do
    table.insert(files, change.textDocument.uri)
  end
  return #vim.tbl_filter(function(file) return file ~= uri end, files) > 0
end

-- Asks this one client, not clangd, and waits: what it answers is part of what is saved.
local function mend(client, buffer)
  if not client.initialized then
    return
  end
  local uri = vim.uri_from_bufnr(buffer)
  local first, last = { line = 0, character = 0 }, { line = vim.api.nvim_buf_line_count(buffer), character = 0 }
  local answer, why = client:request_sync('textDocument/codeAction', {
    textDocument = { uri = uri },
    range = { start = first, ['end'] = last },
    context = { diagnostics = {}, only = { kind } },
  }, wait_ms, buffer)
  if not answer or answer.err then
    return complain('saved unmended: ' .. (answer and answer.err.message or why))
  end
  for _, action in ipairs(answer.result or {}) do
    if action.kind == kind and action.edit then
      vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
      if reaches_beyond(uri, action.edit) then
        complain(action.title .. '; :wall writes it')
      end
    end
  end
end

vim.lsp.config('nsfix', {
  cmd = { 'nsfix', 'lsp' },
  filetypes = { 'c' },
  root_markers = { '.nsfix.toml', '.git' },
  init_options = next(options) and options or vim.empty_dict(),
  -- the encoding that clangd takes by itself: Neovim wants one for all clients of a buffer
  capabilities = { general = { positionEncodings = { 'utf-16' } } },
  on_attach = function(client, buffer)
    vim.api.nvim_clear_autocmds({ group = group, event = 'BufWritePre', buffer = buffer })
    vim.api.nvim_create_autocmd('BufWritePre', {
      group = group,
      buffer = buffer,
      callback = function()
        mend(client, buffer)
      end,
    })
  end,
})
vim.lsp.enable('nsfix')
