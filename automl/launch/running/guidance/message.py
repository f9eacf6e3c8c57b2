"""What an advisor is told on standard input and may answer on standard output: JSON, version 1.

``docs/advisor.md`` describes both, ``schemas/cli/advisor-request.json`` and
``schemas/cli/advisor-answer.json`` define them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from automl.constants import SE_SUFFIX, TrialState
from automl.launch.plan import Plan
from automl.space.parameters.base import Parameter
from automl.trial.history import TrialHistory
from automl.trial.objective import Objective

VERSION: Final = 1
MOST_POINTS: Final = 100
_UNTOLD: Final = ("source", "reason")  # of a parameter: how its range came about
_LONGEST: Final = 500  # of a failure's text


class AnswerError(ValueError):
    """An answer that cannot be read; its text says why."""


def request_of(
    plan: Plan, histories: Sequence[TrialHistory], trial: int, used_s: float
) -> dict[str, Any]:
    """Return what an advisor is told.

    Args:
        plan: the run's.
        histories: of the trials of its search.
        trial: the number of the next trial.
        used_s: the seconds that the run took so far.
    """
    assert plan.space is not None
    rows = [_row(history, plan.objective) for history in histories]
    trials, seconds = plan.trials, plan.time_budget_s
    return {
        "version": VERSION,
        "trial": trial,
        "skill": plan.skill.info.name,
        "action": plan.action,
        "metric": plan.objective.metric,
        "direction": plan.objective.direction,
        "space": [_parameter(each) for each in plan.space.parameters],
        "history": rows,
        "incumbent": _best(rows, plan.objective),
        "budget": {
            "trials": trials,
            "trials_left": None if trials is None else max(0, trials - trial),
            "seconds": seconds,
            "seconds_left": None if seconds is None else max(0.0, seconds - used_s),
        },
    }


def encode(request: Mapping[str, Any]) -> bytes:
    """Return a request as the bytes of standard input; what JSON has no number for is null."""
    return json.dumps(_finite(request), allow_nan=False, default=str).encode()


def parse_answer(content: bytes) -> list[Mapping[str, Any]]:
    """Return the points of an answer; none for an empty one.

    Raises:
        AnswerError: it is no answer.
    """
    if not content.strip():
        return []
    try:
        answer = json.loads(content, object_pairs_hook=_once)
    except AnswerError:
        raise
    except (ValueError, RecursionError) as error:
        raise AnswerError(f"its answer is no JSON: {error}") from None
    if not isinstance(answer, dict) or "points" not in answer:
        raise AnswerError('its answer is no mapping with the key "points"')
    if answer.get("version", VERSION) != VERSION:
        raise AnswerError(f"its answer is of version {answer['version']!r}, not {VERSION}")
    points = answer["points"]
    if not isinstance(points, list) or not all(isinstance(point, dict) for point in points):
        raise AnswerError('"points" of its answer is no list of mappings of names to values')
    if len(points) > MOST_POINTS:
        raise AnswerError(f"its answer has {len(points)} points, more than {MOST_POINTS}")
    return points


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise AnswerError(f"its answer has the key {twice!r} twice")
    return found


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {name: value for name, value in parameter.to_json().items() if name not in _UNTOLD}


def _row(history: TrialHistory, objective: Objective) -> dict[str, Any]:
    best = history.best_epoch(objective)
    kpi = best.kpi if best else {}
    end = history.end
    return {
        "trial": history.number,
        "source": history.start.source,
        "state": end.state if end else TrialState.RUNNING,
        "params": dict(history.start.params),
        "value": kpi.get(objective.metric),
        "se": kpi.get(f"{objective.metric}{SE_SUFFIX}"),
        "epochs": history.epochs[-1].epoch if history.epochs else 0,
        "fault": end.fault if end else "",
        "failure": end.failure.partition("\n")[0][:_LONGEST] if end else "",
    }


def _best(rows: Sequence[Mapping[str, Any]], objective: Objective) -> Mapping[str, Any] | None:
    best = None
    for row in rows:
        counts = row["value"] is not None and row["state"] != TrialState.FAILED
        if counts and objective.better(row["value"], best["value"] if best else None):
            best = row
    return best


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
