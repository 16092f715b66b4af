"""Drives a Vim without a terminal with a script; what the script puts into `g:answer` comes back."""

from __future__ import annotations

from pathlib import Path

from tests.editors.sandbox import Answer, Sandbox, answer_in


def edit(sandbox: Sandbox, source: Path, steps: str) -> Answer:
    """Opens `source` and runs the steps, Ex commands, each on a line of its own."""
    result = sandbox.root / "result.json"
    script = sandbox.root / "steps.vim"
    script.write_text(
        "let g:answer = {}\n"
        "function! Save() abort\n  write\n  return sha256(join(readfile(expand('%'), 'b'), \"\\n\"))\nendfunction\n"
        f"function! Steps() abort\n{steps}\nendfunction\n"
        "try\n  call Steps()\n  redir => g:messages | silent messages | redir END\n"
        '  let g:answer.messages = split(g:messages, "\\n")\n'
        f"  call writefile([json_encode(g:answer)], '{result}')\n"
        f"catch\n  call writefile([v:exception, v:throwpoint], '{sandbox.home}/vim.log')\n  cquit\nendtry\nqall!\n"
    )
    words: list[str | Path] = [
        "vim",
        "-N",
        "-n",
        "-i",
        "NONE",
        "-T",
        "dumb",
        "--not-a-term",
        "-S",
        script,
        source,
    ]
    return answer_in(result, sandbox.run(*words, cwd=source.parent))
