"""A trial that has a part of a GPU is held to its part of the memory."""

import os
from types import SimpleNamespace
from typing import Any

import pytest

from automl.trial.worker.gpu_share import VARIABLE, limit_gpu_share, tell_gpu_share


class _Cuda:
    """What is asked of ``torch.cuda`` on a machine with two cards."""

    def __init__(self, present: bool = True) -> None:
        self.present = present
        self.set: list[tuple[float, int]] = []

    def is_available(self) -> bool:
        return self.present

    def device_count(self) -> int:
        return 2

    def set_per_process_memory_fraction(self, share: float, device: int) -> None:
        self.set.append((share, device))


@pytest.mark.parametrize(
    ("share", "present", "limits"),
    [(0.25, True, [(0.25, 0), (0.25, 1)]), (1.0, True, []), (0.0, True, []), (0.25, False, [])],
)
def test_the_share_of_memory(share: float, present: bool, limits: list[Any]) -> None:
    torch = SimpleNamespace(cuda=_Cuda(present))
    limit_gpu_share(share, torch)
    assert torch.cuda.set == limits


def test_children_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "")  # so that it is put back
    monkeypatch.delenv(VARIABLE)
    for whole in (0.0, 1.0, 2.0):
        tell_gpu_share(whole)
    assert VARIABLE not in os.environ
    tell_gpu_share(0.25)
    assert os.environ[VARIABLE] == "0.25"
