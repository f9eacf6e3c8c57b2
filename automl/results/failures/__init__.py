"""Why trials of a run failed: by cause, with what sets the failed ones apart."""
