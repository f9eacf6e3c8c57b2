"""Searching pictures in a gallery of embeddings."""
