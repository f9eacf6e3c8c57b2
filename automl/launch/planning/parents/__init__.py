"""Runs and files that a new run starts from."""
