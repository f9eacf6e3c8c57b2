"""``automl doctor``: what this machine and environment give, and what will be in the way."""
