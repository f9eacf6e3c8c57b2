"""Everything that a run resolves before it launches, as one value that is printed and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from automl.launch.planning.container import choose_container
from automl.launch.planning.evaluation.final_test import plan_final_test
from automl.launch.planning.evaluation.measuring import plan_evaluation, start_checkpoint
from automl.launch.planning.hardware import local_hardware_notes
from automl.launch.planning.options.resource import (
    ResourceOptions,
    cache_note,
    read_resource_options,
)
from automl.launch.planning.options.sweep import SweepOptions
from automl.launch.planning.options.trial import TrialOptions, read_loggers
from automl.launch.planning.parents.parent_run import RESUME_RULES, Inherited
from automl.launch.planning.preflight import preflight
from automl.launch.planning.probe import (
    probe_notes,
    probe_skipped_note,
    probe_space,
    trial_seconds,
    wants_probe,
)
from automl.launch.planning.resources import Demand, demand_of, devices_of, name_gpus
from automl.launch.planning.run_folder import drop_empty_folder, make_default_folder
from automl.launch.planning.search import Search, read_search
from automl.launch.planning.spec import RunSpec, placed_keys, resolve_spec
from automl.launch.planning.task import Task, read_task
from automl.launch.request import RunRequest
from automl.policy import PolicyChoice, Route
from automl.results.champion.confirmation_plan import Confirm
from automl.results.champion.final_test import FinalTest
from automl.search.population.schedule import Population
from automl.search.scheduler import Scheduler
from automl.skill import Skill
from automl.skill.info import is_training
from automl.space import Space
from automl.space.budget import epoch_budget
from automl.trial.child_start import container_program
from automl.trial.container.settings import Container
from automl.trial.costs import Costs
from automl.trial.data.cache import use_cache_dir
from automl.trial.data.roots import DataRoots
from automl.trial.data.staging import Staged
from automl.trial.evaluation import TrialEvaluation
from automl.trial.files.disk import CheckpointSize
from automl.trial.mode import ModeChoice, choose_mode
from automl.trial.objective import Objective


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


@dataclass(frozen=True)
class Plan:
    """A run in which every option is resolved, before anything is written or launched.

    Attributes:
        space: the searched parameters; None for a direct run.
        trials: the budget, None where only time limits the sweep.
        placed: spec keys of files and folders in the run's folder -> their relative paths; each
            trial gets its own.
        notes: what was inferred or changed on the way, for the user to read.
        warnings: where files that the skill packages disagree; they keep no run from starting.
        data_lines: what the skill's preflight says of the data.
        resource_options: what the user wants each trial to get, and where.
        sweep_options: first points, earlier runs, goal and patience.
        confirm: how the best are trained again at the end; None for not at all.
        final: how champion and defaults are measured at the end; None for a direct run.
        loggers: services that the trials are logged to, beside the tables.
        population: how population based training splits the budget; None for other algorithms.
        further: what is optimised beside ``objective``, which alone picks the champion.
        checkpoints: how large the skill says its checkpoints are, None where it does not.
        sources: spec keys of the data -> where they lie for every node, and on this machine.
        roots: the data roots that the user gave.
        inherited: which values of the spec come from a parent run's; None without a parent.
        container: the container that each trial gets; None for none.
        created: when the run was planned first.
        evaluation: the skill's action that measures each trained trial; None where the trainer
            does, or a command of the user's.
        start_checkpoint: what the trials start from, which ``evaluation`` measures once; None for
            none, or where nothing measures it.
        trial_options: limits, retries and checkpoints of each trial, and where metrics are read.
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
    resource_options: ResourceOptions
    trial_options: TrialOptions = TrialOptions()
    costs: Costs = Costs()
    sources: Mapping[str, Staged] = field(default_factory=dict)
    checkpoints: CheckpointSize | None = None
    sweep_options: SweepOptions = SweepOptions()
    confirm: Confirm | None = None
    final: FinalTest | None = None
    loggers: tuple[str, ...] = ()
    further: tuple[Objective, ...] = ()
    population: Population | None = None
    roots: DataRoots = DataRoots()
    inherited: Inherited | None = None
    warnings: tuple[str, ...] = ()
    container: Container | None = None
    evaluation: TrialEvaluation | None = None
    start_checkpoint: Path | None = None
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
    def resume_keys(self) -> tuple[str, ...]:
        """The spec keys that name a checkpoint to go on from; empty where the skill has none."""
        rules = self.skill.info.spec_params.get(self.action, {})
        return tuple(key for key, rule in rules.items() if rule in RESUME_RULES)

    @property
    def trained_metric(self) -> str:
        """The skill's own metric, which the trainer reports; empty where it names none."""
        return self.skill.action(self.action).metric or self.skill.info.metric or ""

    @property
    def containers(self) -> tuple[tuple[Container, str], ...]:
        """The containers that each trial gets, with the program that runs in each."""
        pairs = [(self.container, self.skill.action(self.action))]
        if self.evaluation is not None:
            pairs.append((self.evaluation.container, self.evaluation.action))
        return tuple(
            (container, container_program(action)) for container, action in pairs if container
        )

    @property
    def storage(self) -> str | None:
        """The URL at which a copy of the run is kept, None for the run's folder alone."""
        place = self.resource_options.storage
        return f"{place.rstrip('/')}/{self.output.name}" if place else None

    @property
    def demand(self) -> Demand:
        """The resources that one trial asks for."""
        return self._demand(self.devices)

    def _demand(self, devices: int) -> Demand:
        resource_options, action = self.resource_options, self.skill.action(self.action)
        return demand_of(
            resource_options.cpus_per_trial,
            resource_options.gpus_per_trial,
            resource_options.resources,
            devices=devices,
            skill=action.resources,
        )

    @property
    def mode(self) -> ModeChoice:
        """How a trial runs: in its actor's process, on ranks, or as a child process."""
        return choose_mode(
            self.skill.action(self.action),
            devices=self.devices,
            isolate=self.trial_options.isolate,
            sweep=self.space is not None,
            container=self.container,
        )


