"""The state of torch's generators as plain tensors, for a resumed run to go on with.

Only dropout and stochastic depth draw from them; batches and augmentation have their own seeds.
"""

from __future__ import annotations

from typing import Any

import torch


def random_state() -> dict[str, Any]:
    """The CPU generator's state and those of all visible GPUs."""
    gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return {"cpu": torch.get_rng_state(), "gpus": gpus}


def restore_random_state(state: dict[str, Any]) -> None:
    """Undo of :func:`random_state`; GPUs that are not there any more are passed over."""
    torch.set_rng_state(state["cpu"].cpu())
    for index, gpu in enumerate(state["gpus"][: torch.cuda.device_count()]):
        torch.cuda.set_rng_state(gpu.cpu(), index)
