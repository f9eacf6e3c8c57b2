"""Everything that a run resolves before it launches, as one value that is printed and kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError
from automl.launch.care import Care, read_care
from automl.launch.confirm import read_confirm
from automl.launch.course import Course, read_course
from automl.launch.demand import Demand, demand_of
from automl.launch.devices import devices_of, name_gpus, with_gpus
from automl.launch.loggers import read_loggers
from automl.launch.objective import choose_objectives
from automl.launch.outputs import route_outputs, routed_keys
from automl.launch.parent import (
    Parent,
    check_takes_parent,
    inherited_data,
    inherited_values,
    read_parent,
)
from automl.launch.place import check_place, is_url, output_of
from automl.launch.population import read_population
from automl.launch.preflight import preflight
from automl.launch.probing import (
    probe_space,
    told_costs,
    told_unprobed,
    trial_seconds,
    wants_probe,
)
from automl.launch.request import DEFAULT_TRIALS, RunRequest
from automl.launch.sweep_only import sweep_options_without_sweep
from automl.policy import PolicyChoice, Route, choose_route, read_policy
from automl.results.trainings import Confirm
from automl.search.population import Population
from automl.search.scheduler import Scheduler, choose_scheduler
from automl.skill import DataSource, Skill, load_skill, packaged_skill_dir
from automl.space import Space, build_space
from automl.space.epochs import epoch_budget
from automl.spec.build import ResolvedSpec, build_spec, packaged_schema
from automl.spec.inferred import infer
from automl.spec.nested import flatten, get_path, merge, set_path
from automl.spec.validate import validate_spec
from automl.trial.cache import cache_dir, use_cache_dir
from automl.trial.checkpoint_size import CheckpointSize
from automl.trial.cost import Costs
from automl.trial.data import Staged, locate_data, stage
from automl.trial.mode import ModeChoice, choose_mode
from automl.trial.objective import Objective
from automl.trial.secrets import refuse_password

RUNS_FOLDER: Final = "runs"
OUTPUT_DIR: Final = "output_dir"
MIN_FREE_BYTES: Final = 256 * 2**20
_VERSIONS: Final = ("reid-automl", "ray", "optuna")


@dataclass(frozen=True)
class Wishes:
    """What the user wants each trial to get, and where; None lets the run decide."""

    max_concurrent: int | None = None
    cpus_per_trial: float | None = None
    gpus_per_trial: float | None = None
    address: str | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    storage: str | None = None


@dataclass(frozen=True)
class Plan:
    """A run, resolved: nothing was written or launched yet.

    Attributes:
        space: the searched parameters; None for a direct run.
        trials: the budget, None where only time limits the sweep.
        placed: spec keys of files and folders in the run's folder -> their relative paths; each
            trial gets its own.
        notes: what was inferred or changed on the way, for the user to read.
        data_lines: what the skill's preflight says of the data.
        wishes: what the user wants each trial to get, and where.
        course: first points, earlier runs, goal and patience.
        confirm: how the best are trained again at the end; None for not at all.
        loggers: where the trials are logged besides.
        population: how population based training splits the budget; None for other algorithms.
        further: what is optimised beside the objective, which alone picks the champion.
        checkpoints: how large the skill says its checkpoints are, None where it does not.
        sources: spec keys of the data -> where they lie for every node, and on this machine.
        care: limits, retries and checkpoints of each trial, and where its metrics are read.
    """

    skill: Skill
    action: str
    policy: PolicyChoice
    route: Route
    objective: Objective
    spec: Mapping[str, Any]
    user_keys: frozenset[str]
    space: Space | None
    algorithm: str
    algorithm_reason: str
    scheduler: Scheduler
    trials: int | None
    time_budget_s: float | None
    seed: int
    output: Path
    placed: Mapping[str, str]
    notes: tuple[str, ...]
    data_lines: tuple[str, ...]
    wishes: Wishes
    care: Care = Care()
    costs: Costs = Costs()
    sources: Mapping[str, Staged] = field(default_factory=dict)
    checkpoints: CheckpointSize | None = None
    course: Course = Course()
    confirm: Confirm | None = None
    loggers: tuple[str, ...] = ()
    further: tuple[Objective, ...] = ()
    population: Population | None = None

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """All that is optimised, the one that picks the champion first."""
        return (self.objective, *self.further)

    @property
    def devices(self) -> int:
        """How many devices one trial takes: the spec's number, else the GPUs of its demand."""
        key = self.skill.info.gpu_spec_key
        return devices_of(self.spec, key) if key else max(1, int(self._demand(1).gpus or 1))

    @property
    def storage(self) -> str | None:
        """The URL of the run's place, None where its folder is the only one."""
        place = self.wishes.storage
        return f"{place.rstrip('/')}/{self.output.name}" if place else None

    @property
    def demand(self) -> Demand:
        """What one trial is to get."""
        return self._demand(self.devices)

    def _demand(self, devices: int) -> Demand:
        wishes, action = self.wishes, self.skill.action(self.action)
        return demand_of(
            wishes.cpus_per_trial,
            wishes.gpus_per_trial,
            wishes.resources,
            devices=devices,
            skill=action.resources,
        )

    @property
    def mode(self) -> ModeChoice:
        """How a trial runs: in the process that asks, by ranks, or as a child."""
        return choose_mode(
            self.skill.action(self.action),
            devices=self.devices,
            isolate=self.care.isolate,
            sweep=self.space is not None,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain data, the content of ``plan.yaml``."""
        return {
            "created": datetime.now().astimezone().isoformat(timespec="seconds"),
            "skill": {
                "name": self.skill.info.name,
                "directory": str(self.skill.directory),
                "digest": self.skill.digest(),
            },
            "action": self.action,
            "route": self.route.kind,
            "route_reason": self.route.reason,
            "policy": self.policy.policy,
            "policy_reason": self.policy.reason,
            "metric": self.objective.metric,
            "direction": self.objective.direction,
            "population": self.population.to_dict() if self.population else None,
            "further": [asdict(objective) for objective in self.further],
            "algorithm": self.algorithm,
            "algorithm_reason": self.algorithm_reason,
            "scheduler": asdict(self.scheduler),
            "trials": self.trials,
            "time_budget_s": self.time_budget_s,
            "seed": self.seed,
            "mode": asdict(self.mode),
            "notes": list(self.notes),
            "data": list(self.data_lines),
            "user_keys": sorted(self.user_keys),
            "space": self.space.to_json() if self.space else None,
            "spec": merge({}, self.spec),
            "placed": dict(self.placed),
            "wishes": asdict(self.wishes),
            "care": asdict(self.care),
            "checkpoints": asdict(self.checkpoints) if self.checkpoints else None,
            "probes": self.costs.to_list(),
            "probed_trial_s": list(self.costs.trial_s),
            "sources": {key: asdict(source) for key, source in self.sources.items()},
            "course": self.course.to_dict(),
            "confirm": asdict(self.confirm) if self.confirm else None,
            "loggers": list(self.loggers),
            "versions": {name: version(name) for name in _VERSIONS},
        }


def make_plan(request: RunRequest) -> Plan:
    """Resolve a request completely; nothing of the run is written.

    Raises:
        InputError: anything about the request, the skill, the spec, the data or the disk is wrong.
    """
    if request.cache_dir is not None:
        use_cache_dir(request.cache_dir.absolute())
    parent = read_parent(request.parent) if request.parent is not None else None
    skill = load_skill(request.skill_dir or (parent and parent.skill_dir) or packaged_skill_dir())
    action = skill.action(request.action)
    if parent is not None:
        check_takes_parent(skill, request.action)
    policy = read_policy(request.policy, request.request)
    route = choose_route(
        policy.policy,
        action=request.action,
        enabled=skill.info.automl_enabled,
        runnability=skill.runnability(request.action),
    )
    unused = sweep_options_without_sweep(request, policy) if route.kind == "direct" else ()
    care = read_care(request, action, skill.info.memory, sweep=route.kind == "sweep")
    objective, *further = choose_objectives(
        skill.info, request.metrics, request.mode, needed=route.kind == "sweep"
    )
    check_place(request)
    output = _free_folder(request.output or output_of(request.storage, _new_folder(skill)))
    resolved = build_spec(
        skill,
        request.action,
        spec_file=request.spec_file,
        overrides=request.overrides,
        inherited=inherited_values(parent, skill) if parent else None,
    )
    resolved = _without_results_keys(skill, request, resolved)
    resolved = with_gpus(resolved, skill.info.gpu_spec_key, request.gpus_per_trial)
    spec, inferred, sources = _complete(skill, request, resolved, output, parent, objective)
    space = _space(skill, request, resolved, spec) if route.kind == "sweep" else None
    course, said = read_course(request, space, spec, (objective, *further), skill.info.shorthand)
    scheduler = _scheduler(skill, request, space, spec)
    algorithm, why, trials = _algorithm(request, space, spec, scheduler, 1 + len(further))
    points = 1 + len(course.enqueue)
    population = read_population(request, skill, space, spec, scheduler, points)
    if population is not None:
        why, trials = population.reason, population.trials
    plan = Plan(
        skill=skill,
        action=request.action,
        policy=policy,
        route=route,
        objective=objective,
        further=tuple(further),
        population=population,
        spec=spec,
        user_keys=resolved.user_keys,
        space=space,
        algorithm=algorithm,
        algorithm_reason=why,
        scheduler=scheduler,
        trials=trials,
        time_budget_s=request.time_budget_s,
        seed=request.seed,
        output=output,
        placed=_placed(spec, output),
        notes=(*unused, *resolved.notes, *inferred, *said),
        data_lines=(),
        wishes=Wishes(
            request.max_concurrent,
            request.cpus_per_trial,
            request.gpus_per_trial,
            request.address,
            dict(request.resources),
            request.storage if is_url(request.storage) else None,
        ),
        care=care,
        course=course,
        sources=sources,
        confirm=read_confirm(request, skill, space, spec),
        loggers=read_loggers(request.loggers),
    )
    mode = plan.mode.mode
    if space is not None:
        name_gpus(spec, skill.info, resolved.user_keys, plan.devices, mode)
    here = mode != "child" and request.address is None
    first = spec if space is None else space.apply({}, spec)
    found = preflight(action, skill.directory, first, here=here, venv=care.home)
    plan = replace(plan, data_lines=found.lines, checkpoints=found.checkpoints)
    return _probed(plan, request)


def _probed(plan: Plan, request: RunRequest) -> Plan:
    """The plan with the costs of its trials, where they are measured before the launch."""
    action, here = plan.skill.action(plan.action), request.address is None
    if not wants_probe(request.probe, action, sweep=plan.space is not None, here=here):
        said = told_unprobed(request.probe, action, request.address) if plan.space else ()
        return replace(plan, notes=(*plan.notes, *said))
    assert plan.space is not None
    costs, default, took = probe_space(
        action,
        plan.skill.info,
        plan.skill.directory,
        plan.space,
        plan.spec,
        request.gpus_per_trial or 1.0,
    )
    epochs = epoch_budget(plan.skill.schema(plan.action), plan.spec)
    costs = replace(costs, trial_s=trial_seconds(costs, default, epochs))
    said = told_costs(costs, default, took, plan.trials, epochs)
    return replace(plan, costs=costs, notes=(*plan.notes, *said))


def _complete(
    skill: Skill,
    request: RunRequest,
    resolved: ResolvedSpec,
    output: Path,
    parent: Parent | None,
    objective: Objective,
) -> tuple[dict[str, Any], tuple[str, ...], dict[str, Staged]]:
    """The spec with its data located and staged and its inferred keys filled, validated."""
    metric = objective.metric if request.metrics else (parent.metric if parent else None)
    spec = merge({}, resolved.values)
    sources = skill.info.data_sources.get(request.action, {})
    used = inherited_data(parent, skill, request.action) if parent and not request.data else {}
    for key in used.keys() - resolved.user_keys:
        set_path(spec, key, used[key])
    located = locate_data(sources, spec, request.data, resolved.user_keys)
    for key, location in located.items():
        set_path(spec, key, location)
    spec, notes = infer(
        skill,
        request.action,
        spec,
        resolved.user_keys,
        results_dir=output,
        parent_dir=parent.folder if parent else None,
        metric=metric,
        cache_dir=str(cache_dir() / skill.info.name) if request.cache_dir else None,
    )
    schema, routed = packaged_schema(skill, request.action), _routed(skill, request.action)
    route_outputs(spec, routed, output, present=True)
    if schema is not None:
        validate_spec(schema, spec, trusted=resolved.trusted)
    for key, value in flatten(spec).items():
        refuse_password(str(value), key)
    route_outputs(spec, routed, output)
    staged = {key: _staged(str(get_path(spec, key)), source) for key, source in sources.items()}
    for key, found in staged.items():
        set_path(spec, key, found.path)
    return spec, tuple(note for note in notes if not note.endswith(f"({OUTPUT_DIR})")), staged


def _staged(location: str, source: DataSource) -> Staged:
    everywhere = location if "://" in location else str(Path(location).absolute())
    return Staged(everywhere, stage(location, source), source.runtime)


def _placed(spec: Mapping[str, Any], output: Path) -> dict[str, str]:
    """Spec keys whose value lies in the run's folder -> its path relative to it."""
    inside = ((key, value) for key, value in flatten(spec).items() if isinstance(value, str))
    return {
        key: str(Path(value).relative_to(output))
        for key, value in inside
        if Path(value).is_relative_to(output)
    }


def _space(
    skill: Skill, request: RunRequest, resolved: ResolvedSpec, spec: Mapping[str, Any]
) -> Space:
    space = build_space(
        skill.schema(request.action),
        spec,
        user_keys=resolved.user_keys,
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


def _without_results_keys(
    skill: Skill, request: RunRequest, resolved: ResolvedSpec
) -> ResolvedSpec:
    """The spec without the results folders of a spec file: each trial gets its own.

    Naming one in an override is refused, since it could not be followed.
    """
    rules = skill.info.spec_params.get(request.action, {})
    placed = [key for key, rule in rules.items() if rule == OUTPUT_DIR]
    placed += _routed(skill, request.action)
    said = [key for key in placed if key in resolved.user_keys]
    if said and request.overrides:
        named = build_spec(skill, request.action, overrides=request.overrides).user_keys
        for key in named.intersection(said):
            raise InputError(f"{key} is set for each trial by the run: use --output DIR instead")
    values = merge({}, resolved.values)
    notes = [f"{key} of the spec file is replaced by each trial's folder" for key in said]
    for key in said:
        set_path(values, key, "")
    return replace(
        resolved,
        values=values,
        user_keys=resolved.user_keys - set(said),
        notes=(*resolved.notes, *notes),
    )


def _routed(skill: Skill, action: str) -> tuple[str, ...]:
    return routed_keys(skill.action(action), skill.info.spec_params.get(action, {}))


def _scheduler(
    skill: Skill, request: RunRequest, space: Space | None, spec: Mapping[str, Any]
) -> Scheduler:
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
    """The algorithm, why, and the budget: a grid that is given none runs to its end."""
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


def _new_folder(skill: Skill) -> Path:
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    return Path(RUNS_FOLDER) / f"{skill.info.name}-{stamp}"


def _free_folder(output: Path) -> Path:
    """The output folder, absolute: new or empty, with room on its disk."""
    folder = output.absolute()
    try:
        taken = folder.is_file() or (folder.is_dir() and any(folder.iterdir()))
        parent = next(p for p in (folder, *folder.parents) if p.exists())
    except OSError as error:
        raise InputError(f"{output} cannot be a run's folder: {error.strerror}") from error
    if taken:
        raise InputError(f"{output} exists and is not an empty folder: give another --output")
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(
            f"{output} cannot be made: {parent} is no folder to write into; give another --output"
        )
    free = shutil.disk_usage(parent).free
    if free < MIN_FREE_BYTES:
        raise InputError(
            f"no room for results: {free // 2**20} MiB are free at {parent},"
            f" at least {MIN_FREE_BYTES // 2**20} MiB are needed"
        )
    return folder