def make_plan(
    request: RunRequest,
    meanwhile: Callable[[Plan], None] | None = None,
    *,
    make_folder: bool = False,
) -> Plan:
    """Resolve a request completely; nothing of the run is written.

    Args:
        request: what the user asks for.
        meanwhile: is called with the plan before the skill looks at its data, which takes longest,
            or after its probe, where it has one.
        make_folder: whether the folder of a run without ``--output`` is made at once, empty, so
            that no other run takes its name; its caller removes it where the run never begins.

    Raises:
        InputError: anything about the request, the skill, the spec, the data or the disk is wrong.
    """
    if request.cache_dir is not None:
        use_cache_dir(Path(request.cache_dir).absolute())
    task = read_task(request)
    if request.output is not None or not make_folder:
        return _resolve(task, request, meanwhile)
    task = replace(task, output=make_default_folder(task.output))
    try:
        return _resolve(task, request, meanwhile)
    except BaseException:
        drop_empty_folder(task.output)
        raise


def _resolve(task: Task, request: RunRequest, meanwhile: Callable[[Plan], None] | None) -> Plan:
    """Return the plan of a task, with the findings of the skill's preflight and probe."""
    spec = resolve_spec(task, request)
    search = read_search(task, request, spec)
    plan = _plan(request, task, spec, search)
    if plan.space is not None:
        name_gpus(spec.values, task.skill.info, spec.user_keys, plan.devices, plan.mode.mode)
    probes = _probes(plan, request)
    if (
        meanwhile is not None and not probes
    ):  # a starting Ray would disturb the probe's measurements
        meanwhile(plan)
    plan = _with_probe(_with_preflight(plan, request), request)
    if meanwhile is not None and probes:
        meanwhile(plan)
    return plan


def _plan(request: RunRequest, task: Task, spec: RunSpec, search: Search) -> Plan:
    """Return the plan without the findings of the skill's preflight and probe."""
    objective, *further = task.objectives
    here = is_training(task.action) and request.address is None
    hardware = local_hardware_notes(task.skill.info.hardware) if here else ()
    here_notes = (*cache_note(request), *hardware)
    venv, action = task.trial_options.home, task.skill.action(task.action)
    container, contained = choose_container(request, task.skill, action, venv)
    evaluation = plan_evaluation(task, request, spec, container)
    return Plan(
        skill=task.skill,
        action=task.action,
        policy=task.policy,
        route=task.route,
        objective=objective,
        further=tuple(further),
        population=search.population,
        spec=spec.values,
        user_keys=spec.user_keys,
        inherited=spec.inherited,
        space=search.space,
        algorithm=search.algorithm,
        algorithm_reason=search.reason,
        scheduler=search.scheduler,
        trials=search.trials,
        time_budget_s=search.time_budget_s,
        seed=request.seed,
        output=task.output,
        placed=placed_keys(spec.values, task.output),
        notes=(*task.notes, *spec.notes, *search.notes, *here_notes, *contained),
        container=container,
        evaluation=evaluation,
        start_checkpoint=start_checkpoint(task, spec) if evaluation else None,
        warnings=spec.warnings,
        data_lines=(),
        resource_options=read_resource_options(request),
        trial_options=task.trial_options,
        sweep_options=search.sweep_options,
        sources=spec.sources,
        roots=spec.roots,
        confirm=search.confirm,
        final=plan_final_test(task, request, spec),
        loggers=read_loggers(request.loggers),
    )


def _with_preflight(plan: Plan, request: RunRequest) -> Plan:
    """Add what the skill's preflight says of the data and of the checkpoints' size."""
    found = preflight(
        plan.skill.action(plan.action),
        plan.skill.directory,
        plan.spec if plan.space is None else plan.space.apply({}, plan.spec),
        here=request.address is None,
        direct=plan.space is None,
        user_keys=plan.user_keys,
        child=plan.mode.mode.is_child,
        venv=plan.trial_options.home,
        contained=plan.container is not None,
    )
    return replace(plan, data_lines=found.lines, checkpoints=found.checkpoints)


def _probes(plan: Plan, request: RunRequest) -> bool:
    sweep, here = plan.space is not None, request.address is None
    return wants_probe(request.probe, plan.skill.action(plan.action), sweep=sweep, here=here)


def _with_probe(plan: Plan, request: RunRequest) -> Plan:
    """Add the measured costs of trials, where the skill's probe runs before the launch."""
    action = plan.skill.action(plan.action)
    if not _probes(plan, request):
        said = probe_skipped_note(request.probe, action, request.address) if plan.space else ()
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
    said = probe_notes(costs, default, took, plan.trials, epochs)
    return replace(plan, costs=costs, notes=(*plan.notes, *said))
