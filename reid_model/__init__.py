"""A person re-identification trainer, usable alone; it knows nothing of sweeps (shared/DESIGN.md section 1)."""
