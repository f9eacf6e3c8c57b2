"""What measures a sweep's champion at the end: which action, on which data, after what training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError
from automl.launch.planning.data import read_sources
from automl.launch.planning.parents.parent_run import takes_parent
from automl.launch.planning.spec import RunSpec
from automl.launch.planning.task import Task
from automl.launch.request import RunRequest
from automl.results.champion.final_test import FinalTest
from automl.search.population.schedule import PBT
from automl.skill import DataSource, Skill
from automl.spec.build import packaged_spec
from automl.spec.nested import get_path, merge, set_path
from automl.trial.data.locate import DataSearch, locate_data, set_places
from automl.trial.data.roots import DataRoots, read_roots
from automl.trial.data.staging import Staged, stage_source

_EVALUATE: Final = "evaluate"
_FLAG: Final = "--final-data"


def measuring_action(skill: Skill) -> str | None:
    """Return the action that measures a finished model on the test data; None without one."""
    name = skill.info.final_action or _EVALUATE
    return name if name in skill.actions and takes_parent(skill, name) else None


def plan_final_test(task: Task, request: RunRequest, spec: RunSpec) -> FinalTest | None:
    """Return the final test of a sweep that trains; None for any other run.

    Raises:
        InputError: ``--final-data`` is of no use, or ``--refit`` misses the data that it needs.
    """
    if not task.is_sweep or not task.skill.action(task.action).trains:
        _refuse_final_data(request, task)
        return None
    action, roots = measuring_action(task.skill), _final_roots(task, request)
    share = spec.holdout.share if spec.holdout else 0.0
    found = FinalTest(action, share, spec.holdout.reason if spec.holdout else "", data=roots)
    if action is None:
        return replace(found, note=_without_action(task.skill, share))
    if share and (roots is not None or task.measured_by is None):
        return _after_holdout(found, task, request, spec)
    if roots is None:
        words = f"selection and report use the same data; {_FLAG} ROOT names other data"
        return replace(found, action=None, note=words)
    _locate(task, action, roots)
    return found


def _refuse_final_data(request: RunRequest, task: Task) -> None:
    if task.is_sweep and request.final_data:
        raise InputError(f"{_FLAG} is for sweeps that train, and action {task.action} does not")


def _without_action(skill: Skill, share: float) -> str:
    on = (
        "nothing measures the champion on the test data"
        if share
        else ("selection and report use the same data")
    )
    return f"{on}: {skill.info.name} has no {_EVALUATE} action that starts from a checkpoint"


def _after_holdout(found: FinalTest, task: Task, request: RunRequest, spec: RunSpec) -> FinalTest:
    """Return the final test of a sweep with a holdout, whose test data may not be there."""
    missing = _missing(task, spec, found)
    if missing and request.refit:
        raise InputError(f"--refit trains and validates on all data: {missing}")
    if missing:
        return replace(found, action=None, note=f"no final test: {missing}")
    if request.algorithm == PBT:
        why = "a member of a population had several configurations, so none is trained again"
        return replace(found, note=why)
    return replace(found, refit=request.refit is not False)


def _missing(task: Task, spec: RunSpec, found: FinalTest) -> str:
    """Say which test data are missing; empty where all are there."""
    roots = DataRoots.from_dict(found.data) if found.data else spec.roots
    try:
        place_unread(task.skill, task.action, spec.values, roots, spec.user_keys)
    except InputError as error:
        return " ".join(str(error).split())
    return ""


def place_unread(
    skill: Skill,
    action: str,
    spec: Mapping[str, Any],
    roots: DataRoots,
    user_keys: frozenset[str],
) -> tuple[dict[str, Any], dict[str, DataSource]]:
    """Locate the data that a holdout leaves unread, in a copy of the spec without the holdout.

    Return that copy, and spec key -> what the skill declares of each of these files.

    Raises:
        InputError: some of them are missing.
    """
    whole, key = merge({}, spec), skill.info.holdout_key
    assert key is not None
    set_path(whole, key, 0.0)
    read = read_sources(skill, action, spec)
    sources = {k: s for k, s in read_sources(skill, action, whole).items() if k not in read}
    optional = {name for name, source in sources.items() if source.optional}
    places = locate_data(DataSearch(sources, whole, roots, user_keys, optional)).places
    files: dict[str, DataSource] = {}
    for name, at in places.items():
        files |= dict.fromkeys(set_places(whole, name, sources[name], at), sources[name])
    return whole, files


def stage_unread(
    skill: Skill,
    action: str,
    spec: Mapping[str, Any],
    roots: DataRoots,
    user_keys: frozenset[str],
) -> tuple[dict[str, Any], dict[str, Staged]]:
    """Return what :func:`place_unread` does, with the data staged.

    Raises:
        InputError: some of them are missing.
    """
    whole, files = place_unread(skill, action, spec, roots, user_keys)
    staged = {key: stage_source(str(get_path(whole, key)), file) for key, file in files.items()}
    for key, found in staged.items():
        set_path(whole, key, found.path)
    return whole, staged


def _final_roots(task: Task, request: RunRequest) -> dict[str, Any] | None:
    """Return the roots of ``--final-data`` as plain data, None without any.

    Raises:
        InputError: the skill has no such source, or no action that would read them.
    """
    if not request.final_data:
        return None
    if measuring_action(task.skill) is None:
        raise InputError(f"{_FLAG}: {_without_action(task.skill, 0.0).partition(': ')[2]}")
    try:
        roots = read_roots(request.final_data, task.skill.info)
    except InputError as error:
        raise InputError(str(error).replace("--data", _FLAG)) from error
    named = {source: [_absolute(root) for root in each] for source, each in roots.named.items()}
    return {"default": roots.default and _absolute(roots.default), "named": named}


def _absolute(root: str) -> str:
    return root if "://" in root else str(Path(root).absolute())


def _locate(task: Task, action: str, roots: Mapping[str, Any]) -> None:
    """Check that the final data are there.

    Raises:
        InputError: they are not, or the action declares no data.
    """
    spec = merge({}, packaged_spec(task.skill, action))
    sources = read_sources(task.skill, action, spec)
    if not sources:
        raise InputError(f"{_FLAG}: action {action} of {task.skill.info.name} declares no data")
    optional = {name for name, source in sources.items() if source.optional}
    try:
        locate_data(DataSearch(sources, spec, DataRoots.from_dict(roots), (), optional))
    except InputError as error:
        raise InputError(str(error).replace("--data", _FLAG)) from error
