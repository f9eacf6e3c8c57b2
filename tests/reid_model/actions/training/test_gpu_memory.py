"""The trainer keeps to the share of a GPU that its starter names, and refuses what is none."""

from typing import Any

import pytest

from reid_model.actions.training.gpu_share import VARIABLE, limit_gpu_share
from reid_model.errors import ConfigError


class _Cuda:
    def __init__(self) -> None:
        self.set: list[tuple[float, int]] = []

    def is_available(self) -> bool:
        return True

    def device_count(self) -> int:
        return 1

    def set_per_process_memory_fraction(self, share: float, device: int) -> None:
        self.set.append((share, device))


@pytest.mark.parametrize(("said", "limits"), [("0.25", [(0.25, 0)]), ("", [])])
def test_the_environment_names_the_share(
    monkeypatch: pytest.MonkeyPatch, said: str, limits: list[Any]
) -> None:
    monkeypatch.setenv(VARIABLE, said)
    cuda = _Cuda()
    limit_gpu_share(cuda)
    assert cuda.set == limits


@pytest.mark.parametrize("said", ["half", "0", "1.5"])
def test_what_is_no_share_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv(VARIABLE, said)
    with pytest.raises(ConfigError, match=f"{VARIABLE} must be a number above 0"):
        limit_gpu_share(_Cuda())
