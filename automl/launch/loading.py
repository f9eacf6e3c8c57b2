"""What a sweep loads only later, loaded beside its first trials.

The first suggestion of a Gaussian process imports for 0.7 s, in which no worker gets its next
trial, and the report for a second where Optuna finds scikit-learn.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_REPORT: Final = "automl.results.report.page"


@contextmanager
def loading(algorithm: str) -> Iterator[None]:
    """Load in a thread what ``algorithm`` and the report need; it is over at the block's end."""
    thread = threading.Thread(target=_load, args=(algorithm,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _load(algorithm: str) -> None:
    from automl.search.samplers import modules_of

    for name in (*modules_of(algorithm), _REPORT):
        with suppress(Exception):  # whoever needs it will say so
            importlib.import_module(name)
