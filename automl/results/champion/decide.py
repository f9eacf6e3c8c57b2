"""The one place that decides which configuration a run hands over, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from automl.constants import COL_NUMBER, COL_SOURCE, COL_TRIAL, SE_SUFFIX, TrialSource
from automl.results.champion.confirmation import Confirmed, baseline_of
from automl.results.champion.effects import Effect
from automl.results.table.rows import best_row
from automl.trial.objective import Objective

Row = Mapping[str, Any]

SURE: Final = 0.90  # what is called better is better than the defaults with this probability
KEPT: Final = 0.80  # below it, the defaults are kept


class Verdict(StrEnum):
    """What a sweep's end says about its best configuration and the defaults."""

    BETTER = "better"
    TIED = "tied"
    KEEP_DEFAULTS = "keep_defaults"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Champion:
    """What a run hands over. Every command shows these values and no others.

    Attributes:
        row: the trial whose checkpoint and spec are handed over.
        trial: the search's trial of that configuration: ``row``'s own, unless it was trained again.
        searched: what that trial reached in the search; se: the standard error that its trainer
            reported with it, None without one.
        gain: the difference of ``reached`` and ``defaults``, positive where the champion is better;
            None without a value of the defaults.
        reached: the mean of its fresh trainings, or ``searched`` where there are none.
        defaults: the same of the defaults, None where they have no value.
        fresh: how many fresh trainings ``reached`` is the mean of; 0 where it is ``searched``.
        verdict: how the best other configuration stands to the defaults.
        effect: what that gains over the defaults; None unless fresh trainings measured it.
        reasons: what the verdict follows from.
    """

    row: Row
    trial: str
    searched: float
    se: float | None
    reached: float
    defaults: float | None
    gain: float | None
    fresh: int
    verdict: Verdict
    effect: Effect | None
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, without the row."""
        found = asdict(self)
        del found["row"]
        return {**found, "verdict": self.verdict.value, "reasons": list(self.reasons)}


def decide(
    rows: Sequence[Row], objective: Objective, lines: Sequence[Confirmed] = ()
) -> Champion | None:
    """Return what a run hands over; None where no trial has a value.

    Args:
        rows: the trial table, confirming trainings included.
        objective: what the run optimises.
        lines: what a confirmation found. They decide once the search's best trial is among them.
    """
    searched = best_row([row for row in rows if row[COL_SOURCE] != TrialSource.CONFIRM], objective)
    if searched is None:
        return None
    if any(_is_of(line, searched, objective) for line in lines):
        return _by_confirmation(lines, objective)
    return _by_search(searched, rows, objective)


def _is_of(line: Confirmed, row: Row, objective: Objective) -> bool:
    """Whether a line is that of the trial, or of one that reached as much."""
    return line.trial == row[COL_TRIAL] or not objective.better(
        float(row[objective.column]), line.searched
    )


def _by_search(best: Row, rows: Sequence[Row], objective: Objective) -> Champion:
    """Decide by one training of each configuration, so that the best value is partly luck."""
    column, default = objective.column, _defaults(rows, objective)
    verdict, reason = _verdict_of_search(best, default, objective)
    reached = float(best[column])
    return Champion(
        row=best,
        trial=str(best[COL_TRIAL]),
        searched=reached,
        se=_se(best, objective.metric),
        reached=reached,
        defaults=float(default[column]) if default else None,
        gain=_gain(reached, default[column] if default else None, objective),
        fresh=0,
        verdict=verdict,
        effect=None,
        reasons=(reason,),
    )


def _verdict_of_search(best: Row, default: Row | None, objective: Objective) -> tuple[Verdict, str]:
    if default is None:
        return Verdict.UNDECIDED, "the defaults have no value to compare with"
    if default[COL_NUMBER] == best[COL_NUMBER]:
        return Verdict.KEEP_DEFAULTS, "no trial reached more than the defaults"
    gain = abs(best[objective.column] - default[objective.column])
    error = _error(best, default, objective.metric)
    if error is not None and gain < error:
        return Verdict.TIED, f"the standard error of the difference is {error:.2g}"
    luck = "how much of that is luck is not known without fresh trainings"
    if error is not None:
        luck = f"the standard error of that is {error:.2g} for the data, not known for the seed"
    return Verdict.UNDECIDED, luck


def _defaults(rows: Sequence[Row], objective: Objective) -> Row | None:
    return best_row([row for row in rows if row[COL_SOURCE] == TrialSource.DEFAULT], objective)


def _gain(reached: float, defaults: float | None, objective: Objective) -> float | None:
    return None if defaults is None else objective.cost(defaults) - objective.cost(reached)


def _se(row: Row, metric: str) -> float | None:
    value = row.get(metric + SE_SUFFIX)
    return None if value is None or value != value else float(value)


def _error(one: Row, other: Row, metric: str) -> float | None:
    """The standard error of a difference; None unless both were reported."""
    errors = [_se(row, metric) for row in (one, other)]
    return None if None in errors else sum(error**2 for error in errors if error) ** 0.5


def _by_confirmation(lines: Sequence[Confirmed], objective: Objective) -> Champion:
    """Decide by trainings with fresh seeds."""
    baseline = baseline_of(lines)
    pick = next((line for line in lines if line.source != TrialSource.DEFAULT), lines[0])
    verdict, reason = _verdict(pick, baseline)
    chosen = baseline if verdict is Verdict.KEEP_DEFAULTS and baseline else pick
    row = best_row(chosen.runs, objective)
    assert row is not None  # a line has values
    return Champion(
        row=row,
        trial=chosen.trial,
        searched=chosen.searched,
        se=_se(row, objective.metric),
        reached=chosen.mean,
        defaults=baseline.mean if baseline else None,
        gain=_gain(chosen.mean, baseline.mean if baseline else None, objective),
        fresh=len(chosen.values),
        verdict=verdict,
        effect=pick.effect,
        reasons=(reason,),
    )


def _verdict(pick: Confirmed, baseline: Confirmed | None) -> tuple[Verdict, str]:
    """Judge the best configuration other than the defaults."""
    if baseline is None:
        return Verdict.UNDECIDED, "the defaults were not trained again"
    if pick is baseline:
        return Verdict.KEEP_DEFAULTS, "no other configuration was trained again"
    effect = pick.effect
    if effect is None:
        return Verdict.UNDECIDED, "one training of each says nothing of the noise: more --repeats"
    count = f"{len(pick.values)} fresh trainings against {len(baseline.values)} of the defaults"
    if effect.beats >= SURE:
        return Verdict.BETTER, count
    if effect.beats >= KEPT:
        return Verdict.UNDECIDED, f"{count} leave a doubt"
    return Verdict.KEEP_DEFAULTS, f"{count} do not show a gain"
