"""Losses: pure functions of features, scores and labels."""
