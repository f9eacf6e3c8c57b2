"""Weights in files: ours and those of other trainers, and how they reach a network."""
