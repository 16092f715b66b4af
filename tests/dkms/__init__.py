"""The Debian packages of modules that dkms builds: real modpost on each, beside nsfix."""
