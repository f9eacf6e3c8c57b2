"""From a request to a finished run: plan first, then a sweep or one direct training."""
