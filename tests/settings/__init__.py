"""What is set beforehand: how `.nsfix.toml` is read, what of it counts, and where a file belongs."""
