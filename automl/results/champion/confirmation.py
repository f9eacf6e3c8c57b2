"""What a confirmation found: the search's best trials, trained again with fresh seeds.

The best of many noisy trials is partly luck: its value is the largest of many draws and would not
be reached again. So the best few and the defaults are trained anew, and only the new values count.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import fmean, stdev
from typing import Any, Final

from automl.constants import (
    COL_NUMBER,
    COL_SOURCE,
    COL_STATE,
    COL_TRIAL,
    RESOLUTION_SUFFIX,
    TrialSource,
    TrialState,
)
from automl.results.champion.effects import Effect, effects
from automl.results.champion.posterior import MeanPosterior, Training, posterior, without_tail
from automl.results.table.rows import params_of
from automl.trial.objective import Objective

Row = Mapping[str, Any]

_MOST_TRIALS: Final = 200  # of a search: they show how its configurations vary


@dataclass(frozen=True)
class Confirmed:
    """One configuration that was trained again.

    Attributes:
        trial: the search's best trial of that configuration; searched: the value that it reached.
        source: ``default`` for the baseline.
        values: what the fresh trainings reached, in the order of their trials.
        runs: the rows of those trainings.
        effect: what it gains over the baseline; None for the baseline itself, and where nothing
            is known of the noise or of the baseline.
    """

    trial: str
    source: str
    searched: float
    values: tuple[float, ...]
    runs: tuple[Row, ...]
    effect: Effect | None = None

    @property
    def mean(self) -> float:
        """The mean of the fresh values."""
        return fmean(self.values)

    @property
    def deviation(self) -> float | None:
        """Their standard deviation (n - 1); None of a single value."""
        return stdev(self.values) if len(self.values) > 1 else None

    @property
    def beats_baseline(self) -> float | None:
        """The probability that it is better than the baseline, None where that is not known."""
        return self.effect.beats if self.effect else None

    def to_dict(self) -> dict[str, Any]:
        """Return the line as plain data."""
        return {
            "trial": self.trial,
            "source": self.source,
            "searched": self.searched,
            "mean": self.mean,
            "deviation": self.deviation,
            "values": list(self.values),
            "trials": [str(row[COL_TRIAL]) for row in self.runs],
            "beats_baseline": self.beats_baseline,
            "effect": asdict(self.effect) if self.effect else None,
        }


def candidates(rows: Sequence[Row], objective: Objective, count: int, seed_key: str) -> list[Row]:
    """Return the ``count`` best configurations of the search and the defaults', best first.

    Trials that differ in the seed alone are one configuration, for which the best of them stands.
    """
    groups = list(_configurations(rows, objective, seed_key).values())
    defaults = [group for group in groups[count:] if _is_default(group)]
    return [group[0] for group in (*groups[:count], *defaults)]


def searched_best_first(rows: Sequence[Row], objective: Objective) -> list[Row]:
    """Return the search's trials, best first; failed ones and those without a value are none."""
    able = [
        row for row in rows if row[COL_SOURCE] != TrialSource.CONFIRM and _has_value(row, objective)
    ]
    return sorted(able, key=lambda row: (_cost(row, objective), row[COL_NUMBER]))


def _configurations(
    rows: Sequence[Row], objective: Objective, seed_key: str
) -> dict[str, list[Row]]:
    """The search's trials grouped by configuration; groups and their trials are best first."""
    found: dict[str, list[Row]] = {}
    for row in searched_best_first(rows, objective):
        found.setdefault(configuration(params_of(row), seed_key), []).append(row)
    return found


def _is_default(group: Iterable[Row]) -> bool:
    return any(row[COL_SOURCE] == TrialSource.DEFAULT for row in group)


def confirmation(rows: Sequence[Row], objective: Objective, seed_key: str) -> list[Confirmed]:
    """Return one line per configuration that was trained again, the best one first.

    They go by their gain over the defaults, or by their means where that is not known. A training
    that was cut short, or still runs, says nothing of the configuration yet.
    """
    fresh: dict[str, list[Row]] = {}
    for row in rows:
        if row[COL_SOURCE] == TrialSource.CONFIRM and _is_confirmed(row, objective):
            fresh.setdefault(configuration(params_of(row), seed_key), []).append(row)
    searched = _configurations(rows, objective, seed_key)
    lines = [_line(searched[key], fresh[key], objective) for key in fresh if key in searched]
    found = _effects(lines, rows, objective, seed_key)
    if not found:
        return sorted(lines, key=lambda line: (objective.cost(line.mean), line.trial))
    return _ranked([replace(line, effect=found.get(line.trial)) for line in lines], found)


