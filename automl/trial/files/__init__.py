"""A trial's files: checkpoints, disk, storage at a URL."""
