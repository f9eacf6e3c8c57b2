"""Decides for a sweep whether the training set can spare identities for validation."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from reid_model.config.families import CROSS_CAMERA
from reid_model.config.identities import JUNK_PID
from reid_model.data.lists.training import list_training

FEWEST: Final = 100
SHARE: Final = 0.2


def share(spec: Mapping[str, Any]) -> tuple[float, str]:
    """Return the share of identities to hold out of training, 0 for none, and why.

    The names of the training crops are read, no image. From :data:`FEWEST` identities on it is
    :data:`SHARE`: fewer have too few queries left to choose by, and miss those that they lose.
    """
    data = spec["dataset"]
    across_cameras = spec.get("evaluate", {}).get("protocol", CROSS_CAMERA) == CROSS_CAMERA
    views: dict[int, set[Any]] = defaultdict(set)
    pattern, extra = data.get("pattern", ""), data.get("extra_train_dirs") or ()
    for crop in list_training(data["train_dataset_dir"], extra, pattern).crops:
        if crop.pid != JUNK_PID:
            views[crop.pid].add(crop.camid if across_cameras else crop.path)
    count = len(views)
    if count < FEWEST:
        return 0.0, f"{count} training identities, fewer than {FEWEST}, are all needed to train"
    held = math.floor(SHARE * count + 0.5)
    usable = sum(pid > 0 and len(seen) > 1 for pid, seen in views.items())
    if usable < held:
        what = "are seen by two cameras or more" if across_cameras else "have two crops or more"
        return 0.0, f"only {usable} of {count} training identities {what}"
    return SHARE, f"{held} of {count} training identities"
