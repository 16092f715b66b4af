"""Real editors, set up by the samples of `samples/editors` as they stand, save real modules."""
