"""What several benchmarks, and tests, have in common."""
