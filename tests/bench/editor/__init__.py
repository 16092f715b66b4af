"""Measures the language server and the filter, beside clangd on the same buffer in the same run: see __main__.py."""
