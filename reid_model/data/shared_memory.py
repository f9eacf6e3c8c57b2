"""How many reader processes a machine's shared memory has room for.

Readers hand their batches over in /dev/shm, of which a container has 64 MB unless it is told
otherwise. A reader that finds no room there fails, or is killed by SIGBUS.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Final

LOG = logging.getLogger(__name__)
_SHARED: Final = Path("/dev/shm")
_AHEAD: Final = 2  # batches that torch lets each reader prepare
_SHARE: Final = 0.5  # of what is free: other trials start meanwhile


def fitting_readers(wanted: int, batch_bytes: int, *, place: Path = _SHARED) -> int:
    """Return how many of the wanted readers fit, with a warning if not all do.

    ``batch_bytes``: what one reader prepares at a time, one batch of each loader.
    """
    try:
        found = os.statvfs(place)
    except OSError:  # no Linux
        return wanted
    free = found.f_bavail * found.f_frsize
    fitting = min(wanted, int(_SHARE * free / max(1, _AHEAD * batch_bytes)))
    if fitting < wanted:
        needed = wanted * _AHEAD * batch_bytes / _SHARE
        LOG.warning(
            "%s has room for %d of %d readers of image files (%d MB free, %d MB needed): %s; give"
            " the container more (docker run --shm-size=%dg), or set dataset.cache_dir or"
            " dataset.cache_limit_gb so that images are decoded once",
            place, fitting, wanted, free // 2**20, -(-needed // 2**20),
            "the others are not started" if fitting else "the training process reads them itself",
            -(-needed // 2**30),
        )  # fmt: skip
    return fitting
