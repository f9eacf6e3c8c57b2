"""What the repeats of a simulated choice come to, as numbers and as sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final

import numpy as np

from automl.results.simulation.replay import Moment, Replay, SweepChoice
from automl.trial.objective import Objective

HOUR: Final = 3600.0
_POINTS: Final = 40  # of a curve
_BAND: Final = (0.1, 0.9)
_BUSY: Final = 0.5  # of the time that a driver spends on suggestions: beyond it workers wait


@dataclass(frozen=True)
class Summary:
    """A choice's repeats.

    Attributes:
        algorithm, scheduler, workers, trials: the choice.
        name: in words.
        repeats: how many were simulated.
        best, best_sd: what the champion is worth at the end: mean and spread.
        hours, trial_hours, gpu_hours: until the last trial ended: means.
        stopped: the share of trials that a rung stopped.
        reached: how many repeats reached the value that was asked for.
        hours_to_reach, trial_hours_to_reach: medians, None where fewer than half reached it.
        suggestion_s: CPU of a suggestion at the sweep's end.
        driver_share: CPU of all suggestions over the sweep's duration.
        ended: trials that ended: fewer than ``trials`` where the sampler took too long (``cut``) or
            a finite space was used up.
        curve: hours, trial hours, and of the champion's worth the mean and the ends between which
            80 % of the repeats lie.
    """

    name: str
    algorithm: str
    scheduler: str
    workers: int
    trials: int
    repeats: int
    best: float | None
    best_sd: float | None
    hours: float
    trial_hours: float
    gpu_hours: float
    stopped: float
    reached: int
    hours_to_reach: float | None
    trial_hours_to_reach: float | None
    suggestion_s: float
    driver_share: float
    ended: int
    cut: bool
    curve: Sequence[tuple[float, ...]]

    @property
    def waits(self) -> bool:
        """Whether workers would wait for suggestions."""
        return self.driver_share > _BUSY

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**asdict(self), "curve": [list(point) for point in self.curve]}


def summarise(
    choice: SweepChoice, replays: Sequence[Replay], objective: Objective, reach: float, gpus: float
) -> Summary:
    """Return what the repeats of a choice come to.

    Args:
        choice: what was simulated.
        replays: its repeats, at least one.
        objective: what it optimises.
        reach: a value of the metric.
        gpus: of a trial.
    """
    ends = [each.moments[-1].worth for each in replays if each.moments]
    first = [_first(each, reach, objective) for each in replays]
    worked = float(np.mean([each.worked for each in replays])) / HOUR
    trials = sum(each.trials for each in replays)
    cpu, seconds = sum(sum(r.asked) for r in replays), sum(r.seconds for r in replays)
    return Summary(
        name=choice.name,
        algorithm=choice.algorithm,
        scheduler=choice.scheduler.name,
        workers=choice.workers,
        trials=choice.trials,
        repeats=len(replays),
        best=float(np.mean(ends)) if ends else None,
        best_sd=float(np.std(ends, ddof=1)) if len(ends) > 1 else None,
        hours=float(np.mean([each.seconds for each in replays])) / HOUR,
        trial_hours=worked,
        gpu_hours=worked * gpus,
        stopped=sum(each.stopped for each in replays) / max(1, trials),
        reached=sum(each is not None for each in first),
        hours_to_reach=_median(first, lambda moment: moment.seconds),
        trial_hours_to_reach=_median(first, lambda moment: moment.worked),
        suggestion_s=float(np.median([each.suggestion_s for each in replays])),
        driver_share=cpu / seconds if seconds else 0.0,
        ended=round(trials / len(replays)),
        cut=any(each.cut for each in replays),
        curve=_curve(replays),
    )


def _first(replay: Replay, reach: float, objective: Objective) -> Moment | None:
    """When the champion was first worth a value."""
    cost = objective.cost(reach)
    return next((m for m in replay.moments if objective.cost(m.worth) <= cost), None)


def _median(found: Sequence[Moment | None], of: Callable[[Moment], float]) -> float | None:
    """The median in hours; repeats that never reached it count as later than all others."""
    middle = median(math.inf if each is None else of(each) for each in found)
    return middle / HOUR if math.isfinite(middle) else None


def _curve(replays: Sequence[Replay]) -> list[tuple[float, ...]]:
    """The champion's worth over time, from when every repeat has one."""
    begins = [each.moments[0].seconds for each in replays if each.moments]
    if len(begins) < len(replays):
        return []
    end = max(each.seconds for each in replays)
    found = []
    for now in np.linspace(max(begins), end, _POINTS):
        states = [_at(each, float(now)) for each in replays]
        worths = [worth for _, worth in states]
        worked = float(np.mean([hours for hours, _ in states]))
        found.append((now / HOUR, worked, np.mean(worths), *np.quantile(worths, _BAND)))
    return [tuple(map(float, point)) for point in found]


def _at(replay: Replay, now: float) -> tuple[float, float]:
    """The hours that the workers had worked by then, and the champion's worth."""
    last = [m for m in replay.moments if m.seconds <= now][-1]
    share = min(1.0, now / replay.seconds) if replay.seconds else 1.0
    return replay.worked * share / HOUR, last.worth


def cells(each: Summary, metric: str) -> dict[str, object]:
    """Return a choice's row of the table that people read."""
    gpu = each.gpu_hours > 0
    return {
        "choice": each.name,
        "trials": each.ended,
        "repeats": each.repeats,
        metric: None if each.best is None else f"{each.best:.4g}",
        "spread": None if each.best_sd is None else f"{each.best_sd:.2g}",
        "hours": f"{each.hours:.3g}",
        "GPU hours" if gpu else "trial hours": f"{each.gpu_hours if gpu else each.trial_hours:.3g}",
        "stopped": f"{each.stopped:.0%}",
        "to reach": None if each.hours_to_reach is None else f"{each.hours_to_reach:.3g}",
        "CPU s": f"{each.suggestion_s:.2g}",
    }


def sentences(found: Sequence[Summary], metric: str, reach: float) -> list[str]:
    """Return what to plan by: when each choice reaches a value, against the first one."""
    base, lines = found[0], []
    for each in found[1:]:
        lines.append(f"{each.name} {_reaches(each, base, metric, reach)}")
    return lines or [f"{base.name} {_reaches(base, None, metric, reach)}"]


def _reaches(each: Summary, base: Summary | None, metric: str, reach: float) -> str:
    count = f"({each.reached} of {each.repeats} repeats)"
    if each.hours_to_reach is None:
        return f"does not reach {metric} {reach:.4g} in {each.ended} trials {count}"
    words = f"reaches {metric} {reach:.4g} in {_hours(each.hours_to_reach)}"
    if base is None:
        return f"{words} {count}"
    if base.hours_to_reach is None:
        return f"{words} {count}; {base.name} does not in {base.ended} trials"
    before = _hours(base.hours_to_reach)
    if before == _hours(each.hours_to_reach):
        return f"{words}, no sooner than {base.name} {count}"
    return f"{words} instead of {before} {count}"


def _hours(hours: float) -> str:
    seconds = hours * HOUR
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < HOUR else f"{hours:.1f} h"
