"""The typed spec of the trainer: every key with its default, legal bounds and search hints."""

from reid_model.config.experiment import ACTIONS, ExperimentConfig
from reid_model.config.load import load_spec, read_spec
from reid_model.config.schedule import Schedule, scaled_schedule

__all__ = [
    "ACTIONS",
    "ExperimentConfig",
    "Schedule",
    "load_spec",
    "read_spec",
    "scaled_schedule",
]
