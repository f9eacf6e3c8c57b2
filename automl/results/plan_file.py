"""The file of a run's plan: written and read here alone, and what the keys of it say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from automl.checked_yaml import damaged, parse_mapping, read_text, write_checked
from automl.constants import PLAN_FILE
from automl.errors import InputError
from automl.results.files.shapes import PLAN
from automl.trial.objective import Objective

_SKILL: Final = "skill"
_HEAD_ENDS: Final = "\npolicy:"  # the keys before it say what the run is


class _Keys(dict[str, Any]):
    """A mapping of a plan that says which file is damaged where a key is missing."""

    def __init__(self, content: Mapping[str, Any], file: Path, place: str = "") -> None:
        super().__init__(content)
        self._file, self._place = file, place

    def __missing__(self, key: str) -> Any:
        raise damaged(self._file, f"it lacks {self._place}{key}")


def write_plan(folder: Path, content: Mapping[str, Any]) -> None:
    """Write a run's plan, atomically."""
    write_checked(folder / PLAN_FILE, content)


def plan_text(folder: Path) -> str | None:
    """Return the text of a run's plan; None where the folder holds none.

    Raises:
        DamagedFileError: it is not what was written.
    """
    return read_text(folder / PLAN_FILE)


def parse_plan(text: str | None, folder: Path) -> dict[str, Any]:
    """Return the content of a plan whose text was read from ``folder``.

    Raises:
        InputError: there is no text, so the folder is no run's, or it holds no plan.
    """
    if text is None:
        raise InputError(f"{folder} is no run's folder: it has no {PLAN_FILE}")
    plan = parse_mapping(text, folder / PLAN_FILE, PLAN)
    keys = _Keys(plan, folder / PLAN_FILE)
    if isinstance(plan.get(_SKILL), dict):
        keys[_SKILL] = _Keys(plan[_SKILL], folder / PLAN_FILE, f"{_SKILL}.")
    return keys


def parse_head(text: str | None) -> Mapping[str, Any]:
    """Return the first keys of a plan: to parse a hundred whole plans would take seconds."""
    try:
        head = yaml.safe_load((text or "").partition(_HEAD_ENDS)[0])
    except Exception:  # PyYAML lets errors of many types through; whoever needs the plan says it
        return {}
    return head if isinstance(head, Mapping) else {}


def objective_of(plan: Mapping[str, Any]) -> Objective:
    """Return what the run of a plan optimises."""
    return Objective(plan["metric"], plan["direction"])


def further_of(plan: Mapping[str, Any]) -> tuple[Objective, ...]:
    """Return what the run of a plan optimises beside its first objective."""
    return tuple(Objective(each["metric"], each["direction"]) for each in plan.get("further", ()))
