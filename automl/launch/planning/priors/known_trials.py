"""Reads finished trials of earlier runs that lie in this run's space, to warm-start its sampler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.constants import TrialState
from automl.errors import InputError
from automl.launch.planning.initial_points import complete, same_value, spec_of_trial
from automl.results.run import read_run
from automl.space import Space
from automl.spec.nested import get_path
from automl.trial.history import TrialHistory
from automl.trial.objective import Objective


@dataclass(frozen=True)
class KnownTrial:
    """One finished trial of an earlier run: its origin, its parameters, its best metric.

    ``further``: its values of the further objectives.
    """

    origin: str
    values: Mapping[str, Any]
    value: float
    further: tuple[float, ...] = ()


def known_trials(
    folder: Path, space: Space, base: Mapping[str, Any], objectives: Sequence[Objective]
) -> tuple[list[KnownTrial], str]:
    """Return the finished trials of the run in ``folder`` that lie in ``space``, and a note.

    A parameter that was not searched there has the value of that run's spec.

    Raises:
        InputError: the folder is no run's, or none of its trials can be used.
    """
    run = read_run(folder)
    spec = run.plan.get("spec") or {}
    finished = [h for h in run.searched_histories if h.state == TrialState.FINISHED]
    found = list(_usable(folder, finished, spec, space, base, objectives))
    if not found:
        raise InputError(
            f"--prior {folder}: none of its {len(finished)} finished trials reports"
            f" {', '.join(o.metric for o in objectives)} and lies in this space"
        )
    searched = {name for history in finished for name in history.start.params}
    fixed = sorted(searched - set(space.names))
    note = f"{len(found)} of {len(finished)} finished trials of {folder} feed the sampler"
    return found, note + (f"; searched there, not here: {', '.join(fixed)}" if fixed else "")


def _usable(
    folder: Path,
    finished: list[TrialHistory],
    spec: Mapping[str, Any],
    space: Space,
    base: Mapping[str, Any],
    objectives: Sequence[Objective],
) -> Iterator[KnownTrial]:
    objective, *others = objectives
    for history in finished:
        best = history.best_epoch(objective)
        values = _within(spec_of_trial(spec, history.start.params), space, base)
        also = tuple(history.reached(each.metric, objective) for each in others)
        if best is not None and values is not None and None not in also:
            origin = f"{folder.absolute()}#{history.number}"
            further = tuple(value for value in also if value is not None)
            yield KnownTrial(origin, values, float(best.kpi[objective.metric]), further)


def _within(
    whole: Mapping[str, Any], space: Space, base: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Return the parameters of ``space`` in ``whole``; None if one lies outside of the space."""
    wanted = {name: get_path(whole, name, None) for name in space.names}
    found = complete(wanted, space, base)
    inside = all(same_value(space, name, wanted[name], value) for name, value in found.items())
    return found if inside else None
