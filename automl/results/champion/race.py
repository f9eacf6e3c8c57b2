"""Where a confirmation spends its trainings: top-two Thompson sampling.

Russo, Simple Bayesian Algorithms for Best-Arm Identification (2016). Each round trains the leader
of one draw from the posterior and the best other configuration of another draw, both with the same
fresh seed. So the trainings go to the configurations between which the decision is open, and none
to those that cannot win.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from automl.results.champion.effects import Posterior

SURE: Final = 0.95  # a race ends when one configuration is the best with this probability
BASE: Final = 2  # trainings of each configuration before the race, which show the noise


def next_pair(found: Posterior, round_: int) -> tuple[str, ...]:
    """Return the two configurations to train next; none where the decision is made.

    Args:
        found: what is known of the configurations.
        round_: the number of the round, from which the draws follow.
    """
    return () if max(found.best().values()) >= SURE else _top_two(found, round_)


def _top_two(found: Posterior, round_: int) -> tuple[str, str]:
    """Return the leader of one draw and the best other configuration of the next such draw."""
    import numpy as np

    order = np.random.default_rng(round_).permutation(len(found.means))
    leaders = [found.names[found.means[draw].argmax()] for draw in order]
    challenger = next((name for name in leaders if name != leaders[0]), None)
    if challenger is None:
        counts = Counter(leaders)
        challenger = next(name for name in found.names if name not in counts)
    return leaders[0], challenger
