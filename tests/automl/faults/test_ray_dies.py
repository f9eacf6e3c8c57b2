"""Ray's servers die under a sweep: one error, what finished is on the disk, and it goes on."""

import json
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from drivers import events, resume_command, start, status
from processes import PATIENCE_S, children, command_line, descendants, is_alive, wait_until
from project_paths import SKILLS

import automl

pytestmark = pytest.mark.slow


@pytest.fixture
def driver(tmp_path: Path) -> subprocess.Popen[str]:
    (tmp_path / "crops").mkdir()
    driver = start(
        "--skill-dir", str(SKILLS / "bowl"), "--output", str(tmp_path / "run"), "--trials", "50",
        "--set", f"dataset.folder={tmp_path / 'crops'}", "--set", "fault=sleep",
        "--algorithm", "random", "--max-concurrent", "1",
    )  # fmt: skip
    wait_until(lambda: events(tmp_path / "run", "end"), driver)
    return driver


def _server(driver: subprocess.Popen[str], name: str) -> int:
    (pid,) = (pid for pid in children(driver.pid) if f"/{name}" in command_line(pid).split()[0])
    return pid


def _kill(driver: subprocess.Popen[str], name: str, output: Path) -> None:
    """Kill a server of the driver's Ray, and see how the run ends."""
    ended = events(output, "end")
    finished = {event["number"] for event in ended if event["state"] == "finished"}
    rays = descendants(driver.pid)
    os.kill(_server(driver, name), signal.SIGKILL)
    printed, said = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 1, said
    assert printed, said
    told = json.loads(printed)
    assert told["status"] == "failed"
    assert f"Ray's process {name} ended" in told["message"]
    assert "Traceback" not in said
    table = automl.load_trials(output)
    assert finished <= set(table.loc[table["state"] == "finished", "number"])
    assert (output / "best" / "spec.yaml").exists()
    assert status(output)[0]["resume"] == resume_command(output)
    wait_until(lambda: not any(map(is_alive, rays)))


def test_a_server_that_is_killed_ends_the_run_with_one_error(
    driver: subprocess.Popen[str], tmp_path: Path
) -> None:
    output = tmp_path / "run"
    _kill(driver, "gcs_server", output)
    ended = len(events(output, "end"))
    resumed = start("--resume", str(output))
    wait_until(lambda: len(events(output, "end")) > ended, resumed)
    _kill(resumed, "raylet", output)


def test_a_signal_to_every_process_of_the_job(
    driver: subprocess.Popen[str], tmp_path: Path
) -> None:
    """As from systemd and SLURM."""
    output = tmp_path / "run"
    job = [driver.pid, *descendants(driver.pid)]
    for pid in job:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    _, said = driver.communicate(timeout=PATIENCE_S)
    assert driver.returncode == 130, said
    assert "Traceback" not in said
    assert "finished" in set(automl.load_trials(output)["state"])
    assert (output / "best" / "spec.yaml").exists()
    told, _ = status(output)
    assert (told["state"], told["resume"]) == ("interrupted", resume_command(output))
    wait_until(lambda: not any(map(is_alive, job)))
