"""Starting Ray quietly and safely, and asking it what there is."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from automl.errors import InputError
from automl.sweep.resources import Capacity, Node

PROBE_S: Final = 5.0
CLIENT: Final = "ray"
CLIENT_PORT: Final = 10001
_ENVIRONMENT: Final = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "86400",
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "TUNE_WARN_INSUFFICENT_RESOURCE_THRESHOLD_S": "86400",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "OMP_WAIT_POLICY": "PASSIVE",  # trials side by side: a thread that waits must not spin
}


@contextmanager
def ray_running(address: str | None = None) -> Iterator[Capacity]:
    """Start a local Ray on loopback (or join the cluster at ``address``) for the block.

    A Ray that this process has joined already is used as it is, and left running.

    Yields:
        What the nodes have that trials may use.

    Raises:
        InputError: no cluster answers at ``address``, or this process has joined one already.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import ray  # after the environment, which Ray reads when it is imported

    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)  # failures are told by our listener
    if ray.is_initialized():
        if address not in (None, "auto"):
            raise InputError(f"this process has joined a Ray already: leave out address {address}")
        yield _capacity()
        return
    check_answers(address)
    local = {} if address else {"_node_ip_address": "127.0.0.1", "include_dashboard": False}
    try:
        ray.init(
            address=address or "local",
            log_to_driver=False,
            logging_level=logging.ERROR,
            configure_logging=True,
            **local,
        )
    except (ConnectionError, ValueError) as error:
        raise InputError(f"no Ray cluster at {address!r}: {error}") from error
    try:
        yield _capacity()
    finally:
        ray.shutdown()


def _capacity() -> Capacity:
    import ray

    alive = [node for node in ray.nodes() if node["Alive"]]
    return Capacity(tuple(Node(_name_of(node), dict(node["Resources"])) for node in alive))


def _name_of(node: Mapping[str, Any]) -> str:
    """The node's host name and address: simulated nodes share the first."""
    return f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"


def check_answers(address: str | None) -> None:
    """Refuse an address at which nobody listens; Ray itself would try for minutes.

    ``auto``, ``local`` and the addresses of other services are left to Ray.

    Raises:
        InputError: the address is malformed, or nothing answers there within :data:`PROBE_S`.
    """
    scheme, separator, place = (address or "").rpartition("://")
    if address in (None, "auto", "local") or (separator and scheme != CLIENT):
        return
    host, port = _host_and_port(address or "", place, CLIENT_PORT if separator else None)
    try:
        socket.create_connection((host, port), timeout=PROBE_S).close()
    except OSError as error:
        raise InputError(
            f"no Ray cluster at {address!r}: nothing answers at {host}:{port} ({error})"
        ) from error


def _host_and_port(address: str, place: str, default: int | None) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname, parts.port or default
    except ValueError:
        host, port = None, None
    if not host or port is None:
        raise InputError(f"--address {address!r} must be HOST:PORT, ray://HOST[:PORT] or auto")
    return host, port
