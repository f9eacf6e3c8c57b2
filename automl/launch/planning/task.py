"""What a request means for its skill before a spec is resolved: which action, by which route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.constants import MEASURED_PREFIX, RouteKind
from automl.errors import InputError
from automl.launch.known_places import check_parent_skill
from automl.launch.planning.objectives import choose_objectives, is_guess, split_metric
from automl.launch.planning.options.objective import MeasuredBy, read_objective
from automl.launch.planning.options.trial import TrialOptions, read_trial_options
from automl.launch.planning.parents.find import find_parent
from automl.launch.planning.parents.parent_run import (
    ParentRun,
    check_takes_parent,
    inherited_values,
    skill_dir_of,
)
from automl.launch.planning.recipe import given_spec_file
from automl.launch.planning.run_folder import check_place, default_folder, free_folder
from automl.launch.request import OPTIONS, RunRequest
from automl.policy import PolicyChoice, Route, choose_route, read_policy
from automl.skill import Action, Skill, load_skill, packaged_skill_dir
from automl.skill.shell import shell_of
from automl.space.builder.selection import select
from automl.spec.files import POLICY_KEY, policy_in_file
from automl.trial.objective import Objective


@dataclass(frozen=True)
class Task:
    """A skill's action and how it is to be run.

    Attributes:
        parent: the earlier run whose checkpoint it starts from, None for none.
        objectives: what is optimised, the one that picks the champion first.
        goes_on: whether it goes on with the parent's training.
        output: the run's folder, which nobody has written into.
        notes: options that have no effect here.
        measured_by: the action that measures trained trials; None where the trainer does.
        spec_file: what the user gives over the packaged template, None for nothing.
    """

    skill: Skill
    action: str
    parent: ParentRun | None
    policy: PolicyChoice
    route: Route
    trial_options: TrialOptions
    objectives: tuple[Objective, ...]
    output: Path
    goes_on: bool = False
    notes: tuple[str, ...] = ()
    measured_by: MeasuredBy | None = None
    spec_file: Path | None = None

    @property
    def is_sweep(self) -> bool:
        """Whether it is a sweep, not one direct run."""
        return self.route.kind == RouteKind.SWEEP

    @property
    def trained_metric(self) -> str:
        """What the trainer itself reports and picks its best epoch by; empty if not known."""
        if self.measured_by is None and self.trial_options.eval_command is None:
            return self.objectives[0].metric
        return self.skill.action(self.action).metric or self.skill.info.metric or ""

    @property
    def inherited(self) -> Mapping[str, Any] | None:
        """The values that this run takes over from the parent's spec, None without a parent."""
        if self.parent is None:
            return None
        return inherited_values(self.parent, self.skill, self.action, goes_on=self.goes_on)


def read_task(request: RunRequest, parent: ParentRun | None = None) -> Task:
    """Return the task of a request; ``parent`` replaces the one that the request names.

    Raises:
        InputError: the skill, parent, policy, objectives or output folder cannot be used.
    """
    parent = parent or find_parent(request)
    if request.goes_on and parent is None:
        raise InputError("--continue goes on with a parent's training: name it with --parent RUN")
    of_parent = skill_dir_of(parent) if parent and request.skill_dir is None else None
    if parent and of_parent:
        check_parent_skill(parent.folder, of_parent)
    directory = Path(request.skill_dir or of_parent or packaged_skill_dir())
    overlay = None if request.overlay is None else str(request.overlay)
    skill = load_skill(directory, overlay)
    action = skill.action(request.action)
    if parent is not None:
        check_takes_parent(skill, request.action, goes_on=bool(request.goes_on))
    spec_file = given_spec_file(request, skill)
    policy = _policy(request, spec_file)
    route = choose_route(
        policy.policy,
        action=request.action,
        enabled=skill.info.automl_enabled,
        runnability=skill.runnability(request.action),
        obstacle=_obstacle(request, skill, action),
    )
    sweep = route.kind == RouteKind.SWEEP
    measured_by = read_objective(request, skill) if sweep else None
    return Task(
        skill=skill,
        action=request.action,
        parent=parent,
        policy=policy,
        route=route,
        trial_options=read_trial_options(request, action, skill.info, sweep=sweep),
        objectives=_objectives(request, skill, action, measured_by, needed=sweep),
        output=_output(request, skill, sweep=sweep),
        goes_on=bool(request.goes_on),
        notes=_notes(request, skill, action, policy, sweep=sweep),
        measured_by=measured_by,
        spec_file=spec_file,
    )


