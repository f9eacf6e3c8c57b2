"""Builds a search space from a schema."""
