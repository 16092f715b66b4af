"""What a kernel tree is: release, spelling, configuration, and which modules are built from what."""
