"""A language server on stdio: findings as diagnostics, their mending as code actions and on save.

It knows of C and kernels only what a desk tells it (nsfix/live). Positions in the client's units exist here alone.
"""
