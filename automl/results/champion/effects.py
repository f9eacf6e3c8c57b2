"""How much configurations gain over the defaults, by all trainings of them.

A hierarchical normal model, as in Gelman et al., Bayesian Data Analysis (3rd ed., 2013), ch. 5 and
15: the value of a training is its configuration's mean, plus what its seed does to every
configuration, plus noise. The means are drawn from one normal distribution, so that the largest
value of a search is pulled towards the others as far as luck may have made it the largest. The
defaults may lie further off than the others: somebody chose them with care.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DRAWS: Final = 4000
INTERVAL: Final = 0.90
# spreads in units of the noise, evenly in their logarithm, each with a half-Cauchy prior
_CANDIDATE_SPREADS: Final = (0.06, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
_SEED_SPREADS: Final = (0.06, 0.25, 1.0, 4.0)
_DEFAULTS_SPREAD: Final = 2.0  # in units of the candidates' spread


@dataclass(frozen=True)
class Training:
    """What one training reached; ``value`` is larger where it is better."""

    configuration: str
    seed: str
    value: float


@dataclass(frozen=True)
class Effect:
    """What a configuration gains over the defaults, in units of the metric; positive is better.

    Attributes:
        gain: the expected gain.
        low: below it lies 5 % of the probability; high: above it another 5 %.
        beats: the probability that it is better than the defaults.
        best: the probability that no other configuration, the defaults included, is better.
    """

    gain: float
    low: float
    high: float
    beats: float
    best: float


@dataclass(frozen=True)
class Posterior:
    """Draws of the means of configurations that were trained twice or more.

    ``means`` is (draws, ``names``); larger is better. The defaults are the last one.
    """

    names: tuple[str, ...]
    means: NDArray[np.float64]

    def best(self) -> dict[str, float]:
        """Return by configuration the probability that none is better."""
        import numpy as np

        counts = np.bincount(self.means.argmax(axis=1), minlength=len(self.names))
        return dict(zip(self.names, map(float, counts / len(self.means)), strict=True))

    def effects(self) -> dict[str, Effect]:
        """Return the effect of each configuration but the defaults."""
        import numpy as np

        best, defaults, found = self.best(), self.means[:, -1], {}
        for name, mean in zip(self.names[:-1], self.means.T, strict=False):
            gain = mean - defaults
            low, high = np.quantile(gain, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2])
            beats = float((gain > 0).mean())
            found[name] = Effect(float(gain.mean()), float(low), float(high), beats, best[name])
        return found


def posterior(
    trainings: Sequence[Training], defaults: str, resolution: float = 0.0
) -> Posterior | None:
    """Return what the trainings say of the configurations' means.

    None unless the defaults and another configuration were trained twice or more: else nothing is
    known of the noise.

    Args:
        trainings: of the search, one for each configuration, and with fresh seeds.
        defaults: the configuration that was not picked for its value.
        resolution: the step in which the metric moves, in its units: smaller noise is not seen.
    """
    counts = Counter(each.configuration for each in trainings)
    again = sorted(name for name, count in counts.items() if count > 1 and name != defaults)
    if not again or counts[defaults] < 2:
        return None
    names = [*again, *sorted({*counts} - {*again, defaults})]
    ordered = sorted(trainings, key=lambda each: (each.configuration, each.seed, each.value))
    drawn = _draws(ordered, names, defaults, resolution)
    return Posterior((*again, defaults), drawn[:, [*range(len(again)), -1]])


def _draws(
    trainings: Sequence[Training], names: Sequence[str], defaults: str, resolution: float
) -> NDArray[np.float64]:
    """Draw the means of the configurations, the defaults last: (draws, configurations)."""
    import numpy as np

    generator = np.random.default_rng(0)  # the same question has the same answer
    values = np.array([each.value for each in trainings])
    center, scale = values.mean(), values.std() or resolution or 1.0
    design = _design(trainings, names, defaults)
    fits = [
        _Fit.of(design, (values - center) / scale, len(names) + 1, *spreads, resolution / scale)
        for spreads in product(_CANDIDATE_SPREADS, _SEED_SPREADS)
    ]
    likelihood = np.array([fit.log_weight for fit in fits])
    weights = np.exp(likelihood - likelihood.max())
    counts = generator.multinomial(DRAWS, weights / weights.sum())
    parts = [fit.draw(count, generator) for fit, count in zip(fits, counts, strict=True) if count]
    found = np.concatenate(parts)
    means: NDArray[np.float64] = (found[:, :1] + found[:, 1 : len(names) + 2]) * scale + center
    return means


def _design(
    trainings: Sequence[Training], names: Sequence[str], defaults: str
) -> NDArray[np.float64]:
    """One row per training; columns: the mean, each configuration's offset from it, each seed."""
    import numpy as np

    seeds = sorted({each.seed for each in trainings})
    columns = {name: 1 + index for index, name in enumerate((*names, defaults))}
    design = np.zeros((len(trainings), 1 + len(columns) + len(seeds)))
    design[:, 0] = 1.0
    for row, each in zip(design, trainings, strict=True):
        row[columns[each.configuration]] = 1.0
        row[1 + len(columns) + seeds.index(each.seed)] = 1.0
    return design


