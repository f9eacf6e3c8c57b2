"""What Ray and Tune do without while one sweep runs on one machine.

A local Ray starts servers that nobody asks, and Tune loads packages to count who uses them. There
are no settings for these, so what does it is passed over; where a version of Ray has no such part,
all goes on as usual. CPU seconds saved on 2 cores: 1.1 (autoscaler and log monitor), 0.5 (loading
W&B where it is installed), 1.0 (workers that started and were not used).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any, Final

_UP_S: Final = 30.0


_LOOK_S: Final = 0.02


_NO_FORK: Final = "PL_DISABLE_FORK"  # what Tune tells its actors, for trainers by Lightning


@contextmanager
def fast_ray_start() -> Iterator[None]:
    """Start a local Ray in the block without API server, autoscaler and log monitor.

    Ray starts the server even with ``include_dashboard=False`` and waits for it, for usage
    statistics that are off. Without the packages of its dashboard its agent is a small one. Whether
    its node is up it asks once a second.
    """
    from ray._private import services, utils
    from ray._private.node import Node

    with ExitStack() as stack:
        stack.enter_context(_told_to_workers(_NO_FORK, "1"))
        for name, stand_in in (
            ("start_api_server", _no_api_server),
            ("start_monitor", _nothing),
            ("start_log_monitor", _nothing),
        ):
            stack.enter_context(_replaced(Node, name, stand_in))
        stack.enter_context(_replaced(utils, "get_dashboard_dependency_error", _no_dashboard))
        if get_node := getattr(services, "get_node", None):
            stack.enter_context(_replaced(services, "get_node", partial(_once_up, get_node)))
        yield


@contextmanager
def light_tune() -> Iterator[None]:
    """Let Tune's actors run in the workers that a local Ray keeps ready, in the block.

    Tune gives each actor an environment of its own, though a local Ray's workers have the driver's
    already; for another environment Ray starts other workers.
    """
    from ray.air._internal import usage
    from ray.tune.execution import class_cache

    with ExitStack() as stack:
        stack.enter_context(_replaced(class_cache, "DEFAULT_ENV_VARS", {}))
        stack.enter_context(_replaced(class_cache, "ENV_VARS_TO_PROPAGATE", set()))
        stack.enter_context(_replaced(usage, "tag_callbacks", _nothing))
        yield


@contextmanager
def _told_to_workers(name: str, value: str) -> Iterator[None]:
    """Workers inherit the environment in which Ray is started; the user's own word stays."""
    if name in os.environ:
        yield
        return
    os.environ[name] = value
    try:
        yield
    finally:
        os.environ.pop(name, None)


@contextmanager
def _replaced(owner: Any, name: str, stand_in: Any) -> Iterator[None]:
    before = getattr(owner, name, None)
    if before is None:
        yield
        return
    setattr(owner, name, stand_in)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _no_api_server(node: Any, **options: Any) -> None:
    node._webui_url = None


def _once_up(get_node: Callable[[str, str], Any], gcs_address: str, node_id: str) -> Any:
    """Look more often than Ray does, whose own look goes on, and judges, where ours ends."""
    with suppress(Exception):
        _await_node(gcs_address, node_id)
    return get_node(gcs_address, node_id)


def _await_node(gcs_address: str, node_id: str) -> None:
    from ray._raylet import GcsClient  # type: ignore[attr-defined]

    client, over = GcsClient(address=gcs_address), time.monotonic() + _UP_S
    while time.monotonic() < over:
        if any(node.hex() == node_id for node in client.get_all_node_info(timeout=_UP_S)):
            return
        time.sleep(_LOOK_S)


def _no_dashboard() -> ImportError:
    return ImportError("a sweep has no dashboard")


def _nothing(*words: Any, **options: Any) -> None:
    """Stands in for what is passed over."""
