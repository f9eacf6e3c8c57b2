"""Addresses of clusters: a fault is told at once, in one error."""

import socket

import pytest

from automl.errors import InputError
from automl.sweep import address as addresses


def _closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_an_address_where_nobody_listens(scheme: str) -> None:
    place = f"127.0.0.1:{_closed_port()}"
    with pytest.raises(InputError, match=f"no Ray cluster at '{scheme}{place}'.*{place}"):
        addresses.check_answers(scheme + place)


def test_an_address_where_somebody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        addresses.check_answers(f"127.0.0.1:{port}")
        monkeypatch.setattr(addresses, "CLIENT_PORT", port)
        addresses.check_answers("ray://127.0.0.1")


@pytest.mark.parametrize("address", ["head", "head:port", "ray://", ":6379", "head:0"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(InputError, match="must be HOST:PORT, ray://"):
        addresses.check_answers(address)


@pytest.mark.parametrize("address", [None, "auto", "local", "service://somewhere"])
def test_addresses_that_ray_knows_better(address: str | None) -> None:
    addresses.check_answers(address)
