"""Running one trial of a skill's action. Knows nothing of Ray."""
