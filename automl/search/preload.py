"""What a sampler imports only when it first learns from trials."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_MODULES: Final = {
    "cmaes": ("cmaes",),
    "gp": (
        "scipy.optimize",
        "scipy.stats",
        *(f"optuna._gp.{name}" for name in ("acqf", "batched_lbfgsb", "gp", "optim_mixed")),
    ),
}


_BLAS_THREADS: Final = "OPENBLAS_NUM_THREADS"


def load_sampler(name: str) -> None:
    """Import what algorithm ``name`` learns with; what is not there is left to the sampler."""
    with _one_blas_thread():
        for module in _MODULES.get(name, ()):
            with suppress(Exception):
                importlib.import_module(module)


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """SciPy's OpenBLAS asks once, when it is loaded; Optuna's GPSampler loads it so as well.

    With more threads, which get into each other's way, a suggestion takes twice as long.
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
