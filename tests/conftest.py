"""What concerns the tests of both packages."""

from __future__ import annotations

import gc
import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings
from project_paths import SKILLS

from automl.sweep.cluster.background import BackgroundRay
from automl.sweep.cluster.forks import has_joined
from automl.sweep.cluster.resources import CPU, this_machine
from automl.trial.data.cache import CACHE_VARIABLE

RAY = ExitStack()
MEMORY_OF_PROCESS = 2.5 * 2**30  # bytes
SHARERS: set[Path] = set()  # files with tests that share a Ray

# a test has all the time that it takes: other processes of the suite want the cores too
settings.register_profile("suite", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

# A shell that starts the suite in the background lets it ignore Ctrl-C, and so its children.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # as nohup does

# as automl sets it: Ray reads it when a test module imports it, and a local Ray stays on loopback
os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run half as many processes again as there are cores: a third of the time tests wait.

    With more, a Ray that starts beside others on busy cores comes near the 30 s that it has. One
    process with its Ray and its trials takes some 2.5 GiB.
    """
    cores = int(this_machine().nodes[0].amounts[CPU])
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return max(1, min(cores + cores // 2, int(memory / MEMORY_OF_PROCESS)))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest tests first; skip those marked ``gpu`` without one.

    A long test that starts last would leave all workers but one idle.
    """
    SHARERS.update(item.path for item in items if _shares_ray(item))
    items.sort(key=_brevity)
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if not marked:
        return
    import torch

    if not torch.cuda.is_available():
        for item in marked:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


def pytest_collection_finish() -> None:
    """Leave what was imported out of garbage collection, which every training asks for."""
    gc.freeze()


def _brevity(item: pytest.Item) -> tuple[bool, bool, float, bool]:
    """Slow tests first, of them the files that share a Ray last and one after the other.

    Tests that are given much time come before the others.
    """
    limit = item.get_closest_marker("timeout")
    return (
        item.get_closest_marker("slow") is None,
        item.path in SHARERS,
        -limit.args[0] if limit else 0.0,
        _shares_ray(item),
    )


def _shares_ray(item: pytest.Item) -> bool:
    return "shared_ray" in getattr(item, "fixturenames", ())


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


@pytest.fixture
def trials_here() -> Iterator[None]:
    """Sweeps run their trials in this process, without Ray: for what Ray has no part in."""
    from sweep_here import no_ray  # it imports Ray

    with no_ray():
        yield


@pytest.fixture(autouse=True)
def _plain_log() -> None:
    """Each test finds automl's logger as a library user does, whatever a command did to it."""
    logger = logging.getLogger("automl")
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


@pytest.fixture
def shared_ray(join_ray: Callable[[], None]) -> None:
    """A local Ray that sweeps of several tests join: its start takes longer than most of them."""
    join_ray()


@pytest.fixture(scope="session")
def join_ray(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], None]:
    """Start the shared Ray where it does not run: for fixtures of a module."""

    def join() -> None:
        if not has_joined():
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))
                # children of trials import the borrowed skill's trainer
                patch.setenv("PYTHONPATH", str(SKILLS / "borrowed"), prepend=os.pathsep)
                background = RAY.enter_context(BackgroundRay())  # it tries twice
                background.begin()
                RAY.enter_context(background.running())

    return join


@pytest.fixture(autouse=True)
def _no_ray_of_others(request: pytest.FixtureRequest) -> None:
    """A test that does not ask for the shared Ray does not meet it.

    Tests beside those that share it do not see it, and may not start another; else it ends.
    """
    if _shares_ray(request.node):
        return
    if request.node.path not in SHARERS:
        RAY.close()
    elif has_joined():
        patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
        patch.setattr("ray.is_initialized", lambda: False)
        patch.setattr("automl.sweep.cluster.local_ray.local_ray", _refuse)


def _refuse(folder: Path) -> NoReturn:
    raise AssertionError("this file's tests share a Ray: one that starts it asks for shared_ray")


def pytest_sessionfinish() -> None:
    """End the shared Ray."""
    RAY.close()
