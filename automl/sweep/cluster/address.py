"""Checks the address of a Ray cluster: its form, and that a server answers there."""

from __future__ import annotations

import socket
from typing import Final, TypeGuard
from urllib.parse import urlsplit

from automl.errors import InputError

PROBE_S: Final = 5.0
CLIENT: Final = "ray"
CLIENT_PORT: Final = 10001


def is_client(address: str | None) -> TypeGuard[str]:
    """Return whether an address is one of Ray's client, ``ray://HOST[:PORT]``."""
    return (address or "").startswith(f"{CLIENT}://")


def check_answers(address: str | None) -> None:
    """Refuse an address at which no server listens; Ray itself would try for minutes.

    ``auto``, ``local`` and addresses with another scheme are left to Ray.

    Raises:
        InputError: the address is malformed, one of Ray's client, or nothing answers there within
            :data:`PROBE_S`.
    """
    refuse_client(address)
    _, separator, place = (address or "").rpartition("://")
    if address in (None, "auto", "local") or separator:
        return
    _check(address or "", place, None)


def refuse_client(address: str | None) -> None:
    """Raise InputError if an address is one of Ray's client, over which no controller can run."""
    if is_client(address):
        raise InputError(
            f"address {address!r}: Ray's client cannot carry a sweep, whose controller must run"
            " on a machine of the cluster: the command line, automl run --address"
            f" {address}, starts it there; or run this there with address auto, or as a job"
            " (experiments/cluster/README.md)"
        )


def check_client_answers(address: str) -> str:
    """Return ``HOST:PORT`` of ``ray://HOST[:PORT]``, whose port is 10001 if none is given.

    Raises:
        InputError: the address is malformed, or nothing answers there within :data:`PROBE_S`.
    """
    return _check(address, address.removeprefix(f"{CLIENT}://"), CLIENT_PORT)


def _check(address: str, place: str, default_port: int | None) -> str:
    host, port = _host_and_port(address, place, default_port)
    try:
        socket.create_connection((host, port), timeout=PROBE_S).close()
    except OSError as error:
        raise InputError(
            f"no Ray cluster at {address!r}: nothing answers at {host}:{port} ({error})"
        ) from error
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _host_and_port(address: str, place: str, default_port: int | None) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname, (default_port if parts.port is None else parts.port) or None
    except ValueError:
        host, port = None, None
    if not host or port is None:
        form = "ray://HOST:PORT" if default_port else "HOST:PORT, ray://HOST:PORT or auto"
        raise InputError(f"--address {address!r} must be {form}")
    return host, port
