"""What a request means for its skill before a spec is resolved: which action, by which route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.launch.care import Care, read_care
from automl.launch.objective import choose_objectives
from automl.launch.parent import (
    Parent,
    check_takes_parent,
    inherited_values,
    read_parent,
    skill_dir_of,
)
from automl.launch.place import check_place, free_folder, new_folder, output_of
from automl.launch.request import RunRequest
from automl.launch.sweep_only import sweep_options_without_sweep
from automl.policy import PolicyChoice, Route, choose_route, read_policy
from automl.skill import Skill, load_skill, packaged_skill_dir
from automl.trial.objective import Objective


@dataclass(frozen=True)
class Task:
    """A skill's action and how it is to be run.

    Attributes:
        parent: the earlier run whose checkpoint it starts from, None for none.
        objectives: what is optimised, the one that picks the champion first.
        output: the run's folder, which does not exist yet.
        notes: options that have no effect here.
    """

    skill: Skill
    action: str
    parent: Parent | None
    policy: PolicyChoice
    route: Route
    care: Care
    objectives: tuple[Objective, ...]
    output: Path
    notes: tuple[str, ...] = ()

    @property
    def is_sweep(self) -> bool:
        """Whether it is a sweep, not one direct run."""
        return self.route.kind == "sweep"

    @property
    def inherited(self) -> Mapping[str, Any] | None:
        """What the parent's spec says for this one, None without a parent."""
        return inherited_values(self.parent, self.skill) if self.parent else None


def read_task(request: RunRequest) -> Task:
    """Return the task of a request.

    Raises:
        InputError: skill, parent, policy, objectives or the run's place are of no use.
    """
    parent = read_parent(request.parent) if request.parent is not None else None
    theirs = skill_dir_of(parent) if parent and request.skill_dir is None else None
    skill = load_skill(request.skill_dir or theirs or packaged_skill_dir())
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
    sweep = route.kind == "sweep"
    notes = () if sweep else sweep_options_without_sweep(request, policy)
    return Task(
        skill=skill,
        action=request.action,
        parent=parent,
        policy=policy,
        route=route,
        care=read_care(request, action, skill.info.memory, sweep=sweep),
        objectives=choose_objectives(skill.info, request.metrics, request.mode, needed=sweep),
        output=_output(request, skill, sweep=sweep),
        notes=notes,
    )


def _output(request: RunRequest, skill: Skill, *, sweep: bool) -> Path:
    check_place(request)
    storage = request.storage if sweep else None
    return free_folder(request.output or output_of(storage, new_folder(skill)))
