"""A person re-identification trainer, usable alone; it knows nothing of sweeps."""
