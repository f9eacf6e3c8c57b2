"""What a confirmation found: the search's best trials, trained again with fresh seeds.

The best of many noisy trials is partly luck: its value is the largest of many draws and would not
be reached again. So the best few and the defaults are trained anew, only the new values count, and
the champion is the configuration with the best mean.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from automl.constants import COL_NUMBER, COL_SOURCE, COL_STATE, COL_TRIAL, TrialSource, TrialState
from automl.results.rows import champion, params_of
from automl.trial.objective import Objective

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Confirmed:
    """One configuration that was trained again.

    Attributes:
        trial: the search's best trial of that configuration; searched: the value that it reached.
        source: ``default`` for the baseline.
        values: what the fresh trainings reached, in the order of their trials.
        runs: the rows of those trainings.
        beats_baseline: the probability that its mean is better than the baseline's; None for the
            baseline itself, or where either has fewer than two values.
    """

    trial: str
    source: str
    searched: float
    values: tuple[float, ...]
    runs: tuple[Row, ...]
    beats_baseline: float | None = None

    @property
    def mean(self) -> float:
        """The mean of the fresh values."""
        return fmean(self.values)

    @property
    def deviation(self) -> float | None:
        """Their standard deviation (n - 1); None of a single value."""
        return stdev(self.values) if len(self.values) > 1 else None

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
    """The search's trials by configuration, best first, which is also how the trials of one lie."""
    found: dict[str, list[Row]] = {}
    for row in searched_best_first(rows, objective):
        found.setdefault(configuration(params_of(row), seed_key), []).append(row)
    return found


def _is_default(group: Iterable[Row]) -> bool:
    return any(row[COL_SOURCE] == TrialSource.DEFAULT for row in group)


def confirmation(rows: Sequence[Row], objective: Objective, seed_key: str) -> list[Confirmed]:
    """Return one line per configuration that was trained again, the best mean first.

    A training that was cut short, or still runs, says nothing of the configuration yet.
    """
    fresh: dict[str, list[Row]] = {}
    for row in rows:
        if row[COL_SOURCE] == TrialSource.CONFIRM and _is_confirmed(row, objective):
            fresh.setdefault(configuration(params_of(row), seed_key), []).append(row)
    searched = _configurations(rows, objective, seed_key)
    lines = [_line(searched[key], fresh[key], objective) for key in fresh if key in searched]
    ranked = sorted(lines, key=lambda line: (objective.cost(line.mean), line.trial))
    return _compared(ranked, objective)


def final_champion(
    rows: Sequence[Row], objective: Objective, lines: Sequence[Confirmed]
) -> Row | None:
    """Return the row whose checkpoint is handed over; None where no trial has a value.

    With ``lines`` of a confirmation it is the best training of the configuration with the best
    mean, else the best trial of the search. That stays the champion while its own configuration
    has not been trained again: the others have not been compared with it.
    """
    searched = champion([row for row in rows if row[COL_SOURCE] != TrialSource.CONFIRM], objective)
    if searched is None or not any(_is_of(line, searched, objective) for line in lines):
        return searched
    return champion(lines[0].runs, objective)


def _is_of(line: Confirmed, row: Row, objective: Objective) -> bool:
    """Whether a line is that of the trial, or of one that reached as much."""
    return line.trial == row[COL_TRIAL] or not objective.better(
        float(row[objective.column]), line.searched
    )


def configuration(params: Mapping[str, Any], seed_key: str) -> str:
    """Return what two trainings of one configuration share: their parameters less the seed."""
    rest = {name: value for name, value in params.items() if name != seed_key}
    return json.dumps(rest, sort_keys=True, default=str)


def probability_better(one: Sequence[float], other: Sequence[float], direction: str) -> float:
    """Return the probability that the mean behind ``one`` is better than that behind ``other``.

    Each holds two values or more. Welch's t on the difference of the means, with the degrees of
    freedom of Welch (1947), read as a posterior under flat priors. It is never surer than Fisher's
    permutation test of so few values can be: of 2 and 2 values, 1 of 6 orders is the clearest.
    """
    from scipy.special import stdtr

    sign = 1.0 if direction == "maximize" else -1.0
    difference = sign * (fmean(one) - fmean(other))
    parts = [stdev(values) ** 2 / len(values) for values in (one, other)]
    error = math.sqrt(sum(parts))
    least = 1 / math.comb(len(one) + len(other), len(one))
    if error == 0:
        return 0.5 if difference == 0 else 1 - least if difference > 0 else least
    freedom = sum(parts) ** 2 / sum(
        part**2 / (len(values) - 1) for part, values in zip(parts, (one, other), strict=True)
    )
    return min(max(float(stdtr(freedom, difference / error)), least), 1 - least)


def _line(group: Sequence[Row], runs: Iterable[Row], objective: Objective) -> Confirmed:
    """The line of a configuration: ``group`` are the search's trials of it, the best one first."""
    ordered = tuple(sorted(runs, key=lambda row: int(row[COL_NUMBER])))
    values = tuple(float(row[objective.column]) for row in ordered)
    best = group[0]
    source = TrialSource.DEFAULT if _is_default(group) else best[COL_SOURCE]
    searched = float(best[objective.column])
    return Confirmed(str(best[COL_TRIAL]), str(source), searched, values, ordered)


def _compared(lines: list[Confirmed], objective: Objective) -> list[Confirmed]:
    baseline = next((line for line in lines if line.source == TrialSource.DEFAULT), None)
    if baseline is None or len(baseline.values) < 2:
        return lines
    return [
        line
        if line is baseline or len(line.values) < 2
        else Confirmed(
            line.trial, line.source, line.searched, line.values, line.runs,
            probability_better(line.values, baseline.values, objective.direction),
        )
        for line in lines
    ]  # fmt: skip


def _cost(row: Row, objective: Objective) -> float:
    return objective.cost(float(row[objective.column]))


def _is_confirmed(row: Row, objective: Objective) -> bool:
    return _has_value(row, objective) and row[COL_STATE] == TrialState.FINISHED


def _has_value(row: Row, objective: Objective) -> bool:
    value = row.get(objective.column)
    return value is not None and row[COL_STATE] != TrialState.FAILED
