"""What concerns the tests of both packages."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from automl.sweep.cluster.forks import has_joined
from automl.sweep.cluster.local_ray import local_ray
from automl.sweep.cluster.ray_folder import new_folder
from automl.trial.data.cache import CACHE_VARIABLE

RAY = ExitStack()

# A shell that starts the suite in the background lets it ignore Ctrl-C, and so its children.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # as nohup does

# as automl sets it: Ray reads it when a test module imports it, and a local Ray stays on loopback
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first; skip those marked ``gpu`` without one.

    A long test that starts last would leave all workers but one idle.
    """
    items.sort(key=_brevity)
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if not marked:
        return
    import torch

    if not torch.cuda.is_available():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


def _brevity(item: pytest.Item) -> tuple[bool, float, bool]:
    """Slow tests first, of them those that are given the most time, those that share a Ray last."""
    limit = item.get_closest_marker("timeout")
    return (
        item.get_closest_marker("slow") is None,
        -limit.args[0] if limit else 0.0,
        "shared_ray" in getattr(item, "fixturenames", ()),
    )


CACHE = "RE_IDENTIFICATION_CACHE"


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or fills the user's cache of decoded images."""
    before = os.environ.get(CACHE)
    os.environ[CACHE] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ[CACHE]
    else:
        os.environ[CACHE] = before


@pytest.fixture(autouse=True)
def _plain_log() -> None:
    """Each test finds automl's logger as a library user does, whatever a command did to it."""
    logger = logging.getLogger("automl")
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


@pytest.fixture
def shared_ray(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A local Ray that sweeps of several tests join: its start takes longer than most of them."""
    if not has_joined():
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
            RAY.enter_context(local_ray(new_folder()))


@pytest.fixture(autouse=True)
def _no_ray_of_others(request: pytest.FixtureRequest) -> None:
    """A test that does not ask for the shared Ray does not meet it."""
    if "shared_ray" not in request.fixturenames:
        RAY.close()


def pytest_sessionfinish() -> None:
    """End the shared Ray."""
    RAY.close()
