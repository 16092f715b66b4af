"""Whole kernels: what nsfix reads from their sources against what their distribution compiled."""
