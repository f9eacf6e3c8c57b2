"""Starts or joins a Ray for a sweep, and asks it for the resources of its nodes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from automl.errors import InputError
from automl.sweep.cluster.address import check_answers
from automl.sweep.cluster.auth import secure_joining
from automl.sweep.cluster.background import BackgroundRay
from automl.sweep.cluster.forks import check_usable, has_joined
from automl.sweep.cluster.local_ray import (
    leave_at_end,
    prepare_environment,
    quieten,
    start_ray,
)
from automl.sweep.cluster.resources import Capacity, Node


@contextmanager
def ray_running(
    address: str | None = None, background: BackgroundRay | None = None
) -> Iterator[Capacity]:
    """Start a local Ray on loopback (or join the cluster at ``address``) for the block.

    A Ray to which this process is connected already is used as it is, and stays up afterwards.

    Args:
        address: of a cluster; None for a local Ray.
        background: a local Ray that may be starting already.

    Yields:
        The resources of its nodes.

    Raises:
        InputError: no cluster answers at ``address``, or this process has joined one already.
        RunError: a local Ray did not come up, twice.
    """
    check_usable()
    begun = background is not None and background.begun
    if address is None and (begun or not has_joined()):
        with background or BackgroundRay() as local:
            if not begun:
                local.begin()
            with local.running():
                yield capacity_now(cluster=False)
        return
    prepare_environment()
    if has_joined():
        if address not in (None, "auto"):
            raise InputError(f"this process has joined a Ray already: leave out address {address}")
        quieten()
        yield capacity_now(cluster=True)
    elif address is not None:
        with _joined(address):
            yield capacity_now(cluster=True)


@contextmanager
def _joined(address: str) -> Iterator[None]:
    check_answers(address)
    secure_joining()
    start_ray(address, {})
    with leave_at_end():
        yield


def capacity_now(*, cluster: bool) -> Capacity:
    """Return the resources of the living nodes; ``cluster``: whether nodes may come and go."""
    from automl.sweep.cluster.node_checks import living_nodes, node_name

    nodes = (Node(node_name(node), dict(node["Resources"])) for node in living_nodes())
    return Capacity(tuple(nodes), cluster)
