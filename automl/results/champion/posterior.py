"""Posterior of each configuration's mean, from search and confirmation trainings; used to choose.

A hierarchical normal model, as in Gelman et al., Bayesian Data Analysis (3rd ed., 2013), ch. 5 and
15: the value of a training is its configuration's mean, plus what its seed does to every
configuration, plus noise. The means are drawn from one normal distribution, so that the largest
value of a search is pulled towards the others as far as luck may have made it the largest. The
defaults may lie further off than the others: somebody chose them with care.

The gain of a chosen configuration is estimated in ``effects.py``, from fresh trainings alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

from automl.results.champion.mixed_model import Fit, half_cauchy, weights_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DRAWS: Final = 4000
# spreads in units of the noise, evenly in their logarithm, each with a half-Cauchy prior
_CANDIDATE_SPREADS: Final = (0.06, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_SEED_SPREADS: Final = (0.06, 0.25, 1.0, 4.0)
_DEFAULTS_SPREAD: Final = 2.0  # in units of the candidates' spread


@dataclass(frozen=True)
class Training:
    """What one training reached; ``value`` is larger where it is better.

    ``fresh``: whether it was made to measure the configuration, whatever it had reached before; a
    search's trial is not.
    """

    configuration: str
    seed: str
    value: float
    fresh: bool = True


@dataclass(frozen=True)
class MeanPosterior:
    """Draws of the means of configurations that were trained again.

    Attributes:
        names: the configurations; the defaults are the last one.
        means: (draws, names); larger is better.
        trainings: all that were used.
        smoother: (names, trainings): times the trainings' values it gives the expected means, but
            for a constant. That is by which configurations are chosen.
        resolution: the step in which the metric moves.
    """

    names: tuple[str, ...]
    means: NDArray[np.float64]
    trainings: tuple[Training, ...]
    smoother: NDArray[np.float64]
    resolution: float = 0.0

    def best(self) -> dict[str, float]:
        """Return by configuration the probability that none is better."""
        import numpy as np

        counts = np.bincount(self.means.argmax(axis=1), minlength=len(self.names))
        return dict(zip(self.names, map(float, counts / len(self.means)), strict=True))


def posterior(
    trainings: Sequence[Training], defaults: str, resolution: float = 0.0
) -> MeanPosterior | None:
    """Return what the trainings say of the configurations' means.

    None unless the defaults and another configuration have two fresh trainings: else nothing is
    known of the noise.

    Args:
        trainings: of the search, one for each configuration, and with fresh seeds.
        defaults: the configuration that was not picked for its value.
        resolution: the step in which the metric moves, in its units: smaller noise is not seen.
    """
    import numpy as np

    fresh = Counter(each.configuration for each in trainings if each.fresh)
    again = sorted({*fresh} - {defaults})
    if fresh[defaults] < 2 or all(fresh[name] < 2 for name in again):
        return None
    names = [*again, *sorted({each.configuration for each in trainings} - {*again, defaults})]
    ordered = sorted(
        trainings, key=lambda each: (each.configuration, each.seed, each.fresh, each.value)
    )
    values = np.array([each.value for each in ordered])
    center, scale = values.mean(), values.std() or resolution or 1.0
    fits = _fits(ordered, (*names, defaults), (values - center) / scale, resolution / scale)
    shown = [*range(1, 1 + len(again)), 1 + len(names)]
    means, smoother = _drawn(fits, shown)
    return MeanPosterior(
        (*again, defaults), means * scale + center, tuple(ordered), smoother, resolution
    )


def _fits(
    trainings: Sequence[Training],
    names: Sequence[str],
    values: NDArray[np.float64],
    resolution: float,
) -> list[Fit]:
    """Fit the model with each pair of spreads; ``values`` are the trainings', standardized."""
    import numpy as np

    seeds = seeds_design(trainings)
    mean = np.ones((len(trainings), 1))
    design = np.hstack([mean, configurations_design(trainings, names), seeds])
    fits = []
    for candidates, seed in product(_CANDIDATE_SPREADS, _SEED_SPREADS):
        counts = [1, len(names) - 1, 1, seeds.shape[1]]
        spreads = np.repeat([np.inf, candidates, candidates * _DEFAULTS_SPREAD, seed], counts)
        log_prior = float(np.log(half_cauchy(candidates, 0.5) * half_cauchy(seed, 1.0)))
        fits.append(Fit.of(design, values, spreads, log_prior, resolution))
    return fits


def _drawn(
    fits: Sequence[Fit], shown: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw the means in the columns ``shown``, and return what gives their expectation."""
    import numpy as np

    generator = np.random.default_rng(0)  # the same question has the same answer
    weights = weights_of(fits)
    counts = generator.multinomial(DRAWS, weights)
    parts = [fit.draw(count, generator) for fit, count in zip(fits, counts, strict=True) if count]
    found = np.concatenate(parts)
    smoother = sum(weight * fit.smoother for weight, fit in zip(weights, fits, strict=True))
    return found[:, :1] + found[:, shown], np.asarray(smoother)[shown]


def configurations_design(
    trainings: Sequence[Training], names: Sequence[str]
) -> NDArray[np.float64]:
    """Return one row for each training, with a 1 in the column of its configuration."""
    return _indicators([each.configuration for each in trainings], names)


def seeds_design(trainings: Sequence[Training]) -> NDArray[np.float64]:
    """Return one row for each training, with a 1 in the column of its seed."""
    seeds = [each.seed for each in trainings]
    return _indicators(seeds, sorted({*seeds}))


def _indicators(values: Sequence[str], columns: Sequence[str]) -> NDArray[np.float64]:
    import numpy as np

    places = {name: index for index, name in enumerate(columns)}
    return np.eye(len(columns))[[places[value] for value in values]]


def without_tail(values: Sequence[float]) -> list[float]:
    """Return a search's values, the poorest raised until the range is even around the median.

    Poor configurations lie far off: a normal distribution that reaches them would have the good
    ones vary too much, and take luck for merit.
    """
    from statistics import median

    least = 2 * median(values) - max(values)
    return [max(value, least) for value in values]
