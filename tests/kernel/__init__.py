"""The tier that builds real modules against real kernels and asks the real modpost."""
