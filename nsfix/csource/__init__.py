"""What one C source says under given conditions. tree-sitter lives here and nowhere else."""
