"""A Ray that starts in the background is used, or left, and says what is wrong when it is asked."""

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import ray

from automl.errors import InputError, RunError
from automl.sweep.cluster import session
from automl.sweep.cluster.background import BackgroundRay
from automl.sweep.cluster.resources import Capacity
from automl.sweep.cluster.session import ray_running


def test_what_went_wrong_is_told_where_ray_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path / "nowhere"))
    with BackgroundRay() as ahead:
        ahead.begin()
        with pytest.raises(InputError, match="make that folder"), ray_running(None, ahead):
            raise AssertionError("it started")


class SlowStart:
    """Takes the place of ``ray.init``: fails ``times`` times as Ray does on a busy machine."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.begun: Callable[[], None] = lambda: None
        self.threads: list[threading.Thread] = []

    def __call__(self, *, _temp_dir: str, **options: object) -> None:
        self.threads.append(threading.current_thread())
        self.begun()
        logs = Path(_temp_dir) / "session_1" / "logs"
        logs.mkdir(parents=True)
        (logs / "raylet.out").write_text("")
        (logs / "raylet.err").write_text("\n".join(f"line {number}" for number in range(9)))
        (logs / "gcs_server.out").write_text("all is well")
        if len(self.threads) <= self.times:
            raise Exception("The current node timed out during startup. This could happen.")


@pytest.fixture
def slow_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[int], SlowStart]:
    def make(times: int) -> SlowStart:
        fake = SlowStart(times)
        monkeypatch.setattr(ray, "init", fake)
        monkeypatch.setattr(session, "capacity_now", lambda cluster: Capacity((), cluster))
        return fake

    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    return make


REASON = "Ray did not come up on this machine: The current node timed out during startup"


def test_a_start_that_fails_once_is_tried_again_in_another_thread(
    slow_start: Callable[[int], SlowStart], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Linux ends the processes of the first with the thread that started them."""
    fake = slow_start(1)
    with ray_running() as capacity:
        assert not capacity.cluster
        first, second = fake.threads
        first.join()
        assert second.is_alive()
    assert not second.is_alive()
    assert caplog.messages == [f"{REASON}; it is started once more"]
    assert not list(tmp_path.iterdir())


def test_a_start_that_fails_twice_is_one_error_with_rays_log(
    slow_start: Callable[[int], SlowStart], tmp_path: Path
) -> None:
    fake = slow_start(2)
    with pytest.raises(RunError) as caught, ray_running():
        raise AssertionError("it started")
    (kept,) = tmp_path.iterdir()
    words, *lines = str(caught.value).splitlines()
    assert words.startswith(f"{REASON}. A machine that is too busy")
    assert words.endswith(f"Its log, {kept / 'raylet.err'}, ends with")
    assert lines == [f"  line {number}" for number in range(4, 9)]
    assert kept.stat().st_mode & 0o077 == 0
    assert (kept / "gcs_server.out").exists()
    assert not any(thread.is_alive() for thread in fake.threads)
    assert len(fake.threads) == 2


def test_a_ray_that_nobody_wants_any_more_is_not_tried_again(
    slow_start: Callable[[int], SlowStart], tmp_path: Path
) -> None:
    fake = slow_start(1)
    with BackgroundRay() as ahead:
        fake.begun = ahead._over.set  # as where Ctrl-C comes before the failure
        ahead.begin()
        ahead._up.wait()
    assert len(fake.threads) == 1
    assert not list(tmp_path.iterdir())


def test_a_process_that_ends_starts_no_second_ray(
    slow_start: Callable[[int], SlowStart], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end kills the first one's servers, at which that start fails."""
    monkeypatch.setattr("automl.sweep.cluster.local_ray.is_ending", lambda: True)
    monkeypatch.setattr("automl.sweep.cluster.background.is_ending", lambda: True)
    fake = slow_start(1)
    with BackgroundRay() as ahead:
        ahead.begin()
        ahead._up.wait()
    assert len(fake.threads) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_it_is_used_and_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that nobody used is left, too: test_prewarm.py."""
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
    assert not list(place.iterdir())
    place.rmdir()
