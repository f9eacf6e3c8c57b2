"""The one error tree of the trainer: the command line catches :class:`ReIDError` and nothing else.

ReIDError                exit code 1: the run failed
├── TrainingError        training cannot go on (a loss that is not a number)
└── BadInputError        what the user gave cannot be used; exit code 2, nothing was written
    ├── ConfigError      a spec key is unknown, or its value wrong, or two contradict each other
    ├── DataError        a folder, a file name or an image cannot be used
    └── CheckpointError  weights are missing, unreadable, locked, or do not fit
"""

from __future__ import annotations

from collections.abc import Sequence


class ReIDError(Exception):
    """Base of everything that the trainer raises on purpose."""

    exit_code = 1


class TrainingError(ReIDError):
    """Training cannot go on."""


class BadInputError(ReIDError):
    """What the user gave cannot be used; nothing was written."""

    exit_code = 2

    def __init__(self, message: str, faults: Sequence[str] = ()) -> None:
        """``faults`` lists every single fault, one line each, when several were found at once."""
        self.faults = tuple(faults)
        super().__init__("\n  - ".join([message, *self.faults]))


class ConfigError(BadInputError):
    """A spec key is unknown, of the wrong type, out of range or contradicts another."""


class DataError(BadInputError):
    """A folder, a file name or an image cannot be used."""


class CheckpointError(BadInputError):
    """Weights are missing, unreadable, encrypted with another key or do not fit the model."""
