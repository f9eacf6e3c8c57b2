"""Everything that a run resolves before it launches, as one value that is printed and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from automl.launch.care import Care, read_care
from automl.launch.confirm import read_confirm
from automl.launch.course import Course, read_course
from automl.launch.demand import Demand, demand_of
from automl.launch.devices import devices_of, name_gpus, with_gpus
from automl.launch.loggers import read_loggers
from automl.launch.objective import choose_objectives
from automl.launch.parent import (
    check_takes_parent,
    inherited_values,
    read_parent,
)
from automl.launch.place import check_place, free_folder, new_folder, output_of
from automl.launch.population import read_population
from automl.launch.preflight import preflight
from automl.launch.probing import (
    probe_space,
    told_costs,
    told_unprobed,
    trial_seconds,
    wants_probe,
)
from automl.launch.request import RunRequest
from automl.launch.run_spec import complete_spec, placed_keys, without_results_keys
from automl.launch.searching import read_algorithm, read_scheduler, read_space
from automl.launch.sweep_only import sweep_options_without_sweep
from automl.launch.wishes import Wishes, cache_note, read_wishes
from automl.policy import PolicyChoice, Route, choose_route, read_policy
from automl.results.trainings import Confirm
from automl.search.population import Population
from automl.search.scheduler import Scheduler
from automl.skill import Skill, load_skill, packaged_skill_dir
from automl.space import Space
from automl.space.epochs import epoch_budget
from automl.spec.build import build_spec
from automl.spec.nested import merge
from automl.trial.cache import use_cache_dir
from automl.trial.checkpoint_size import CheckpointSize
from automl.trial.cost import Costs
from automl.trial.data import Staged
from automl.trial.mode import ModeChoice, choose_mode
from automl.trial.objective import Objective

_VERSIONS: Final = ("reid-automl", "ray", "optuna")


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


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
        created: when the run was planned first.
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
    created: str = field(default_factory=_now)

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
            "created": self.created,
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
    storage = request.storage if route.kind == "sweep" else None
    output = free_folder(request.output or output_of(storage, new_folder(skill)))
    resolved = build_spec(
        skill,
        request.action,
        spec_file=request.spec_file,
        overrides=request.overrides,
        inherited=inherited_values(parent, skill) if parent else None,
    )
    resolved = without_results_keys(skill, request, resolved)
    resolved = with_gpus(resolved, skill.info.gpu_spec_key, request.gpus_per_trial)
    spec, inferred, sources = complete_spec(skill, request, resolved, output, parent, objective)
    space = read_space(skill, request, resolved, spec) if route.kind == "sweep" else None
    course, said = read_course(request, space, spec, (objective, *further), skill.info.shorthand)
    scheduler = read_scheduler(skill, request, space, spec)
    algorithm, why, trials = read_algorithm(request, space, spec, scheduler, 1 + len(further))
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
        placed=placed_keys(spec, output),
        notes=(*unused, *resolved.notes, *inferred, *said, *cache_note(request)),
        data_lines=(),
        wishes=read_wishes(request),
        care=care,
        course=course,
        sources=sources,
        confirm=read_confirm(request, skill, space, spec),
        loggers=read_loggers(request.loggers),
    )
    mode = plan.mode.mode
    if space is not None:
        name_gpus(spec, skill.info, resolved.user_keys, plan.devices, mode)
    here, child = request.address is None, mode == "child"
    first = spec if space is None else space.apply({}, spec)
    found = preflight(action, skill.directory, first, here=here, child=child, venv=care.home)
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
