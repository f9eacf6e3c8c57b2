"""The report's modules, imported beside the first trials.

They take a second where Optuna finds scikit-learn, which a user would wait for at the end.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_REPORT: Final = "automl.results.report.page"


@contextmanager
def loading() -> Iterator[None]:
    """Import in a thread what the report needs; it is over at the block's end."""
    thread = threading.Thread(target=_load, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _load() -> None:
    with suppress(Exception):  # the report says what is wrong
        importlib.import_module(_REPORT)
