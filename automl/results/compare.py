"""Several runs side by side: what each found, what it cost, and how sure the difference is."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

import pandas as pd

from automl.constants import COL_RUN, COL_START, COL_STATE, TrialState
from automl.errors import InputError
from automl.results.champion.cost import cost_of
from automl.results.champion.effects import INTERVAL
from automl.results.run import HOUR, NewBest, Run
from automl.results.run_folders import Runs, read_runs, readable
from automl.results.table.columns import MOMENT, NUMBER, TEXT, WHOLE, make
from automl.space import Space
from automl.trial.history import OVER
from automl.trial.ledger.events import EndEvent, EpochEvent
from automl.trial.objective import Objective

_DTYPES: Final = {
    COL_RUN: TEXT,
    "algorithm": TEXT,
    "scheduler": TEXT,
    "seed": WHOLE,
    "trials": WHOLE,
    TrialState.FINISHED: WHOLE,
    TrialState.STOPPED: WHOLE,
    TrialState.FAILED: WHOLE,
    "metric": TEXT,
    "best": NUMBER,
    "median": NUMBER,
    "baseline": NUMBER,
    "gain": NUMBER,
    "gain_low": NUMBER,
    "gain_high": NUMBER,
    "beats": NUMBER,
    "verdict": TEXT,
    "reach": NUMBER,
    "hours_to_reach": NUMBER,
    "trials_to_reach": WHOLE,
    "hours": NUMBER,
    "trial_hours": NUMBER,
    "gpu_hours": NUMBER,
    "start": MOMENT,
}
_PAIR_DTYPES: Final = {
    "run_a": TEXT,
    "run_b": TEXT,
    "paired_by": TEXT,
    "pairs": WHOLE,
    "mean_a": NUMBER,
    "mean_b": NUMBER,
    "mean_gain": NUMBER,
    "gain_low": NUMBER,
    "gain_high": NUMBER,
    "wins_a": WHOLE,
    "wins_b": WHOLE,
    "ties": WHOLE,
    "p_value": NUMBER,
}
_LEAST_PAIRS: Final = 6  # fewer cannot reach p < 0.05 in a two-sided signed-rank test


def compare(runs: Runs, reach: float | None = None) -> pd.DataFrame:
    """Return one row per run: what it tried, found and cost.

    Columns: ``run algorithm scheduler seed trials finished stopped failed metric best median
    baseline gain gain_low gain_high beats verdict reach hours_to_reach trials_to_reach hours
    trial_hours gpu_hours start``.
    ``best`` is what the champion reached and ``baseline`` the defaults, both as means of fresh
    trainings where the run has a confirmation; ``median`` is that of the search's trials that
    finished. ``gain`` is best less baseline in the metric's direction; with fresh trainings it is
    what the best other configuration gains over the defaults, in 90 % of cases between
    ``gain_low`` and ``gain_high``, positive with the probability ``beats``. ``verdict`` is one of
    :class:`automl.results.champion.decide.Verdict`,
    ``hours`` the wall time without what lay between sessions, ``trial_hours`` all trials added up.
    ``hours`` and ``gpu_hours`` are with the trainings on all data and the champion's evaluation.

    Args:
        runs: a run's folder, a glob, or several of either.
        reach: a value of the metric; ``hours_to_reach`` is the wall time until an epoch reported
            it, missing where none did. None takes the best value that every run reached.

    Raises:
        InputError: no run's folder is there, or the runs optimise different things.
    """
    return comparison(_checked(runs), reach)


def compare_pairs(runs: Runs) -> pd.DataFrame:
    """Return one row per pair of runs, or of settings, that can be compared pair by pair.

    ``paired_by`` is ``parameters`` where two runs tried the same configurations (as with the same
    seed of a random search): their trials are paired. It is ``seed`` where two settings (algorithm
    and scheduler) ran with the same seeds: the bests of their runs are paired. ``mean_gain`` is how
    much better b is, in the metric's direction, ``gain_low`` and ``gain_high`` its 90 % interval
    (Student's t of the paired differences, missing below two); ``p_value`` is Wilcoxon's
    signed-rank test, two sided, missing below six pairs that differ.

    Raises:
        InputError: as :func:`compare` says.
    """
    return pair_comparison(_checked(runs))


def _checked(runs: Runs) -> list[Run]:
    """The runs that can be read; a warning names the others."""
    return [run for run, _ in readable(read_runs(runs), Run.check)]


def comparison(runs: Sequence[Run], reach: float | None = None) -> pd.DataFrame:
    """Return one row per run, as :func:`compare` says."""
    objective = _one_objective(runs)
    target = _common_best(runs, objective) if reach is None else reach
    return _frame([_row(run, objective, target) for run in runs], _DTYPES)


def pair_comparison(runs: Sequence[Run]) -> pd.DataFrame:
    """Return one row per pair that can be compared, as :func:`compare_pairs` says."""
    objective = _one_objective(runs)
    rows = [*_parameter_pairs(runs, objective), *_seed_pairs(runs, objective)]
    return _frame(rows, _PAIR_DTYPES)


def _frame(rows: Sequence[Mapping[str, Any]], dtypes: Mapping[str, str]) -> pd.DataFrame:
    columns = {name: make([row[name] for row in rows], dtype) for name, dtype in dtypes.items()}
    return pd.DataFrame(columns)


def _one_objective(runs: Sequence[Run]) -> Objective:
    first, *others = {run.objective for run in runs}
    if others:
        listed = [f"{run.label}: {run.objective.direction} {run.objective.metric}" for run in runs]
        raise InputError("these runs optimise different things; compare those alike", listed)
    return first


def _value(row: Mapping[str, Any] | None, objective: Objective) -> float | None:
    value = row.get(objective.column) if row else None
    return None if value is None else float(value)


def _common_best(runs: Sequence[Run], objective: Objective) -> float | None:
    """The best value that every run reached; runs that reached nothing are left out."""
    bests = [value for run in runs if (value := _value(run.best_searched, objective)) is not None]
    if not bests:
        return None
    return min(bests) if objective.direction == "maximize" else max(bests)


def _row(run: Run, objective: Objective, target: float | None) -> dict[str, Any]:
    finished = [row for row in run.searched if row[COL_STATE] == TrialState.FINISHED]
    values = [value for row in finished if (value := _value(row, objective)) is not None]
    champion = run.decision
    effect = champion.effect if champion else None
    hours, tried = _until(run, objective, target)
    cost = cost_of(run)
    return {
        COL_RUN: run.label,
        "algorithm": run.plan.get("algorithm"),
        "scheduler": run.scheduler_name,
        "seed": run.plan.get("seed"),
        "trials": len(run.rows),
        TrialState.FINISHED: len(finished),
        TrialState.STOPPED: run.count(TrialState.STOPPED),
        TrialState.FAILED: run.count(TrialState.FAILED),
        "metric": objective.metric,
        "best": champion.reached if champion else None,
        "median": statistics.median(values) if values else None,
        "baseline": champion.defaults if champion else None,
        "gain": effect.gain if effect else champion.gain if champion else None,
        "gain_low": effect.low if effect else None,
        "gain_high": effect.high if effect else None,
        "beats": effect.beats if effect else None,
        "verdict": champion.verdict if champion and run.is_sweep else None,
        "reach": target,
        "hours_to_reach": hours,
        "trials_to_reach": tried,
        "hours": cost.seconds / HOUR,
        "trial_hours": run.trial_seconds / HOUR,
        "gpu_hours": cost.gpu_seconds / HOUR,
        "start": run.rows[0][COL_START] if run.rows else None,
    }


def _gain(before: float | None, after: float | None, objective: Objective) -> float | None:
    """How much better ``after`` is, positive where it is."""
    if before is None or after is None:
        return None
    return after - before if objective.direction == "maximize" else before - after


def _until(run: Run, objective: Objective, target: float | None) -> tuple[float | None, int | None]:
    """Hours until an epoch reached ``target``, and trials: those that had ended, and its own."""
    if target is None:
        return None, None
    for best in run.bests():
        if not objective.better(target, best.value):
            return best.seconds / HOUR, _ended_before(run, best) + 1
    return None, None


def _ended_before(run: Run, best: NewBest) -> int:
    """How many other trials had ended when ``best`` was reported."""
    ended: set[int] = set()
    for event in run.events:
        if isinstance(event, EndEvent) and event.state in OVER:
            ended.add(event.number)
        elif isinstance(event, EpochEvent) and _is_same(event, best):
            break
    return len(ended - {best.number})


def _is_same(event: EpochEvent, best: NewBest) -> bool:
    return (event.number, event.epoch) == (best.number, best.epoch)


def _parameter_pairs(runs: Sequence[Run], objective: Objective) -> Iterator[dict[str, Any]]:
    by_run = {run.label: _by_parameters(run, objective) for run in runs}
    for (a, ours), (b, theirs) in combinations(by_run.items(), 2):
        shared = [(ours[key], theirs[key]) for key in ours if key in theirs]
        if len(shared) > 1:  # the packaged defaults alone say little
            yield _pair_row(a, b, "parameters", shared, objective)


def _by_parameters(run: Run, objective: Objective) -> dict[Any, float]:
    """Finished trials' values by configuration."""
    space, found = Space(()), {}
    for history, row in zip(run.histories, run.rows, strict=True):
        value = _value(row, objective)
        if history.state == TrialState.FINISHED and value is not None and history.start.params:
            found[space.canonical(history.start.params)] = value
    return found


def _seed_pairs(runs: Sequence[Run], objective: Objective) -> Iterator[dict[str, Any]]:
    by_setting: dict[str, dict[Any, list[float]]] = {}
    for run in runs:
        scheduler = run.scheduler_name or "none"
        setting = f"{run.plan.get('algorithm')}+{scheduler}"
        if run.decision is not None:
            bests = by_setting.setdefault(setting, {}).setdefault(run.plan.get("seed"), [])
            bests.append(run.decision.reached)
    for (a, ours), (b, theirs) in combinations(by_setting.items(), 2):
        mean = statistics.fmean  # of runs alike
        shared = [(mean(ours[seed]), mean(theirs[seed])) for seed in ours if seed in theirs]
        if shared:
            yield _pair_row(a, b, "seed", shared, objective)


def _pair_row(
    a: str, b: str, by: str, pairs: Sequence[tuple[float, float]], objective: Objective
) -> dict[str, Any]:
    gains = [float(_gain(ours, theirs, objective) or 0.0) for ours, theirs in pairs]
    return {
        "run_a": a,
        "run_b": b,
        "paired_by": by,
        "pairs": len(pairs),
        "mean_a": statistics.fmean(ours for ours, _ in pairs),
        "mean_b": statistics.fmean(theirs for _, theirs in pairs),
        "mean_gain": statistics.fmean(gains),
        **dict(zip(("gain_low", "gain_high"), _interval(gains), strict=True)),
        "wins_a": sum(gain < 0 for gain in gains),
        "wins_b": sum(gain > 0 for gain in gains),
        "ties": sum(gain == 0 for gain in gains),
        "p_value": _p_value([gain for gain in gains if gain]),
    }


def _interval(gains: Sequence[float]) -> tuple[float | None, float | None]:
    if len(gains) < 2:
        return None, None
    from scipy.special import stdtrit

    mean, error = statistics.fmean(gains), statistics.stdev(gains) / len(gains) ** 0.5
    reach = float(stdtrit(len(gains) - 1, (1 + INTERVAL) / 2)) * error
    return mean - reach, mean + reach


def _p_value(gains: Sequence[float]) -> float | None:
    if len(gains) < _LEAST_PAIRS:
        return None
    from scipy.stats import wilcoxon

    return float(wilcoxon(gains).pvalue)
