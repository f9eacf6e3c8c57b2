"""What one trial gets: CPUs, GPUs and custom resources, and how its spec names its devices."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from automl.errors import InputError, SpecError
from automl.skill import SkillInfo
from automl.spec.build import ResolvedSpec
from automl.spec.nested import get_path, merge, set_path
from automl.trial.mode import TrialMode

CPUS: Final = "cpus"
GPUS: Final = "gpus"


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
        cpus, gpus, custom: what the user asked for, which comes first.
        devices: devices that the spec asks for; more than one overrides the skill's ``gpus``.
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


_FIRST = [0]


def devices_of(spec: Mapping[str, Any], key: str | None) -> int:
    """Return the number under the skill's ``gpu_spec_key``; one where there is none.

    Raises:
        SpecError: the value is no number of devices.
    """
    value = get_path(spec, key, None) if key else None
    if value in (None, "", 0):
        return 1
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
    if not whole or value < 0:
        raise SpecError(
            f"{key} says how many GPUs a trial takes (gpu_spec_key): it must be a whole number,"
            f" is {value!r}"
        )
    return int(value)


def with_gpus(resolved: ResolvedSpec, key: str | None, gpus: float | None) -> ResolvedSpec:
    """Return the spec with ``--gpus-per-trial`` under the skill's ``gpu_spec_key``.

    Without such a key, or with less than one GPU, the spec stays as it is: trials on CPUs (0) run
    as many ranks as the spec says.

    Raises:
        InputError: the user set the key to another number.
    """
    devices = devices_of(resolved.values, key)
    if key is None or gpus is None or gpus == 0 or devices == max(1, gpus):
        return resolved
    if key in resolved.user_keys or gpus < 1:
        raise InputError(
            f"{key} is {devices}, but --gpus-per-trial {gpus:g}: leave one of them out, or make"
            " them the same"
        )
    values = merge({}, resolved.values)
    set_path(values, key, int(gpus))
    notes = (*resolved.notes, f"{key} = {int(gpus)} (--gpus-per-trial)")
    return replace(resolved, values=values, user_keys=resolved.user_keys | {key}, notes=notes)


def name_gpus(
    spec: dict[str, Any],
    info: SkillInfo,
    user_keys: Collection[str],
    devices: int,
    mode: TrialMode,
) -> None:
    """Set the skill's ``gpu_ids_spec_key`` to the GPUs that a trial of a sweep sees.

    Ray gives each trial its GPUs through CUDA_VISIBLE_DEVICES, so a trial sees them as 0, 1, ...;
    each rank picks its own by its rank number.

    Raises:
        InputError: the user set the key to other GPUs.
    """
    key = info.gpu_ids_spec_key
    if key is None:
        return
    given, seen = get_path(spec, key, None), list(range(devices))
    if key in user_keys and given not in (None, _FIRST, seen):
        raise InputError(
            f"{key} {given!r}: a sweep hands GPUs out, and each trial sees its own as {seen}; leave"
            " it out (CUDA_VISIBLE_DEVICES says which GPUs a local sweep may use)"
        )
    set_path(spec, key, seen if mode.is_child else _FIRST)
