"""For which plans Ray starts ahead, and what happens to a Ray that was started for nothing."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import PATIENCE_S, wait_until

from automl.errors import InputError
from automl.launch import plan as plan_module
from automl.launch.plan import make_plan
from automl.launch.request import RunRequest
from automl.launch.running import prewarm as ahead
from automl.launch.running.prewarm import begin_ray
from automl.sweep.cluster.resources import CPU, GPU, Capacity, Node


class Listening(ahead.BackgroundRay):
    """Starts no Ray."""

    started = False

    def begin(self) -> None:
        self.started = True


@pytest.fixture
def begun(bowl: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    def begin(cpus: float = 2.0, gpus: float = 0.0, **options: Any) -> Any:
        machine = Capacity((Node("here", {CPU: cpus, GPU: gpus}),))
        monkeypatch.setattr(ahead, "this_machine", lambda: machine)
        given = {"skill_dir": bowl, "data": str(data), "output": tmp_path / "run", **options}
        listening = Listening()
        make_plan(RunRequest(**given), lambda plan: begin_ray(listening, plan))
        return listening.started

    return begin


def _command(skill: Path, data: Path, output: Path) -> list[str]:
    words = ["--skill-dir", str(skill), "--data", str(data), "--output", str(output), "--yes"]
    return [sys.executable, "-m", "automl", "run", *words]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where Ray keeps its files; the path is short, since its sockets lie in it."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="a") as folder:
        monkeypatch.setenv("RAY_TMPDIR", folder)
        yield Path(folder)


def test_a_ray_is_started_for_a_sweep_on_this_machine(begun: Any) -> None:
    assert begun(trials=4)
    with pytest.raises(InputError, match="one trial needs 4 CPUs"):
        begun(trials=4, cpus_per_trial=4.0)


def test_no_ray_is_started_for_a_direct_run_or_on_a_cluster(begun: Any) -> None:
    assert not begun(policy="off")
    assert not begun(address="10.0.0.1:6379")


def test_a_ray_that_the_process_has_joined_decides_itself(
    begun: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "has_joined", lambda: True)
    assert not begun(gpus_per_trial=1.0)  # which this machine could not give


@pytest.mark.parametrize(("probe", "order"), [(True, ["probe", "ray"]), (False, ["ray"])])
def test_a_probe_is_measured_before_ray_starts(
    bowl: Path, data: Path, monkeypatch: pytest.MonkeyPatch, probe: bool, order: list[str]
) -> None:
    seen: list[str] = []
    measure = plan_module.probe_space
    monkeypatch.setattr(
        plan_module, "probe_space", lambda *given: (seen.append("probe"), measure(*given))[1]
    )
    request = RunRequest(skill_dir=bowl, data=str(data), probe=probe)
    make_plan(request, lambda plan: seen.append("ray"))
    assert seen == order


@pytest.mark.slow
def test_sigterm_while_ray_starts_leaves_nothing(
    bowl: Path, data: Path, tmp_path: Path, place: Path
) -> None:
    child = subprocess.Popen(
        _command(bowl, data, tmp_path / "run"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: list(place.iterdir()), child)
    child.send_signal(signal.SIGTERM)
    _, complaints = child.communicate(timeout=PATIENCE_S)
    words = ["automl: stopping; again to stop now", "automl: interrupted"]
    assert (child.returncode, list(filter(None, complaints.splitlines()))) == (130, words)
    wait_until(lambda: not list(place.iterdir()))  # what Ray wrote meanwhile goes soon after


_DROPS_THE_INTERRUPT = """
import os, signal, sys, time
from automl.cli.main import main
from automl.launch import execute

def import_badly(*places):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    except:
        pass

execute.remember = import_badly
sys.argv[0] = "automl"
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("policy", ["auto", "off"])
def test_a_signal_counts_although_a_library_drops_its_interrupt(
    bowl: Path, data: Path, tmp_path: Path, place: Path, policy: str
) -> None:
    words = [*_command(bowl, data, tmp_path / "run")[3:], "--policy", policy]
    done = subprocess.run(
        [sys.executable, "-c", _DROPS_THE_INTERRUPT, *words], capture_output=True, text=True
    )
    said = ["automl: stopping; again to stop now", "automl: interrupted"]
    assert (done.returncode, list(filter(None, done.stderr.splitlines()))) == (130, said)
    assert not list((tmp_path / "run").glob("trials/*"))
    assert not list(place.iterdir())


@pytest.mark.slow
def test_a_launch_that_fails_leaves_no_ray(
    bowl: Path, data: Path, tmp_path: Path, place: Path
) -> None:
    done = subprocess.run(
        [*_command(bowl, data, tmp_path / "run"), "--set", "fault=data"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == ["automl: crops of nobody: add images"]
    assert not (tmp_path / "run").exists()
    assert not list(place.iterdir())
