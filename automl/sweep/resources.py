"""What one trial takes and how many run side by side: a value with its reason."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from automl.errors import InputError

MAX_SHARE_OF_CPUS: Final = 4  # CPU trials: at most this many side by side unless asked otherwise


@dataclass(frozen=True)
class Capacity:
    """What the machine or cluster has."""

    cpus: float
    gpus: float


@dataclass(frozen=True)
class TrialResources:
    """CPUs and GPUs of one trial, and how many trials run side by side."""

    cpus: float
    gpus: float
    concurrency: int
    reason: str


def decide_resources(
    capacity: Capacity,
    *,
    devices: int,
    trials: int | None,
    cpus_per_trial: float | None = None,
    gpus_per_trial: float | None = None,
    max_concurrent: int | None = None,
) -> TrialResources:
    """Return what each trial gets.

    Args:
        capacity: what there is.
        devices: devices that the spec asks for (the skill's ``gpu_spec_key``); they count where
            the machine has GPUs at all.
        trials: the budget, None when only time limits it.
        cpus_per_trial, gpus_per_trial, max_concurrent: what the user asked for.

    Raises:
        InputError: one trial needs more than there is.
    """
    gpus = gpus_per_trial if gpus_per_trial is not None else float(devices if capacity.gpus else 0)
    cpus = cpus_per_trial if cpus_per_trial is not None else _cpus_per_trial(capacity, gpus)
    for name, need, have in (("GPU", gpus, capacity.gpus), ("CPU", cpus, capacity.cpus)):
        if need > have:
            raise InputError(
                f"one trial needs {need:g} {name}s, the machine has {have:g}:"
                f" lower --{name.lower()}s-per-trial"
            )
    limits = [
        capacity.cpus / cpus if cpus else math.inf,
        capacity.gpus / gpus if gpus else math.inf,
    ]
    room = max(1, int(min(limits))) if min(limits) != math.inf else 1
    concurrency = min(room, max_concurrent or room, trials or room)
    there = f"{capacity.cpus:g} CPUs and {capacity.gpus:g} GPUs"
    return TrialResources(
        cpus,
        gpus,
        concurrency,
        f"{there}; {cpus:g} CPUs and {gpus:g} GPUs a trial leave room for {room}",
    )


def _cpus_per_trial(capacity: Capacity, gpus: float) -> float:
    if gpus:
        return max(1.0, math.floor(capacity.cpus / max(1.0, capacity.gpus / gpus)))
    return float(math.ceil(capacity.cpus / MAX_SHARE_OF_CPUS))
