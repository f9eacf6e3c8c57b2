"""How a sweep starts and when it stops: first points, earlier runs, goal and patience."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automl.launch.planning.initial_points import Point, read_points
from automl.launch.planning.options.advisor import AdvisorOptions, read_advisor
from automl.launch.planning.priors.read_priors import SearchTask, read_priors
from automl.launch.request import RunRequest
from automl.skill import Skill
from automl.space import Space
from automl.sweep.stop_rules import StopGoal, parse_stop_goal
from automl.trial.data.staging import Staged
from automl.trial.objective import Objective


@dataclass(frozen=True)
class SweepOptions:
    """With which points a sweep starts, and when it stops.

    Attributes:
        enqueue: complete configurations to run after the default.
        prior: folders of earlier runs whose finished trials feed the sampler.
        weighed: runs of other tasks, and files, that may propose points as far as they predict.
        stop: the goal as the user wrote it; once a trial reaches it, no more trials start.
        patience: after how many trials in a row without improvement no more trials start.
        repeats: whether a configuration may be tried again.
        advisor: the program that may propose points, None without one.
    """

    enqueue: tuple[Point, ...] = ()
    prior: tuple[str, ...] = ()
    stop: str | None = None
    patience: int | None = None
    repeats: bool = False
    advisor: AdvisorOptions | None = None
    weighed: tuple[str, ...] = ()

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
            **({"advisor": self.advisor.to_dict()} if self.advisor else {}),
            **({"weighed": list(self.weighed)} if self.weighed else {}),
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
            AdvisorOptions.from_dict(data["advisor"]) if data.get("advisor") else None,
            tuple(data.get("weighed", ())),
        )


def read_sweep_options(
    request: RunRequest,
    space: Space | None,
    base: Mapping[str, Any],
    objectives: Sequence[Objective],
    skill: Skill,
    sources: Mapping[str, Staged],
) -> tuple[SweepOptions, tuple[str, ...]]:
    """Return how the sweep of a request starts and stops, and notes on it.

    Raises:
        InputError: an option is malformed, or names what is not searched.
    """
    if space is None:
        return SweepOptions(), ()
    leaves = skill.schema(request.action).leaves
    points, notes = read_points(request.enqueue, space, base, leaves, skill.info.shorthand)
    task = SearchTask(skill, request.action, space, base, objectives, sources)
    priors = read_priors(request.prior, task)
    notes += priors.notes
    sweep_options = SweepOptions(
        tuple(points),
        priors.same_task,
        request.stop,
        request.patience,
        bool(request.allow_repeats),
        read_advisor(request),
        priors.weighed,
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