def configuration(params: Mapping[str, Any], seed_key: str) -> str:
    """Return what two trainings of one configuration share: their parameters less the seed."""
    rest = {name: value for name, value in params.items() if name != seed_key}
    return json.dumps(rest, sort_keys=True, default=str)


def _line(group: Sequence[Row], runs: Iterable[Row], objective: Objective) -> Confirmed:
    """The line of a configuration: ``group`` are the search's trials of it, the best one first."""
    ordered = tuple(sorted(runs, key=lambda row: int(row[COL_NUMBER])))
    values = tuple(float(row[objective.column]) for row in ordered)
    best = group[0]
    source = TrialSource.DEFAULT if _is_default(group) else best[COL_SOURCE]
    searched = float(best[objective.column])
    return Confirmed(str(best[COL_TRIAL]), str(source), searched, values, ordered)


def _effects(
    lines: Sequence[Confirmed], rows: Sequence[Row], objective: Objective, seed_key: str
) -> dict[str, Effect]:
    """Return what the configurations gain over the defaults, the best one first.

    None where that cannot be said.
    """
    known = posterior_of(lines, rows, objective, seed_key)
    return effects(known) if known else {}


def posterior_of(
    lines: Sequence[Confirmed], rows: Sequence[Row], objective: Objective, seed_key: str
) -> MeanPosterior | None:
    """Return what search and confirmation say of the configurations trained again.

    None until the defaults and another configuration have two fresh trainings each.
    """
    baseline = baseline_of(line for line in lines if len(line.values) > 1)
    if baseline is None or all(len(line.values) < 2 for line in lines if line is not baseline):
        return None
    trainings = [
        *_search_trainings(rows, objective, seed_key),
        *_fresh_trainings(lines, objective, seed_key),
    ]
    return posterior(trainings, baseline.trial, resolution_of(lines, objective))


def baseline_of(lines: Iterable[Confirmed]) -> Confirmed | None:
    """Return the line of the defaults, None where they were not trained again."""
    return next((line for line in lines if line.source == TrialSource.DEFAULT), None)


def _fresh_trainings(
    lines: Iterable[Confirmed], objective: Objective, seed_key: str
) -> Iterator[Training]:
    for line in lines:
        for row, value in zip(line.runs, line.values, strict=True):
            yield _training(line.trial, row, -objective.cost(value), seed_key, fresh=True)


def _search_trainings(
    rows: Sequence[Row], objective: Objective, seed_key: str
) -> Iterator[Training]:
    """The finished trials of the search, by the best trial of their configuration."""
    groups = _configurations(rows, objective, seed_key).values()
    finished = [
        (str(group[0][COL_TRIAL]), row)
        for group in groups
        for row in group
        if row[COL_STATE] == TrialState.FINISHED
    ]
    finished = finished[:: 1 + len(finished) // _MOST_TRIALS]  # evenly, best first
    values = without_tail([-_cost(row, objective) for _, row in finished])
    for (trial, row), value in zip(finished, values, strict=True):
        yield _training(trial, row, value, seed_key, fresh=False)


def _training(
    configuration: str, row: Row, value: float, seed_key: str, *, fresh: bool
) -> Training:
    """One row as a training; rows without a seed of their own share that of the spec."""
    return Training(configuration, str(params_of(row).get(seed_key, "")), value, fresh)


def resolution_of(lines: Iterable[Confirmed], objective: Objective) -> float:
    """Return the step in which the metric moves, as the trainer reports it; 0 where it does not."""
    name = objective.metric + RESOLUTION_SUFFIX
    steps = [float(row[name]) for line in lines for row in line.runs if row.get(name)]
    return max(steps, default=0.0)


def _ranked(lines: list[Confirmed], found: Mapping[str, Effect]) -> list[Confirmed]:
    """Return the lines as they are chosen; the defaults stand before those that gain nothing."""
    places = {trial: place for place, trial in enumerate(found)}
    gaining = next((places[trial] for trial in found if found[trial].gain <= 0), len(places))
    return sorted(lines, key=lambda line: places.get(line.trial, gaining - 0.5))


def _cost(row: Row, objective: Objective) -> float:
    return objective.cost(float(row[objective.column]))


def _is_confirmed(row: Row, objective: Objective) -> bool:
    return _has_value(row, objective) and row[COL_STATE] == TrialState.FINISHED


def _has_value(row: Row, objective: Objective) -> bool:
    value = row.get(objective.column)
    return value is not None and row[COL_STATE] != TrialState.FAILED
