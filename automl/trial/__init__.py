"""Running one trial of a skill's action. Imports nothing of Ray."""
