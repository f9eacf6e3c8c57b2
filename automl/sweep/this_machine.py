"""What this machine has, found without starting Ray: the forecast that a launch review gives."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from automl.sweep.resources import CPU, GPU, Capacity, Node

VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
_DRIVER: Final = Path("/proc/driver/nvidia/gpus")


def this_machine(environment: Mapping[str, str] | None = None, driver: Path = _DRIVER) -> Capacity:
    """Return the CPUs and the GPUs that a local Ray would offer.

    Args:
        environment: None for the process's own; ``CUDA_VISIBLE_DEVICES`` limits the GPUs.
        driver: where the NVIDIA driver lists a folder per GPU.
    """
    visible = (os.environ if environment is None else environment).get(VISIBLE)
    present = len(list(driver.iterdir())) if driver.is_dir() else 0
    if visible is not None:
        named = [name for name in visible.split(",") if name.strip() not in ("", "-1")]
        present = min(present, len(named))
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    amounts = {CPU: float(cpus or 1), GPU: float(present)}
    return Capacity((Node(socket.gethostname(), amounts),))
