"""The trainer's actions, one module each, and the checks before a launch."""
