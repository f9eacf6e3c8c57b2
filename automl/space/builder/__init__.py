"""From a schema to a search space."""
