"""The file of a run's plan: written and read here alone, and what the keys of it say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from automl.constants import PLAN_FILE
from automl.errors import InputError
from automl.trial.objective import Objective

_HEAD_ENDS: Final = "\npolicy:"  # the keys before it say what the run is


def write_plan(folder: Path, content: Mapping[str, Any]) -> None:
    """Write a run's plan, atomically."""
    unfinished = folder / f".{PLAN_FILE}.tmp"
    unfinished.write_text(yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True))
    unfinished.replace(folder / PLAN_FILE)


def plan_text(folder: Path) -> str | None:
    """Return the text of a run's plan; None where the folder holds none."""
    path = folder / PLAN_FILE
    return path.read_text(encoding="utf-8") if path.is_file() else None


def parse_plan(text: str | None, folder: Path) -> dict[str, Any]:
    """Return the content of a plan whose text was read from ``folder``.

    Raises:
        InputError: there is no text, so the folder is no run's, or it holds no mapping.
    """
    if text is None:
        raise InputError(f"{folder} is no run's folder: it has no {PLAN_FILE}")
    plan = yaml.safe_load(text)
    if not isinstance(plan, dict):
        raise InputError(f"{folder / PLAN_FILE} is damaged: it holds no mapping")
    return plan


def parse_head(text: str | None) -> Mapping[str, Any]:
    """Return the first keys of a plan: to parse a hundred whole plans would take seconds."""
    head = yaml.safe_load((text or "").partition(_HEAD_ENDS)[0])
    return head if isinstance(head, Mapping) else {}


def objective_of(plan: Mapping[str, Any]) -> Objective:
    """Return what the run of a plan optimises."""
    return Objective(plan["metric"], plan["direction"])


def further_of(plan: Mapping[str, Any]) -> tuple[Objective, ...]:
    """Return what the run of a plan optimises beside its first objective."""
    return tuple(Objective(each["metric"], each["direction"]) for each in plan.get("further", ()))
