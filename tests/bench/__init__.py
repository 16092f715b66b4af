"""How fast nsfix is beside the kernel's own tools, on the same sources in one run. See docs/benchmarks.md."""
