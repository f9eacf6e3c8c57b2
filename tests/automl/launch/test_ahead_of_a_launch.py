"""Which workers load the trainer ahead, and what happens to a Ray that was started for nothing."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from automl.launch import ahead
from automl.launch.ahead import begin_ray
from automl.launch.plan import make_plan
from automl.launch.request import RunRequest
from automl.sweep.preload import Preload
from automl.sweep.resources import CPU, GPU, Capacity, Node


class Listening(ahead.RayAhead):
    """Starts no Ray."""

    told: Any = "nothing"

    def begin(self, preload: Preload | None = None) -> None:
        self.told = preload


@pytest.fixture
def begun(bowl: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def begin(cpus: float = 2.0, gpus: float = 0.0, **options: Any) -> Any:
        machine = Capacity((Node("here", {CPU: cpus, GPU: gpus}),))
        monkeypatch.setattr(ahead, "this_machine", lambda: machine)
        given = {"skill_dir": bowl, "data": str(data), "output": tmp_path / "run", **options}
        listening = Listening()
        make_plan(RunRequest(**given), lambda plan: begin_ray(listening, plan))
        return listening.told

    return begin


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where Ray keeps its files; the path is short, since its sockets lie in it."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="a") as folder:
        monkeypatch.setenv("RAY_TMPDIR", folder)
        yield Path(folder)


def test_the_trainer_is_loaded_where_most_workers_will_run_it(begun: Any, bowl: Path) -> None:
    assert begun(trials=4) == Preload("bowl_trainer:run", str(bowl), 1)
    assert begun(trials=4, cpus=8.0, cpus_per_trial=4.0) is None  # six of eight would idle
    assert begun(trials=4, cpus_per_trial=2.0) == Preload("bowl_trainer:run", str(bowl), 2)


def test_nothing_is_loaded_ahead_of_a_gpu_or_for_a_child_process(begun: Any) -> None:
    assert begun(trials=4, gpus=1.0) is None
    assert begun(trials=4, isolate=True) is None


def test_no_ray_is_started_for_a_direct_run_or_on_a_cluster(begun: Any) -> None:
    assert begun(policy="off") == "nothing"
    assert begun(address="10.0.0.1:6379") == "nothing"


def test_a_ray_that_the_process_has_joined_decides_itself(
    begun: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "has_joined", lambda: True)
    assert begun(gpus_per_trial=1.0) == "nothing"  # which this machine could not give


def test_a_probe_is_measured_before_ray_starts(begun: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr("automl.launch.plan._probed", lambda plan, request: seen.append("probe"))
    monkeypatch.setattr(ahead, "trial_resources", lambda *given: 1 / 0)
    with pytest.raises(AttributeError):  # of the plan that the probe did not return
        begun(probe=True)
    assert seen == ["probe"]


@pytest.mark.slow
def test_sigterm_while_ray_starts_leaves_nothing(
    bowl: Path, data: Path, tmp_path: Path, place: Path
) -> None:
    words = ["--skill-dir", str(bowl), "--data", str(data), "--output", str(tmp_path / "run")]
    child = subprocess.Popen(
        [sys.executable, "-m", "automl", "run", *words, "--yes"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(place.iterdir()):
        assert child.poll() is None, child.communicate()
        time.sleep(0.02)
    child.send_signal(signal.SIGTERM)
    _, complaints = child.communicate(timeout=60)
    assert (child.returncode, complaints.strip()) == (130, "automl: interrupted")
    assert not list(place.iterdir())


@pytest.mark.slow
def test_a_launch_that_fails_leaves_no_ray(
    bowl: Path, data: Path, tmp_path: Path, place: Path
) -> None:
    words = ["--skill-dir", str(bowl), "--data", str(data), "--output", str(tmp_path / "run")]
    done = subprocess.run(
        [sys.executable, "-m", "automl", "run", *words, "--yes", "--set", "fault=data"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == ["automl: crops of nobody: add images"]
    assert not (tmp_path / "run").exists()
    assert not list(place.iterdir())
