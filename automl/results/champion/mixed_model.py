"""A linear mixed model of trainings, fitted for given standard deviations of its effects.

Henderson's mixed model equations (1950) give the coefficients and their covariance; the noise
variance has an inverse gamma posterior under Jeffreys' prior, as in Gelman et al., Bayesian Data
Analysis (3rd ed., 2013), ch. 15.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Fit:
    """The model with given spreads; all else follows in closed form.

    Attributes:
        smoother: (columns of the design, trainings); times the values it gives the coefficients.
        coefficients: the expected coefficients; root: of their covariance, in units of the noise.
        squares: the sum of squares that is left; freedom: the degrees of freedom behind it.
        log_weight: how well the model explains the values, with the prior of its spreads.
    """

    smoother: NDArray[np.float64]
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
        spreads: NDArray[np.float64],
        log_prior: float,
        resolution: float,
    ) -> Fit:
        """Fit ``values``, one for each row of ``design``.

        Args:
            design: one column for each coefficient.
            values: of the trainings.
            spreads: the standard deviation of each coefficient in units of the noise; infinite
                where nothing is assumed of it.
            log_prior: of these spreads.
            resolution: the step in which values move: smaller noise is not seen.
        """
        import numpy as np

        free = np.isinf(spreads)
        equations = design.T @ design + np.diag(spreads**-2.0)
        smoother = np.asarray(np.linalg.solve(equations, design.T), dtype=np.float64)
        coefficients = np.asarray(smoother @ values, dtype=np.float64)
        squares = float(values @ values - values @ (design @ coefficients))
        squares = max(squares, 0.0) + len(values) * max(resolution, 1e-6) ** 2 / 12
        freedom = len(values) - int(free.sum())
        log_determinant = np.linalg.slogdet(equations)[1] + 2 * np.log(spreads[~free]).sum()
        return cls(
            smoother,
            coefficients,
            np.asarray(np.linalg.cholesky(np.linalg.inv(equations)), dtype=np.float64),
            squares,
            freedom,
            float(log_prior - log_determinant / 2 - freedom / 2 * np.log(squares)),
        )

    def draw(self, count: int, generator: np.random.Generator) -> NDArray[np.float64]:
        """Draw the coefficients from their posterior: (count, columns of the design)."""
        import numpy as np

        noise = np.sqrt(self.squares / generator.chisquare(self.freedom, count))
        standard = generator.standard_normal((count, len(self.coefficients)))
        drawn = self.coefficients + noise[:, None] * (standard @ self.root.T)
        return np.asarray(drawn)


def weights_of(fits: Sequence[Fit]) -> NDArray[np.float64]:
    """Return the probability of each fit's spreads."""
    import numpy as np

    likelihood = np.array([fit.log_weight for fit in fits])
    weights = np.exp(likelihood - likelihood.max())
    return np.asarray(weights / weights.sum())


def half_cauchy(value: float, scale: float) -> float:
    """Return the prior of a spread, evenly in its logarithm, but for a constant."""
    return value / (1 + (value / scale) ** 2)
