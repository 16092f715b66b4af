"""Tests of the readers of build artefacts."""
