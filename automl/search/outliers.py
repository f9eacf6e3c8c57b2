"""Shows ``gp`` a study whose outliers are compressed towards the median.

It learns from values that are shifted and scaled by their mean and standard deviation: beside one
sentinel such as 9999999 all others become equal, and what it proposes is no better than chance.
``bayes`` compresses its own copy of the values; with one metric ``tpe`` and ``cmaes`` learn from
their order alone.
"""

from __future__ import annotations

import copy
import statistics
from collections.abc import Sequence
from typing import Final

import optuna
from optuna.trial import FrozenTrial, TrialState

FAR: Final = 1000.0  # random draws of the benchmark's functions lie at most 55 deviations off


def without_outliers(study: optuna.Study) -> optuna.Study:
    """Return a copy of the study whose outliers are compressed; itself if it has none.

    Trials keep their numbers.
    """
    trials = study.get_trials(deepcopy=False)
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    columns = list(zip(*(trial.values for trial in complete), strict=True))
    calm = [compressed(column) for column in columns]
    if all(list(column) == after for column, after in zip(columns, calm, strict=True)):
        return study
    values = {t.number: row for t, row in zip(complete, zip(*calm, strict=True), strict=True)}
    shown = optuna.create_study(directions=study.directions)
    shown.add_trials([_with_values(trial, values.get(trial.number)) for trial in trials])
    return shown


def _with_values(trial: FrozenTrial, values: Sequence[float] | None) -> FrozenTrial:
    if values is None:
        return trial
    changed = copy.copy(trial)
    changed.values = list(values)
    return changed


def compressed(values: Sequence[float]) -> list[float]:
    """Return values whose outliers are at most twice as far off the median as any other value.

    An outlier is more than :data:`FAR` deviations off; a deviation is the median one of those that
    are not zero. The order is kept, and all other values stay as they are.
    """
    middle = statistics.median_low(values)
    deviations = [abs(value - middle) for value in values if value != middle]
    if not deviations:
        return list(values)
    far = FAR * statistics.median_low(deviations)
    limit = max(deviation for deviation in deviations if deviation <= far)
    return [_within(value, middle, limit) for value in values]


def _within(value: float, middle: float, limit: float) -> float:
    off = abs(value - middle)
    if off <= limit:
        return value
    reach = limit * (2 - limit / off)
    return middle + (reach if value > middle else -reach)
