"""A trial in this process: entrypoint, reuse of the process, ranks, prober."""
