"""A trial as a child process: command, guard, and what is read from its files and log."""
