"""Limits GPU memory when several runs share a GPU; the parent process sets the share."""

from __future__ import annotations

import os
from typing import Any

import torch

from reid_model.errors import ConfigError

VARIABLE = "AUTOML_GPU_FRACTION"


def limit_gpu_share(cuda: Any = torch.cuda) -> None:
    """Limit this process to the share of GPU memory in ``AUTOML_GPU_FRACTION``, if it is set.

    Raises ConfigError for a value that is not in (0, 1].
    """
    given = os.environ.get(VARIABLE, "")
    if not given:
        return
    try:
        share = float(given)
    except ValueError:
        share = 0.0
    if not 0.0 < share <= 1.0:
        raise ConfigError(f"{VARIABLE} must be a number above 0 and at most 1, is {given!r}")
    for device in range(cuda.device_count() if cuda.is_available() else 0):
        cuda.set_per_process_memory_fraction(share, device)
