-- nsfix for Neovim 0.7 to 0.10, beside clangd or alone. Save as ~/.config/nvim/plugin/nsfix.lua.

local options = {} -- as in .nsfix.toml, for instance { kdir = '/usr/src/linux-headers-6.12-amd64' }
local wait_ms = 1000 -- a save never waits longer than this
local kind = 'source.fixAll.nsfix'

local group = vim.api.nvim_create_augroup('nsfix', {})
local started = {} -- root directory to client id

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
  local answer, why = client.request_sync('textDocument/codeAction', {
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

local function on_attach(client, buffer)
  vim.api.nvim_clear_autocmds({ group = group, event = 'BufWritePre', buffer = buffer })
  vim.api.nvim_create_autocmd('BufWritePre', {
    group = group,
    buffer = buffer,
    callback = function()
      mend(client, buffer)
    end,
  })
end

local function root_of(path)
  local own = vim.fn.fnamemodify(path, ':p:h')
  local directory = own
  while true do
    for _, name in ipairs({ '.nsfix.toml', '.git' }) do
      if vim.loop.fs_stat(directory .. '/' .. name) then
        return directory
      end
    end
    local above = vim.fn.fnamemodify(directory, ':h')
    if above == directory then
      return own
    end
    directory = above
  end
end

local function attach(buffer)
  local path = vim.api.nvim_buf_get_name(buffer)
  if path == '' or vim.bo[buffer].buftype ~= '' or vim.fn.executable('nsfix') == 0 then
    return
  end
  local root = root_of(path)
  if not started[root] or not vim.lsp.get_client_by_id(started[root]) then
    started[root] = vim.lsp.start_client({
      name = 'nsfix',
      cmd = { 'nsfix', 'lsp' },
      root_dir = root,
      workspace_folders = { { uri = vim.uri_from_fname(root), name = root } },
      init_options = next(options) and options or vim.empty_dict(),
      on_attach = on_attach,
    })
  end
  vim.lsp.buf_attach_client(buffer, started[root])
end

vim.api.nvim_create_autocmd('FileType', {
  group = group,
  pattern = 'c',
  callback = function(event)
    attach(event.buf)
  end,
})
