"""Reads ``--objective ACTION[:METRIC[:max|min]]``: which action measures trials, and by what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from automl.errors import InputError
from automl.launch.planning.objectives import DIRECTIONS, direction_of, split_metric
from automl.launch.planning.options.eval_command import needs_curves
from automl.launch.planning.parents.parent_run import takes_parent
from automl.launch.request import RunRequest
from automl.skill import Action, Skill
from automl.skill.metric_names import meant_metric
from automl.spec.build import packaged_schema, packaged_spec
from automl.spec.nested import get_path

_FLAG: Final = "--objective"
Overrides = Mapping[str, Any] | Sequence[str]


@dataclass(frozen=True)
class MeasuredBy:
    """The action that measures trials.

    Attributes:
        action: its name.
        metric: what it reports and the run optimises.
        direction: ``maximize`` or ``minimize``.
    """

    action: str
    metric: str
    direction: str


def read_objective(request: RunRequest, skill: Skill) -> MeasuredBy | None:
    """Return which action measures the trials of a request; None where the trainer does.

    Raises:
        InputError: the skill has no such action or metric, or another option says otherwise.
    """
    if request.objective is None:
        return None
    name, _, rest = request.objective.partition(":")
    _check_others(request)
    _check_action(skill, name, request.action)
    metric, said = split_metric(rest) if rest.lower() not in DIRECTIONS else ("", rest.lower())
    action, mode = skill.action(name), request.mode
    if said and mode:
        raise InputError(f"{_FLAG} {request.objective} names the direction, so leave out --mode")
    metric = metric or action.metric or skill.info.metric or ""
    direction = said or (mode.lower() if mode else None)
    _check_metric(skill, name, metric, direction)
    return MeasuredBy(name, metric, _direction(skill, action, metric, direction))


def own_overrides(
    request: RunRequest, skill: Skill, measured_by: MeasuredBy | None, *, measuring: bool = False
) -> Overrides:
    """Return the overrides of a request that are for its action.

    Those whose key the measuring action alone knows, by its full name, are for that one, which
    ``measuring`` returns.
    """
    given = request.overrides
    if measured_by is None:
        return () if measuring else given
    names = [str(each).partition("=")[0] for each in given]  # of a mapping, its keys
    theirs = {name for name in names if _is_known(skill, measured_by.action, name)}
    theirs -= {name for name in theirs if _is_known(skill, request.action, name)}
    if isinstance(given, Mapping):
        return {name: value for name, value in given.items() if (name in theirs) == measuring}
    pairs = zip(names, given, strict=True)
    return tuple(text for name, text in pairs if (name in theirs) == measuring)


def _is_known(skill: Skill, action: str, key: str) -> bool:
    schema, packaged = packaged_schema(skill, action), packaged_spec(skill, action)
    missing = object()
    in_schema = schema is not None and key in schema.leaves
    return in_schema or get_path(packaged, key.strip(), missing) is not missing


def _check_others(request: RunRequest) -> None:
    if request.eval_command is not None:
        raise InputError(f"{_FLAG} and --eval-command both measure the trials: leave one out")
    if needs := needs_curves(request):
        raise InputError(f"{_FLAG} measures trials that are trained, and {needs} needs curves")


def _check_action(skill: Skill, name: str, trained: str) -> None:
    """Refuse an action that cannot measure a checkpoint of the one that trials run."""
    able = [each for each in skill.actions if takes_parent(skill, each) and each != trained]
    measuring = [each for each in able if skill.action(each).is_measured]
    known = f"those that measure a checkpoint: {', '.join(measuring) or 'none'}"
    if name not in skill.actions:
        raise InputError(f"{_FLAG}: {skill.info.name} declares no action {name!r}; {known}")
    if name not in able:
        raise InputError(
            f"{_FLAG}: action {name} of {skill.info.name} starts from no checkpoint of {trained}"
            f" (no rule parent_model in spec_params.{name} of skill_info.yaml); {known}"
        )


def _check_metric(skill: Skill, action: str, metric: str, direction: str | None) -> None:
    """Refuse a metric that the action does not seem to report, unless its direction is given."""
    info = skill.info
    if not metric:
        raise InputError(
            f"{_FLAG} {action}: {info.name} names no metric that {action} reports: say"
            f" {_FLAG} {action}:NAME"
        )
    known = {*info.known_metrics, info.metric or ""}
    if metric in known or direction is not None:
        return
    meant = meant_metric(metric, known)
    if meant or info.reported:
        hint = f"did you mean {meant}?" if meant else f"it names {', '.join(info.reported)}"
        raise InputError(
            f"{_FLAG}: {info.name} names no metric {metric!r}: {hint} (if {action} reports it all"
            f" the same: {_FLAG} {action}:{metric}:max or :min)"
        )


def _direction(skill: Skill, action: Action, metric: str, said: str | None) -> str:
    try:
        return direction_of(skill.info, action, metric, said)
    except InputError:
        raise InputError(
            f"the name of metric {metric!r} does not tell whether more is better: write"
            f" {_FLAG} {action.name}:{metric}:max or :min, or give --mode"
        ) from None
