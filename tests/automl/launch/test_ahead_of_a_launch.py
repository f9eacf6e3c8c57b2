"""Which workers load the trainer ahead, and what happens to a Ray that was started for nothing."""

import subprocess
import sys
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


@pytest.mark.slow
def test_a_launch_that_fails_leaves_no_ray(
    bowl: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Path("/tmp") / f"a{tmp_path.parent.name[-4:]}"  # short: Ray's sockets lie in it
    place.mkdir(exist_ok=True)
    monkeypatch.setenv("RAY_TMPDIR", str(place))
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
    place.rmdir()
