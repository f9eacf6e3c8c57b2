"""What a sweep searches and how: space, scheduler, algorithm, budget, population, confirmation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from automl.errors import InputError
from automl.launch.options import AUTO, parse_duration
from automl.launch.planning.count_data import data_counter
from automl.launch.planning.options.sweep import SweepOptions, read_sweep_options
from automl.launch.planning.scheduling import plan_scheduler
from automl.launch.planning.seed_key import find_seed_key
from automl.launch.planning.spec import RunSpec
from automl.launch.planning.task import Task
from automl.launch.request import DEFAULT_REPEATS, DEFAULT_TRIALS, RunRequest
from automl.results.champion.confirmation_plan import Confirm
from automl.results.champion.race import BASE
from automl.search.population.schedule import PBT, Population, make_population, mutable_names
from automl.search.scheduler import Scheduler
from automl.skill import Skill
from automl.space import Space, build_space
from automl.space.budget import epoch_budget
from automl.spec.nested import flatten, get_path, merge, set_path
from automl.spec.validate import validate_spec


@dataclass(frozen=True)
class Search:
    """What is searched, how, and for how long.

    Attributes:
        space: None for a direct run, which searches nothing.
        reason: why this algorithm is used.
        trials: the budget, None where only time limits the sweep.
        time_budget_s: seconds after which running trials are stopped, None for no limit.
        notes: what the user should know about its start and stop.
    """

    space: Space | None
    scheduler: Scheduler
    algorithm: str
    reason: str
    trials: int | None
    time_budget_s: float | None
    sweep_options: SweepOptions
    population: Population | None
    confirm: Confirm | None
    notes: tuple[str, ...] = ()


def read_search(task: Task, request: RunRequest, spec: RunSpec) -> Search:
    """Return the search of a request.

    Raises:
        InputError: the space, or an option of the search, does not fit the skill or another option.
    """
    skill, values, objectives = task.skill, spec.values, task.objectives
    space = _space(skill, request, spec) if task.is_sweep else None
    sweep_options, notes = read_sweep_options(
        request, space, values, objectives, skill, spec.sources
    )
    scheduler = plan_scheduler(skill, request, space, values, len(objectives))
    has_prior = bool(sweep_options.prior)
    algorithm, why, trials = _algorithm(
        request, space, values, scheduler, len(objectives), has_prior
    )
    points = 1 + len(sweep_options.enqueue)
    population = read_population(request, skill, space, values, scheduler, points)
    if population is not None:
        why, trials = population.reason, population.trials
    confirm = read_confirm(request, skill, space, values)
    return Search(
        space,
        scheduler,
        algorithm,
        why,
        trials,
        None if request.time_budget_s is None else parse_duration(request.time_budget_s),
        sweep_options,
        population,
        confirm,
        tuple(notes),
    )


def _space(skill: Skill, request: RunRequest, spec: RunSpec) -> Space:
    """Return the space of a sweep.

    Raises:
        InputError: an option names what cannot be searched, or nothing is left to search.
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
        counter=data_counter(skill, spec.values),
    )
    for key in (skill.info.holdout_key, skill.info.holdout_seed_key):
        if key in space.names:
            raise InputError(
                f"{key} cannot be searched: it decides which data measure a trial, and trials are"
                " compared on the same; --set it, or leave it out"
            )
    if not space.parameters:
        raise InputError(
            "nothing is left to search: every default parameter is fixed or left out;"
            " name parameters with --search, or use --policy off"
        )
    return space


def _algorithm(
    request: RunRequest,
    space: Space | None,
    spec: Mapping[str, Any],
    scheduler: Scheduler,
    objectives: int,
    has_prior: bool,
) -> tuple[str, str, int | None]:
    """Return the algorithm, its reason, and the budget of trials; a grid needs no budget.

    Raises:
        InputError: the algorithm is unknown, or does not go with the space or another option.
    """
    trials = _trials(request)
    if space is None:
        return "none", "one direct run searches nothing", 1
    from automl.search.algorithm import check_algorithm, choose_algorithm
    from automl.search.problem import assess

    problem = assess(
        space,
        spec,
        trials=trials,
        concurrency=request.max_concurrent,
        rungs=bool(scheduler.rungs),
        objectives=objectives,
    )
    if request.allow_repeats:
        problem = replace(problem, configurations=None)
    algorithm = choose_algorithm(request.algorithm, problem)
    check_algorithm(algorithm.name, problem, space, spec, prior=has_prior)
    if algorithm.name == "grid" and request.trials is None and request.time_budget_s is None:
        if request.allow_repeats:
            raise InputError("a grid that may repeat itself has no end: give --trials")
        trials = None
    return algorithm.name, algorithm.reason, trials


