"""Population based training: which trial continues from which checkpoint."""
