"""Runs of the past that a sweep learns from: of its own data, or of others."""
