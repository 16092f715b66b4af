"""What a kernel tree is: release, spelling, configuration, and which modules its Kbuild files build from what."""