def _objectives(
    request: RunRequest,
    skill: Skill,
    action: Action,
    measured_by: MeasuredBy | None,
    *,
    needed: bool,
) -> tuple[Objective, ...]:
    if measured_by is None:
        return choose_objectives(skill.info, action, request.metric, request.mode, needed=needed)
    first = Objective(f"{MEASURED_PREFIX}{measured_by.metric}", measured_by.direction)
    named = tuple(name for name in request.metric if split_metric(name)[0] != first.metric)
    further = choose_objectives(skill.info, action, named, None, needed=True) if named else ()
    return (first, *further)


def _obstacle(request: RunRequest, skill: Skill, action: Action) -> str:
    """Say why an action that trains nothing cannot be swept; empty where it can."""
    runnability = skill.runnability(action.name)
    if action.trains or not runnability.ok:
        return "" if action.trains else runnability.reason
    own = action.metric or (action.is_measured and skill.info.metric)
    if not (request.metric or request.objective or own):
        key = f"actions.{action.name}.metric in skill_info"
        return f"nothing says what to optimise; give --metric NAME ({key})"
    named = request.search or request.ranges or request.choices
    if not named and not select(skill.schema(action.name), action=action.name).names:
        return "its schema has no parameter to search; name some with --search"
    return ""


def _overlay_note(skill: Skill, request: RunRequest) -> tuple[str, ...]:
    summary = skill.overlay_summary(request.action)
    return (f"overlay {summary} (--overlay none turns it off)",) if summary else ()


def _policy(request: RunRequest, file: Path | None) -> PolicyChoice:
    """Return the policy of the option, else of the spec file, else of the sentence.

    ``--continue`` goes on with one training, so only an explicit ``on`` contradicts it.

    Raises:
        InputError: it does.
    """
    if request.goes_on and request.policy == "on":
        raise InputError("--continue goes on with one training, no sweep: leave out --policy on")
    if request.goes_on:
        return PolicyChoice("off", "--continue goes on with one training")
    filed = policy_in_file(file) if file and request.policy is None else None
    if filed is None:
        return read_policy(request.policy, request.request)
    return PolicyChoice(read_policy(filed).policy, f"{POLICY_KEY} of {file}")


def _notes(
    request: RunRequest, skill: Skill, action: Action, policy: PolicyChoice, *, sweep: bool
) -> tuple[str, ...]:
    """Return what to say of options without effect, the metric's source and a command's shell."""
    notes = [*(_overlay_note(skill, request) if sweep else ())]
    notes += [] if sweep else sweep_options_without_sweep(request, policy)
    named = request.metric or request.objective
    if not named and not action.metric and action.is_measured and skill.info.metric_source:
        notes.append(f"metric {skill.info.metric} as {skill.info.metric_source} says")
    if sweep and not (named or request.mode) and is_guess(skill.info, action):
        notes.append(
            f"WARNING: nothing says whether more of {skill.info.metric} is better: it is maximised;"
            " --mode min minimises it"
        )
    shell = None if action.execution else shell_of(action.command)
    notes += [f"{shell} runs the command of {action.name}"] if shell else []
    return tuple(notes)


def _output(request: RunRequest, skill: Skill, *, sweep: bool) -> Path:
    check_place(request)
    storage = str(request.storage) if request.storage and sweep else None
    if request.output is not None:
        return free_folder(Path(request.output))
    return free_folder(default_folder(skill, storage), default=True)


def sweep_options_without_sweep(request: RunRequest, policy: PolicyChoice) -> tuple[str, ...]:
    """Return a note on the options of a request that have no effect on a direct run.

    They are ignored where the skill, not the user, made it a direct run, and always where they
    come from a config file: one file serves a sweep and, with ``--policy off``, a plain training.

    Raises:
        InputError: the user asked for a direct run and gave such options beside the config file.
    """
    given = [o for o in OPTIONS.values() if o.sweep_only and o.is_given(getattr(request, o.name))]
    filed = [option for option in given if option.name in request.configured]
    typed = [option.flag for option in given if option.name not in request.configured]
    if typed and policy.policy == "off":
        only, them = ("acts", "it") if len(typed) == 1 else ("act", "them")
        raise InputError(
            f"{', '.join(typed)} {only} in sweeps alone, and this is one direct run"
            f" (policy {policy.policy}: {policy.reason}): leave {them} out"
        )
    keys = ", ".join(option.flag.removeprefix("--") for option in filed)
    files = ", ".join(dict.fromkeys(request.configured[option.name] for option in filed))
    named = [*typed, *([f"{keys} of {files}"] if filed else [])]
    return (f"no effect on one direct run: {', '.join(named)}",) if named else ()
