"""What a search loads only when it first learns from trials, loaded beside the first of them.

A Gaussian process imports for 0.7 s before its first suggestion, while no worker gets a new trial.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from automl.search.load import load_sampler


@contextmanager
def loading(algorithm: str) -> Iterator[None]:
    """Load in a thread what ``algorithm`` learns with; the thread is over at the block's end."""
    thread = threading.Thread(target=load_sampler, args=(algorithm,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()
