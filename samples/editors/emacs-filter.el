;;; nsfix before each save, next to clangd or any other server.  -*- lexical-binding: t -*-
;; For Emacs 26 and newer.  Into ~/.emacs.d/init.el.

(defun nsfix-filter-buffer ()
  "Insert the imports that the module of this buffer lacks.
Text that stands is not touched, and nothing is done when nsfix fails."
  (interactive)
  (let ((coding-system-for-write 'utf-8-unix)
        (coding-system-for-read 'utf-8-unix)
        (file buffer-file-name)
        (said (make-temp-file "nsfix"))
        (mended (generate-new-buffer " *nsfix*" t)))
    (unwind-protect
        (save-restriction
          (widen)
          (if (eql 0 (call-process-region nil nil "nsfix" nil (list mended said) nil
                                          "filter" "--stdin-filename" file))
              (unless (zerop (compare-buffer-substrings nil nil nil mended nil nil))
                (replace-buffer-contents mended))
            (message "%s" (with-temp-buffer
                            (insert-file-contents said)
                            (string-trim (buffer-string))))))
      (kill-buffer mended)
      (delete-file said))))

(defun nsfix-before-save ()
  "Mend sources that include a header of the kernel; others are no business of nsfix."
  (when (and buffer-file-name
             (not (file-remote-p buffer-file-name))
             (executable-find "nsfix")
             (save-excursion
               (save-restriction
                 (widen)
                 (goto-char (point-min))
                 (re-search-forward "^[ \t]*#[ \t]*include[ \t]*[<\"]linux/" nil t))))
    (nsfix-filter-buffer)))

(defun nsfix-on-save ()
  "Run nsfix before each save of this buffer."
  (add-hook 'before-save-hook #'nsfix-before-save nil t))

(add-hook 'c-mode-hook #'nsfix-on-save)
(add-hook 'c-ts-mode-hook #'nsfix-on-save)
