"""The share of the training data that validates a sweep's trials: the user's, or the rule's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from automl.errors import DataSourceError, InputError
from automl.launch.options import AUTO, OFF
from automl.launch.planning.data import place_data
from automl.launch.planning.task import Task
from automl.launch.request import RunRequest
from automl.spec.nested import get_path, merge, set_path
from automl.trial.data.staging import stage_source
from automl.trial.worker.entrypoint import load_entrypoint


@dataclass(frozen=True)
class Holdout:
    """The share of the training data that validates, 0 for none, and why."""

    key: str
    share: float
    reason: str


def choose_holdout(
    task: Task, request: RunRequest, spec: Mapping[str, Any], user_keys: Collection[str]
) -> Holdout | None:
    """Return the holdout of a sweep; None for a direct run, and for a skill that has none.

    What the user set in the spec goes before ``--holdout``.

    Raises:
        InputError: a share is asked of a skill that cannot, or the skill's rule fails.
    """
    key, asked = task.skill.info.holdout_key, request.holdout
    if not task.is_sweep:
        return None
    trains = task.skill.action(task.action).trains
    if key is None or not trains or get_path(spec, key, None) is None:
        if asked not in (None, AUTO, OFF, 0):
            raise InputError(
                f"--holdout {asked}: the trainer of {task.skill.info.name} holds nothing out (no"
                f" holdout_key in skill_info.yaml for action {task.action}): leave it out;"
                " --final-data ROOT names data that only the final evaluation sees"
            )
        return None
    if key in user_keys:
        share = get_path(spec, key, 0)
        number = isinstance(share, int | float)  # else the schema refuses it
        return Holdout(key, float(share) if number else 0.0, f"you set {key}")
    if asked == OFF:
        return Holdout(key, 0.0, "--holdout off")
    if task.measured_by is not None and asked in (None, AUTO):
        return Holdout(key, 0.0, f"trials are measured by {task.measured_by.action}")
    if isinstance(asked, int | float):
        return Holdout(key, float(asked), f"--holdout {asked:g}")
    return _by_rule(task, request, spec, user_keys, key)


def _by_rule(
    task: Task,
    request: RunRequest,
    spec: Mapping[str, Any],
    user_keys: Collection[str],
    key: str,
) -> Holdout:
    """Ask the skill's holdout rule.

    Data that a holdout would leave unread may be missing; they are reported later.
    """
    rule = task.skill.info.holdout_rule
    if rule is None:
        return Holdout(key, 0.0, "the skill names no holdout_rule; give --holdout SHARE")
    staged = merge({}, spec)
    set_path(staged, key, 0.5)
    try:
        data = place_data(task, request, staged, user_keys)
    except DataSourceError:
        return Holdout(key, 0.0, "")
    for name, source in data.files.items():
        set_path(staged, name, stage_source(str(get_path(staged, name)), source).path)
    set_path(staged, key, get_path(spec, key))
    return Holdout(key, *_answer(rule, task, staged))


def _answer(rule: str, task: Task, spec: Mapping[str, Any]) -> tuple[float, str]:
    """Call the skill's rule; return the share and the reason.

    Raises:
        InputError: it fails, or returns anything else.
    """
    try:
        answer = load_entrypoint(rule, task.skill.directory)(dict(spec))
    except Exception as error:  # a foreign package's errors share no base with ours
        if getattr(error, "exit_code", None) == InputError.exit_code:
            raise InputError(str(error)) from error
        raise InputError(f"holdout_rule {rule} failed: {type(error).__name__}: {error}") from error
    try:
        share, reason = answer
        if isinstance(share, int | float) and 0 <= share < 1:
            return float(share), str(reason)
    except (TypeError, ValueError):
        pass
    raise InputError(
        f"holdout_rule {rule} returned {answer!r:.80}: it must return a share from 0 to below 1 and"
        " the reason; --holdout off or SHARE goes before it"
    )
