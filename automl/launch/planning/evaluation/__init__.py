"""How trials are measured, on which data, and what the champion is tested on at the end."""
