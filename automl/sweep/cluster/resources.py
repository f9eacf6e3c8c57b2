"""Decides what one trial gets and how many run side by side, as a value with its reason.

Also what this machine has, found without Ray for the launch review, and the limit of concurrent
trials, which follows the nodes of a cluster as they come and go.
"""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from automl.errors import InputError

CPU_TRIALS_PER_NODE: Final = 4  # trials without GPUs, at most, unless asked otherwise
CPU: Final = "CPU"
GPU: Final = "GPU"
_NOT_CUSTOM: Final = {CPU, GPU, "memory", "object_store_memory"}
_OF_ONE_NODE: Final = "node:"
_EPSILON: Final = 1e-9  # 0.1 + 0.2 GPUs


@dataclass(frozen=True)
class Node:
    """One machine: its name and what it has, resource name -> amount."""

    name: str
    amounts: Mapping[str, float]

    def count_trials(self, demand: Mapping[str, float]) -> int:
        """Return how many trials of ``demand`` fit; one if they need no resource."""
        needs = {name: amount for name, amount in demand.items() if amount > 0}
        if not needs:
            return 1
        return min(_room(name, self.amounts.get(name, 0.0), need) for name, need in needs.items())


def _room(name: str, amount: float, need: float) -> int:
    """How often ``need`` fits into ``amount``; a part of a GPU lies on one GPU."""
    if name == GPU and need < 1:
        return int(amount + _EPSILON) * int(1 / need + _EPSILON)
    return int(amount / need + _EPSILON)


@dataclass(frozen=True)
class Capacity:
    """What the machine or cluster has, node by node: a trial runs on one of them.

    ``cluster``: whether nodes may come and go.
    """

    nodes: tuple[Node, ...]
    cluster: bool = False

    def total(self, name: str) -> float:
        """Return the amount of a resource in all nodes together."""
        return sum(node.amounts.get(name, 0.0) for node in self.nodes)

    def count_trials(self, demand: Mapping[str, float]) -> int:
        """Return how many trials of ``demand`` fit; one if they need no resource."""
        count = sum(node.count_trials(demand) for node in self.nodes)
        return count if any(demand.values()) else min(count, 1)

    def largest(self, names: Iterable[str]) -> Node:
        """Return the node with the most of the first name, ties broken by the next."""
        order = tuple(names)
        return max(self.nodes, key=lambda node: [node.amounts.get(name, 0.0) for name in order])


@dataclass(frozen=True)
class TrialResources:
    """What one trial gets, and how many trials run side by side.

    Attributes:
        custom: further resources of the cluster's nodes, name -> amount.
        ranks: the processes of a trial, on one node, that share its CPUs and GPUs evenly.
        most: the user's limit of concurrent trials, None for as many as fit.
        cluster: whether nodes may come and go, which changes how many fit.
    """

    cpus: float
    gpus: float
    concurrency: int
    reason: str
    custom: Mapping[str, float] = field(default_factory=dict)
    ranks: int = 1
    most: int | None = None
    cluster: bool = False

    @property
    def demand(self) -> dict[str, float]:
        """The resources of one trial, by Ray's names."""
        return {CPU: self.cpus, GPU: self.gpus, **self.custom}


def decide_resources(
    capacity: Capacity,
    *,
    devices: int,
    trials: int | None,
    ranks: bool = False,
    cpus_per_trial: float | None = None,
    gpus_per_trial: float | None = None,
    max_concurrent: int | None = None,
    custom: Mapping[str, float] | None = None,
) -> TrialResources:
    """Return what each trial gets.

    Args:
        capacity: what there is.
        devices: devices that the spec asks for (the skill's ``gpu_spec_key``); ignored without
            any GPU.
        trials: the budget, None when only time limits it.
        ranks: whether each device has a process of its own; on CPUs a process is the device.
        cpus_per_trial, gpus_per_trial, max_concurrent: what the user asked for.
        custom: further resources that each trial takes, name -> amount.

    Raises:
        InputError: one trial needs more than any node has.
    """
    if not capacity.nodes:
        raise InputError("the cluster has no node that is alive: start one, or wait for it")
    if gpus_per_trial is None:
        gpus_per_trial = float(devices if capacity.total(GPU) else 0)
    if cpus_per_trial is None:
        least = devices if ranks else 0
        cpus_per_trial = max(_cpus_per_trial(capacity, gpus_per_trial), float(least))
    demand = {GPU: gpus_per_trial, CPU: cpus_per_trial, **(custom or {})}
    room = capacity.count_trials(demand)
    if not room:
        raise InputError(_refusal(capacity, demand))
    concurrency = min(room, max_concurrent or room, trials or room)
    return TrialResources(
        cpus_per_trial,
        gpus_per_trial,
        concurrency,
        f"{_summary(capacity)}; {_words(demand)} a trial leave room for {room}",
        dict(custom or {}),
        devices if ranks else 1,
        max_concurrent,
        capacity.cluster,
    )


