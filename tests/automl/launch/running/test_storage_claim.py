"""Two drivers never share a place at a URL, whenever they begin and whatever their clocks say."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from automl.errors import InputError, RunError
from automl.launch.running.remote_run import StoredRun
from automl.launch.running.storage_claim import DRIVER_FILE, StorageClaim, pid_space
from automl.trial.files.url_storage import Storage

OTHER = "process 7 on elsewhere"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


def _claim(place: Path, meanwhile: Callable[[], None] = lambda: None) -> StorageClaim:
    """A claim that does not wait; something may happen in its pauses."""
    return StorageClaim(Storage(f"file://{place}"), lambda seconds: meanwhile())


def _sign(place: Path, alive: float | None = None, **more: object) -> None:
    """A sign of life of another driver."""
    said = {"who": OTHER, "alive": time.time() if alive is None else alive, **more}
    (place / DRIVER_FILE).write_text(json.dumps(said))


def test_a_living_driver_is_named(place: Path) -> None:
    _sign(place)
    with pytest.raises(InputError, match=rf"{place.name} is in use by {OTHER}"):
        _claim(place).check_free()


def test_of_two_that_begin_at_once_one_stays(place: Path) -> None:
    """Both find the place free; this one writes first."""
    first = _claim(place, lambda: _sign(place))
    first.check_free()
    with pytest.raises(InputError, match=OTHER):
        first.take()
    assert json.loads((place / DRIVER_FILE).read_text())["who"] == OTHER
    last = _claim(place)
    last.take()
    last.renew(0.0)
    last.check_free()
    last.drop()
    assert not (place / DRIVER_FILE).exists()


@pytest.mark.parametrize("hours", [-24.0, 24.0])
def test_a_clock_that_is_a_day_off_shows_by_the_next_sign(place: Path, hours: float) -> None:
    stamp = time.time() + 3600 * hours
    _sign(place, stamp)
    _claim(place).check_free()  # no other sign came
    with pytest.raises(InputError, match=OTHER):
        _claim(place, lambda: _sign(place, stamp + 5)).check_free()


def test_a_process_of_this_machine_that_has_ended_is_not_waited_for(place: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    _sign(place, pid=ended.pid, pids_of=pid_space())
    _claim(place).check_free()
    _sign(place, pid=ended.pid, pids_of="another machine")
    with pytest.raises(InputError, match=OTHER):
        _claim(place).check_free()
    _sign(place, pid=os.getppid(), pids_of=pid_space())
    with pytest.raises(InputError, match=OTHER):
        _claim(place).check_free()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "\0"])
def test_a_damaged_driver_file_is_nobodys(place: Path, text: str) -> None:
    (place / DRIVER_FILE).write_text(text)
    _claim(place).check_free()
    _claim(place).take()


def test_a_run_that_another_driver_took_over_uploads_nothing_more(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("automl.launch.running.storage_claim.SETTLE_S", 0.0)
    run = StoredRun(f"file://{place}", tmp_path / "run")
    (tmp_path / "run").mkdir()
    run.begin()
    (tmp_path / "run" / "plan.yaml").write_text("ours")
    _sign(place)
    with pytest.raises(RunError, match=f"in use by {OTHER}, which took it over; this run is in"):
        run.end()
    assert not (place / "plan.yaml").exists()
    assert json.loads((place / DRIVER_FILE).read_text())["who"] == OTHER
