" nsfix for ALE 3 and newer, as a fixer on save and as a language server. Save as ~/.vim/plugin/nsfix_ale.vim.

let g:nsfix_options = get(g:, 'nsfix_options', {}) " as in .nsfix.toml, for instance {'kdir': '/usr/src/linux-headers-6.12-amd64'}

" The buffer goes to the filter and comes back; where nothing can be mended it comes back as it was.
function! NsfixFix(buffer) abort
  return {'command': 'nsfix filter --stdin-filename %s'}
endfunction

function! NsfixRoot(buffer) abort
  let l:file = ale#path#FindNearestFile(a:buffer, '.nsfix.toml')
  return empty(l:file) ? expand('#' . a:buffer . ':p:h') : fnamemodify(l:file, ':h')
endfunction

let g:ale_fixers = get(g:, 'ale_fixers', {})
let g:ale_fixers.c = add(get(g:ale_fixers, 'c', []), 'NsfixFix')
let g:ale_fix_on_save = 1

call ale#linter#Define('c', {
\   'name': 'nsfix',
\   'lsp': 'stdio',
\   'executable': 'nsfix',
\   'command': '%e lsp',
\   'project_root': function('NsfixRoot'),
\   'initialization_options': {-> g:nsfix_options},
\})
