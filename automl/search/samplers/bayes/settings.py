"""The settings of the algorithm ``bayes``, which ``search_quality.py`` varies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Settings:
    """What is not learned from the trials.

    Attributes:
        startup: trials before the model proposes, the defaults among them.
        reach: the share of every number's range that these first trials cover, about its middle.
        spread: random points of which each first trial is the one farthest from all others.
        linear: how far above the median losses are taken as they are, in deviations of those below
            it; beyond, only their logarithm counts.
        length_mean, length_sd: normal prior of a log length scale, to whose mean half the log of
            the number of axes is added (Hvarfner et al., ICML 2024).
        noise_mean, noise_sd: normal prior of the log of the noise variance; the values' is 1.
        samples: draws of the hyperparameters that are averaged over; 1 for the most probable ones.
        boldness: factor of the uncertainty that the expected improvement counts with: below 1,
            what few trials leave open tempts less.
        belief: weight of the prior that the best lies near the defaults, which is divided by the
            number of trials (Hvarfner et al., ICLR 2022); width: its standard deviation.
        candidates: random points among which the search for a proposal begins.
    """

    startup: int = 4
    reach: float = 0.8
    spread: int = 64
    linear: float = 3.0
    length_mean: float = -0.4
    length_sd: float = 1.0
    noise_mean: float = -6.0
    noise_sd: float = 2.0
    samples: int = 8
    boldness: float = 0.7
    belief: float = 1.0
    width: float = 0.6
    candidates: int = 500


SETTINGS: Final = Settings()
