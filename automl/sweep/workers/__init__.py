"""What runs inside Ray's actors: one trial, the ranks of one trial."""
