"""One driver a run; whoever only looks disturbs nobody."""

import fcntl
import json
import os
import socket
import subprocess
import threading
from pathlib import Path

import pytest

from automl.constants import PLAN_FILE
from automl.errors import InputError
from automl.launch.running import driver_lock as lock
from automl.launch.running.driver_lock import driver_of, only_driver


def test_a_driver_waits_for_those_that_only_look(tmp_path: Path) -> None:
    (tmp_path / lock.LOCK_FILE).touch()
    with (tmp_path / lock.LOCK_FILE).open("rb") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        assert driver_of(tmp_path) is None
        released = threading.Timer(0.1, fcntl.flock, (looking, fcntl.LOCK_UN))
        released.start()
        with only_driver(tmp_path):
            assert str(driver_of(tmp_path)).startswith(f"process {os.getpid()} on ")
            with pytest.raises(InputError, match="in use by process"), only_driver(tmp_path):
                pass
        released.join()


def test_another_users_lock_goes_by_the_name_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(path: Path) -> bool:
        raise PermissionError(path)

    (tmp_path / "file").touch()
    assert driver_of(tmp_path / "file") is None
    monkeypatch.setattr(lock, "_is_held", closed)
    assert driver_of(tmp_path) is None
    there = "process 7 on there since noon, unless it was killed: this host cannot tell"
    assert _named(tmp_path, 7, "there") == there
    here = socket.gethostname()
    for alive in (os.getpid(), 1):  # process 1 is mostly another user's
        assert _named(tmp_path, alive, here) == f"process {alive} on {here} since noon"
    dead = subprocess.Popen(["true"])
    dead.wait()
    assert _named(tmp_path, dead.pid, here) is None


def test_a_new_run_leaves_the_folder_that_another_has_taken_meanwhile(tmp_path: Path) -> None:
    with only_driver(tmp_path, is_new=True):
        (tmp_path / PLAN_FILE).write_text("mine")
    with (
        pytest.raises(InputError, match="another run has taken .*: give another --output"),
        only_driver(tmp_path, is_new=True),
    ):
        raise AssertionError("it began")
    assert (tmp_path / PLAN_FILE).read_text() == "mine"
    with only_driver(tmp_path):  # a run that goes on
        assert driver_of(tmp_path)


def _named(folder: Path, pid: int, host: str) -> str | None:
    said = {"pid": pid, "host": host, "since": "noon"}
    (folder / lock.HOLDER_FILE).write_text(json.dumps(said))
    return driver_of(folder)
