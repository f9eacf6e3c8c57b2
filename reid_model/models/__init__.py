"""Networks, their parts and their starting weights."""
