"""nsfix finds and inserts missing symbol namespace imports in Linux kernel modules."""

__version__ = "0.1.0"
