"""What each trial of a plan gets of what there is: the same for the review and for the sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automl.launch.plan import Plan

if TYPE_CHECKING:
    from automl.sweep.resources import Capacity, TrialResources


def trial_resources(plan: Plan, capacity: Capacity) -> TrialResources:
    """Return what one trial of a sweep's plan gets, and how many run side by side.

    Raises:
        InputError: one trial needs more than any node has.
    """
    from automl.sweep.resources import decide_resources

    demand = plan.demand
    return decide_resources(
        capacity,
        devices=plan.devices,
        ranks=plan.mode.mode == "ranks",
        trials=plan.trials,
        cpus_per_trial=demand.cpus,
        gpus_per_trial=demand.gpus,
        max_concurrent=plan.wishes.max_concurrent,
        custom=demand.custom,
    )
