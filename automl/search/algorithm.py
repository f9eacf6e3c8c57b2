"""Which algorithm proposes a sweep's trials, as a value with its reason.

Figures (mean regret, 30 trials x 10 seeds; shared/reference/hpo-engine.md): Hartmann-6 / mixed
Branin with log axes / log-space bowl: GPSampler 0.22 / 2.47 / 0.000, multivariate TPE
0.66 / 2.41 / 0.171, CMA-ES 1.34 / 5.35 / 0.092, random 2.21 / 5.78 / 0.383. With noise and in
batches of 4 the Gaussian process keeps its lead, so neither changes the choice;
``experiments/benchmarks/search_quality.py`` measures it anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from automl.errors import InputError
from automl.search.grid import grid
from automl.search.samplers import GP_TRIAL_LIMIT, SAMPLERS
from automl.search.situation import Situation
from automl.space import Space

ALGORITHMS: Final = tuple(SAMPLERS)
GP_DIMENSIONS: Final = 12
GP_CONCURRENCY: Final = 16
GP_CONDITIONAL_SHARE: Final = 0.25


@dataclass(frozen=True)
class Algorithm:
    """An algorithm's name and why it was picked."""

    name: str
    reason: str


def choose_algorithm(asked: str, situation: Situation) -> Algorithm:
    """Return the algorithm that a sweep uses.

    Args:
        asked: a name of :data:`ALGORITHMS` or ``auto``.
        situation: what the choice depends on.

    Raises:
        InputError: the name is unknown.
    """
    if asked == "auto":
        return _automatic(situation)
    if asked not in ALGORITHMS:
        known = ", ".join(["auto", *ALGORITHMS])
        raise InputError(f"algorithm {asked!r} is unknown: use one of {known}")
    return Algorithm(asked, _REMARKS.get(asked, "asked for"))


def check_algorithm(name: str, situation: Situation, space: Space, base: Mapping[str, Any]) -> None:
    """Refuse an algorithm that cannot act on the space.

    Raises:
        InputError: why, and what to do.
    """
    if name == "grid":
        grid(space, base)
    if name == "cmaes" and not situation.numbers:
        raise InputError(
            "cmaes evolves numbers and this space holds none in its default configuration:"
            " use --algorithm tpe or grid"
        )


_REMARKS: Final = {
    "bohb": "asked for: TPE with the rungs of hyperband; Ray's own TuneBOHB needs a package that"
    " is no longer maintained",
    "cmaes": "asked for: evolves the numbers that every trial has; choices and conditional"
    " parameters are drawn by TPE",
    "qmc": "asked for: a scrambled Sobol sequence, which no result changes",
    "grid": "asked for: every configuration once, in an order that the seed decides",
}


def _automatic(situation: Situation) -> Algorithm:
    size, trials = situation.configurations, situation.trials
    if size is not None and trials is not None and size <= trials:
        return Algorithm("grid", f"the space has {size} configurations: each is tried once")
    against = _against_gp(situation)
    if against:
        return Algorithm("tpe", against)
    return Algorithm(
        "gp",
        f"{situation.dimensions} dimensions and a small budget: the Gaussian process needs the"
        " fewest trials, clean or noisy",
    )


def _against_gp(situation: Situation) -> str:
    """Why the Gaussian process does not suit the situation, empty if it does."""
    rules = (
        (situation.rungs, "the Gaussian process would ignore trials that the scheduler stops"),
        (
            situation.conditional_share > GP_CONDITIONAL_SHARE,
            f"{situation.conditional} of {situation.parameters} parameters are conditional:"
            " the Gaussian process would not model them",
        ),
        (
            situation.dimensions > GP_DIMENSIONS,
            f"{situation.dimensions} dimensions, more than the {GP_DIMENSIONS} up to which the"
            " Gaussian process was measured to lead",
        ),
        (
            (situation.trials or 0) > GP_TRIAL_LIMIT,
            f"more than {GP_TRIAL_LIMIT} trials: a suggestion stays cheap",
        ),
        (
            (situation.concurrency or 0) >= GP_CONCURRENCY,
            f"{situation.concurrency} trials side by side would wait for the Gaussian process's"
            " suggestions",
        ),
    )
    return next((why for holds, why in rules if holds), "")
