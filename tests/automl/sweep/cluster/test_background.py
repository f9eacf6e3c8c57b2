"""A Ray that starts in the background is used, or left, and says what is wrong when it is asked."""

import tempfile
from pathlib import Path

import pytest
import ray

from automl.errors import InputError
from automl.sweep.cluster.background import BackgroundRay
from automl.sweep.cluster.session import ray_running


def test_what_went_wrong_is_told_where_ray_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / "nowhere"))
    with BackgroundRay() as ahead:
        ahead.begin()
        with pytest.raises(InputError, match="make that folder"), ray_running(None, ahead):
            raise AssertionError("it started")


@pytest.mark.slow
def test_it_is_used_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Path(tempfile.mkdtemp(dir="/tmp", prefix="a"))  # short: Ray's sockets lie in it
    monkeypatch.setenv("RAY_TMPDIR", str(place))
    with BackgroundRay() as ahead:
        ahead.begin()
        with ray_running(None, ahead) as capacity:
            assert capacity.nodes
            assert not capacity.cluster
            assert len(list(place.iterdir())) == 1
            assert ray.get(ray.remote(lambda: 7).remote()) == 7
        assert not ray.is_initialized()
    with BackgroundRay() as unused:
        unused.begin()
    assert not ray.is_initialized()
    assert not list(place.iterdir())
    place.rmdir()
