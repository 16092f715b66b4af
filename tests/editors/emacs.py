"""Drives an Emacs in batch mode with a script; what its last form gives comes back."""

from __future__ import annotations

from pathlib import Path

from tests.editors.sandbox import Answer, Sandbox, answer_in

# What a command loop would run by itself, and what a person waits for before the first save.
_PRELUDE = r"""
(setq make-backup-files nil create-lockfiles nil)
(defun text-of-file () (with-temp-buffer (insert-file-contents-literally (car command-line-args-left)) (buffer-string)))
(defun wait-for (condition)
  (let ((end (+ (float-time) 60)))
    (while (not (funcall condition))
      (when (> (float-time) end) (error "Waited for %S in vain" condition))
      (accept-process-output nil 0.05))))
(defun warm ()
  (run-hooks 'post-command-hook)
  (wait-for #'eglot-managed-p)
  (let ((range (list :start (list :line 0 :character 0) :end (list :line 0 :character 0))))
    (jsonrpc-request (eglot-current-server) :textDocument/codeAction
                     (list :textDocument (eglot--TextDocumentIdentifier) :range range
                           :context (list :diagnostics [] :only ["quickfix"]))
                     :timeout 60)))
(defun delete-line-with (text)
  (goto-char (point-min))
  (search-forward text)
  (delete-region (line-beginning-position) (line-beginning-position 2)))
(defun save ()
  (set-buffer-modified-p t)
  (save-buffer)
  (secure-hash 'sha256 (text-of-file)))
"""


def edit(sandbox: Sandbox, source: Path, steps: str, *, setup: Path) -> Answer:
    """Loads the set-up as an init file, opens `source`, and runs the steps, forms in Lisp."""
    result = sandbox.root / "result.json"
    script = sandbox.root / "steps.el"
    script.write_text(
        f";; -*- lexical-binding: t; -*-\n{_PRELUDE}\n"
        "(condition-case failure\n"
        f"    (let ((answer (progn (find-file (car command-line-args-left)) {steps})))\n"
        "      (when (and (fboundp 'eglot-current-server) (eglot-current-server))\n"
        "        (ignore-errors (eglot-shutdown (eglot-current-server))))\n"
        f'      (with-temp-file "{result}" (insert (json-encode answer))))\n'
        '  (error (message "failed: %S" failure)\n'
        '         (when (get-buffer "*EGLOT*") (message "%s" (with-current-buffer "*EGLOT*" (buffer-string))))\n'
        "         (kill-emacs 1)))\n"
    )
    words: list[str | Path] = [
        "emacs",
        "--batch",
        "--eval",
        "(package-initialize)",
        "-l",
        setup,
        "-l",
        script,
        source,
    ]
    return answer_in(result, sandbox.run(*words, cwd=source.parent))
