"""Person and camera from the names of crops and of their folders."""
