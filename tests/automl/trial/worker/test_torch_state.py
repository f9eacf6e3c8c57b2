"""How many GPUs a direct run worked on, told by torch where the trainer has loaded it."""

from types import SimpleNamespace
from typing import Any

import pytest

from automl.trial.worker import torch_state
from automl.trial.worker.torch_state import forget_gpu_use, gpus_used


class Cuda:
    """Three devices: what is allocated now, and the peak since the last reset."""

    def __init__(self) -> None:
        self.now = [0, 8, 0]
        self.peak = [4, 8, 0]
        self.initialised = True

    def is_available(self) -> bool:
        return True

    def is_initialized(self) -> bool:
        return self.initialised

    def device_count(self) -> int:
        return len(self.now)

    def reset_peak_memory_stats(self, device: int) -> None:
        self.peak[device] = self.now[device]

    def max_memory_allocated(self, device: int) -> int:
        assert self.initialised
        return self.peak[device]


def test_devices_that_held_tensors_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    torch: Any = SimpleNamespace(cuda=Cuda())
    monkeypatch.setattr(torch_state, "loaded_torch", lambda: torch)
    assert gpus_used() == 2
    forget_gpu_use()
    assert gpus_used() == 1
    torch.cuda.peak[2] = 1
    assert gpus_used() == 2
    torch.cuda.initialised = False
    forget_gpu_use()
    assert gpus_used() == 0


def test_without_torch_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_state, "loaded_torch", lambda: None)
    forget_gpu_use()
    assert gpus_used() == 0
