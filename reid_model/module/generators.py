"""The state of torch's generators as plain tensors, for a resumed run to go on with.

Only dropout and stochastic depth draw from them; batches and augmentation have their own seeds.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist

State = dict[str, Any]


def start_random_state(seed: int, rank: int) -> None:
    """Give each process but the first, which goes on with what it has, numbers of its own."""
    if rank:
        torch.manual_seed(seed + rank)


def random_states(world_size: int) -> list[State]:
    """For each process, the CPU generator's state and those of all GPUs that it sees."""
    gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    own = {"cpu": torch.get_rng_state(), "gpus": gpus}
    if world_size == 1:
        return [own]
    everyones: list[Any] = [None] * world_size
    dist.all_gather_object(everyones, own)
    return everyones


def restore_random_state(states: list[State], seed: int, rank: int) -> None:
    """Undo of :func:`random_states`; GPUs that are not there any more are passed over.

    A process that was not there begins with numbers of its own.
    """
    if rank >= len(states):
        start_random_state(seed, rank)
        return
    state = states[rank]
    torch.set_rng_state(state["cpu"].cpu())
    for index, gpu in enumerate(state["gpus"][: torch.cuda.device_count()]):
        torch.cuda.set_rng_state(gpu.cpu(), index)
