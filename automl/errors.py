"""The one error tree of automl: the CLI catches :class:`AutoMLError` and nothing else.

AutoMLError              exit code 1 unless a subclass says otherwise
├── InputError           what the user gave cannot be used; exit code 2, nothing was written
│   ├── SkillError       a skill directory's file is missing or malformed
│   ├── SpecError        a spec key is unknown or ambiguous, a value of the wrong type or range
│   ├── SpaceError       a search space cannot be built from the schema or the user's ranges
│   ├── PolicyError      the asked-for policy cannot be followed for this skill
│   ├── DataSourceError  data that an action needs is missing or unreadable
│   ├── DamagedFileError a file of a run's folder is damaged
│   └── DamagedLedgerError  a run's ledger is damaged
├── TrialError           one trial failed; the sweep records it and goes on
└── RunError             the run as a whole failed
"""

from __future__ import annotations

from collections.abc import Sequence

from automl.constants import Fault


class AutoMLError(Exception):
    """Base of all errors that automl raises on purpose."""

    exit_code = 1


class InputError(AutoMLError):
    """What the user gave cannot be used; nothing was written."""

    exit_code = 2

    def __init__(self, message: str, faults: Sequence[str] = ()) -> None:
        """``faults`` lists every single fault, one line each, when several were found at once."""
        self.faults = tuple(faults)
        super().__init__("\n  - ".join([message, *self.faults]))


class SkillError(InputError):
    """A skill directory's file is missing or malformed."""


class SpecError(InputError):
    """A spec key or value is unknown, ambiguous, of the wrong type or out of range."""


class SpaceError(InputError):
    """A search space cannot be built from the schema or the user's ranges."""


class PolicyError(InputError):
    """The asked-for policy cannot be followed for this skill."""


class DataSourceError(InputError):
    """Data that an action needs is missing or unreadable."""


class DamagedFileError(InputError):
    """A file of a run's folder is damaged; what follows from other files can still be read."""


class DamagedLedgerError(InputError):
    """A run's ledger is damaged; ``automl repair`` keeps what of it can be read."""


class TrialError(AutoMLError):
    """One trial failed; the sweep records the reason and goes on."""

    def __init__(self, message: str, fault: str = Fault.UNKNOWN) -> None:
        """``fault`` is the kind of failure, a :class:`automl.constants.Fault`."""
        self.fault = fault
        super().__init__(message)


class RunError(AutoMLError):
    """The run as a whole failed."""
