"""Each configuration's gain over the defaults, corrected for selection bias.

The mean of the fresh trainings is too high for a configuration that was chosen for that mean: part
of what made it the best was luck. So each of many draws takes the fresh values apart: it selects on
values plus noise, as large as their own, and estimates on values minus that noise, which are
independent of these. The mean estimate is unbiased whatever the true gains are, for a choice by
values that noisy; where it is another choice, the configurations hardly differ (coupled bootstrap:
Oliveira, Lei and Tibshirani, Unbiased Risk Estimation in the Normal Means Problem via Coupled
Bootstrap Techniques, arXiv:2111.09447). Its standard error follows from the same draws (Efron,
Estimation and Accuracy After Model Selection, JASA 2014).

Nothing is assumed of the configurations' means and of what a seed does to all of them: both are
fitted by least squares, and intervals are Student's. The search's values help to choose. None is
part of an estimate: the best of a search owes them to luck, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from automl.results.champion.posterior import (
    DRAWS,
    MeanPosterior,
    Training,
    configurations_design,
    seeds_design,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INTERVAL: Final = 0.90
_LEAST_NOISE: Final = 1e-6  # in units of the values' spread


@dataclass(frozen=True)
class Effect:
    """What a configuration gains over the defaults, in units of the metric; positive is better.

    Attributes:
        gain: the gain, unbiased.
        low: below it lies 5 % of the probability; high: above it another 5 %.
        beats: the probability that it is better than the defaults.
        best: the probability that no other configuration, the defaults included, is better.
    """

    gain: float
    low: float
    high: float
    beats: float
    best: float


def effects(known: MeanPosterior) -> dict[str, Effect]:
    """Return the effect of each configuration but the defaults, the one to choose first.

    Gains are estimated for each rank (first, second, ...): in some draws another configuration
    holds that rank.
    """
    import numpy as np
    from scipy.special import stdtr, stdtrit

    fit = _Fit.of(known)
    values = np.array([each.value for each in known.trainings])
    scores = (known.smoother @ (values - values.mean()))[:-1]
    gains, errors = _unbiased_gains(fit, scores, known)
    best, reach = known.best(), stdtrit(fit.freedom, (1 + INTERVAL) / 2)
    found = {}
    for place, gain, error in zip(_ranked(scores), gains, errors, strict=True):
        name, beats = known.names[place], float(stdtr(fit.freedom, gain / error))
        low, high = float(gain - reach * error), float(gain + reach * error)
        found[name] = Effect(float(gain), low, high, beats, best[name])
    return found


@dataclass(frozen=True)
class _Fit:
    """The fresh trainings, explained by their configurations and seeds.

    Attributes:
        values: what they reached; contrasts: (configurations but the defaults, trainings): times
            the values it gives the gains.
        noise: the standard deviation of the values; freedom: the degrees of freedom behind it.
    """

    values: NDArray[np.float64]
    contrasts: NDArray[np.float64]
    noise: float
    freedom: int

    @classmethod
    def of(cls, known: MeanPosterior) -> _Fit:
        """Fit by least squares."""
        import numpy as np

        fresh = [each for each in known.trainings if each.fresh]
        values = np.array([each.value for each in fresh])
        design = _design(fresh, known.names)
        freedom = len(fresh) - design.shape[1]
        solver = np.linalg.pinv(design)
        rest = values - design @ (solver @ values)
        least = max(known.resolution, _LEAST_NOISE * (values.std() or 1.0))
        squares = rest @ rest + len(fresh) * least**2 / 12
        others = len(known.names) - 1
        contrasts = solver[:others] - solver[others]
        return cls(values, contrasts, float((squares / freedom) ** 0.5), freedom)


def _design(fresh: Sequence[Training], names: Sequence[str]) -> NDArray[np.float64]:
    """One column for each configuration, and for each seed but one.

    Where too few trainings share their seeds, what a seed does is noise like all else.
    """
    import numpy as np

    configurations = configurations_design(fresh, names)
    found = np.hstack([configurations, seeds_design(fresh)[:, 1:]])
    rows, columns = found.shape
    return found if columns < rows and np.linalg.matrix_rank(found) == columns else configurations


def _unbiased_gains(
    fit: _Fit, scores: NDArray[np.float64], known: MeanPosterior
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Select on values plus noise, estimate on values minus noise, for many draws.

    Returns the gain of each place in the order of selection, and its standard error.
    """
    import numpy as np

    generator = np.random.default_rng(0)  # the same question has the same answer
    half = generator.standard_normal((DRAWS // 2, len(fit.values)))
    draws = np.concatenate([half, -half])
    moves = known.smoother[:-1, [each.fresh for each in known.trainings]]
    places = _ranked(scores + fit.noise * draws @ moves.T)
    apart = (fit.values - fit.noise * draws) @ fit.contrasts.T
    gains = np.take_along_axis(apart, places, axis=1)
    there = np.array([np.bincount(place, minlength=len(scores)) for place in places.T])
    order = _ranked(scores)  # what follows is exact where no draw changes it
    slopes = fit.noise * (2 * there / len(draws) @ fit.contrasts - fit.contrasts[order])
    slopes += (gains - apart[:, order]).T @ draws / len(draws)
    return gains.mean(axis=0), np.linalg.norm(slopes, axis=1)


def _ranked(scores: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the places of the configurations, the one with the largest score first."""
    return (-scores).argsort(axis=-1, kind="stable")
