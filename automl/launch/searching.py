"""What a sweep searches and how: its space, its scheduler, its algorithm and its budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from automl.errors import InputError
from automl.launch.confirm import read_confirm
from automl.launch.course import Course, read_course
from automl.launch.population import read_population
from automl.launch.request import DEFAULT_TRIALS, RunRequest
from automl.launch.run_spec import RunSpec
from automl.launch.task import Task
from automl.results.trainings import Confirm
from automl.search.population import Population
from automl.search.scheduler import Scheduler, choose_scheduler
from automl.skill import Skill
from automl.space import Space, build_space
from automl.space.epochs import epoch_budget


@dataclass(frozen=True)
class Search:
    """What is searched, how, and for how long.

    Attributes:
        space: None for a direct run, which searches nothing.
        reason: why this algorithm.
        trials: the budget, None where only time limits the sweep.
        notes: what the user should know of the course.
    """

    space: Space | None
    scheduler: Scheduler
    algorithm: str
    reason: str
    trials: int | None
    course: Course
    population: Population | None
    confirm: Confirm | None
    notes: tuple[str, ...] = ()


def read_search(task: Task, request: RunRequest, spec: RunSpec) -> Search:
    """Return the search of a request.

    Raises:
        InputError: space, scheduler, algorithm, course or confirmation cannot be had so.
    """
    skill, values, objectives = task.skill, spec.values, task.objectives
    space = _space(skill, request, spec) if task.is_sweep else None
    course, notes = read_course(request, space, values, objectives, skill.info.shorthand)
    scheduler = _scheduler(skill, request, space, values)
    algorithm, why, trials = _algorithm(request, space, values, scheduler, len(objectives))
    points = 1 + len(course.enqueue)
    population = read_population(request, skill, space, values, scheduler, points)
    if population is not None:
        why, trials = population.reason, population.trials
    confirm = read_confirm(request, skill, space, values)
    return Search(
        space, scheduler, algorithm, why, trials, course, population, confirm, tuple(notes)
    )


def _space(skill: Skill, request: RunRequest, spec: RunSpec) -> Space:
    """Return the space of a sweep.

    Raises:
        InputError: a wish cannot be met, or nothing is left to search.
    """
    space = build_space(
        skill.schema(request.action),
        spec.values,
        user_keys=spec.user_keys,
        search=request.search,
        ranges=request.ranges,
        choices=request.choices,
        weights=request.weights,
        allow_disabled=request.allow_disabled,
        shorthand=skill.info.shorthand,
        action=request.action,
    )
    if not space.parameters:
        raise InputError(
            "nothing is left to search: every default parameter is fixed or left out;"
            " name parameters with --search, or use --policy off"
        )
    return space


def _scheduler(
    skill: Skill, request: RunRequest, space: Space | None, spec: Mapping[str, Any]
) -> Scheduler:
    """Return the scheduler of a run.

    Raises:
        InputError: it is unknown, or has nothing to act on.
    """
    if space is None:
        return Scheduler(reason="one direct run has nobody to be compared with")
    epochs = epoch_budget(skill.schema(request.action), spec)
    return choose_scheduler(request.scheduler, request.algorithm, epochs)


def _algorithm(
    request: RunRequest,
    space: Space | None,
    spec: Mapping[str, Any],
    scheduler: Scheduler,
    objectives: int,
) -> tuple[str, str, int | None]:
    """Return the algorithm, why, and the budget: a grid that is given none runs to its end.

    Raises:
        InputError: the algorithm is unknown, or does not go with the space or another option.
    """
    trials = _trials(request)
    if space is None:
        return "none", "one direct run searches nothing", 1
    from automl.search.algorithm import check_algorithm, choose_algorithm
    from automl.search.situation import assess

    situation = assess(
        space,
        spec,
        trials=trials,
        concurrency=request.max_concurrent,
        rungs=scheduler.acts,
        objectives=objectives,
    )
    if request.allow_repeats:
        situation = replace(situation, configurations=None)
    algorithm = choose_algorithm(request.algorithm, situation)
    check_algorithm(algorithm.name, situation, space, spec, prior=bool(request.prior))
    if algorithm.name == "grid" and request.trials is None and request.time_budget_s is None:
        if request.allow_repeats:
            raise InputError("a grid that may repeat itself has no end: give --trials")
        trials = None
    return algorithm.name, algorithm.reason, trials


def _trials(request: RunRequest) -> int | None:
    if request.trials is None and request.time_budget_s is None:
        return DEFAULT_TRIALS
    return request.trials
