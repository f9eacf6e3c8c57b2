"""Imports in advance what a sampler, or the importance of parameters, imports when first used."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from automl.search.algorithm import PORTFOLIO_BEGIN, STARTUP_TRIALS

_MODULES: Final = {
    "bayes": ("scipy.optimize", "scipy.special", "automl.search.samplers.bayes.sampler"),
    "cmaes": ("cmaes",),
    "gp": (
        "scipy.optimize",
        "scipy.stats",
        *(f"optuna._gp.{name}" for name in ("acqf", "batched_lbfgsb", "gp", "optim_mixed")),
    ),
}
_BLAS_THREADS: Final = "OPENBLAS_NUM_THREADS"


def load_sampler(name: str, trials: int | None = None) -> None:
    """Import the modules that algorithm ``name`` needs; its sampler reports a missing one.

    Args:
        name: the algorithm.
        trials: the sweep's budget: its first trials need no model. None for one without a limit,
            or whose sampler knows trials of other runs.
    """
    if trials is not None and trials <= STARTUP_TRIALS:
        return
    turns = [name]
    if name == "portfolio":
        turns = ["bayes"] if trials is not None and trials <= PORTFOLIO_BEGIN else ["bayes", "gp"]
    with _one_blas_thread():
        for module in (module for turn in turns for module in _MODULES.get(turn, ())):
            with suppress(Exception):
                importlib.import_module(module)


def load_importance(trials: int | None = None) -> None:
    """Import what the importance of parameters needs, where a run of ``trials`` is shown it.

    Args:
        trials: the sweep's budget; None for one without a limit.
    """
    from automl.search.importance import MIN_TRIALS  # which imports Optuna

    if trials is None or trials >= MIN_TRIALS:
        importlib.import_module("optuna.importance")


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Let SciPy's OpenBLAS, which reads the variable when it is loaded, use one thread.

    Optuna's GPSampler does the same. With several threads a suggestion takes twice as long.
    """
    before = os.environ.get(_BLAS_THREADS)
    os.environ[_BLAS_THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(_BLAS_THREADS, None)
        else:
            os.environ[_BLAS_THREADS] = before
