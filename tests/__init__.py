"""Tests of nsfix."""
