"""First come, first served, at the same cost for the last trial as for the first.

Tune's own looks through all trials of the sweep, twice at each of its steps, for one that waits:
at 1,000 trials 2 % of the driver's time, and growing with their number.

Ray Tune's schedulers behind our trial numbers, so that rungs outlive the driver.

A scheduler of Tune knows trials by the ids of one session. Here it hears of each trial under its
number in the run, and hears each epoch once: the rungs of a sweep that is taken up again are filled
from its ledger, and a trial that starts again is compared from where it was. Hyperband is the
asynchronous one (several successive halvings side by side), which never pauses a trial: Ray's
synchronous class pauses, and a paused function trial starts from nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ray.tune.experiment import Trial
from ray.tune.schedulers import (
    AsyncHyperBandScheduler,
    FIFOScheduler,
    MedianStoppingRule,
    TrialScheduler,
)

from automl.search.scheduler import Scheduler
from automl.sweep.callbacks import NotPickled
from automl.sweep.messages import EPOCH, KPI, NUMBER
from automl.trial.ledger_events import EpochEvent, LedgerEvent
from automl.trial.objective import Objective


class Fifo(NotPickled, FIFOScheduler):  # type: ignore[misc]
    """Lets trials run to their end, in the order of their numbers; none is ever paused."""

    def choose_trial_to_run(self, tune_controller: Any) -> Any:
        """Return the waiting trial with the lowest number, None where none waits."""
        live = tune_controller.get_live_trials()
        waiting = (trial for trial in live if trial.status == Trial.PENDING)
        return min(waiting, key=lambda trial: trial.config[NUMBER], default=None)


VALUE: Final = "objective"


@dataclass(frozen=True)
class _Numbered:
    """What Tune's schedulers need of a trial."""

    trial_id: str


class _NobodyWaits:
    """A controller without trials: the median rule pauses a trial where others wait."""

    def get_live_trials(self) -> list[Any]:
        """No trials."""
        return []


class Rungs(Fifo):
    """Stops trials that a scheduler of Tune gives up.

    Attributes:
        halted: the numbers of the trials that were stopped.
    """

    def __init__(self, scheduler: Scheduler, objective: Objective) -> None:
        super().__init__()
        self._epochs = scheduler.epochs
        self._key = f"{KPI}/{objective.metric}"
        self._brackets = _brackets(scheduler, objective)
        self._heard: dict[int, int] = {}
        self.halted: set[int] = set()

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Return whether the trial goes on after an epoch (``CONTINUE`` or ``STOP``)."""
        if EPOCH not in result or self._key not in result:
            return str(TrialScheduler.CONTINUE)
        number = trial.config[NUMBER]
        go_on = self.decide(number, result[EPOCH], result[self._key])
        if not go_on:
            self.halted.add(number)
        return str(TrialScheduler.CONTINUE if go_on else TrialScheduler.STOP)

    def decide(self, number: int, epoch: int, value: float) -> bool:
        """Return whether trial ``number`` goes on; its last epoch never counts as stopped."""
        known = self._heard.get(number)
        if (known is not None and epoch <= known) or epoch >= self._epochs:
            return True
        bracket = self._brackets[number % len(self._brackets)]
        trial = _Numbered(str(number))
        if known is None:
            bracket.on_trial_add(_NobodyWaits(), trial)
        self._heard[number] = epoch
        report = {EPOCH: epoch, VALUE: value}
        decision = bracket.on_trial_result(_NobodyWaits(), trial, report)
        return bool(decision != TrialScheduler.STOP)


def make_rungs(
    scheduler: Scheduler, objective: Objective, events: Iterable[LedgerEvent]
) -> Rungs | None:
    """Return the rungs of a sweep, filled with what its ledger's trials reported; None for none."""
    if not scheduler.acts:
        return None
    rungs = Rungs(scheduler, objective)
    for event in events:
        if isinstance(event, EpochEvent) and objective.metric in event.kpi:
            rungs.decide(event.number, event.epoch, event.kpi[objective.metric])
    return rungs


def _brackets(scheduler: Scheduler, objective: Objective) -> list[Any]:
    """Successive halvings, each from a later rung; a trial's number picks one."""
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
