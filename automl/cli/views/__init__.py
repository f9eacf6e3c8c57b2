"""What the command line prints: plan, result, status, tables."""
