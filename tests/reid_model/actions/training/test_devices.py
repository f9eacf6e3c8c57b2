"""Devices are decided and checked before any work."""

from __future__ import annotations

import pytest
import torch

from reid_model.actions.training.devices import is_first_process, pick_devices
from reid_model.errors import ConfigError


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with four GPUs."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"GPU {index}")


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize(
    ("count", "ids", "chosen"),
    [(1, [0], [0]), (1, [3], [3]), (2, [1, 3], [1, 3]), (3, [0], [0, 1, 2])],
)
def test_gpu_ids_are_honoured(count: int, ids: list[int], chosen: list[int]) -> None:
    found = pick_devices(count, ids)
    assert (found.accelerator, found.devices, found.precision("auto")) == (
        "gpu",
        chosen,
        "16-mixed",
    )
    assert [found.precision(word) for word in ("32", "bf16-mixed")] == ["32-true", "bf16-mixed"]
    expected = "ddp_find_unused_parameters_true" if count > 1 else "auto"
    assert (found.strategy, found.world_size) == (expected, count)


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize(
    ("count", "ids", "words"),
    [
        (1, [4], r"train.gpu_ids \[4\] names GPU 4, but 4 are visible"),
        (5, [0], r"names GPU 4, but 4"),
        (2, [1, 2, 3], r"train.num_gpus is 2 but train.gpu_ids names 3"),
    ],
)
def test_more_than_there_is_is_refused(count: int, ids: list[int], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        pick_devices(count, ids)


@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_one_process_runs_in_float32_and_says_so() -> None:
    found = pick_devices(1, [0])
    assert (found.accelerator, found.precision("auto"), found.strategy) == (
        "cpu",
        "32-true",
        "auto",
    )
    assert "no GPU" in found.note
    with pytest.raises(ConfigError, match="evaluate.num_gpus is 2 but this machine has no GPU"):
        pick_devices(2, [0], section="evaluate")


@pytest.mark.usefixtures("no_gpu")
def test_an_outer_launchers_processes_are_the_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("RANK", "1"), ("LOCAL_RANK", "1"), ("WORLD_SIZE", "2")):
        monkeypatch.setenv(name, value)
    found = pick_devices(1, [0])
    assert (found.world_size, found.devices, found.launched) == (2, 2, True)
    assert not is_first_process()
    with pytest.raises(ConfigError, match=r"train.gpu_ids \[1\] has no effect"):
        pick_devices(1, [1])
    monkeypatch.setenv("RANK", "0")
    assert is_first_process()


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize(
    ("present", "devices", "nodes"), [(4, 4, 1), (1, 1, 4)], ids=["all seen", "own seen"]
)
def test_an_outer_launcher_may_show_each_process_all_gpus_or_its_own(
    monkeypatch: pytest.MonkeyPatch, present: int, devices: int, nodes: int
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: present)
    for name, value in (("RANK", "1"), ("LOCAL_RANK", "1"), ("WORLD_SIZE", "4")):
        monkeypatch.setenv(name, value)
    found = pick_devices(1, [0])
    assert (found.devices, found.num_nodes, found.world_size) == (devices, nodes, 4)
    assert found.own_gpu is (present == 1)


@pytest.mark.usefixtures("no_gpu")
def test_half_precision_without_a_gpu_is_one_error() -> None:
    found = pick_devices(1, [0])
    assert found.precision("bf16-mixed") == "bf16-mixed"
    with pytest.raises(ConfigError, match="train.precision 16-mixed needs a GPU"):
        found.precision("16-mixed")