def _cpus_per_trial(capacity: Capacity, gpus: float) -> float:
    """The CPUs of the largest node, shared among the trials that its GPUs allow."""
    if gpus:
        node = capacity.largest((GPU, CPU))
        fit = max(1, _room(GPU, node.amounts.get(GPU, 0.0), gpus))
        return max(1.0, math.floor(node.amounts.get(CPU, 0.0) / fit))
    return float(math.ceil(capacity.largest((CPU,)).amounts.get(CPU, 0.0) / CPU_TRIALS_PER_NODE))


def _refusal(capacity: Capacity, demand: Mapping[str, float]) -> str:
    """The message for a demand that no node meets, with what the largest node has."""
    for name, need in demand.items():
        node = capacity.largest((name,))
        have = node.amounts.get(name, 0.0)
        if have + _EPSILON < need:
            return (
                f"one trial needs {_amount(need, name)}, {_node_words(capacity, node)} has"
                f" {have:g}: lower {_option(name)}{_custom_resources(capacity, name, have)}"
            )
    node = capacity.largest(demand)
    has = ", ".join(_amount(node.amounts.get(name, 0.0), name) for name in demand)
    return (
        f"one trial needs {_words(demand)} on one node, and none has all of them;"
        f" {_node_words(capacity, node)} has {has}: ask for less"
    )


def _node_words(capacity: Capacity, node: Node) -> str:
    return f"the largest node, {node.name}," if len(capacity.nodes) > 1 else "the machine"


def _option(name: str) -> str:
    return f"--{name.lower()}s-per-trial" if name in (CPU, GPU) else f"--resource {name}="


def _custom_resources(capacity: Capacity, name: str, have: float) -> str:
    """The custom resources of the nodes, if none of them has the one asked for."""
    if have or name in (CPU, GPU):
        return ""
    names = {name for node in capacity.nodes for name in node.amounts} - _NOT_CUSTOM
    names = {name for name in names if not name.startswith(_OF_ONE_NODE)}
    return f"; the nodes have {', '.join(sorted(names)) or 'no custom resources'}"


def _words(demand: Mapping[str, float]) -> str:
    ordered = sorted(demand.items(), key=lambda item: (item[0] != CPU, item[0] != GPU))
    shown = [_amount(amount, name) for name, amount in ordered]
    return " and ".join(shown[:2]) + "".join(f", {more}" for more in shown[2:])


def _summary(capacity: Capacity) -> str:
    amounts = _words({name: capacity.total(name) for name in (CPU, GPU)})
    return amounts if len(capacity.nodes) == 1 else f"{len(capacity.nodes)} nodes with {amounts}"


def _amount(amount: float, name: str) -> str:
    plural = "s" if name in (CPU, GPU) and amount != 1 else ""
    return f"{amount:g} {name}{plural}"


VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
_DRIVER: Final = Path("/proc/driver/nvidia/gpus")
_CGROUP: Final = Path("/sys/fs/cgroup")


def usable_cpus(cgroup: Path = _CGROUP) -> float:
    """Return the CPUs that this process may use: its cores, or the quota of its container.

    Of a quota a local Ray counts whole CPUs alone.
    """
    cores = float(len(os.sched_getaffinity(0)))
    for files in (("cpu.max",), ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")):
        with suppress(OSError, ValueError, ZeroDivisionError):
            quota, period = " ".join((cgroup / name).read_text() for name in files).split()
            if float(quota) > 0:  # neither "max" nor -1: no quota
                return min(cores, float(quota) / float(period))
    return cores


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
    amounts = {CPU: float(max(1, int(usable_cpus()))), GPU: float(present)}
    return Capacity((Node(socket.gethostname(), amounts),))


CHECK_EVERY_S: Final = 5.0


class ConcurrencyLimit:
    """Says how many trials may run now: at least one, so that a trial can wait for a node."""

    def __init__(
        self,
        resources: TrialResources,
        capacity: Callable[[], Capacity],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``capacity`` returns what the cluster has now; it is called every few seconds."""
        self._resources = resources
        self._capacity = capacity
        self._clock = clock
        self._now = resources.concurrency
        self._checked_at = clock()

    def __call__(self) -> int:
        """Return the number."""
        if self._resources.cluster and self._clock() - self._checked_at >= CHECK_EVERY_S:
            self._checked_at = self._clock()
            self._now = max(1, self._limited(self._capacity().count_trials(self._resources.demand)))
        return self._now

    def _limited(self, room: int) -> int:
        most = self._resources.most
        return room if most is None else min(room, most)
