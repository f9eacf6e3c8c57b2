"""Staging of the data that a skill declares."""
