"""Running sweeps on Ray Tune: the only place that imports ray."""
