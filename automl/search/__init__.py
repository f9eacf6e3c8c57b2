"""Search algorithms: the only place that imports optuna."""
