"""What each trial of a plan gets of what there is: the same for the review and for the sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from automl.errors import InputError
from automl.launch.plan import Plan

if TYPE_CHECKING:
    from automl.sweep.resources import Capacity, TrialResources


def trial_resources(plan: Plan, capacity: Capacity) -> TrialResources:
    """Return what one trial of a sweep's plan gets, and how many run side by side.

    Raises:
        InputError: one trial needs more than any node has, or GPUs where there are none.
    """
    from automl.sweep.resources import decide_resources

    _check_gpus(plan, capacity)
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


def _check_gpus(plan: Plan, capacity: Capacity) -> None:
    """Refuse several GPUs for a child process where there are none; ranks run on CPUs as well."""
    from automl.sweep.resources import GPU

    key, asked = plan.skill.info.gpu_spec_key, plan.wishes.gpus_per_trial
    gpus = capacity.total(GPU) if asked is None else asked
    if plan.mode.mode == "child" and plan.devices > 1 and key in plan.user_keys and not gpus:
        instead = ", or leave out --isolate" if plan.care.isolate else ""
        raise InputError(
            f"{key} is {plan.devices}, but a trial gets no GPU here ({plan.mode.reason}): set"
            f" {key}=1{instead}"
        )
