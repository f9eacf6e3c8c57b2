"""What one trial gets, and how many fit."""

from pathlib import Path

import pytest

from automl.errors import InputError
from automl.sweep.cluster.resources import Capacity, Node, decide_resources, usable_cpus


def _machine(cpus: float, gpus: float) -> Capacity:
    return Capacity((Node("here", {"CPU": cpus, "GPU": gpus}),))


def _cluster(**nodes: dict[str, float]) -> Capacity:
    return Capacity(tuple(Node(name, amounts) for name, amounts in nodes.items()))


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
    found = decide_resources(_machine(cpus, gpus), devices=devices, trials=20)
    assert (found.cpus, found.gpus, found.concurrency) == expected


def test_the_user_decides() -> None:
    found = decide_resources(
        _machine(16, 1), devices=1, trials=20, cpus_per_trial=2, gpus_per_trial=0.25
    )
    assert (found.cpus, found.gpus, found.concurrency) == (2, 0.25, 4)
    alone = decide_resources(_machine(16, 0), devices=1, trials=20, max_concurrent=1)
    assert alone.concurrency == 1


def test_never_more_side_by_side_than_trials() -> None:
    assert decide_resources(_machine(64, 0), devices=1, trials=2).concurrency == 2


def test_demands_that_cannot_be_met_are_refused() -> None:
    with pytest.raises(InputError, match="one trial needs 4 GPUs, the machine has 2"):
        decide_resources(_machine(16, 2), devices=4, trials=20)
    with pytest.raises(InputError, match="needs 32 CPUs.*--cpus-per-trial"):
        decide_resources(_machine(16, 0), devices=1, trials=20, cpus_per_trial=32)


def test_a_trial_runs_on_one_node_and_the_rooms_are_added_up() -> None:
    capacity = _cluster(
        head={"CPU": 0}, one={"CPU": 16, "GPU": 4}, two={"CPU": 4, "GPU": 4}, three={"CPU": 64}
    )
    found = decide_resources(capacity, devices=2, trials=50, cpus_per_trial=2)
    assert (found.gpus, found.concurrency) == (2, 2 + 2)
    found = decide_resources(capacity, devices=1, trials=50, cpus_per_trial=4, gpus_per_trial=0.5)
    assert found.concurrency == 4 + 1


def test_the_sum_of_the_nodes_does_not_count() -> None:
    capacity = _cluster(small={"CPU": 4, "GPU": 2}, large={"CPU": 8, "GPU": 2})
    with pytest.raises(InputError, match="needs 4 GPUs, the largest node, .*, has 2"):
        decide_resources(capacity, devices=4, trials=20)
    words = "needs 12 CPUs, the largest node, large, has 8: lower --cpus-per-trial"
    with pytest.raises(InputError, match=words):
        decide_resources(capacity, devices=1, trials=20, cpus_per_trial=12)


def test_each_amount_is_there_but_not_on_one_node() -> None:
    capacity = _cluster(gpus={"CPU": 2, "GPU": 8}, cpus={"CPU": 64})
    with pytest.raises(InputError, match="on one node.* gpus, has 8 GPUs, 2 CPUs"):
        decide_resources(capacity, devices=1, trials=20, cpus_per_trial=16)


def test_custom_resources() -> None:
    capacity = _cluster(one={"CPU": 8, "license": 1}, two={"CPU": 8, "license": 2, "nvme": 1})
    found = decide_resources(
        capacity, devices=1, trials=20, cpus_per_trial=1, custom={"license": 0.5}
    )
    assert found.concurrency == 2 + 4
    assert found.demand == {"CPU": 1, "GPU": 0, "license": 0.5}
    with pytest.raises(InputError, match="needs 3 license, the largest node, two, has 2"):
        decide_resources(capacity, devices=1, trials=20, custom={"license": 3})
    with pytest.raises(InputError, match="needs 1 tpu.* has 0.*the nodes have license, nvme"):
        decide_resources(capacity, devices=1, trials=20, custom={"tpu": 1})


def test_fractions_do_not_suffer_from_rounding() -> None:
    capacity = _machine(16, 1)
    found = decide_resources(capacity, devices=1, trials=20, cpus_per_trial=0.1, gpus_per_trial=0.1)
    assert found.concurrency == 10


@pytest.mark.parametrize(
    ("gpus", "share", "room"), [(2, 0.4, 4), (2, 0.3, 6), (3, 0.6, 3), (2, 0.5, 4), (1, 0.1, 10)]
)
def test_a_part_of_a_gpu_lies_on_one_gpu(gpus: int, share: float, room: int) -> None:
    found = decide_resources(_machine(64, gpus), devices=1, trials=None, gpus_per_trial=share)
    assert (found.concurrency, found.cpus) == (room, 64 // room)


def test_a_cluster_without_nodes() -> None:
    with pytest.raises(InputError, match="no node that is alive"):
        decide_resources(Capacity(()), devices=1, trials=2)


def test_ranks_share_what_a_trial_gets() -> None:
    on_cpus = decide_resources(_machine(8, 0), devices=3, trials=20, ranks=True)
    assert (on_cpus.cpus, on_cpus.ranks, on_cpus.concurrency) == (3, 3, 2)
    squeezed = decide_resources(_machine(2, 0), devices=4, trials=20, ranks=True, cpus_per_trial=2)
    assert (squeezed.cpus, squeezed.ranks, squeezed.concurrency) == (2, 4, 1)
    on_gpus = decide_resources(_machine(16, 4), devices=2, trials=20, ranks=True)
    assert (on_gpus.cpus, on_gpus.gpus, on_gpus.ranks, on_gpus.concurrency) == (8, 2, 2, 2)
    with pytest.raises(InputError, match="one trial needs 4 CPUs"):
        decide_resources(_machine(2, 0), devices=4, trials=20, ranks=True)


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, 4.0),
        ({"cpu.max": "900000 100000\n"}, 4.0),  # more than there are
        ({"cpu/cpu.cfs_quota_us": "200000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 2.0),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4.0),
        ({"cpu.max": "?\n"}, 4.0),
        ({}, 4.0),
    ],
)
def test_a_containers_quota_counts(
    files: dict[str, str], cpus: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: range(4))
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert usable_cpus(tmp_path) == cpus
