"""Makes a new sampler for every trial, from the sweep's seed and the trial's ticket.

A sampler knows only what is in the study, so that a resumed sweep suggests what it would have
suggested without the interruption.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, GPSampler, QMCSampler, RandomSampler, TPESampler

from automl.search.algorithm import GP_TRIAL_LIMIT, PORTFOLIO_BEGIN, STARTUP_TRIALS
from automl.search.outliers import without_outliers
from automl.search.samplers.bayes.cube import Cube
from automl.search.samplers.cma import CmaSampler
from automl.search.samplers.constrained import with_constraints
from automl.search.samplers.diverged import with_diverged
from automl.search.samplers.endings import with_endings
from automl.search.samplers.view import View, ViewSampler

_LEARNS_FAILURES: Final[Sequence[View]] = (with_diverged, with_constraints)
VIEWS: Final[Mapping[str, Sequence[View]]] = {
    "gp": (with_endings, without_outliers, *_LEARNS_FAILURES),
    "tpe": _LEARNS_FAILURES,
    "bohb": _LEARNS_FAILURES,
    "cmaes": (with_endings, with_diverged),
    "bayes": (with_endings,),
}
"""What each algorithm is shown of a study; the others see it as it is."""


# The Gaussian process runs torch beside trials that train: a waiting OpenMP thread must not spin.
# torch reads the variable when it is loaded, which is later.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


_SEED_STRIDE: Final = 1_000_003  # a prime: (seed, ticket) pairs do not collide
_SEED_LIMIT: Final = 2**32


@dataclass(frozen=True)
class DrawSeed:
    """The sweep's seed, and how many draws came before the one that a sampler is made for.

    ``cube``: the space that is searched, which all but ``bayes`` know from the study alone.
    """

    seed: int
    ticket: int
    cube: Cube | None = None

    @property
    def mixed(self) -> int:
        """A seed of this draw alone."""
        return (self.seed * _SEED_STRIDE + self.ticket) % _SEED_LIMIT


def make_sampler(name: str, draw: DrawSeed) -> BaseSampler:
    """Return an algorithm's seeded sampler, which sees the study as :data:`VIEWS` show it."""
    name = _whose_turn(name, draw.ticket)
    sampler: BaseSampler = SAMPLERS[name](draw)
    return ViewSampler(sampler, VIEWS[name]) if name in VIEWS else sampler


def _whose_turn(name: str, ticket: int) -> str:
    """Return the algorithm that proposes one trial.

    Past :data:`GP_TRIAL_LIMIT` trials a Gaussian process costs too much: TPE takes over.
    """
    if name in ("gp", "bayes", "portfolio") and ticket > GP_TRIAL_LIMIT:
        return "tpe"
    if name == "portfolio":
        return "gp" if ticket >= PORTFOLIO_BEGIN and ticket % 2 else "bayes"
    return name


def _gp(draw: DrawSeed) -> BaseSampler:
    return GPSampler(
        seed=draw.mixed,
        n_startup_trials=STARTUP_TRIALS,
        independent_sampler=_tpe(draw),
        warn_independent_sampling=False,
    )


def _bayes(draw: DrawSeed) -> BaseSampler:
    if draw.cube is None:
        return _tpe(draw)
    from automl.search.samplers.bayes.sampler import BayesSampler

    return BayesSampler(draw.cube, draw.mixed, _tpe(draw))


def _tpe(draw: DrawSeed) -> BaseSampler:
    return TPESampler(
        seed=draw.mixed,
        n_startup_trials=STARTUP_TRIALS,
        multivariate=True,
        group=True,
        constant_liar=True,
        warn_independent_sampling=False,
    )


def _cmaes(draw: DrawSeed) -> BaseSampler:
    return CmaSampler(draw.mixed, _tpe(draw))


class _Sequence(QMCSampler):  # type: ignore[misc]
    """A quasi-random sequence of which a draw takes the point of its own number.

    Optuna counts the draws in the study, so that one which a killed driver left half written would
    skip a point.
    """

    def __init__(self, draw: DrawSeed) -> None:
        super().__init__(
            seed=draw.seed % _SEED_LIMIT,
            scramble=True,
            independent_sampler=_random(draw),
            warn_independent_sampling=False,
        )
        self._place = draw.ticket

    def _find_sample_id(self, study: Study, search_space: dict[str, BaseDistribution]) -> int:
        return self._place


def _random(draw: DrawSeed) -> BaseSampler:
    return RandomSampler(seed=draw.mixed)


SAMPLERS: Final[Mapping[str, Callable[[DrawSeed], Any]]] = {
    "bayes": _bayes,
    "gp": _gp,
    "tpe": _tpe,
    "bohb": _tpe,
    "cmaes": _cmaes,
    "qmc": _Sequence,
    "random": _random,
    "pbt": _random,  # of its first generation
    "grid": _random,  # the study enqueues the grid's configurations: nothing is left to draw
}
