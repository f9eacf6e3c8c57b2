"""The address of a Ray cluster: well formed, and somebody answers there."""

from __future__ import annotations

import socket
from typing import Final
from urllib.parse import urlsplit

from automl.errors import InputError

PROBE_S: Final = 5.0
CLIENT: Final = "ray"


def check_answers(address: str | None) -> None:
    """Refuse an address at which nobody listens; Ray itself would try for minutes.

    ``auto``, ``local`` and the addresses of other services are left to Ray.

    Raises:
        InputError: the address is malformed, or nothing answers there within :data:`PROBE_S`.
    """
    scheme, separator, place = (address or "").rpartition("://")
    if scheme == CLIENT:
        raise InputError(
            f"--address {address!r}: Ray's client cannot carry a sweep, whose controller must run"
            " on a machine of the cluster: start it there with --address auto, or as a job"
            " (experiments/cluster/README.md)"
        )
    if address in (None, "auto", "local") or separator:
        return
    host, port = _host_and_port(address or "", place)
    try:
        socket.create_connection((host, port), timeout=PROBE_S).close()
    except OSError as error:
        raise InputError(
            f"no Ray cluster at {address!r}: nothing answers at {host}:{port} ({error})"
        ) from error


def _host_and_port(address: str, place: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname, parts.port or None
    except ValueError:
        host, port = None, None
    if not host or port is None:
        raise InputError(f"--address {address!r} must be HOST:PORT or auto")
    return host, port
