"""What a running sweep tells its listener, which prints it; nothing of it is stored.

The events of a run's ledger are others: see :mod:`automl.trial.ledger.events`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from automl.search.samplers.failures import SamplerFailed


@dataclass(frozen=True)
class TrialStarted:
    """A trial starts."""

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
    """A trial ended.

    Attributes:
        state: a :class:`automl.constants.TrialState`.
        value: its best metric.
        failure: why it failed, in words.
        seconds: how long it ran, as the trial table has it.
        fault: the kind of failure, a :class:`automl.constants.Fault`; empty without one.
    """

    number: int
    state: str
    value: float | None
    failure: str
    seconds: float
    fault: str = ""


@dataclass(frozen=True)
class TrialRetried:
    """A trial failed with a fault that allows a retry, and runs again."""

    number: int
    failure: str
    fault: str


@dataclass(frozen=True)
class MetricAmbiguous:
    """A metric in a trial's log is ambiguous; reported once per run."""

    number: int
    reason: str

    @property
    def words(self) -> str:
        """The notice as a line."""
        return f"trial {self.number:04d}: {self.reason}"


@dataclass(frozen=True)
class StartMeasured:
    """The checkpoint that trials start from is being measured, or is.

    ``warns``: it could not be, and a quiet view shows it too.
    """

    words: str
    warns: bool = False


@dataclass(frozen=True)
class ConfirmBegun:
    """The search is over; ``trials`` trainings follow that confirm its best."""

    trials: int

    @property
    def words(self) -> str:
        """The notice as a line."""
        return f"confirming: {self.trials} trainings with fresh seeds"


@dataclass(frozen=True)
class RefitBegun:
    """The champion is known; ``trials`` trainings on all data follow, for the final test."""

    trials: int

    @property
    def words(self) -> str:
        """The notice as a line."""
        what = "1 training" if self.trials == 1 else f"{self.trials} trainings"
        return f"final test: {what} on all training data"


@dataclass(frozen=True)
class LedgerMended:
    """The ledger's last line was incomplete after a death and is cut off."""


@dataclass(frozen=True)
class ProposalNotice:
    """What became of a point that somebody beside the sampler proposed, or of an advisor's answer.

    ``warns``: something is not tried, and a quiet view shows it too.
    """

    words: str
    warns: bool = False


@dataclass(frozen=True)
class StudyMadeAnew:
    """The sampler's memory was damaged or lost, and is made anew from the ledger.

    ``reason``: what was wrong with it; ``kept``: the name of the damaged file, empty for none.
    """

    reason: str
    kept: str

    @property
    def words(self) -> str:
        """The notice as a line."""
        kept = f" ({self.kept} is the old one)" if self.kept else ""
        return f"{self.reason}: the sampler's memory is made anew from the ledger{kept}"


Notice = (
    ConfirmBegun
    | LedgerMended
    | MetricAmbiguous
    | ProposalNotice
    | RefitBegun
    | SamplerFailed
    | StartMeasured
    | StudyMadeAnew
    | TrialStarted
    | EpochDone
    | TrialEnded
    | TrialRetried
)

Listener = Callable[[Notice], None]
