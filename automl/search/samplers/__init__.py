"""The samplers behind the names of algorithms, and what stands in for one that fails."""