def _trials(request: RunRequest) -> int | None:
    if request.trials is None and request.time_budget_s is None:
        return DEFAULT_TRIALS
    return request.trials


def read_confirm(
    request: RunRequest, skill: Skill, space: Space | None, spec: Mapping[str, Any]
) -> Confirm | None:
    """Return the confirmation that a request asks for; None without one, or without a sweep.

    Raises:
        InputError: ``--repeats`` without ``--confirm``, the spec has no seed or searches it, or
            ``--confirm auto`` has too few trials to spare any.
    """
    if request.confirm is None or space is None:
        if request.repeats is not None and request.confirm is None:
            raise InputError("--repeats says how often --confirm K trains each of the K best again")
        return None
    key = find_seed_key(skill.info.seed_spec_key, request.action, spec)
    if key in space.names:
        raise InputError(f"--confirm gives {key} fresh values, but it is searched: leave it out")
    seed = get_path(spec, key)
    best, repeats = _confirm_size(request)
    confirm = Confirm(best, repeats, key, int(seed) + 1, race=True)
    last, schema = merge({}, spec), skill.schema(request.action)
    set_path(last, key, confirm.last_seed)
    trusted = {*flatten(last)} - {key}
    validate_spec(schema, last, allow_missing=schema.leaves, trusted=trusted, packaged=spec)
    return confirm


_SHARE: Final = 0.2
_MOST_CANDIDATES: Final = 5


def _confirm_size(request: RunRequest) -> tuple[int, int]:
    """How many candidates are trained again, and how often each on average.

    ``auto`` spends a fifth of the trials: as many on each of the candidates and the defaults as
    there are of them.
    """
    if request.confirm != AUTO:
        return int(request.confirm or 0), request.repeats or DEFAULT_REPEATS
    if request.repeats is not None:
        raise InputError("--confirm auto decides itself how often: leave --repeats out")
    trials = _trials(request)
    spared = int(_SHARE * trials) if trials else 0
    if spared < 2 * BASE:
        least = math.ceil(2 * BASE / _SHARE)
        raise InputError(f"--confirm auto spends a fifth of --trials, of {least} or more: give K")
    best = min(_MOST_CANDIDATES, max(1, round(math.sqrt(spared)) - 1))
    return best, spared // (best + 1)


RESUME: Final = "resume_model"


def read_population(
    request: RunRequest,
    skill: Skill,
    space: Space | None,
    spec: Mapping[str, Any],
    scheduler: Scheduler,
    points: int,
) -> Population | None:
    """Return the population that a request asks for; None without one.

    Args:
        request: what the user asked for.
        skill: its trainer must be able to resume from a checkpoint.
        space: what is searched, None for a direct run.
        spec: the resolved spec.
        scheduler: it must not stop trials.
        points: how many configurations are tried first, including the defaults.

    Raises:
        InputError: the skill cannot resume from a checkpoint, or an option contradicts pbt.
    """
    if request.algorithm != PBT or space is None:
        return None
    if RESUME not in skill.info.spec_params.get(request.action, {}).values():
        raise InputError(
            f"pbt lets trials go on from each other's checkpoints, and skill {skill.info.name}"
            f" names no spec key for that (spec_params: a key with the rule {RESUME}): use another"
            " --algorithm"
        )
    _check_options(request, scheduler)
    declared = skill.info.mutable.get(request.action)
    population = make_population(
        request.trials or DEFAULT_TRIALS,
        epoch_budget(skill.schema(request.action), spec),
        mutable_names(space, declared),
    )
    if points > population.size:
        raise InputError(
            f"pbt's first generation has {population.size} members, and the defaults with --enqueue"
            f" are {points}: enqueue fewer, or raise --trials"
        )
    return population


def _check_options(request: RunRequest, scheduler: Scheduler) -> None:
    if scheduler.acts:
        raise InputError("pbt replaces poor trials itself: use --scheduler none")
    if request.prior:
        raise InputError("pbt learns from its own generations alone: leave out --prior")
    if request.advisor is not None:
        raise InputError(
            "members of a population follow from those before them, so pbt takes no point of an"
            " advisor: leave out --advisor, or use another --algorithm"
        )
    if request.confirm is not None:
        raise InputError(
            "--confirm trains a configuration again from nothing, but a member of a population has"
            " had several: leave it out with pbt"
        )
