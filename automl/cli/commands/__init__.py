"""One file for each `automl COMMAND`."""
