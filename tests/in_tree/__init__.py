"""Kernel trees of a few files, read whole without a build."""
