"""A local Ray runs what trials need, and no server that nobody asks."""

import gc
import os
import time
from pathlib import Path

import pytest
import ray
from processes import children, wait_until
from ray import tune
from ray.tune.execution.class_cache import _ActorClassCache

from automl.errors import InputError
from automl.sweep.cluster.local_ray import local_ray
from automl.sweep.cluster.session import ray_running


def _command(pid: int) -> str:
    """A process's command line; empty once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


@pytest.mark.parametrize(
    ("below", "words"), [("nowhere", "make that folder"), ("x" * 100, "AF_UNIX path length")]
)
def test_a_folder_that_ray_cannot_use_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, below: str, words: str
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / below))
    if len(below) == 100:
        (tmp_path / below).mkdir()
    with pytest.raises(InputError, match=rf"{words}.*RAY_TMPDIR"), ray_running():
        raise AssertionError("it started")


@pytest.mark.slow
def test_what_runs_beside_trials_and_at_which_priority() -> None:
    with ray_running() as capacity:
        running = list(map(_command, children(os.getpid())))
        assert any("gcs_server" in words for words in running)
        for server in ("dashboard/dashboard.py", "monitor.py"):
            assert not any(server in words for words in running)
        assert capacity.nodes
        assert ray.get(ray.remote(lambda: os.nice(0)).remote()) == os.nice(0)


@pytest.mark.slow
def test_a_trial_runs_in_a_worker_that_ray_has_ready() -> None:
    class Process(tune.Trainable):  # type: ignore[misc]  # in here, so that it is sent by value
        def pid(self) -> int:
            return os.getpid()

    with ray_running():
        ready = _workers(int(ray.cluster_resources()["CPU"]))
        time.sleep(2.5)  # longer than Ray keeps idle workers by default
        actor = _ActorClassCache().get(Process).options(num_cpus=1).remote()
        assert ray.get(actor.pid.remote()) in ready


def _workers(count: int) -> set[int]:
    """The pids of the idle workers of this process's Ray, once there are ``count``."""
    wait_until(lambda: len(_idle()) >= count)
    return _idle()


def _idle() -> set[int]:
    raylets = children(os.getpid())
    workers = {pid for raylet in raylets for pid in children(raylet)}
    return {pid for pid in workers if _command(pid).startswith("ray::IDLE")}


def test_no_garbage_is_cleared_away_while_ray_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a thread drops what is Ray's just then, Ray ends the whole process."""
    seen: list[bool] = []
    monkeypatch.setattr(ray, "init", lambda **options: None)
    monkeypatch.setattr(ray, "shutdown", lambda: seen.append(gc.isenabled()))
    with local_ray():
        assert gc.isenabled()
    assert seen == [False]
    assert gc.isenabled()
