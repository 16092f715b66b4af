"""One pure function for each form of output. Nothing here reads or writes files."""
