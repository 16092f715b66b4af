;;; nsfix as the only language server for C: eglot starts one server for a mode.  -*- lexical-binding: t -*-
;; For Emacs 28 with the package eglot, or newer with its own.  Into ~/.emacs.d/init.el.

(require 'eglot)

(defvar nsfix-options '(:fixOnSave t)
  "Options for `nsfix lsp', as in .nsfix.toml: (:fixOnSave t :kdir \"/usr/src/linux-headers-6.12-amd64\").")

(add-to-list 'eglot-server-programs
             `((c-mode c-ts-mode) . ("nsfix" "lsp" :initializationOptions ,nsfix-options)))

(defun nsfix-send-changes-first ()
  "Have eglot tell what was typed just now before it asks what to save.
Eglot 1.9 asks about the text that it told last, half a second ago."
  (when (and (eglot-managed-p) (fboundp 'eglot--signal-textDocument/didChange))
    (add-hook 'before-save-hook #'eglot--signal-textDocument/didChange -90 t)))

(add-hook 'eglot-managed-mode-hook #'nsfix-send-changes-first)
(add-hook 'c-mode-hook #'eglot-ensure)
(add-hook 'c-ts-mode-hook #'eglot-ensure)
