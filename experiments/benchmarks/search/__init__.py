"""Search problems and what is measured on them, for ``search_quality.py``."""
