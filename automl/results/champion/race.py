"""Where a confirmation spends its trainings: top-two Thompson sampling, in batches.

Russo, Simple Bayesian Algorithms for Best-Arm Identification (2016). A pair is the leader of one
draw from the posterior and the best other configuration of another draw, both trained with one
fresh seed. So the trainings go to the configurations between which the decision is open, and none
to those that cannot win. A round trains as many pairs as run side by side, each of its own draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from typing import Final

from automl.results.champion.posterior import MeanPosterior

SURE: Final = 0.95  # a race ends when one configuration is the best with this probability
BASE: Final = 2  # trainings of each configuration before the race, which show the noise


def next_pairs(found: MeanPosterior, round_: int, count: int = 1) -> tuple[tuple[str, str], ...]:
    """Return the pairs of configurations to train next; none where the decision is made.

    Args:
        found: what is known of the configurations.
        round_: the number of the round, from which the draws follow.
        count: how many pairs; several may be the same.
    """
    import numpy as np

    if max(found.best().values()) >= SURE:
        return ()
    order = np.random.default_rng(round_).permutation(len(found.means))
    leaders = [found.names[place] for place in found.means[order].argmax(axis=1)]
    draws = cycle(leaders)
    return tuple(_top_two(draws, len(leaders), found.names) for _ in range(count))


def _top_two(draws: Iterator[str], most: int, names: tuple[str, ...]) -> tuple[str, str]:
    """Return the leader of the next draw and the best other configuration of the next such draw."""
    leader = next(draws)
    others = (name for name in islice(draws, most) if name != leader)
    return leader, next(others, next(name for name in names if name != leader))
