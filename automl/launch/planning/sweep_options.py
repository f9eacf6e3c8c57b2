"""How a sweep starts and when it stops: first points, earlier runs, goal and patience."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.launch.planning.initial_points import Point, read_points
from automl.launch.planning.warm_start import known_trials
from automl.launch.request import RunRequest
from automl.skill import Skill
from automl.space import Space
from automl.sweep.stop_rules import StopGoal, parse_stop_goal
from automl.trial.objective import Objective


@dataclass(frozen=True)
class SweepOptions:
    """With which points a sweep starts, and when it stops.

    Attributes:
        enqueue: complete configurations to run after the default.
        prior: folders of earlier runs whose finished trials feed the sampler.
        stop: the goal as the user wrote it; once a trial reaches it, no more trials start.
        patience: after how many trials in a row without improvement no more trials start.
        repeats: whether a configuration may be tried again.
    """

    enqueue: tuple[Point, ...] = ()
    prior: tuple[str, ...] = ()
    stop: str | None = None
    patience: int | None = None
    repeats: bool = False

    def goal(self, objective: Objective) -> StopGoal | None:
        """Return the goal, None without one."""
        return parse_stop_goal(self.stop, objective) if self.stop else None

    def to_dict(self) -> dict[str, Any]:
        """Return the options as plain data."""
        return {
            "enqueue": [dict(point) for point in self.enqueue],
            "prior": list(self.prior),
            "stop": self.stop,
            "patience": self.patience,
            "repeats": self.repeats,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SweepOptions:
        """Return the options that :meth:`to_dict` wrote."""
        return cls(
            tuple(data.get("enqueue", ())),
            tuple(data.get("prior", ())),
            data.get("stop"),
            data.get("patience"),
            data.get("repeats", False),
        )


def read_sweep_options(
    request: RunRequest,
    space: Space | None,
    base: Mapping[str, Any],
    objectives: Sequence[Objective],
    skill: Skill,
) -> tuple[SweepOptions, tuple[str, ...]]:
    """Return how the sweep of a request starts and stops, and notes on it.

    Raises:
        InputError: an option is malformed, or names what is not searched.
    """
    if space is None:
        return SweepOptions(), ()
    leaves = skill.schema(request.action).leaves
    points, notes = read_points(request.enqueue, space, base, leaves, skill.info.shorthand)
    folders = [str(Path(str(folder)).absolute()) for folder in request.prior]
    notes += [known_trials(Path(folder), space, base, objectives)[1] for folder in folders]
    sweep_options = SweepOptions(
        tuple(points),
        tuple(folders),
        request.stop,
        request.patience,
        bool(request.allow_repeats),
    )
    sweep_options.goal(objectives[0])
    notes += _first_counts(objectives) if len(objectives) > 1 else []
    return sweep_options, tuple(notes)


def _first_counts(objectives: Sequence[Objective]) -> list[str]:
    first, *others = (objective.metric for objective in objectives)
    return [
        f"{first} alone picks the champion in best/, the checkpoints that stay, and what --patience"
        f" waits for; the Pareto table weighs it against {', '.join(others)}"
    ]
