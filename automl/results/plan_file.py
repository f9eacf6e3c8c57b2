"""The plan that a run's folder holds, and what it says of the run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from automl.constants import PLAN_FILE
from automl.errors import InputError
from automl.trial.objective import Objective


def read_plan(folder: Path) -> dict[str, Any]:
    """Return a run's plan.

    Raises:
        InputError: the folder holds no plan, so it is no run's folder.
    """
    path = folder / PLAN_FILE
    if not path.is_file():
        raise InputError(f"{folder} is no run's folder: it has no {PLAN_FILE}")
    plan = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(plan, dict):
        raise InputError(f"{path} is damaged: it holds no mapping")
    return plan


def objective_of(plan: Mapping[str, Any]) -> Objective:
    """Return what the run of a plan optimises."""
    return Objective(plan["metric"], plan["direction"])


def further_of(plan: Mapping[str, Any]) -> tuple[Objective, ...]:
    """Return what the run of a plan optimises beside its first objective."""
    return tuple(Objective(each["metric"], each["direction"]) for each in plan.get("further", ()))


def is_sweep(plan: Mapping[str, Any]) -> bool:
    """Return whether the run of a plan is a sweep, which can be taken up again."""
    return plan.get("space") is not None
