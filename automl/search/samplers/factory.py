"""Makes a new sampler for every trial, from the sweep's seed and the number of draws before.

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


_SEED_STRIDE: Final = 1_000_003  # a prime: (seed, draw) pairs do not collide
_SEED_LIMIT: Final = 2**32


@dataclass(frozen=True)
class DrawContext:
    """What a sampler is made for: one draw of a sweep.

    Attributes:
        seed: the sweep's.
        draw: how many draws came before this one; see :class:`automl.search.study.Study`.
        cube: the space that is searched, which all but ``bayes`` know from the study alone.
    """

    seed: int
    draw: int
    cube: Cube | None = None

    @property
    def mixed(self) -> int:
        """A seed of this draw alone."""
        return (self.seed * _SEED_STRIDE + self.draw) % _SEED_LIMIT


def make_sampler(name: str, context: DrawContext) -> BaseSampler:
    """Return an algorithm's seeded sampler, which sees the study as :data:`VIEWS` show it."""
    name = _whose_turn(name, context.draw)
    sampler: BaseSampler = SAMPLERS[name](context)
    return ViewSampler(sampler, VIEWS[name]) if name in VIEWS else sampler


def _whose_turn(name: str, draw: int) -> str:
    """Return the algorithm that makes a draw.

    After :data:`GP_TRIAL_LIMIT` draws a Gaussian process costs too much: TPE takes over.
    """
    if name in ("gp", "bayes", "portfolio") and draw > GP_TRIAL_LIMIT:
        return "tpe"
    if name == "portfolio":
        return "gp" if draw >= PORTFOLIO_BEGIN and draw % 2 else "bayes"
    return name


def _gp(context: DrawContext) -> BaseSampler:
    return GPSampler(
        seed=context.mixed,
        n_startup_trials=STARTUP_TRIALS,
        independent_sampler=_tpe(context),
        warn_independent_sampling=False,
    )


def _bayes(context: DrawContext) -> BaseSampler:
    if context.cube is None:
        return _tpe(context)
    from automl.search.samplers.bayes.sampler import BayesSampler

    return BayesSampler(context.cube, context.mixed, _tpe(context))


def _tpe(context: DrawContext) -> BaseSampler:
    return TPESampler(
        seed=context.mixed,
        n_startup_trials=STARTUP_TRIALS,
        multivariate=True,
        group=True,
        constant_liar=True,
        warn_independent_sampling=False,
    )


def _cmaes(context: DrawContext) -> BaseSampler:
    return CmaSampler(context.mixed, _tpe(context))


class _Sequence(QMCSampler):  # type: ignore[misc]
    """A quasi-random sequence of which a draw takes the point of its own number.

    Optuna counts the draws in the study, so that one which a killed driver left half written would
    skip a point.
    """

    def __init__(self, context: DrawContext) -> None:
        super().__init__(
            seed=context.seed % _SEED_LIMIT,
            scramble=True,
            independent_sampler=_random(context),
            warn_independent_sampling=False,
        )
        self._place = context.draw

    def _find_sample_id(self, study: Study, search_space: dict[str, BaseDistribution]) -> int:
        return self._place


def _random(context: DrawContext) -> BaseSampler:
    return RandomSampler(seed=context.mixed)


SAMPLERS: Final[Mapping[str, Callable[[DrawContext], Any]]] = {
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
