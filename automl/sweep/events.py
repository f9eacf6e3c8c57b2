"""What a sweep tells while it runs: small events, rendered by whoever listens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class TrialStarted:
    """A trial begins to run."""

    number: int
    source: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class EpochDone:
    """A trial finished an epoch (counted from 1)."""

    number: int
    epoch: int
    kpi: Mapping[str, float]


@dataclass(frozen=True)
class TrialEnded:
    """A trial ended: ``state`` is finished, stopped, failed or interrupted.

    ``seconds`` is how long it ran, as the trial table has it.
    ``fault`` is the kind of failure (:class:`automl.constants.Fault`), empty without one.
    """

    number: int
    state: str
    value: float | None
    failure: str
    seconds: float
    fault: str = ""


@dataclass(frozen=True)
class TrialRetried:
    """A trial failed for a reason that may pass, and will run again."""

    number: int
    failure: str
    fault: str


@dataclass(frozen=True)
class ConfirmBegun:
    """The search is over; ``trials`` trainings follow that confirm its best."""

    trials: int


@dataclass(frozen=True)
class Stopping:
    """The run was interrupted: trials have ``seconds`` to end the epoch that they are in."""

    seconds: float


@dataclass(frozen=True)
class LedgerMended:
    """A death had torn the ledger's last line, which is cut off: that event did not happen."""


Event = (
    ConfirmBegun | LedgerMended | Stopping | TrialStarted | EpochDone | TrialEnded | TrialRetried
)


Listener = Callable[[Event], None]
