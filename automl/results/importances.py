"""How important each searched parameter of a run was."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from automl.constants import TrialSource, TrialState
from automl.search.importance import Importances, parameter_importances
from automl.space import Space
from automl.trial.history import TrialHistory
from automl.trial.objective import Objective


def run_importances(
    plan: Mapping[str, Any],
    histories: Sequence[TrialHistory],
    rows: Sequence[Mapping[str, Any]],
    objective: Objective,
) -> Importances:
    """Return the importances among the search's finished and stopped trials.

    Args:
        plan: the run's.
        histories: of its trials, in the order of ``rows``.
        rows: the trial table.
        objective: what the run optimises.
    """
    if plan.get("space") is None:
        return Importances((), "one direct run searches nothing")
    trials = [
        (history.start.params, float(value))
        for history, row in zip(histories, rows, strict=True)
        if history.state in (TrialState.FINISHED, TrialState.STOPPED)
        and history.start.source != TrialSource.CONFIRM
        and (value := row.get(objective.column)) is not None
        and math.isfinite(value)
    ]
    space = Space.from_json(plan["space"])
    return parameter_importances(space, plan["spec"], trials, objective.direction)
