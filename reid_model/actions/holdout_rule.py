"""Decides for a sweep whether the training set can spare identities for validation."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from reid_model.config.identities import JUNK_PID
from reid_model.data.folder import list_folder

FEWEST: Final = 100
SHARE: Final = 0.2


def share(spec: Mapping[str, Any]) -> tuple[float, str]:
    """Return the share of identities to hold out of training, 0 for none, and why.

    The names of the training crops are read, no image. From :data:`FEWEST` identities on it is
    :data:`SHARE`: fewer have too few queries left to choose by, and miss those that they lose.
    """
    folder = Path(spec["dataset"]["train_dataset_dir"])
    cameras: dict[int, set[int]] = defaultdict(set)
    for crop in list_folder(folder, "dataset.train_dataset_dir").crops:
        if crop.pid != JUNK_PID:
            cameras[crop.pid].add(crop.camid)
    count = len(cameras)
    if count < FEWEST:
        return 0.0, f"{count} training identities, fewer than {FEWEST}, are all needed to train"
    held = math.floor(SHARE * count + 0.5)
    usable = sum(pid > 0 and len(seen) > 1 for pid, seen in cameras.items())
    if usable < held:
        return 0.0, f"only {usable} of {count} training identities are seen by two cameras or more"
    return SHARE, f"{held} of {count} training identities"
