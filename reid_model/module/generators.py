"""Saves and restores the state of torch's random generators, for resumed runs.

Only dropout and stochastic depth draw from them; batches and augmentation have their own seeds.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist

State = dict[str, Any]


def start_random_state(seed: int, rank: int) -> None:
    """Give each rank but rank 0 random numbers of its own; rank 0 keeps its state."""
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
    """Restore :func:`random_states`; states of GPUs that no longer exist are ignored.

    A rank that did not exist starts with random numbers of its own.
    """
    if rank >= len(states):
        start_random_state(seed, rank)
        return
    state = states[rank]
    torch.set_rng_state(state["cpu"].cpu())
    for index, gpu in enumerate(state["gpus"][: torch.cuda.device_count()]):
        torch.cuda.set_rng_state(gpu.cpu(), index)
