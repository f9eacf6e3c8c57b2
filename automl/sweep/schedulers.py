"""Ray Tune's schedulers under our trial numbers, so that a resumed sweep keeps its rungs.

Tune's schedulers know trials by the ids of one session. Here they hear of each trial by its number
in the run, and of each epoch once, so a resumed sweep fills their rungs from its ledger. Hyperband
is the asynchronous one (several successive halvings side by side), which never pauses a trial:
Ray's synchronous class pauses trials, and a paused function trial would start from nothing.
``auto`` is our own rule (:mod:`automl.search.predictive`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from ray.tune.experiment import Trial
from ray.tune.schedulers import (
    AsyncHyperBandScheduler,
    FIFOScheduler,
    MedianStoppingRule,
    TrialScheduler,
)

from automl.search.predictive import PredictiveStop
from automl.search.scheduler import AUTO, Scheduler
from automl.sweep.callbacks import NotPickled
from automl.sweep.workers.actor import EPOCH, KPI, NUMBER
from automl.trial.ledger.events import EpochEvent, LedgerEvent
from automl.trial.objective import Objective

LOG = logging.getLogger(__name__)


class Fifo(NotPickled, FIFOScheduler):  # type: ignore[misc]
    """Starts trials in the order of their numbers and lets each run to its end.

    Tune's own scheduler looks through all trials of the sweep twice a step to find one that waits:
    at 1,000 trials 2 % of the driver's time, and more with more trials.
    """

    def choose_trial_to_run(self, tune_controller: Any) -> Any:
        """Return the waiting trial with the lowest number, None where none waits."""
        live = tune_controller.get_live_trials()
        waiting = (trial for trial in live if trial.status == Trial.PENDING)
        return min(waiting, key=lambda trial: trial.config[NUMBER], default=None)


VALUE: Final = "objective"
STOP: Final = TrialScheduler.STOP


@dataclass(frozen=True)
class _Numbered:
    """A trial as Tune's schedulers see it: its number is its id."""

    trial_id: str


class _NoWaitingTrials:
    """A controller without waiting trials, for which the median rule would pause others."""

    def get_live_trials(self) -> list[Any]:
        """No trials."""
        return []


class StoppingScheduler(Fifo):
    """Asks a scheduler of Tune after each epoch whether the trial goes on.

    Attributes:
        stopped: the numbers of the trials that were stopped, those of earlier sessions included.
    """

    def __init__(self, scheduler: Scheduler, objective: Objective) -> None:
        super().__init__()
        self._key = f"{KPI}/{objective.metric}"
        self._goes_on = _rule(scheduler, objective)
        self._last_epoch: dict[int, int] = {}
        self.stopped: set[int] = set()

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Return whether the trial goes on after an epoch (``CONTINUE`` or ``STOP``)."""
        if EPOCH not in result or self._key not in result:
            return str(TrialScheduler.CONTINUE)
        number = trial.config[NUMBER]
        go_on = self.decide(number, result[EPOCH], result[self._key])
        if not go_on:
            LOG.info("trial %04d is stopped at epoch %d", number, result[EPOCH])
        return str(TrialScheduler.CONTINUE if go_on else TrialScheduler.STOP)

    def decide(self, number: int, epoch: int, value: float) -> bool:
        """Return whether trial ``number`` goes on; nothing stops a trial at its last epoch."""
        known = self._last_epoch.get(number)
        if known is not None and epoch <= known:
            return True
        self._last_epoch[number] = epoch
        go_on = self._goes_on(number, epoch, value)
        (self.stopped.discard if go_on else self.stopped.add)(number)
        return go_on


def make_scheduler(
    scheduler: Scheduler, objective: Objective, events: Iterable[LedgerEvent]
) -> StoppingScheduler | None:
    """Return a sweep's scheduler, told of its ledger's epochs; None where it has none."""
    if not scheduler.acts:
        return None
    stopping = StoppingScheduler(scheduler, objective)
    for event in events:
        if isinstance(event, EpochEvent) and objective.metric in event.kpi:
            stopping.decide(event.number, event.epoch, event.kpi[objective.metric])
    return stopping


Rule = Callable[[int, int, float], bool]
"""(trial number, new epoch, metric value) -> whether the trial continues."""


def _rule(scheduler: Scheduler, objective: Objective) -> Rule:
    if scheduler.name != AUTO:
        return _Brackets(scheduler, objective).goes_on
    rule = PredictiveStop(scheduler.epochs, scheduler.grace)
    return lambda number, epoch, value: rule.goes_on(number, epoch, objective.cost(value))


class _Brackets:
    """Schedulers of Tune side by side; a trial's number says which one it belongs to."""

    def __init__(self, scheduler: Scheduler, objective: Objective) -> None:
        self._epochs = scheduler.epochs
        self._brackets = _brackets(scheduler, objective)
        self._known: set[int] = set()

    def goes_on(self, number: int, epoch: int, value: float) -> bool:
        """Return whether a trial goes on after an epoch."""
        if epoch >= self._epochs:
            return True
        bracket, trial = self._brackets[number % len(self._brackets)], _Numbered(str(number))
        if number not in self._known:
            self._known.add(number)
            bracket.on_trial_add(_NoWaitingTrials(), trial)
        report = {EPOCH: epoch, VALUE: value}
        return bool(bracket.on_trial_result(_NoWaitingTrials(), trial, report) != STOP)


def _brackets(scheduler: Scheduler, objective: Objective) -> list[Any]:
    """One successive halving for each first rung; a trial's number says which it belongs to."""
    mode = "max" if objective.direction == "maximize" else "min"
    common = {"time_attr": EPOCH, "metric": VALUE, "mode": mode}
    if scheduler.name == "median":
        return [MedianStoppingRule(grace_period=scheduler.grace, **common)]
    starts = scheduler.rungs if scheduler.name == "hyperband" else scheduler.rungs[:1]
    return [
        AsyncHyperBandScheduler(
            max_t=scheduler.epochs - 0.5,  # no rung at the last epoch
            grace_period=start,
            reduction_factor=scheduler.factor,
            stop_last_trials=False,
            **common,
        )
        for start in starts
    ]
