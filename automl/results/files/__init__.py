"""The YAML files of a run's folder: what they may hold, and what replaces a damaged one."""
