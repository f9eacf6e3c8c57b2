"""Finds, fetches and unpacks the data that a skill declares, once per machine."""
