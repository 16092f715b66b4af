"""The documents: their commands are run, their tables and links held against the code."""
