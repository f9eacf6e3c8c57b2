"""Addresses of clusters: a fault is told at once, in one error."""

import socket

import pytest

from automl.errors import InputError
from automl.sweep.cluster import address as addresses


def test_an_address_where_nobody_listens() -> None:
    with socket.socket() as taken:  # so that nobody else listens there
        taken.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(InputError, match=f"no Ray cluster at '{place}'.*{place}"):
            addresses.check_answers(place)


def test_rays_client_is_refused_with_what_to_do_instead() -> None:
    with pytest.raises(
        InputError, match="must run on a machine of the cluster.*automl run --address ray:"
    ):
        addresses.check_answers("ray://head:10001")


def test_an_address_where_somebody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        addresses.check_answers(f"127.0.0.1:{port}")


@pytest.mark.parametrize("address", ["head", "head:port", ":6379", "head:0"])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(InputError, match="must be HOST:PORT, ray:.*or auto"):
        addresses.check_answers(address)


@pytest.mark.parametrize("address", [None, "auto", "local", "service://somewhere"])
def test_addresses_that_ray_knows_better(address: str | None) -> None:
    addresses.check_answers(address)
