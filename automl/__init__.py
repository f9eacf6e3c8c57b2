"""Hyperparameter optimisation of real training jobs on Ray Tune."""
