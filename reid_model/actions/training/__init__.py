"""What a run needs around the network: devices, Lightning, checkpoints, loggers and status."""
