"""First come, first served, at the same cost for the last trial as for the first.

Tune's own looks through all trials of the sweep, twice at each of its steps, for one that waits:
at 1,000 trials 2 % of the driver's time, and growing with their number.
"""

from __future__ import annotations

from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler

from automl.sweep.fields import NUMBER
from automl.sweep.hooks import NotKept


class Fifo(NotKept, FIFOScheduler):  # type: ignore[misc]
    """Lets trials run to their end, in the order of their numbers; none is ever paused."""

    def choose_trial_to_run(self, tune_controller: Any) -> Any:
        """Return the waiting trial with the lowest number, None where none waits."""
        live = tune_controller.get_live_trials()
        waiting = (trial for trial in live if trial.status == Trial.PENDING)
        return min(waiting, key=lambda trial: trial.config[NUMBER], default=None)
