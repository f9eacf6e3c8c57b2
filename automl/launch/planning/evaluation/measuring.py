"""Plans the action that measures each trained trial: its spec, its data, its container."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from automl.constants import SPEC_FILE
from automl.errors import InputError
from automl.launch.planning.container import choose_container
from automl.launch.planning.options.objective import own_overrides
from automl.launch.planning.parents.parent_run import (
    PARENT_RULES,
    RESUME_RULES,
    TUNING_RULES,
    ParentRun,
)
from automl.launch.planning.spec import RunSpec, placed_keys, resolve_spec
from automl.launch.planning.task import Task, read_task
from automl.launch.request import RunRequest
from automl.skill import Skill
from automl.spec.checkpoints import SUFFIXES
from automl.spec.inferred import is_empty
from automl.spec.nested import flatten, get_path
from automl.trial.container.settings import Container
from automl.trial.data.roots import DataRoots
from automl.trial.evaluation import TrialEvaluation

_OF_A_PART: Final = re.compile(r"backbone|encoder|teacher", re.IGNORECASE)
_LATER: Final = "checkpoint-of-the-trial"  # stands for what is known once a trial is trained


class _Trained(ParentRun):
    """Stands in for a trial that is not trained yet, as the parent run of its measurement."""

    def best(self, metric: str | None, direction: str | None) -> Path:
        """Return what stands for its checkpoint."""
        return self.newest()

    def newest(self) -> Path:
        """Return what stands for its checkpoint."""
        return self.folder / _LATER / f"{_LATER}.pth"


def plan_evaluation(
    task: Task, request: RunRequest, spec: RunSpec, container: Container | None
) -> TrialEvaluation | None:
    """Return how the action of ``--objective`` measures trials; None where the trainer does.

    It gets what ``--parent TRIAL`` would give it: the trial's values, and its data.

    Args:
        task, request, spec: of the training.
        container: what the training runs in; the action gets one of the same run.

    Raises:
        InputError: data of the action are missing, or a value of its spec is invalid.
    """
    if task.measured_by is None:
        return None
    name = task.measured_by.action
    try:
        return _planned(task, request, spec, container)
    except InputError as error:
        raise InputError(f"--objective {name}: {error}") from error


def start_checkpoint(task: Task, spec: RunSpec) -> Path | None:
    """Return the checkpoint that the training starts from; None where it starts from no model.

    Weights of a backbone alone are none: nothing can measure them.
    """
    rules = task.skill.info.spec_params.get(task.action, {})
    resumed = [key for key, rule in rules.items() if rule in RESUME_RULES]
    tuned = [key for key, rule in rules.items() if rule in (*TUNING_RULES, *PARENT_RULES)]
    whole = (key for key in (*resumed, *tuned) if not _OF_A_PART.search(key))
    values = (get_path(spec.values, key, None) for key in whole)
    files = (Path(value) for value in values if isinstance(value, str) and not is_empty(value))
    found = next((file for file in files if file.is_file() and file.suffix in SUFFIXES), None)
    return found.absolute() if found else None


def _planned(
    task: Task, request: RunRequest, spec: RunSpec, container: Container | None
) -> TrialEvaluation:
    assert task.measured_by is not None
    skill, name = task.skill, task.measured_by.action
    action, trained = skill.action(name), _to_be_trained(task, spec)
    wanted = _request(task, request, name)
    measuring = read_task(wanted, trained)
    resolved = resolve_spec(measuring, wanted)
    if not action.command and action.execution is None:
        raise InputError(f"action {name} of {skill.info.name} has no command")
    values, checkpoint = flatten(resolved.values), str(trained.newest())
    model = tuple(key for key, value in values.items() if value == checkpoint)
    folders = tuple(key for key, value in values.items() if value == str(Path(checkpoint).parent))
    placed = placed_keys(resolved.values, task.output)
    return TrialEvaluation(
        action=action,
        metric=task.measured_by.metric,
        spec=resolved.values,
        model_keys=model,
        folder_keys=folders,
        follow=_followed(measuring.inherited or {}, spec.values, resolved.values),
        placed={key: path for key, path in placed.items() if key not in (*model, *folders)},
        sources=resolved.sources,
        container=_container(wanted, request, skill, name, container),
    )


def _request(task: Task, request: RunRequest, action: str) -> RunRequest:
    """Return the request that a user would make to measure one trial."""
    return RunRequest(
        skill_dir=task.skill.directory,
        action=action,
        policy="off",
        output=task.output,
        data=request.data,
        overrides=own_overrides(request, task.skill, task.measured_by, measuring=True),
        cache_dir=request.cache_dir,
        venv=request.venv if task.skill.action(action).execution is not None else None,
        container=request.container,
        container_args=request.container_args,
    )


def _to_be_trained(task: Task, spec: RunSpec) -> ParentRun:
    """Return what stands for a trial: it has the spec of the training, and its data."""
    roots: DataRoots = spec.roots
    return _Trained(
        folder=task.output,
        last=task.output,
        spec=spec.values,
        spec_file=task.output / SPEC_FILE,
        action=task.action,
        skill_dir=task.skill.directory,
        sources=spec.sources,
        roots=roots.for_sources([*roots.named, *(each.source for each in spec.sources.values())]),
    )


def _followed(
    inherited: Mapping[str, Any], trained: Mapping[str, Any], spec: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return the keys whose value the action takes from the trial's spec."""
    missing = object()
    return tuple(
        key for key in inherited if get_path(spec, key, missing) == get_path(trained, key, None)
    )


def _container(
    wanted: RunRequest, request: RunRequest, skill: Skill, name: str, training: Container | None
) -> Container | None:
    """Return the container of the action, with the training's run in its label and name."""
    venv = Path(request.venv) if request.venv else None
    found, _ = choose_container(wanted, skill, skill.action(name), venv)
    if found is None or training is None:
        return found
    return replace(found, run=training.run)
