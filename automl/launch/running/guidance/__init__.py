"""Points of a sweep that its sampler does not propose: the user's, an advisor's, other sweeps'."""
