"""A trial's share of a GPU that it does not have to itself.

Ray counts fractions of a GPU without enforcing them. So torch is told how much of the GPU's memory
this process may take: a trial that wants more runs out of memory itself, instead of its neighbours.
A child process reads its share from :data:`VARIABLE`.
"""

from __future__ import annotations

import importlib
import os
from typing import Any, Final

VARIABLE: Final = "AUTOML_GPU_FRACTION"


def tell_gpu_share(share: float) -> None:
    """Tell the children that this process starts their ``share`` (0..1) of a GPU.

    Nothing is told for 0 and 1: such a trial has no GPU, or all of it.
    """
    if 0 < share < 1:
        os.environ[VARIABLE] = f"{share:g}"


def limit_gpu_share(share: float, torch: Any = None) -> None:
    """Hold this process to ``share`` (0..1) of the memory of each GPU that it sees.

    Nothing happens for 0 and 1, without torch and without a GPU. ``torch`` is the module, None for
    the one that is installed, if any.
    """
    if not 0 < share < 1:
        return
    try:
        torch = torch or importlib.import_module("torch")
    except ImportError:
        return
    for device in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        torch.cuda.set_per_process_memory_fraction(share, device)
