"""What one trial is to get: the user's word first, then the spec's devices, then the skill's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from automl.errors import InputError

CPUS: Final = "cpus"
GPUS: Final = "gpus"
_OWN_OPTION: Final = {
    "cpu": "--cpus-per-trial", "cpus": "--cpus-per-trial",
    "gpu": "--gpus-per-trial", "gpus": "--gpus-per-trial",
}  # fmt: skip


@dataclass(frozen=True)
class Demand:
    """Resources of one trial; None where the run decides."""

    cpus: float | None = None
    gpus: float | None = None
    custom: Mapping[str, float] = field(default_factory=dict)


def demand_of(
    cpus: float | None,
    gpus: float | None,
    custom: Mapping[str, float],
    *,
    devices: int,
    skill: Mapping[str, float],
) -> Demand:
    """Return what one trial takes.

    Args:
        cpus, gpus, custom: what the user asked for; each of them wins.
        devices: devices that the spec asks for; more than one wins over the skill's ``gpus``.
        skill: the action's ``resources``: ``cpus``, ``gpus`` and names of custom resources.
    """
    declared = dict(skill)
    own_cpus, own_gpus = declared.pop(CPUS, None), declared.pop(GPUS, None)
    if devices > 1:
        own_gpus = None
    return Demand(
        own_cpus if cpus is None else cpus,
        own_gpus if gpus is None else gpus,
        {**declared, **custom},
    )


def resource_fault(name: str, amount: Any) -> str:
    """Return what is wrong with one custom resource of a request, empty where nothing is."""
    if name.lower() in _OWN_OPTION:
        return f"--resource {name}: use {_OWN_OPTION[name.lower()]}"
    number = isinstance(amount, int | float) and not isinstance(amount, bool)
    if not name or not number or not math.isfinite(amount) or amount <= 0:
        return f"--resource {name}={amount} must be a name and a positive number"
    if amount > 1 and amount != int(amount) and name != "memory":
        return f"--resource {name}={amount:g}: above 1 it must be whole"
    return ""


def read_amount(text: Any) -> float:
    """Return a resource's amount from a text or a number.

    Raises:
        InputError: it is no number.
    """
    try:
        return float("" if isinstance(text, bool) else text)
    except (TypeError, ValueError):
        raise InputError(f"the amount of a resource must be a number, is {text!r}") from None
