"""One page for each thing that the trainer does."""
