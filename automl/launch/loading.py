"""What a sweep imports only later, imported beside its first trials.

The first suggestion of a Gaussian process takes 0.7 s to import while no worker gets a new trial,
and the report one second where Optuna finds scikit-learn.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from automl.search.load import load_sampler

_REPORT: Final = "automl.results.report.page"


@contextmanager
def loading(algorithm: str) -> Iterator[None]:
    """Import in a thread what ``algorithm`` and the report need; it is over at the block's end."""
    thread = threading.Thread(target=_load, args=(algorithm,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _load(algorithm: str) -> None:
    load_sampler(algorithm)  # first: it minds how many threads SciPy takes
    importlib.import_module(_REPORT)
