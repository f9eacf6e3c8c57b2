"""Hyperparameter optimisation of real training jobs on Ray Tune.

>>> import automl
>>> result = automl.run(data="crops", trials=20)        # doctest: +SKIP
>>> result.trials.sort_values("cmc_rank_1")             # doctest: +SKIP
>>> automl.load_trials("runs/*")                        # doctest: +SKIP
>>> automl.compare(["runs/tpe", "runs/random"])         # doctest: +SKIP

Everything is imported when it is first used: ``import automl`` alone is instant.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from automl.launch.api import resume, run
    from automl.results.compare import compare, compare_pairs
    from automl.results.tables import load_epochs, load_trials

    __version__: str

_WHERE = {
    "run": "automl.launch.api",
    "resume": "automl.launch.api",
    "load_trials": "automl.results.tables",
    "load_epochs": "automl.results.tables",
    "compare": "automl.results.compare",
    "compare_pairs": "automl.results.compare",
}

__all__ = ["compare", "compare_pairs", "load_epochs", "load_trials", "resume", "run"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("reid-automl")
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'automl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
