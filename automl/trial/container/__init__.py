"""A trial in a container: engine, image, the command line, and what must not be left behind."""
