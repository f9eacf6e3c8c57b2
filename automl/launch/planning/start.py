"""The files that a job starts from: a parent's checkpoint, a pretrained file, and their key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from automl.errors import InputError
from automl.launch.planning.parents.parent_run import (
    PARENT_RULES,
    RESUME_RULES,
    TUNING_RULES,
    ParentRun,
)
from automl.launch.planning.task import Task
from automl.launch.request import RunRequest
from automl.skill import DataSource, Skill
from automl.space.budget import epoch_budget
from automl.spec.build import packaged_schema
from automl.spec.checkpoints import epoch_of
from automl.spec.nested import get_path

KEY_VARIABLE: Final = "AUTOML_ENCRYPTION_KEY"
_FILE: Final = DataSource(None, "", "file")


@dataclass(frozen=True)
class Start:
    """What a job starts from.

    Attributes:
        parent_model: the parent's best checkpoint, for an action that works on a trained model.
        ptm: a pretrained file; None for none.
        resume: a checkpoint that training goes on from; None to train from the first epoch.
        keys: spec key -> encryption key, or ``env:NAME`` for the variable that holds it.
        notes: for the user to read.
    """

    parent_model: str | None = None
    ptm: str | None = None
    resume: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def start_of(task: Task, request: RunRequest, spec: Mapping[str, Any]) -> Start:
    """Return what the job of a task starts from.

    Raises:
        InputError: with ``--continue``, the parent has no epoch left to train.
    """
    skill, parent = task.skill, task.parent
    rules = skill.info.spec_params.get(task.action, {})
    keys = _keys(skill, rules)
    if parent is None:
        return Start(ptm=_packaged_file(skill), keys=keys)
    if task.goes_on:
        return Start(resume=_newest(task, parent, spec), keys=keys)
    best = str(parent.best(*_chooser(task, request)))
    if not any(rule in TUNING_RULES for rule in rules.values()):
        return Start(parent_model=best, keys=keys)
    if best.endswith(".onnx"):
        raise InputError(f"--parent {parent.folder}: an exported model cannot be trained further")
    note = f"fine-tuning: starts from the weights of {best}; data and classes may be other ones"
    return Start(parent_model=best, ptm=best, keys=keys, notes=(note,))


def _chooser(task: Task, request: RunRequest) -> tuple[str | None, str | None]:
    """Return the metric that chooses the parent's best checkpoint, and its direction."""
    info, parent = task.skill.info, task.parent
    if request.metric:
        return task.objectives[0].metric, task.objectives[0].direction
    if parent is not None and parent.metric:
        return parent.metric, parent.direction
    return info.metric, info.direction


def linked_files(skill: Skill, action: str, spec: Mapping[str, Any]) -> dict[str, DataSource]:
    """Return the spec keys of model files that hold a URL; the file is fetched for the job."""
    rules = skill.info.spec_params.get(action, {})
    wanted = (*PARENT_RULES, *TUNING_RULES, *RESUME_RULES)
    keys = [key for key, given in skill.action(action).inputs.items() if given.type != "folder"]
    keys += [key for key, rule in rules.items() if rule in wanted]
    return {key: _FILE for key in keys if "://" in str(get_path(spec, key, ""))}


def _newest(task: Task, parent: ParentRun, spec: Mapping[str, Any]) -> str:
    """Return the checkpoint with which the parent's training ended.

    Raises:
        InputError: it is of the last epoch that the spec asks for.
    """
    newest = parent.newest()
    schema = packaged_schema(task.skill, task.action)
    budget = epoch_budget(schema, spec) if schema else None
    if budget is not None and epoch_of(newest) >= budget:
        raise InputError(
            f"--continue: {newest} is of epoch {epoch_of(newest)} of {budget}: say how many epochs"
            " the training shall have in all, such as --set num_epochs=N"
        )
    return str(newest)


def _packaged_file(skill: Skill) -> str | None:
    """Return the skill's own pretrained file: a URL, or a path in the skill's folder."""
    value = skill.info.pretrained_model
    if value is None or "://" in value:
        return value
    path = skill.directory / value
    if not path.is_file():
        raise InputError(f"pretrained_model of {skill.info.name}: {path} does not exist")
    return str(path)


def _keys(skill: Skill, rules: Mapping[str, str]) -> dict[str, str]:
    """Return spec key -> encryption key: the variable's name where the trainer reads it, so that
    the key itself is written nowhere, else what the skill gives all its users.
    """
    keys: dict[str, str] = {}
    for key in (key for key, rule in rules.items() if rule == "key"):
        if key in skill.info.environment_keys and os.environ.get(KEY_VARIABLE):
            keys[key] = f"env:{KEY_VARIABLE}"
        elif key in skill.info.key_defaults:
            keys[key] = str(skill.info.key_defaults[key])
    return keys
