"""Programs for a child process with the trainer's Python: the standard library alone."""
