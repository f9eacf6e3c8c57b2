"""What one trial gets, and how many fit."""

import pytest

from automl.errors import InputError
from automl.sweep.resources import Capacity, decide_resources


@pytest.mark.parametrize(
    ("cpus", "gpus", "devices", "expected"),
    [
        (2, 0, 1, (1, 0, 2)),
        (16, 0, 1, (4, 0, 4)),
        (1, 0, 4, (1, 0, 1)),
        (16, 1, 1, (16, 1, 1)),
        (16, 4, 1, (4, 1, 4)),
        (16, 4, 2, (8, 2, 2)),
    ],
)
def test_defaults(cpus: int, gpus: int, devices: int, expected: tuple[int, int, int]) -> None:
    found = decide_resources(Capacity(cpus, gpus), devices=devices, trials=20)
    assert (found.cpus, found.gpus, found.concurrency) == expected


def test_the_user_decides() -> None:
    found = decide_resources(
        Capacity(16, 1), devices=1, trials=20, cpus_per_trial=2, gpus_per_trial=0.25
    )
    assert (found.cpus, found.gpus, found.concurrency) == (2, 0.25, 4)
    alone = decide_resources(Capacity(16, 0), devices=1, trials=20, max_concurrent=1)
    assert alone.concurrency == 1


def test_never_more_side_by_side_than_trials() -> None:
    assert decide_resources(Capacity(64, 0), devices=1, trials=2).concurrency == 2


def test_demands_that_cannot_be_met_are_refused() -> None:
    with pytest.raises(InputError, match="one trial needs 4 GPUs, the machine has 2"):
        decide_resources(Capacity(16, 2), devices=4, trials=20)
    with pytest.raises(InputError, match="needs 32 CPUs.*--cpus-per-trial"):
        decide_resources(Capacity(16, 0), devices=1, trials=20, cpus_per_trial=32)
