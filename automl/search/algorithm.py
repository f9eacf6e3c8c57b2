"""Which sampler proposes the next trial, as a value with its reason.

Figures (mean regret, 30 trials x 10 seeds; shared/reference/hpo-engine.md): Hartmann-6 / mixed
Branin with log axes / log-space bowl: GPSampler 0.22 / 2.47 / 0.000, multivariate TPE
0.66 / 2.41 / 0.171, random 2.21 / 5.78 / 0.383.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from optuna.samplers import BaseSampler, GPSampler, RandomSampler, TPESampler

from automl.errors import InputError

STARTUP_TRIALS: Final = 5
GP_TRIAL_LIMIT: Final = 200


@dataclass(frozen=True)
class Algorithm:
    """A sampler's name and why it was picked."""

    name: str
    reason: str


def choose_algorithm(asked: str, *, trials: int | None, conditional: bool) -> Algorithm:
    """Return the algorithm that a sweep uses.

    Args:
        asked: a name of :data:`ALGORITHMS` or ``auto``.
        trials: the budget; ``None`` when only time limits the sweep.
        conditional: whether some parameters exist only under values of others.

    Raises:
        InputError: the name is unknown.
    """
    if asked != "auto":
        if asked not in ALGORITHMS:
            known = ", ".join(["auto", *ALGORITHMS])
            raise InputError(f"algorithm {asked!r} is unknown: use one of {known}")
        return Algorithm(asked, "asked for")
    if conditional:
        return Algorithm(
            "tpe", "conditional parameters: the Gaussian process would draw them blindly"
        )
    if trials is not None and trials > GP_TRIAL_LIMIT:
        return Algorithm("tpe", f"more than {GP_TRIAL_LIMIT} trials: a suggestion stays cheap")
    return Algorithm(
        "gp", "fixed space and a small budget: the Gaussian process needs fewest trials"
    )


def make_sampler(name: str, seed: int) -> BaseSampler:
    """Return the seeded Optuna sampler of an algorithm's name."""
    return _SAMPLERS[name](seed)


def _gp(seed: int) -> BaseSampler:
    return GPSampler(
        seed=seed,
        n_startup_trials=STARTUP_TRIALS,
        independent_sampler=RandomSampler(seed=seed),
        warn_independent_sampling=False,
    )


def _tpe(seed: int) -> BaseSampler:
    return TPESampler(
        seed=seed,
        n_startup_trials=STARTUP_TRIALS,
        multivariate=True,
        group=True,
        constant_liar=True,
    )


def _random(seed: int) -> BaseSampler:
    return RandomSampler(seed=seed)


_SAMPLERS: Final[Mapping[str, Callable[[int], Any]]] = {"gp": _gp, "tpe": _tpe, "random": _random}
ALGORITHMS: Final = tuple(_SAMPLERS)