@dataclass(frozen=True)
class _Fit:
    """The model with given spreads of candidates and seeds; all else follows in closed form.

    Henderson's mixed model equations (1950) give the coefficients and their covariance; the noise
    variance has an inverse gamma posterior under Jeffreys' prior.
    """

    coefficients: NDArray[np.float64]
    root: NDArray[np.float64]
    squares: float
    freedom: int
    log_weight: float

    @classmethod
    def of(
        cls,
        design: NDArray[np.float64],
        values: NDArray[np.float64],
        configurations: int,
        candidate_spread: float,
        seed_spread: float,
        resolution: float,
    ) -> _Fit:
        import numpy as np

        seeds = design.shape[1] - 1 - configurations
        spreads = np.repeat([candidate_spread, seed_spread], [configurations, seeds])
        spreads[configurations - 1] *= _DEFAULTS_SPREAD  # the defaults are the last one
        penalty = np.concatenate([[0.0], spreads**-2.0])
        equations = design.T @ design + np.diag(penalty)
        coefficients = np.asarray(np.linalg.solve(equations, design.T @ values), dtype=np.float64)
        squares = float(values @ values - values @ (design @ coefficients))
        squares = max(squares, 0.0) + len(values) * max(resolution, 1e-6) ** 2 / 12
        freedom = len(values) - 1
        log_determinant = np.linalg.slogdet(equations)[1] + 2 * np.log(spreads).sum()
        spread_priors = (_half_cauchy(candidate_spread, 0.5), _half_cauchy(seed_spread, 1.0))
        prior = np.log(candidate_spread * seed_spread * np.prod(spread_priors))
        return cls(
            coefficients,
            np.asarray(np.linalg.cholesky(np.linalg.inv(equations)), dtype=np.float64),
            squares,
            freedom,
            float(prior - log_determinant / 2 - freedom / 2 * np.log(squares)),
        )

    def draw(self, count: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """Draw the coefficients from their posterior: (count, columns of the design)."""
        import numpy as np

        noise = np.sqrt(self.squares / generator.chisquare(self.freedom, count))
        standard = generator.standard_normal((count, len(self.coefficients)))
        drawn = self.coefficients + noise[:, None] * (standard @ self.root.T)
        return np.asarray(drawn)


def _half_cauchy(value: float, scale: float) -> float:
    return 1 / (1 + (value / scale) ** 2)


def without_tail(values: Sequence[float]) -> list[float]:
    """Return a search's values, the poorest raised until the range is even around the median.

    Poor configurations lie far off: a normal distribution that reaches them would have the good
    ones vary too much, and take luck for merit.
    """
    from statistics import median

    least = 2 * median(values) - max(values)
    return [max(value, least) for value in values]
