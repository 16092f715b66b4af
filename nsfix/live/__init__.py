"""Keeps what was read of a project between questions, so that an editor is answered at once.

A project (project.py) is what one run of the command line is about. It is asked about one of its files, some of them
open with texts that are not on disk; what has changed since the last question is read anew, and nothing else. Each has
a process of its own (worker.py), which a door reaches through a desk (desks.py): a door loads nothing of what reads.
"""
